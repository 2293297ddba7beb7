import { createSocket, type Socket } from 'node:dgram'

/** What a name server knows; names without the dot at the end. `SERVFAIL` for a name that cannot be looked up now, nothing for silence. */
export interface Zone {
  readonly a?: Readonly<Record<string, readonly string[]>>
  readonly aaaa?: Readonly<Record<string, readonly string[]>>
  readonly srv?: Readonly<
    Record<string, readonly (readonly [priority: number, weight: number, port: number, name: string])[]>
  >
  readonly failing?: readonly string[]
  readonly silent?: readonly string[]
}

const types = { 1: 'a', 28: 'aaaa', 33: 'srv' } as const

/** A name server on this machine that answers for one zone. */
export class DnsServer {
  readonly #socket: Socket
  zone: Zone = {}
  /** What was asked for: type and name. */
  readonly asked: string[] = []

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.on('message', (query, { port, address }) => {
      const answer = this.#answerTo(query)
      if (answer !== undefined) socket.send(answer, port, address)
    })
  }

  static async start(zone: Zone): Promise<DnsServer> {
    const socket = createSocket('udp4')
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
    const server = new DnsServer(socket)
    server.zone = zone
    return server
  }

  get address(): string {
    return `127.0.0.1:${this.#socket.address().port}`
  }

  stop(): Promise<void> {
    return new Promise((resolve) => this.#socket.close(() => resolve()))
  }

  #answerTo(query: Buffer): Buffer | undefined {
    const { name, end } = readName(query, 12)
    const type = types[query.readUInt16BE(end) as keyof typeof types]
    this.asked.push(`${type} ${name}`)
    if (this.zone.silent?.includes(name)) return undefined
    const records = this.#records(type, name)
    const isKnown = (['a', 'aaaa', 'srv'] as const).some((kind) => this.zone[kind]?.[name] !== undefined)
    const code = this.zone.failing?.includes(name) ? 2 : isKnown ? 0 : 3
    const head = Buffer.alloc(12)
    query.copy(head, 0, 0, 2)
    head.writeUInt16BE(0x8180 | code, 2)
    head.writeUInt16BE(1, 4)
    head.writeUInt16BE(records.length, 6)
    const answers = records.map((data) => {
      const fixed = Buffer.alloc(12)
      fixed.writeUInt16BE(0xc00c, 0)
      fixed.writeUInt16BE(query.readUInt16BE(end), 2)
      fixed.writeUInt16BE(1, 4)
      fixed.writeUInt32BE(60, 6)
      fixed.writeUInt16BE(data.length, 10)
      return Buffer.concat([fixed, data])
    })
    return Buffer.concat([head, query.subarray(12, end + 4), ...answers])
  }

  #records(type: 'a' | 'aaaa' | 'srv' | undefined, name: string): Buffer[] {
    if (type === 'a') return (this.zone.a?.[name] ?? []).map((ip) => Buffer.from(ip.split('.').map(Number)))
    if (type === 'aaaa') return (this.zone.aaaa?.[name] ?? []).map(ipv6)
    return (this.zone.srv?.[name] ?? []).map(([priority, weight, port, target]) => {
      const numbers = Buffer.alloc(6)
      for (const [index, value] of [priority, weight, port].entries()) numbers.writeUInt16BE(value, index * 2)
      return Buffer.concat([numbers, written(target)])
    })
  }
}

function readName(bytes: Buffer, from: number): { name: string; end: number } {
  const labels: string[] = []
  let at = from
  for (let length = bytes[at] ?? 0; length > 0; length = bytes[at] ?? 0) {
    labels.push(bytes.toString('latin1', at + 1, at + 1 + length))
    at += length + 1
  }
  return { name: labels.join('.').toLowerCase(), end: at + 1 }
}

function written(name: string): Buffer {
  const labels = name === '.' ? [] : name.split('.')
  return Buffer.concat([
    ...labels.map((label) => Buffer.from([label.length, ...Buffer.from(label, 'latin1')])),
    Buffer.from([0]),
  ])
}

/** Of `::1` and addresses without a gap. */
function ipv6(text: string): Buffer {
  const [before = '', after = ''] = text.split('::')
  const groups = (part: string) => (part === '' ? [] : part.split(':'))
  const [head, tail] = [groups(before), groups(after)]
  const all = [...head, ...Array.from({ length: 8 - head.length - tail.length }, () => '0'), ...tail]
  return Buffer.from(all.flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 0xff]))
}
