import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ComponentService } from '../../src/edges/component/component-service.ts'
import { ComponentStream } from '../../src/edges/component/component-stream.ts'
import { handshakeOf } from '../../src/protocol/component/handshake.ts'
import { LiveEdge, PaperConnection, until } from '../support/live-edge.ts'
import { componentOpening, componentStages } from './corpus/component-streams.ts'
import { bindTo, opening, plainAuth } from './corpus/streams.ts'
import { fuzzCount, mutate, numbers } from './mutate.ts'

const inputs = fuzzCount(10_000)
const atOnce = 500
const edge = new LiveEdge(
  `[[listen.component]]\nport = 0\npassword = "secret"\nconflict_behaviour = "kick_old"\nmax_stanza_size = 65_536\n`,
)
const below = numbers(Number(process.env['MEERKAT_SEED'] ?? 20_261_127))
const order = ['header', 'before', 'established', 'established'] as const
let service: ComponentService

beforeAll(async () => {
  await edge.start()
  for (const name of ['alice', 'bob']) await edge.register(name, 'secret')
  service = edge.components()
}, 60_000)
afterAll(() => edge.stop())

/** A component that has come as far as this. */
async function connect(stage: keyof typeof componentStages, name: string): Promise<PaperConnection> {
  const connection = new PaperConnection()
  connection.handler = ComponentStream.accept(service, connection)
  if (stage === 'header') return connection
  connection.says(componentOpening(name))
  const id = () => /\bid='([^']+)'/.exec(connection.written)?.[1]
  if (!(await until(() => id() !== undefined))) throw new Error(`not reached: ${connection.written}`)
  if (stage === 'before') return connection
  connection.says(`<handshake>${handshakeOf(id() ?? '', 'secret')}</handshake>`)
  if (!(await until(() => connection.written.includes('<handshake/>')))) {
    throw new Error(`not reached: ${connection.written}`)
  }
  return connection
}

/** One input: the way to a state, then what nobody should send, then an end of some kind. */
async function play(index: number): Promise<void> {
  const stage = order[index % order.length] ?? 'header'
  const name = `c${index}.test`
  const connection = await connect(stage, name)
  const corpus = componentStages[stage](name)
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

describe('the edge for components under mutated streams', () => {
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
        expect(service.open.size, 'streams').toBe(0)
        expect(service.wheel.size, 'time-outs').toBe(0)
        expect(edge.host.router.servicesOf('localhost').filter(({ jid }) => jid.endsWith('.test'))).toEqual([])
        expect(edge.host.router.isServed(`c${done}.test`)).toBe(false)
        expect(edge.faults).toEqual([])
        // One who behaves is heard.
        alice.take()
        const peer = await connect('established', 'peer.test')
        peer.says(`<message from='w@peer.test' to='alice@localhost' id='w${done}'><body>Hi</body></message>`)
        expect(await until(() => alice.written.includes(`id='w${done}'`))).toBe(true)
        peer.vanish()
      }
    },
    Math.max(120_000, inputs * 20),
  )
})
