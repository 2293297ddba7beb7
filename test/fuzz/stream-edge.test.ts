import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { figures } from '../support/figures.ts'
import { LiveEdge, type PaperConnection, type PaperSocket, until } from '../support/live-edge.ts'
import type { PaperRequests } from '../support/paper-requests.ts'
import { bindTo, opening, plainAuth, type Stage, stages } from './corpus/streams.ts'
import { fuzzCount, mutate, numbers } from './mutate.ts'

const inputs = fuzzCount(20_000)
const atOnce = 1000
const users = 50
const order: readonly Stage[] = ['header', 'before', 'sasl', 'after', 'session', 'session']

const edge = new LiveEdge()
const below = numbers(Number(process.env['MEERKAT_SEED'] ?? 20_260_301))
let resources = 0

beforeAll(async () => {
  await edge.start()
  for (let i = 0; i < users; i++) await edge.register(`fuzz-${i}`, 'secret')
  for (const name of ['alice', 'bob']) await edge.register(name, 'secret')
}, 60_000)

afterAll(() => edge.stop())

/** Signs in by name and waits for it. */
async function signIn(user: string): Promise<PaperConnection> {
  const connection = edge.connect()
  connection.says(opening + plainAuth(user) + opening + bindTo('witness'))
  expect(await until(() => connection.written.includes('<jid>'))).toBe(true)
  connection.says('<presence/>')
  expect(await until(() => connection.written.includes('<presence'))).toBe(true)
  connection.take()
  return connection
}

/** Up to three documents of the corpus, some of them broken. */
function script(stage: Stage): Buffer[] {
  const { corpus } = stages[stage]
  const parts: Buffer[] = []
  for (let n = 1 + below(3); n > 0; n--) {
    const document = Buffer.from(corpus[below(corpus.length)] as string)
    parts.push(below(5) === 0 ? document : mutate(document, below))
  }
  return parts
}

/** A client over one of the ways to connect, and how it sends these documents: as frames or requests, or in pieces cut anywhere. */
function client(): { connection: PaperConnection | PaperSocket | PaperRequests; send(parts: readonly Buffer[]): void } {
  const isSecure = below(2) === 0
  const way = below(3)
  if (way !== 2) {
    const connection = way === 0 ? edge.connectFrames(isSecure) : edge.connectRequests(isSecure)
    return {
      connection,
      send(parts) {
        for (const part of parts) connection.push(part)
      },
    }
  }
  const connection = edge.connect(isSecure)
  return {
    connection,
    send(parts) {
      const bytes = Buffer.concat(parts)
      const cuts = Array.from({ length: below(3) }, () => below(bytes.length + 1)).sort((a, b) => a - b)
      connection.push(bytes, cuts)
    },
  }
}

/** One input: the way to a state, then what nobody should send, then an end of some kind. Tells what was sent when it fails. */
async function play(index: number): Promise<void> {
  const stage = order[index % order.length] as Stage
  const { way, sign } = stages[stage]
  const parts = script(stage)
  const end = below(4)
  const { connection, send } = client()
  connection.says(way(`fuzz-${index % users}`, `r${resources++}`))
  if (!(await until(() => connection.written.includes(sign))))
    throw new Error(`${stage} is not reached: ${connection.written}`)
  send(parts)
  // Some leave while the server is still at work for them.
  for (let turns = end === 0 ? 0 : below(4); turns > 0; turns--) await new Promise((resolve) => setImmediate(resolve))
  if (end === 1) connection.says('</stream:stream>')
  if (end === 2 && stage !== 'session') edge.clock.advance(1)
  await connection.vanish()
}

let heard = 0

/** Two others talk on, in order. */
async function talk(from: PaperConnection, to: PaperConnection): Promise<void> {
  const first = heard
  for (let i = 0; i < 5; i++)
    from.says(`<message to='bob@localhost/witness' id='w${heard++}'><body>Hi</body></message>`)
  expect(await until(() => to.written.includes(`id='w${heard - 1}'`))).toBe(true)
  const ids = [...to.take().matchAll(/id='w(\d+)'/g)].map((match) => Number(match[1]))
  expect(ids).toEqual(Array.from({ length: 5 }, (_, i) => first + i))
}

function heapUsed(): number {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
  return process.memoryUsage().heapUsed
}

describe('a live edge under mutated streams', () => {
  it(
    `survives ${inputs} of them in every state`,
    async () => {
      const [alice, bob] = [await signIn('alice'), await signIn('bob')]
      const heaps: number[] = []
      for (let done = 0; done < inputs; done += atOnce) {
        await Promise.all(Array.from({ length: Math.min(atOnce, inputs - done) }, (_, i) => play(done + i)))
        // Who asked over HTTP is missed after a second, and what can be resumed waits another one for that.
        for (let second = 0; second < 4; second++) {
          edge.clock.advance(1100)
          for (let turns = 20; turns > 0; turns--) await new Promise((resolve) => setImmediate(resolve))
        }
        expect(
          await until(() => edge.port.negotiating.size === 0 && edge.host.sessions.size === 2),
          'all are gone',
        ).toBe(true)
        expect(edge.port.armed, 'time-outs').toBe(0)
        expect([edge.boshTable.size, edge.boshTable.wheel.size], 'sessions over HTTP').toEqual([0, 0])
        edge.clock.advance(10_000)
        expect(edge.faults).toEqual([])
        await talk(alice, bob)
        const part = Math.floor((done * 8) / inputs)
        if (part >= heaps.length) heaps.push(heapUsed())
      }
      heaps.push(heapUsed())
      const mib = heaps.map((bytes) => (bytes / 2 ** 20).toFixed(1))
      figures(`${inputs} mutated streams; heap in MiB over the run: ${mib.join(' ')}`)
      const [, early = 0] = heaps
      expect(heaps.at(-1)).toBeLessThan(early * 1.5 + (32 << 20))
    },
    Math.max(120_000, inputs * 20),
  )
})
