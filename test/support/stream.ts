import type { ConnectionOptions } from 'node:tls'
import { BoshTransport } from './bosh-transport.ts'
import { describeItem, Inbox, type Item, patience } from './inbox.ts'
import { type Captures, Pattern } from './match.ts'
import { FrameTransport, StreamTransport, type Transport, type TransportKind } from './transport.ts'
import { escapeXml, NS, type XmlNode } from './xml.ts'

/** Where a server listens. */
export interface Address {
  readonly host: string
  readonly port: number
  readonly tlsPort?: number | undefined
  readonly wsUrl?: string | undefined
  readonly boshUrl?: string | undefined
  readonly domain: string
}

/** What {@link RawStream.receives} found: the element and what the braces of the pattern took. */
export interface Received {
  readonly element: XmlNode
  readonly text: Readonly<Record<string, string>>
  readonly nodes: Readonly<Record<string, XmlNode[]>>
}

export interface HeaderOptions {
  readonly to?: string | undefined
  readonly from?: string | undefined
  readonly version?: string | undefined
  readonly lang?: string | undefined
}

/** A connection that is spoken to word by word: what negotiation and stream errors are tested with. */
export class RawStream {
  readonly address: Address
  readonly inbox: Inbox
  readonly #transport: Transport
  readonly #log: string[] = []
  name = 'stream'
  /** True from the first thing sent until the server is known to have seen all of it. */
  isUnheard = false

  constructor(address: Address, inbox: Inbox, transport: Transport) {
    this.address = address
    this.inbox = inbox
    this.#transport = transport
  }

  static async connect(address: Address, kind: TransportKind = 'tcp', tls: ConnectionOptions = {}): Promise<RawStream> {
    const inbox = new Inbox()
    return new RawStream(address, inbox, await openTransport(address, kind, tls, inbox))
  }

  get kind(): TransportKind {
    return this.#transport.kind
  }

  /** Whether each element stands by itself, between `<open/>` and `<close/>`. */
  get isFramed(): boolean {
    return this.kind === 'ws' || this.kind === 'bosh'
  }

  get isClosed(): boolean {
    return this.#transport.isClosed
  }

  /** The wire text received so far. */
  get received(): string {
    return this.#transport.received
  }

