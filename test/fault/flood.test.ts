import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { figures } from '../support/figures.ts'
import { PlainClient } from '../support/plain-client.ts'
import { plainSettings, startPlainServer } from '../support/plain-server.ts'
import type { OwnTestServer } from '../support/server.ts'

const rate = 80_000
const settings = plainSettings({
  c2s: 'shaper = "c2s_shaper"',
  more: `
[shaper.slow]
max_rate = ${rate}

[acl]
flooders = [{user = "flood"}]

[access]
c2s_shaper = [{acl = "flooders", value = "slow"}, {acl = "all", value = "none"}]
`,
})
let server: OwnTestServer
const come = (name: string) => PlainClient.signIn(server.port, name)

beforeAll(async () => {
  server = await startPlainServer(settings, ['flood', 'sink', 'carol', 'dave'])
})
afterAll(() => server.stop?.())

describe('a client that floods', () => {
  it('is slowed to its rate, loses nothing, and two others talk as if it were not there', async () => {
    const [flood, sink, carol, dave] = [
      await come('flood'),
      await come('sink'),
      await come('carol'),
      await come('dave'),
    ]
    const stanza = (i: number) => `<message to='sink@localhost/r' id='${i}'><body>${'z'.repeat(900)}</body></message>`
    const count = 400
    const bytes = count * stanza(100).length
    const begun = performance.now()
    for (let i = 0; i < count; i++) flood.says(stanza(i))
    let isOver = false
    const over = sink.hears(`id='${count - 1}'`).then(() => {
      isOver = true
    })
    const times: number[] = []
    while (!isOver) {
      const at = performance.now()
      carol.says(`<message to='dave@localhost/r' id='${times.length}'><body>Hi</body></message>`)
      await dave.hears(`id='${times.length}'`)
      times.push(performance.now() - at)
    }
    await over
    const seconds = (performance.now() - begun) / 1000
    times.sort((a, b) => a - b)
    const share = (part: number) => (times[Math.floor((times.length - 1) * part)] ?? 0).toFixed(2)
    figures(
      `flood: ${bytes} bytes at once took ${seconds.toFixed(2)} s, ${Math.round((bytes - rate) / seconds)} bytes/s after the first second's worth, of ${rate} allowed; ` +
        `meanwhile ${times.length} round trips of two others, median ${share(0.5)} ms, p99 ${share(0.99)} ms`,
    )
    const ids = [...sink.received.matchAll(/<message [^>]*id='(\d+)'/g)].map((match) => Number(match[1]))
    expect(ids).toEqual(Array.from({ length: count }, (_, i) => i))
    // A bucket of one second's worth is free, and one read that overdraws it is waited for only afterwards.
    expect((bytes - rate - 65_536) / seconds).toBeLessThan(rate * 1.02)
    // They were never made to wait for it: far more passed between them than the flood's rate has room for.
    expect(times.length).toBeGreaterThan(count)
    for (const client of [flood, sink, carol, dave]) client.leaves()
  })
})
