import { readFileSync } from 'node:fs'
import { createServer, type EmbeddedServer } from 'meerkat'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import notes from '../../examples/modules/notes.ts'
import { Client } from '../support/client.ts'

const ns = 'urn:example:notes:0'

let server: EmbeddedServer
let alice: Client
beforeAll(async () => {
  server = createServer({
    inMemory: true,
    freePorts: true,
    log: false,
    modules: [notes],
    config: {
      general: { hosts: ['localhost'] },
      listen: { c2s: [{ port: 0, ip_address: '127.0.0.1', tls: { mode: 'starttls_required' } }] },
      auth: { password: { scram_iterations: 4096 } },
      modules: { mod_disco: {}, mod_notes: { max_notes: 2, max_length: 20 } },
    },
  })
  await server.start()
  await server.registerUser('alice@localhost', 'secret')
  const address = { host: '127.0.0.1', port: server.port('c2s'), domain: 'localhost' }
  alice = await Client.signIn(address, { local: 'alice', password: 'secret' }, 'phone')
})
afterAll(async () => {
  alice?.destroy()
  await server?.close()
})

const note = (title: string, body: string) => `<note xmlns='${ns}' title='${title}'>${body}</note>`

describe('the example module', () => {
  it('keeps notes, and gives them back in order', async () => {
    await alice.asks(note('milk', 'one litre'), 'set')
    await alice.asks(note('eggs', 'ten'), 'set')
    await alice.asks(note('milk', 'two litres'), 'set')
    const answer = JSON.stringify(await alice.asks(`<notes xmlns='${ns}'/>`, 'get'))
    expect(answer.indexOf('ten')).toBeLessThan(answer.indexOf('two litres'))
    expect(answer).not.toContain('one litre')
  })

  it('refuses what is too much, too long, or has no title', async () => {
    await alice.asks(note('bread', 'rye'), 'set', { refused: 'resource-constraint' })
    await alice.asks(note('milk', 'x'.repeat(21)), 'set', { refused: 'policy-violation' })
    await alice.asks(`<note xmlns='${ns}'/>`, 'set', { refused: 'bad-request' })
  })

  it('announces itself', async () => {
    const info = await alice.asks(`<query xmlns='http://jabber.org/protocol/disco#info'/>`, 'get')
    expect(JSON.stringify(info)).toContain(ns)
  })

  it('has a command', async () => {
    expect(await server.command('notes.listNotes', { user: 'alice@localhost' })).toEqual(['eggs', 'milk'])
    await expect(server.command('notes.listNotes', { user: 'a b@' })).rejects.toThrow('not an address')
  })

  it('forgets who is removed', async () => {
    await server.registerUser('bob@localhost', 'secret')
    await server.removeUser('alice@localhost')
    expect(await server.command('notes.listNotes', { user: 'alice@localhost' })).toEqual([])
  })
})

describe('the guide to writing modules', () => {
  const folder = new URL('../../', import.meta.url)
  const read = (name: string) => readFileSync(new URL(name, folder), 'utf8')
  // However it is broken into lines.
  const plain = (text: string) =>
    text
      .replace(/\s+/g, '')
      .replace(/,([)\]}])/g, '$1')
      .replace(/,$/, '')

  it('shows code that is checked: each piece is in one of the examples', () => {
    const sources = ['examples/modules/notes.ts', 'examples/embedded-server.ts', 'test/examples/notes.test.ts']
    const all = sources.map((name) => plain(read(name)))
    const pieces = [...read('docs/modules-guide.md').matchAll(/```ts\n([\s\S]*?)```/g)].flatMap(([, code = '']) =>
      code.split(/^ *\/\/ …$/m),
    )
    expect(pieces.length).toBeGreaterThan(8)
    for (const piece of pieces)
      expect(
        all.some((source) => source.includes(plain(piece))),
        piece,
      ).toBe(true)
  })
})