  /** The byte stream below; WebSocket and BOSH have none. */
  get bytes(): StreamTransport {
    if (this.#transport instanceof StreamTransport) return this.#transport
    throw new Error('only TCP and TLS have a byte stream')
  }

  /** The messages below; only WebSocket has them. */
  get frames(): FrameTransport {
    if (this.#transport instanceof FrameTransport) return this.#transport
    throw new Error('only a WebSocket connection has frames')
  }

  /** Sends text or bytes as they are. */
  send(data: string | Uint8Array): void {
    this.isUnheard = true
    this.#log.push(`sent      ${typeof data === 'string' ? data : `${data.length} bytes`}`)
    this.#transport.send(data)
  }

  /** Sends a stream header, and forgets what was read of an earlier one. */
  open(options: HeaderOptions = {}): void {
    const { to = this.address.domain, from, version = '1.0', lang } = options
    const attributes = [
      ['to', to],
      ['from', from],
      ['version', version],
      ['xml:lang', lang],
    ].flatMap(([name, value]) => (value ? [` ${name}='${escapeXml(value)}'`] : []))
    this.#transport.restart()
    if (this.isFramed) this.send(`<open xmlns='${NS.framing}'${attributes.join('')}/>`)
    else
      this.send(
        `<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='${NS.stream}'${attributes.join('')}>`,
      )
  }

  /** Ends the stream in order; the connection stays until the server closes it. */
  end(): void {
    this.send(this.isFramed ? `<close xmlns='${NS.framing}'/>` : '</stream:stream>')
  }

  async next(): Promise<Item> {
    const item = await this.inbox.next()
    if (!item) throw this.complain('nothing arrived')
    this.#log.push(`received  ${describeItem(item)}`)
    return item
  }

  /** Waits for the server's stream header. */
  async receivesHeader(): Promise<XmlNode> {
    const item = await this.next()
    if (item.kind !== 'header') throw this.complain(`a stream header was expected, not ${describeItem(item)}`)
    return item.header
  }

  async receivesFeatures(): Promise<XmlNode> {
    return (await this.receives(`<stream:features>{any}</stream:features>`)).element
  }

  /** Takes the next element, which must look like the pattern (see {@link Pattern}). */
  async receives(pattern: string): Promise<Received> {
    const item = await this.next()
    const found = item.kind === 'element' ? match(new Pattern(pattern), item.element) : undefined
    if (!found) throw this.complain(`expected  ${pattern}\n  received  ${describeItem(item)}`)
    return found
  }

  /** Takes as many elements as there are patterns; each pattern fits one of them, in any order. */
  async receivesAll(patterns: readonly string[]): Promise<Received[]> {
    const open = patterns.map((source) => new Pattern(source))
    const found = new Array<Received>(patterns.length)
    for (let count = 0; count < patterns.length; count++) {
      const item = await this.next()
      const index = open.findIndex(
        (pattern, at) => !found[at] && item.kind === 'element' && pattern.match(item.element),
      )
      const pattern = open[index]
      const fit = pattern && item.kind === 'element' ? match(pattern, item.element) : undefined
      if (!fit) {
        const missing = patterns.filter((_, at) => !found[at])
        throw this.complain(`expected one of\n    ${missing.join('\n    ')}\n  received  ${describeItem(item)}`)
      }
      found[index] = fit
    }
    return found
  }

  /** Waits for an element that looks like the pattern and passes over others, which stay to be received. */
  async finds(pattern: string): Promise<Received> {
    const wanted = new Pattern(pattern)
    const item = await this.inbox.take((item) => item.kind === 'element' && wanted.match(item.element) !== undefined)
    if (item?.kind !== 'element') throw this.complain(`no element looked like ${pattern}`)
    this.#log.push(`received  ${describeItem(item)}`)
    return match(wanted, item.element) as Received
  }

  /** Waits for an element that passes the test and passes over others, which stay to be received. */
  async takes(test: (element: XmlNode) => boolean): Promise<XmlNode> {
    const item = await this.inbox.take(
      (item) => item.kind === 'closed' || (item.kind === 'element' && test(item.element)),
    )
    if (item?.kind !== 'element') throw this.complain('no element that was waited for came')
    this.#log.push(`received  ${describeItem(item)}`)
    return item.element
  }

  /** Waits for a stream error, then for the end of stream and connection. */
  async receivesStreamError(condition: string): Promise<XmlNode> {
    const item = await this.next()
    const error =
      item.kind === 'element' && item.element.ns === NS.stream && item.element.name === 'error'
        ? item.element
        : undefined
    if (!error?.child(condition, NS.streamErrors)) {
      throw this.complain(`expected  the stream error ${condition}\n  received  ${describeItem(item)}`)
    }
    await this.receivesEnd()
    await this.receivesClose()
    return error
  }

  async receivesEnd(): Promise<void> {
    const item = await this.next()
    if (item.kind !== 'end') throw this.complain(`the end of the stream was expected, not ${describeItem(item)}`)
  }

  /** Waits until the server has closed the connection. */
  async receivesClose(): Promise<void> {
    const item = await this.next()
    if (item.kind !== 'closed') throw this.complain(`the end of the connection was expected, not ${describeItem(item)}`)
  }

  destroy(): void {
    this.#transport.destroy()
  }

  restart(): void {
    this.#transport.restart()
  }

  /** An error that tells what was sent and received. */
  complain(what: string): Error {
    return new Error(`${this.name}: ${what}`)
  }

  /** What was said on this connection, for the report of a story that failed. */
  transcript(): string {
    const left = this.inbox.items.map((item) => `unread    ${describeItem(item)}`)
    const lines = [...this.#log, ...left]
      .slice(-60)
      .map((line) => (line.length > 1500 ? `${line.slice(0, 1500)} …` : line))
    return `--- ${this.name} (${this.kind})\n  ${lines.join('\n  ')}`
  }

  protected note(item: Item): void {
    this.#log.push(`received  ${describeItem(item)}`)
  }
}

function match(pattern: Pattern, element: XmlNode): Received | undefined {
  const captures: Captures | undefined = pattern.match(element)
  return captures && { element, ...captures }
}

/** Connects by one way; the TLS options matter for direct TLS only. */
export async function openTransport(
  address: Address,
  kind: TransportKind,
  tls: ConnectionOptions,
  inbox: Inbox,
): Promise<Transport> {
  const attempt = open(address, kind, tls, inbox)
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no ${kind} connection to ${address.host}`)), patience)
  })
  return Promise.race([attempt, late]).finally(() => clearTimeout(timer))
}

function open(address: Address, kind: TransportKind, tls: ConnectionOptions, inbox: Inbox): Promise<Transport> {
  const { host, port, tlsPort, wsUrl, boshUrl, domain } = address
  if (kind === 'tcp') return StreamTransport.open(port, host, inbox)
  if (kind === 'tls') {
    if (!tlsPort) throw new Error('the target has no port for direct TLS')
    return StreamTransport.openTls({ host, port: tlsPort, servername: domain, ...tls }, inbox)
  }
  if (kind === 'bosh') {
    if (!boshUrl) throw new Error('the target has no address for BOSH')
    return Promise.resolve(new BoshTransport(boshUrl, inbox))
  }
  if (!wsUrl) throw new Error('the target has no WebSocket address')
  return FrameTransport.open(wsUrl, inbox)
}
