import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type InboundService, InboundStream } from '../../src/edges/s2s/inbound-stream.ts'
import { LiveEdge, PaperConnection, until } from '../support/live-edge.ts'
import { serverClaim, serverOpening, serverStages } from './corpus/server-streams.ts'
import { bindTo, opening, plainAuth } from './corpus/streams.ts'
import { fuzzCount, mutate, numbers } from './mutate.ts'

const inputs = fuzzCount(10_000)
const atOnce = 500
const edge = new LiveEdge(`[[listen.s2s]]\nport = 0\nmax_stanza_size = 65_536\ntls.mode = "none"\n`)
const below = numbers(Number(process.env['MEERKAT_SEED'] ?? 20_261_126))
const order = ['header', 'before', 'proven', 'proven'] as const
let service: InboundService

beforeAll(async () => {
  await edge.start()
  for (const name of ['alice', 'bob']) await edge.register(name, 'secret')
  service = await edge.peers()
}, 60_000)
afterAll(() => edge.stop())

function connect(): PaperConnection {
  const connection = new PaperConnection()
  connection.handler = InboundStream.accept(service, connection)
  return connection
}

/** One input: the way to a state, then what nobody should send, then an end of some kind. */
async function play(index: number): Promise<void> {
  const { way, sign, corpus } = serverStages[order[index % order.length] ?? 'header']
  const connection = connect()
  connection.says(way)
  if (!(await until(() => connection.written.includes(sign)))) throw new Error(`not reached: ${connection.written}`)
  const parts: Buffer[] = []
  for (let n = 1 + below(3); n > 0; n--) {
    const document = Buffer.from(corpus[below(corpus.length)] as string)
    parts.push(below(5) === 0 ? document : mutate(document, below))
  }
  const bytes = Buffer.concat(parts)
  const cuts = Array.from({ length: below(3) }, () => below(bytes.length + 1)).sort((a, b) => a - b)
  connection.push(bytes, cuts)
  const end = below(4)
  for (let turns = end === 0 ? 0 : below(4); turns > 0; turns--) await new Promise((resolve) => setImmediate(resolve))
  if (end === 1) connection.says('</stream:stream>')
  connection.vanish()
}

describe('the edge for other servers under mutated streams', () => {
  it(
    `survives ${inputs} of them in every state`,
    async () => {
      const alice = edge.connect()
      alice.says(`${opening}${plainAuth('alice')}${opening}${bindTo('witness')}`)
      expect(await until(() => alice.written.includes('<jid>'))).toBe(true)
      alice.says('<presence/>')
      expect(await until(() => alice.written.includes('<presence'))).toBe(true)
      for (let done = 0; done < inputs; done += atOnce) {
        await Promise.all(Array.from({ length: Math.min(atOnce, inputs - done) }, (_, i) => play(done + i)))
        expect(service.negotiating.size, 'those of whom nobody knows').toBe(0)
        expect(service.wheel.size, 'time-outs').toBe(0)
        expect(edge.faults).toEqual([])
        // One who behaves is heard.
        alice.take()
        const peer = connect()
        peer.says(serverOpening + serverClaim)
        expect(await until(() => peer.written.includes("type='valid'"))).toBe(true)
        peer.says(`<message from='w@peer.test' to='alice@localhost' id='w${done}'><body>Hi</body></message>`)
        expect(await until(() => alice.written.includes(`id='w${done}'`))).toBe(true)
        peer.vanish()
      }
    },
    Math.max(120_000, inputs * 20),
  )
})
