import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createClient } from 'stanza'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Client } from '../support/client.ts'
import { Events, LineProgram } from '../support/events.ts'
import { nextBody } from '../support/managed.ts'
import { Relay } from '../support/relay.ts'
import { type OwnTestServer, startTestServer } from '../support/server.ts'
import { suiteNeeding } from '../support/services.ts'

const script = fileURLToPath(new URL('clients/slixmpp_client.py', import.meta.url))
const romeo = 'romeo@localhost'

/** A real client that comes back by itself whenever its connection is lost. */
interface Lasting {
  readonly jid: string
  says(to: string, body: string): void
  /** Waits until a message has come. */
  hears(body: string): Promise<void>
  /** Waits until it has gone on with its stream so often. */
  resumes(times: number): Promise<void>
  /** The bodies of all messages, and how often a stream was begun. */
  all(): { readonly bodies: readonly string[]; readonly starts: number }
  stop(): void
}

let folder = ''
let server: OwnTestServer
let relay: Relay
let client: Lasting | undefined

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'meerkat-test-'))
  server = await startTestServer({ folder })
  relay = await Relay.open()
  for (const name of ['romeo', 'juliet']) await server.registerUser(name, 'secret')
})

afterEach(async () => {
  client?.stop()
  relay.close()
  await server.stop()
  await rm(folder, { recursive: true, force: true })
})

const juliet = async () => {
  const signedIn = await Client.signIn(server, { local: 'juliet', password: 'secret' }, 'pc')
  await signedIn.isPresent()
  return signedIn
}
const tells = async (from: Client, to: string, ...bodies: string[]) => {
  for (const body of bodies) from.sends(`<message to='${to}' type='chat'><body>${body}</body></message>`)
  await from.isHeard()
}

/** A connection that is cut, then a server that is started again; `portOf`: where the client connects to. */
async function lasts(portOf: () => number, signIn: () => Promise<Lasting>): Promise<void> {
  relay.leadsTo(portOf())
  let friend = await juliet()
  client = await signIn()
  await tells(friend, client.jid, 'one')
  await client.hears('one')
  client.says('juliet@localhost', 'first')
  expect(await nextBody(friend)).toBe('first')

  relay.cut()
  await tells(friend, client.jid, 'two', 'three')
  relay.leadsTo(portOf())
  await client.resumes(1)
  await client.hears('three')
  client.says('juliet@localhost', 'second')
  expect(await nextBody(friend)).toBe('second')

  relay.holds()
  await server.stop()
  server = await startTestServer({ folder })
  friend = await juliet()
  await tells(friend, romeo, 'four')
  relay.leadsTo(portOf())
  await client.resumes(2)
  await client.hears('four')
  client.says('juliet@localhost', 'third')
  expect(await nextBody(friend)).toBe('third')
  await friend.receivesNothing()
  await tells(friend, client.jid, 'five')
  await client.hears('five')
  expect(client.all()).toEqual({ bodies: ['one', 'two', 'three', 'four', 'five'], starts: 1 })
}

describe('stanza goes on with its stream', () => {
  it('after a connection that is cut and after a restart, and has everything once', async () => {
    await lasts(
      () => Number(new URL(server.wsUrl).port),
      async () => {
        const events = new Events<{ readonly what: string; readonly body?: string | undefined }>()
        const of = (wanted: string) => events.all().filter(({ what }) => what === wanted)
        const agent = createClient({
          jid: romeo,
          autoReconnect: true,
          maxReconnectBackoff: 1,
          password: 'secret',
          transports: { websocket: `ws://127.0.0.1:${relay.port}/ws-xmpp`, bosh: false },
        })
        agent.on('session:started', () => events.add({ what: 'started' }))
        agent.on('stream:management:resumed', () => events.add({ what: 'resumed' }))
        agent.on('chat', (message) => events.add({ what: 'chat', body: message.body }))
        agent.connect()
        await events.when('the sign-in', ({ what }) => what === 'started')
        agent.sendPresence()
        await agent.ping('localhost')
        return {
          jid: agent.jid,
          says: (to, body) => void agent.sendMessage({ to, type: 'chat', body }),
          hears: async (body) => void (await events.when(body, (event) => event.body === body)),
          resumes: async (times) => void (await events.when('resumption', () => of('resumed').length >= times)),
          all: () => ({
            bodies: of('chat').map(({ body }) => body ?? ''),
            starts: of('started').length,
          }),
          stop: () => void agent.disconnect(),
        }
      },
    )
  }, 60_000)
})

suiteNeeding(['/usr/bin/python3'], 'slixmpp goes on with its stream', () => {
  it('after a connection that is cut and after a restart, and has everything once', async () => {
    await lasts(
      () => server.port,
      async () => {
        const program = new LineProgram('/usr/bin/python3', [script, romeo, 'secret', '127.0.0.1', String(relay.port)])
        const { jid } = await program.when('ready')
        program.tell({ do: 'stay' })
        const of = (what: string) => program.events.all().filter((event) => event.what === what)
        return {
          jid: String(jid),
          says: (to, body) => program.tell({ do: 'say', to, body }),
          hears: async (body) => void (await program.when('message', { body })),
          resumes: async (times) => void (await program.events.when('resumption', () => of('resumed').length >= times)),
          all: () => ({ bodies: of('message').map(({ body }) => String(body)), starts: of('ready').length }),
          stop: () => program.stop(),
        }
      },
    )
  }, 60_000)
})
