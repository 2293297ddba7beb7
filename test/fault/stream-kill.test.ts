import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { numbers } from '../fuzz/mutate.ts'
import { type ChildServer, ServerFolder } from '../support/child-server.ts'
import { EnduringClient } from '../support/enduring-client.ts'
import { figures } from '../support/figures.ts'
import { PlainClient } from '../support/plain-client.ts'
import { plainSettings } from '../support/plain-server.ts'

const rounds = Number(process.env.STREAM_KILLS ?? 8)
const pairs = 6
const below = numbers(11)

const modules = `
[modules.mod_register]
[modules.mod_stream_management]
resume_timeout = 600
buffer_max = 5000
`

let folder: ServerFolder

beforeAll(() => {
  folder = new ServerFolder(
    plainSettings({ more: modules }).replace('max_stanza_size', 'access = "all"\nmax_stanza_size'),
  )
})
afterAll(() => folder.remove())

const names = Array.from({ length: pairs }, (_, i) => [`left${i}`, `right${i}`] as const)

/** Those who write to each other, and what has been written. */
class Crowd {
  readonly clients = new Map<string, EnduringClient>()
  #count = 0
  #isOver = false

  constructor(port: number) {
    for (const pair of names) for (const name of pair) this.clients.set(name, new EnduringClient(name, 'r', port))
  }

  get acknowledged(): number {
    let sum = 0
    for (const { fate } of this.clients.values()) sum += fate.acknowledged.size
    return sum
  }

  async comes(port: number): Promise<void> {
    await Promise.all([...this.clients.values()].map((client) => client.comes(port)))
  }

  /** Everybody writes to the other of his pair, and to somebody who is away, a few messages ahead of the acknowledgements. */
  write(): void {
    if (this.#isOver) return
    for (const [left, right] of names) {
      this.#writeFrom(left, right)
      this.#writeFrom(right, left)
    }
    setImmediate(() => this.write())
  }

  stop(): void {
    this.#isOver = true
  }

  #writeFrom(from: string, to: string): void {
    const client = this.clients.get(from)
    if (client === undefined || !client.isOn || client.pending > 5) return
    const number = ++this.#count
    if (number % 7 === 0) client.sends('absent@localhost', `absent:${from}:${number}`)
    else client.sends(`${to}@localhost/r`, `${to}:${from}:${number}`)
  }

  async allAcknowledged(): Promise<void> {
    await Promise.all([...this.clients.values()].map((client) => client.until(() => client.pending === 0)))
  }
}

/** The messages of one sender have come in the order in which they were sent. */
function disordered(received: readonly string[]): string[] {
  const last = new Map<string, number>()
  return received.filter((id) => {
    const [, from = '', number = ''] = id.split(':')
    const isLate = Number(number) < (last.get(from) ?? 0)
    last.set(from, Math.max(Number(number), last.get(from) ?? 0))
    return isLate
  })
}

async function register(server: ChildServer, name: string): Promise<void> {
  const client = await PlainClient.connect(server.port)
  client.says(
    `<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='localhost' version='1.0'>`,
  )
  const form = `<username>${name}</username><password>${name}</password>`
  client.says(`<iq type='set' id='r'><query xmlns='jabber:iq:register'>${form}</query></iq>`)
  await client.hears(`<iq type='result' id='r'`)
  client.leaves()
}

describe('stream management on a server that is killed', () => {
  it(`loses nothing that it has acknowledged, ${rounds} times over`, async () => {
    let server = await folder.start()
    for (const name of ['absent', ...names.flat()]) await register(server, name)
    const crowd = new Crowd(server.port)
    await crowd.comes(server.port)
    crowd.write()
    for (let round = 0; round < rounds; round++) {
      const goal = crowd.acknowledged + 50 + below(400)
      while (crowd.acknowledged < goal) await new Promise((resolve) => setImmediate(resolve))
      server.kill('SIGKILL')
      expect(await server.exited).toBe('SIGKILL')
      server = await folder.start()
      await crowd.comes(server.port)
    }
    crowd.stop()
    await crowd.allAcknowledged()
    const absent = new EnduringClient('absent', 'r', server.port)
    await absent.comes()
    const everyone = new Map([...crowd.clients, ['absent', absent]])
    const lost: string[] = []
    for (const { fate } of crowd.clients.values()) {
      for (const id of fate.acknowledged) {
        const to = everyone.get(id.split(':')[0] ?? '')
        await Promise.race([
          to?.until(() => to.fate.received.includes(id)),
          new Promise((resolve) => setTimeout(resolve, 2000)),
        ])
        if (to?.fate.received.includes(id) !== true) lost.push(id)
      }
    }
    const fates = [...everyone.values()].map(({ fate }) => fate)
    const doubled = fates.flatMap((fate) => fate.doubled)
    figures(
      `killed ${rounds} times under load: ${crowd.acknowledged} messages acknowledged, ${lost.length} lost, ${doubled.length} twice in one stream`,
    )
    expect(lost).toEqual([])
    expect(fates.flatMap(({ failures }) => failures).reduce((a, b) => a + b)).toBe(0)
    expect(doubled).toEqual([])
    for (const { received } of fates) expect(disordered(received)).toEqual([])
    server.kill('SIGTERM')
    expect(await server.exited).toBe(0)
  }, 600_000)
})
