import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { parseConfig } from '../../src/config/load.ts'
import { ConfigErrors } from '../../src/config/problem.ts'
import { defineModule } from '../../src/module/define.ts'
import { allModules } from '../../src/modules/all.ts'
import { serverEvent } from '../../src/modules/event-pusher/api.ts'
import type { EventPusherOptions } from '../../src/modules/event-pusher/options.ts'
import { HttpService, httpPool } from '../support/http-service.ts'
import { baseConfig, ownServer } from '../support/own-server.ts'
import { enters, freshRoom, opens } from '../support/rooms.ts'
import { startTestServer } from '../support/server.ts'

const service = await HttpService.start()
/** A server that goes away and comes back. */
const flaky = await HttpService.start()
const flakyPort = flaky.port
afterAll(async () => {
  await service.stop()
  await flaky.stop()
})

/** Keeps events back that say so. */
const filter = defineModule({
  name: 'mod_test_filter',
  about: 'Keeps events back.',
  xeps: [],
  options: z.strictObject({}),
  setup({ on }) {
    on(serverEvent, 'filter', async ({ event }) => {
      const isSecret = event.kind === 'chat' && event.stanza.child('body')?.text() === 'secret'
      return isSecret ? 'stop' : undefined
    })
  },
})

const own = ownServer(
  `
[modules.mod_muc]
[modules.mod_offline]
[modules.mod_privacy]
[modules.mod_blocking]
[modules.mod_test_filter]
[[modules.mod_event_pusher.http.handlers]]
pool_name = "events"
path = "/first"
[[modules.mod_event_pusher.http.handlers]]
pool_name = "events"
path = "second"
[[modules.mod_event_pusher.http.handlers]]
pool_name = "flaky"
[modules.mod_event_pusher.http]
retry_for = 60
${httpPool('events', service.origin, 'path_prefix = "/api"')}
${httpPool('flaky', flaky.origin, 'path_prefix = "/in"')}`,
  { modules: [filter] },
)

describe('mod_event_pusher http', () => {
  beforeEach(() => {
    for (const each of [service, flaky]) {
      each.requests.length = 0
      each.answerTo = () => ({})
    }
  })

  /** The bodies that came to a path; what comes next is the message that ends the wait. */
  const posted = async (path: string, last: string) => {
    const bodies = () => service.requests.filter((each) => each.path === path).map(({ body }) => body.toString())
    await expect.poll(() => bodies().at(-1) ?? '').toContain(`message=${last}`)
    return bodies()
  }
  const both = async () => [await own.client('alice', 'pc'), await own.client('bob', 'pc')] as const
  const message = (to: string, body: string, type = 'chat') =>
    `<message type='${type}' to='${to}' id='${body}'><body>${body}</body></message>`

  it('posts a chat message once to each handler, as a form', async () => {
    const [alice, bob] = await both()
    alice.sends(`<message type='chat' to='${bob.jid}'><body>How are you? &amp; żółw</body></message>`)
    await bob.receives(`<message type='chat' from='${alice.jid}'>{any}</message>`)
    await service.got(2)
    await flaky.got(1)
    const [first] = service.requests
    expect(service.requests.map(({ method, path }) => `${method} ${path}`).sort()).toEqual([
      'POST /api/first',
      'POST /api/second',
    ])
    expect(first?.headers['content-type']).toBe('application/x-www-form-urlencoded')
    expect(first?.body.toString()).toBe(
      'author=alice&server=localhost&receiver=bob&message=How+are+you%3F+%26+%C5%BC%C3%B3%C5%82w',
    )
    expect(flaky.requests[0]?.path).toBe('/in')
  })

  it('posts nothing else: rooms, other types, no text, errors', async () => {
    const [alice, bob] = await both()
    const room = freshRoom('localhost')
    await opens(alice, room)
    await enters(bob, room, 'bob')
    alice.sends(message(room, 'groupchat', 'groupchat'))
    for (const type of ['normal', 'headline']) alice.sends(message(bob.jid, type, type))
    alice.sends(
      `<message type='chat' to='${bob.jid}'><active xmlns='http://jabber.org/protocol/chatstates'/></message>`,
    )
    alice.sends(`<message type='chat' to='${bob.jid}'><body/></message>`)
    alice.sends(
      `<message type='error' to='${bob.jid}'><body>x</body><error type='cancel'><gone xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>`,
    )
    alice.sends(message(bob.jid, 'secret'))
    alice.sends(message(bob.jid, 'last'))
    expect(await posted('/api/first', 'last')).toEqual(['author=alice&server=localhost&receiver=bob&message=last'])
  })

  it('tells of no message that was refused', async () => {
    const [alice, bob] = await both()
    await alice.asks(`<block xmlns='urn:xmpp:blocking'><item jid='${bob.bare}'/></block>`, 'set')
    alice.sends(message(bob.jid, 'blocked'))
    await alice.isHeard()
    await alice.asks(`<unblock xmlns='urn:xmpp:blocking'/>`, 'set')
    alice.sends(message(bob.jid, 'last'))
    expect(await posted('/api/first', 'last')).toHaveLength(1)
  })

  it('status 500 does not matter; it is not posted again', async () => {
    const [alice, bob] = await both()
    service.answerTo = () => ({ status: 500 })
    for (const body of ['one', 'two']) {
      alice.sends(message(bob.jid, body))
      await bob.receives(`<message type='chat' from='${alice.jid}' id='${body}'>{any}</message>`)
    }
    expect(await posted('/api/second', 'two')).toHaveLength(2)
  })

  it('a server that is away delays nobody, and has it all when it is back', { timeout: 30_000 }, async () => {
    const [alice, bob] = await both()
    await flaky.stop()
    for (const body of ['one', 'two', 'three']) {
      alice.sends(message(bob.jid, body))
      await bob.receives(`<message type='chat' from='${alice.jid}' id='${body}'>{any}</message>`)
    }
    await posted('/api/first', 'three')
    await flaky.run(flakyPort)
    await flaky.got(3)
    const came = flaky.requests.map(({ body }) => new URLSearchParams(body.toString()).get('message')).sort()
    expect(came).toEqual(['one', 'three', 'two'])
  })
})

