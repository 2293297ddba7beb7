import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { defineModule } from '../../src/module/define.ts'
import { allModules } from '../../src/modules/all.ts'
import type { Client } from '../support/client.ts'
import { FileServer } from '../support/file-server.ts'

const ns = 'urn:example:slow'

/** Answers when it is told to. */
const releases = new Map<string, () => void>()
const slow = (name: string) =>
  defineModule({
    name,
    about: 'Takes its time.',
    xeps: [],
    options: z.strictObject({}),
    setup({ iq }) {
      iq.server(
        'set',
        `${ns}:${name}`,
        'wait',
        ({ payload }) =>
          new Promise<undefined>((resolve) => releases.set(payload.attr('key') ?? '', () => resolve(undefined))),
      )
      iq.server('set', `${ns}:${name}`, 'release', ({ payload }) => releases.get(payload.attr('key') ?? '')?.())
    },
  })

const config = `
[general]
hosts = ["localhost"]
[[listen.c2s]]
port = 0
ip_address = "127.0.0.1"
tls.mode = "starttls_required"
[auth.password]
scram_iterations = 4096
[modules.mod_ping]
[modules.mod_inline]
iqdisc.type = "no_queue"
[modules.mod_single]
iqdisc.type = "one_queue"
[modules.mod_lanes]
iqdisc.type = "queues"
iqdisc.workers = 1
[modules.mod_free]
iqdisc.type = "parallel"
`

let server: FileServer
let alice: Client
let bob: Client
beforeAll(async () => {
  server = await FileServer.start(config, [
    ...allModules,
    ...['inline', 'single', 'lanes', 'free'].map((name) => slow(`mod_${name}`)),
  ])
  alice = await server.client('alice')
  bob = await server.client('bob')
})
afterAll(() => server[Symbol.asyncDispose]())

const ask = (client: Client, module: string, key: string) =>
  client.send(`<iq type='set' id='${key}' to='localhost'><wait xmlns='${ns}:${module}' key='${key}'/></iq>`)
const ping = (client: Client, id: string) =>
  client.send(`<iq type='get' id='${id}' to='localhost'><ping xmlns='urn:xmpp:ping'/></iq>`)
const gets = async (client: Client, id: string) => {
  await client.receives(`<iq type='result' id='${id}' from='localhost'>{any}</iq>`)
}

/** Lets a request go on, once it is there. */
const release = async (key: string) => {
  while (!releases.has(key)) await new Promise((resolve) => setImmediate(resolve))
  releases.get(key)?.()
  releases.delete(key)
}

describe('iqdisc over a server', () => {
  it('no_queue: the next stanza of the sender waits, that of others does not', async () => {
    ask(alice, 'mod_inline', 'i1')
    ping(alice, 'after')
    ping(bob, 'other')
    await gets(bob, 'other')
    await release('i1')
    await gets(alice, 'i1')
    await gets(alice, 'after')
  })

  it('one_queue: in order for one sender; what other modules answer may overtake', async () => {
    ask(alice, 'mod_single', 's1')
    ask(alice, 'mod_single', 's2')
    ask(bob, 'mod_single', 's3')
    ping(alice, 'overtakes')
    await gets(alice, 'overtakes')
    await release('s3')
    await gets(bob, 's3')
    expect(releases.has('s2')).toBe(false)
    await release('s1')
    await gets(alice, 's1')
    await release('s2')
    await gets(alice, 's2')
  })

  it('queues: a lane is shared by senders', async () => {
    ask(alice, 'mod_lanes', 'q1')
    ping(alice, 'seen')
    await gets(alice, 'seen')
    ask(bob, 'mod_lanes', 'q2')
    ping(bob, 'overtakes too')
    await gets(bob, 'overtakes too')
    expect(releases.has('q2')).toBe(false)
    await release('q1')
    await gets(alice, 'q1')
    await release('q2')
    await gets(bob, 'q2')
  })

  it('parallel: in the order in which they are done', async () => {
    ask(alice, 'mod_free', 'p1')
    ask(alice, 'mod_free', 'p2')
    await release('p2')
    await gets(alice, 'p2')
    await release('p1')
    await gets(alice, 'p1')
  })
})
