import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Jid } from '../../src/jid/jid.ts'
import { maxBufferedBytes } from '../../src/server/client-port.ts'
import { figures } from '../support/figures.ts'
import { PlainClient } from '../support/plain-client.ts'
import { plainSettings, startPlainServer } from '../support/plain-server.ts'
import type { OwnTestServer } from '../support/server.ts'

const names = ['alice', 'bob', 'carol', 'dave', 'erin', 'frank']
let server: OwnTestServer
const come = (name: string) => PlainClient.signIn(server.port, name)
const mib = (bytes: number) => `${(bytes / 2 ** 20).toFixed(2)} MiB`

beforeAll(async () => {
  server = await startPlainServer(plainSettings(), names)
})
afterAll(() => server.stop?.())

function sessionOf(name: string) {
  return server.server.hostOf('localhost')?.sessions.find(Jid.parse(`${name}@localhost/r`))
}

function idsIn(text: string): number[] {
  return [...text.matchAll(/<message [^>]*id='(\d+)'/g)].map((match) => Number(match[1]))
}

describe('a client that does not read', () => {
  it('is held a bounded number of bytes for, then ended; others talk on in order; what comes later is stored', async () => {
    const [alice, bob, carol, dave] = [await come('alice'), await come('bob'), await come('carol'), await come('dave')]
    const body = 'x'.repeat(8000)
    const size =
      `<message to='bob@localhost/r' from='alice@localhost/r' id='1000' type='chat'><body>${body}</body></message>`
        .length
    bob.sleeps()
    const link = sessionOf('bob')?.link
    let most = 0
    let sent = 0
    let spoken = 0
    while (sessionOf('bob') !== undefined) {
      for (let i = 0; i < 20; i++)
        alice.says(`<message to='bob@localhost/r' id='${sent++}' type='chat'><body>${body}</body></message>`)
      await alice.isSent()
      carol.says(`<message to='dave@localhost/r' id='${spoken}' type='chat'><body>Still there?</body></message>`)
      await dave.hears(`id='${spoken++}'`)
      most = Math.max(most, link?.bufferedBytes ?? 0)
      if (sent > 20_000) throw new Error('never ended')
    }
    expect(idsIn(dave.received)).toEqual(Array.from({ length: spoken }, (_, i) => i))
    expect(most).toBeGreaterThan(maxBufferedBytes / 2)
    expect(most).toBeLessThan(maxBufferedBytes + 2 * size)
    figures(
      `slow reader: ${sent} messages of ${size} bytes, at most ${mib(most)} held (limit ${mib(maxBufferedBytes)}); meanwhile ${spoken} messages between two others, all in order`,
    )
    for (let i = 0; i < 3; i++)
      alice.says(`<message to='bob@localhost/r' id='${sent++}' type='chat'><body>Later</body></message>`)
    await alice.asks('last')
    bob.reads()
    await bob.hearsTheEnd()
    const seen = idsIn(bob.received)
    expect(seen).toEqual(Array.from({ length: seen.length }, (_, i) => i))
    expect(bob.received).toContain('<resource-constraint ')
    expect(bob.received).toMatch(/<\/stream:stream>$/)
    // What came after its session had ended waits for the next one; only what was held for it at the end may be lost.
    const again = await come('bob')
    await again.hears(`id='${sent - 1}'`)
    const later = idsIn(again.received)
    expect(later).toEqual(Array.from({ length: later.length }, (_, i) => sent - later.length + i))
    expect(later.length).toBeGreaterThanOrEqual(3)
    // The one that was too much is lost with the connection; none before and none after it.
    expect(later[0]).toBe(seen.length + 1)
    for (const client of [alice, carol, dave, again]) client.leaves()
  })

  it('is not better off when it asks for everything itself', async () => {
    const [erin, frank] = [await come('erin'), await come('frank')]
    erin.sleeps()
    const link = sessionOf('erin')?.link
    let most = 0
    let asked = 0
    while (sessionOf('erin') !== undefined) {
      for (let i = 0; i < 500; i++)
        erin.says(`<iq type='get' id='${asked++}' to='localhost'><ping xmlns='urn:xmpp:ping'/></iq>`)
      await erin.isSent()
      await frank.asks('ping')
      most = Math.max(most, link?.bufferedBytes ?? 0)
    }
    figures(`asks without reading: ended after ${asked} pings with at most ${mib(most)} held`)
    expect(most).toBeLessThan(maxBufferedBytes + 1000)
    erin.leaves()
    frank.leaves()
  })

  it('that is only slow gets all that was stored for it, however much, and nothing twice', async () => {
    const alice = await come('alice')
    const count = 600
    const body = 'y'.repeat(16_000)
    for (let i = 0; i < count; i++)
      alice.says(`<message to='dave@localhost' id='${i}' type='chat'><body>${body}</body></message>`)
    await alice.asks('last')
    const dave = await PlainClient.signIn(server.port, 'dave', 'r', false)
    dave.sleeps()
    dave.says('<presence/>')
    const link = sessionOf('dave')?.link
    let most = 0
    while (most === 0) {
      await alice.asks('ping')
      most = link?.bufferedBytes ?? 0
    }
    for (let i = 0; i < 20; i++) {
      await alice.asks('ping')
      most = Math.max(most, link?.bufferedBytes ?? 0)
    }
    dave.reads()
    await dave.hears(`id='${count - 1}'`)
    figures(`stored for a slow reader: ${mib(count * 16_200)} delivered with at most ${mib(most)} held`)
    expect(idsIn(dave.received)).toEqual(Array.from({ length: count }, (_, i) => i))
    expect(most).toBeLessThan(1 << 20)
    alice.leaves()
    dave.leaves()
  })
})
