import { Connection } from 'rabbitmq-client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { defineModule } from '../../src/module/define.ts'
import { serverEvent } from '../../src/modules/event-pusher/api.ts'
import { Client } from '../support/client.ts'
import { Events } from '../support/events.ts'
import { baseConfig, ownServer } from '../support/own-server.ts'
import { RabbitServer } from '../support/rabbit-server.ts'
import { enters, freshRoom, opens } from '../support/rooms.ts'
import { startTestServer } from '../support/server.ts'
import { freePorts, suiteNeeding } from '../support/services.ts'

/** What was published, as `exchange key body`. */
interface Published {
  readonly exchange: string
  readonly key: string
  readonly type: string | undefined
  readonly body: { readonly message?: string; readonly present?: boolean }
}

/** Adds something to every event. */
const tagger = defineModule({
  name: 'mod_test_tagger',
  about: 'Adds to events.',
  xeps: [],
  options: z.strictObject({}),
  setup({ on }) {
    on(serverEvent, 'filter', ({ metadata }) => {
      metadata['shard'] = 7
    })
  },
})

suiteNeeding(['/usr/lib/rabbitmq/bin/rabbitmq-server'], 'mod_event_pusher rabbit', () => {
  let rabbit: RabbitServer
  let reader: Connection
  beforeAll(async () => {
    rabbit = await RabbitServer.start()
    reader = new Connection({ hostname: '127.0.0.1', port: rabbit.port, retryLow: 100, retryHigh: 100 })
    reader.on('error', () => {})
  }, 60_000)
  afterAll(async () => {
    reader?.unsafeDestroy()
    await rabbit?.remove()
  })

  const pool = (port = rabbit.port) => `
[outgoing_pools.rabbit.event_pusher]
call_timeout = 3000
[outgoing_pools.rabbit.event_pusher.connection]
host = "127.0.0.1"
port = ${port}
confirms_enabled = true
reconnect.delay = 100
`
  const bind = async (exchange: string, came: Events<Published>, durable = false): Promise<void> => {
    const consumer = reader.createConsumer(
      {
        ...{ queue: `read-${exchange}`, noAck: true, queueOptions: { durable: true } },
        exchanges: [{ exchange, type: 'topic', durable }],
        queueBindings: [{ queue: `read-${exchange}`, exchange, routingKey: '#' }],
      },
      ({ routingKey: key, contentType: type, body }) => came.add({ exchange, key, type, body }),
    )
    await new Promise((resolve) => consumer.once('ready', resolve as () => void))
  }
  const isThere = (exchange: string) =>
    reader.exchangeDeclare({ exchange, passive: true }).then(
      () => true,
      () => false,
    )

  describe('with all exchanges', () => {
    const own = ownServer(
      () => `
[modules.mod_muc]
[modules.mod_offline]
[modules.mod_carboncopy]
[modules.mod_test_tagger]
[modules.mod_event_pusher.backend.rabbit]
chat_msg_exchange.sent_topic = "out_of_client"
chat_msg_exchange.durable = true
${pool()}`,
      { modules: [tagger] },
    )
    const came = new Events<Published>()
    const shown = ({ exchange, key, body }: Published) => `${exchange} ${key} ${JSON.stringify(body)}`
    /** Waits until all of these have come, in whatever order: what has another key comes on another channel. */
    const allCome = (wanted: readonly string[], limit?: number) =>
      Promise.all(wanted.map((text) => came.when(text, (each) => shown(each) === text, limit)))
    /** What has come to an exchange, of one key if it is given, sorted. */
    const toldOn = (exchange: string, key?: string) =>
      came
        .all()
        .filter((each) => each.exchange === exchange && (key === undefined || each.key === key))
        .map(shown)
        .sort()
    /** `where`: the exchange and the routing key. */
    const said = (where: string, from: string, to: string, message: string) =>
      `${where} ${JSON.stringify({ from_user_id: from, to_user_id: to, message, shard: 7 })}`

    it('declares them, and tells who comes and goes, once', async () => {
      for (const exchange of ['presence', 'chat_msg', 'groupchat_msg']) {
        expect(await isThere(exchange)).toBe(true)
        await bind(exchange, came, exchange === 'chat_msg')
      }
      const client = await own.client('frodo', 'pipe')
      client.sends(`<presence><show>away</show></presence>`)
      client.sends(`<presence><priority>-1</priority></presence>`)
      client.sends(`<presence type='unavailable'/>`)
      await client.isHeard()
      await came.when('gone', ({ body }) => body.present === false)
      expect(came.all().map(shown)).toEqual([
        'presence frodo@localhost {"user_id":"frodo@localhost/pipe","present":true,"shard":7}',
        'presence frodo@localhost {"user_id":"frodo@localhost/pipe","present":false,"shard":7}',
      ])
      expect(came.all()[0]?.type).toBe('application/json')
      client.destroy()
    })

    it('tells of a chat message twice: sent and received', async () => {
      const [frodo, sam] = [await own.client('frodo', 'pipe'), await own.client('sam', 'rope')]
      const other = await own.client('sam', 'pan', { presence: -1 })
      await other.asks(`<enable xmlns='urn:xmpp:carbons:2'/>`, 'set')
      frodo.sends(`<message type='chat' to='sam@localhost'><body>hi</body></message>`)
      frodo.sends(
        `<message type='chat' to='sam@localhost'><active xmlns='http://jabber.org/protocol/chatstates'/></message>`,
      )
      frodo.sends(`<message to='sam@localhost'><body>normal</body></message>`)
      frodo.sends(`<message type='chat' to='${sam.jid}'><body>last</body></message>`)
      const pipe = 'frodo@localhost/pipe'
      const wanted = [
        said('chat_msg frodo@localhost.out_of_client', pipe, 'sam@localhost', 'hi'),
        said('chat_msg frodo@localhost.out_of_client', pipe, 'sam@localhost/rope', 'last'),
        said('chat_msg sam@localhost.chat_msg_recv', pipe, 'sam@localhost', 'hi'),
        said('chat_msg sam@localhost.chat_msg_recv', pipe, 'sam@localhost/rope', 'last'),
      ]
      await allCome(wanted)
      expect(toldOn('chat_msg')).toEqual(wanted)
    })

    it('tells of a message to who is away once, not again when it is read', async () => {
      const frodo = await own.client('frodo', 'pipe')
      await own.server.registerUser('rosie', 'secret')
      frodo.sends(`<message type='chat' to='rosie@localhost' id='o1'><body>away</body></message>`)
      const away = said('chat_msg rosie@localhost.chat_msg_recv', frodo.jid, 'rosie@localhost', 'away')
      await allCome([away])
      const rosie = await own.client('rosie', 'kitchen')
      await rosie.receives(`<message from='${frodo.jid}' type='chat' id='o1'>{any}</message>`)
      frodo.sends(`<message type='chat' to='${rosie.jid}'><body>end</body></message>`)
      const end = said('chat_msg rosie@localhost.chat_msg_recv', frodo.jid, rosie.jid, 'end')
      await allCome([end])
      expect(toldOn('chat_msg', 'rosie@localhost.chat_msg_recv')).toEqual([away, end])
    })

    it('tells of what is said in a room for each who hears it', async () => {
      const [frodo, sam] = [await own.client('frodo', 'pipe'), await own.client('sam', 'rope')]
      const room = freshRoom('localhost')
      await opens(frodo, room, {}, 'ring-bearer')
      await enters(sam, room, 'gardener')
      frodo.sends(`<message type='groupchat' to='${room}'><body>hi all</body></message>`)
      await sam.takes((each) => each.child('body') !== undefined)
      const speaker = `${room}/ring-bearer`
      const wanted = [
        said('groupchat_msg frodo@localhost.groupchat_msg_recv', speaker, frodo.jid, 'hi all'),
        said('groupchat_msg frodo@localhost.groupchat_msg_sent', frodo.jid, room, 'hi all'),
        said('groupchat_msg sam@localhost.groupchat_msg_recv', speaker, sam.jid, 'hi all'),
      ]
      await allCome(wanted)
      expect(toldOn('groupchat_msg')).toEqual(wanted)
    })

    // The exchange is durable, and so its queue stays bound: what comes before the reader is back is kept for it.
    it('a broker that is away delays nobody, and is told all when it is back', { timeout: 90_000 }, async () => {
      const [merry, pippin] = [await own.client('merry', 'pony'), await own.client('pippin', 'rope')]
      await rabbit.stop()
      const texts = Array.from({ length: 20 }, (_, index) => `m${index}`)
      for (const text of texts) {
        merry.sends(`<message type='chat' to='${pippin.jid}' id='${text}'><body>${text}</body></message>`)
        await pippin.receives(`<message type='chat' from='${merry.jid}' id='${text}'>{any}</message>`)
      }
      await rabbit.run()
      const wanted = texts.flatMap((text) => [
        said('chat_msg merry@localhost.out_of_client', merry.jid, pippin.jid, text),
        said('chat_msg pippin@localhost.chat_msg_recv', merry.jid, pippin.jid, text),
      ])
      await allCome(wanted, 60_000)
    })
  })

  it('declares only what is configured, as it is configured', { timeout: 30_000 }, async () => {
    const config = `${baseConfig}${pool()}
[modules.mod_event_pusher.rabbit.presence_exchange]
name = "only"
type = "fanout"
durable = true`
    const server = await startTestServer({ config })
    try {
      await expect(reader.exchangeDeclare({ exchange: 'only', type: 'fanout', durable: true })).resolves.toBeUndefined()
      await expect(reader.exchangeDeclare({ exchange: 'only', type: 'topic', durable: true })).rejects.toThrow()
      expect(await isThere('unused')).toBe(false)
    } finally {
      await server.stop()
    }
    const other = config.replace('fanout', 'topic')
    await expect(startTestServer({ config: other })).rejects.toThrow('RabbitMQ')
  })

  it('starts without a broker, and loses no more than what is too much', { timeout: 30_000 }, async () => {
    const [port = 0] = await freePorts(1)
    const config = `${baseConfig}${pool(port).replace('3000', '300')}
[modules.mod_event_pusher.rabbit]
presence_exchange = {}
max_queue_len = 3`
    const server = await startTestServer({ config: config.replace('"error"', '"none"') })
    try {
      await server.registerUser('frodo', 'secret')
      for (let index = 0; index < 5; index++) {
        const client = await Client.signIn(server, { local: 'frodo', password: 'secret' }, `r${index}`)
        await client.isPresent()
        client.destroy()
      }
      const metric = async (name: string) =>
        (await server.server.metrics.values()).find((each) => each.name === name)?.value ?? 0
      await expect.poll(() => metric('mod_event_pusher_lost_count')).toBeGreaterThanOrEqual(2)
      expect(await metric('mod_event_pusher_queue_length')).toBe(3)
    } finally {
      await server.stop()
    }
  })
})