describe('the configuration of mod_event_pusher', () => {
  const read = (tables: string) => {
    const text = `${baseConfig}${tables}${httpPool('http_pool', service.origin)}${httpPool('other', service.origin)}`
    const { config } = parseConfig({
      text: `${text}[outgoing_pools.rabbit.event_pusher]\n`,
      file: '/x.toml',
      modules: allModules,
    })
    return config.modules['mod_event_pusher'] as unknown as EventPusherOptions
  }
  const codesOf = (tables: string): string[] => {
    try {
      read(tables)
      return []
    } catch (error) {
      if (!(error instanceof ConfigErrors)) throw error
      return error.errors.map(({ what }) => what)
    }
  }

  it('has a newest layout and older ones', () => {
    const handler = { pool_name: 'other', path: 'x', callback_module: 'mod_event_pusher_http_defaults' }
    const usual = { ...handler, pool_name: 'http_pool', path: '' }
    const layouts = [
      ['[[modules.mod_event_pusher.http.handlers]]\npool_name = "other"\npath = "x"', [handler]],
      ['[modules.mod_event_pusher.backend.http]\npool_name = "other"\npath = "x"', [handler]],
      ['[modules.mod_event_pusher.backend.http]', [usual]],
      [
        '[[modules.mod_event_pusher.backend.http]]\n[[modules.mod_event_pusher.backend.http]]\npool_name = "other"\npath = "x"',
        [usual, handler],
      ],
      ['[modules.mod_event_pusher_http]\npath = "x"\npool_name = "other"', [handler]],
      ['[modules.mod_http_notification]\npath = "x"\npool_name = "other"', [handler]],
      ['[modules.mod_http_notification]\ncallback_module = "mod_http_notification_defaults"', [usual]],
    ] as const
    for (const [text, handlers] of layouts) expect(read(text).http?.handlers, text).toEqual(handlers)

    const exchanges = ({ rabbit }: EventPusherOptions) => [
      rabbit?.presence_exchange?.name,
      rabbit?.chat_msg_exchange?.name,
      rabbit?.groupchat_msg_exchange?.name,
    ]
    const newest = '[modules.mod_event_pusher.rabbit.chat_msg_exchange]'
    expect(exchanges(read(newest))).toEqual([undefined, 'chat_msg', undefined])
    const older = '[modules.mod_event_pusher.backend.rabbit.presence_exchange]\nname = "came"'
    expect(exchanges(read(older))).toEqual(['came', 'chat_msg', 'groupchat_msg'])

    const sns = 'access_key_id = "a"\nsecret_access_key = "s"\nregion = "r"\naccount_id = "1"\nsns_host = "sns.r"'
    for (const place of ['mod_event_pusher.sns', 'mod_event_pusher.backend.sns', 'mod_event_pusher_sns']) {
      expect(read(`[modules.${place}]\n${sns}`).sns).toMatchObject({ pool_size: 100, publish_retry_count: 2 })
    }
    expect(read(`[modules.mod_aws_sns]\n${sns}\nplugin_module = "mod_aws_sns_defaults"`).sns).toMatchObject({
      plugin_module: 'mod_event_pusher_sns_defaults',
    })
    for (const place of ['mod_event_pusher.push', 'mod_event_pusher.backend.push', 'mod_event_pusher_push']) {
      expect(read(`[modules.${place}]\nwpool.workers = 7`).push).toMatchObject({
        wpool: { workers: 7 },
        plugin_module: 'mod_event_pusher_push_plugin_defaults',
        virtual_pubsub_hosts: [],
      })
    }
  })

  it('refuses what cannot be', () => {
    const handler = '[[modules.mod_event_pusher.http.handlers]]\npath = "x"\n'
    expect(codesOf(handler + handler)).toHaveLength(1)
    expect(codesOf(`${handler}pool_name = "none"`)).toEqual(['pool_not_configured'])
    expect(codesOf('[modules.mod_event_pusher.rabbit]')).toHaveLength(1)
    expect(codesOf('[modules.mod_event_pusher.push]\nplugin_module = "mine"')).toHaveLength(1)
    expect(codesOf('[modules.mod_event_pusher.sns]')).toEqual(['missing_mandatory_keys'])
  })

  it('does not start without a backend', async () => {
    await expect(startTestServer({ config: `${baseConfig}[modules.mod_event_pusher]\n` })).rejects.toThrow('no backend')
  })
})
