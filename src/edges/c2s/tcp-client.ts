import type { Connection, ConnectionHandler } from '../../net/connection.ts'
import type { TlsContext } from '../../net/tls-context.ts'
import type { ResponseHeader } from '../../protocol/c2s/events.ts'
import type { SessionInfo } from '../../router/session.ts'
import type { Element } from '../../xml/element.ts'
import type { RawElement } from '../../xml/raw-element.ts'
import { type ScannerSink, XmlScanner } from '../../xml/scanner.ts'
import type { StreamHeader } from '../../xml/stream-header.ts'
import type { Wire } from '../../xml/wire.ts'
import type { ClientService } from '../client-service.ts'
import { ClientStream } from '../client-stream.ts'
import type { ByteCounts } from '../client-traffic.ts'
import { limitFor, type Reader, type ReadLimit } from '../read-limit.ts'
import { ConnectionSecurity } from './connection-security.ts'
import { closingText, elementText, openingText } from './stream-text.ts'

// While an element is being handled, so many bytes of those behind it may be read ahead.
const mostHeld = 16_384

/** The scanner's way to its client, apart because a stream and a connection are both closed. */
class StreamSink implements ScannerSink {
  readonly #client: TcpClient

  constructor(client: TcpClient) {
    this.#client = client
  }

  opened(header: StreamHeader): void {
    this.#client.streamOpened(header)
  }

  element(raw: RawElement): void {
    this.#client.elementCame(raw)
  }

  closed(): void {
    this.#client.streamClosed()
  }
}

/** A client on a byte stream, TCP or TLS (RFC 6120). */
export class TcpClient extends ClientStream implements ConnectionHandler, Reader {
  readonly #connection: Connection
  readonly #scanner: XmlScanner
  readonly #tls: TlsContext | undefined
  #limit: ReadLimit | undefined = undefined

  private constructor(service: ClientService, connection: Connection, tls: TlsContext | undefined) {
    super(service, new ConnectionSecurity(connection))
    this.#connection = connection
    this.#tls = tls
    this.#scanner = new XmlScanner(new StreamSink(this), service.strangerLimits)
  }

  /** Takes over an accepted connection; `tls` is for STARTTLS. */
  static accept(service: ClientService, connection: Connection, tls?: TlsContext): TcpClient {
    const client = new TcpClient(service, connection, tls)
    client.begin()
    return client
  }

  // From the connection

  data(bytes: Uint8Array, length: number): void {
    if (this.isOver) return
    this.#bytes.received.inc(length)
    this.#limit?.charge(length, this)
    try {
      this.#scanner.push(bytes, length)
    } catch (error) {
      this.broke(error)
    }
    // What is read now would only pile up here.
    if (this.#scanner.isPaused && this.#scanner.heldBytes > mostHeld) this.#connection.pauseReading()
  }

  closed(): void {
    this.gone()
  }

  // From the scanner

  streamOpened(header: StreamHeader): void {
    this.handle({ on: 'header', header })
  }

  elementCame(raw: RawElement): void {
    if (!this.isOver) this.received(raw)
  }

  streamClosed(): void {
    if (!this.isOver) this.streamEnded()
  }

  // To the connection

  get form(): 'client' {
    return 'client'
  }

  get bufferedBytes(): number {
    return this.#connection.bufferedBytes
  }

  protected get address(): string {
    return this.#connection.remote.address
  }

  protected get isSecure(): boolean {
    return this.#connection.isSecure
  }

  get #bytes(): ByteCounts {
    const { traffic } = this.service
    return this.#connection.isSecure ? traffic.tls : traffic.tcp
  }

  protected write(text: Wire): void {
    this.#bytes.sent.inc(text.length)
    this.#connection.write(text)
  }

  protected writeHeader(header: ResponseHeader): void {
    this.write(openingText(header))
  }

  protected writeElement(element: Element): void {
    this.write(elementText(element))
  }

  protected finish(): void {
    this.write(closingText)
    this.#connection.end()
  }

  protected drop(): void {
    this.#connection.destroy()
  }

  protected pauseInput(): void {
    this.#scanner.pause()
  }

  protected resumeInput(): void {
    try {
      this.#scanner.resume()
    } catch (error) {
      this.broke(error)
    }
    this.readOn()
  }

  holdBack(): void {
    this.#connection.pauseReading()
  }

  readOn(): void {
    if (!this.#scanner.isPaused && this.#limit?.isExceeded !== true && !this.isOver) this.#connection.resumeReading()
  }

  protected restartInput(): void {
    this.#scanner.restart()
  }

  protected startTls(): void {
    this.#scanner.discard()
    if (this.#tls === undefined) throw new Error('STARTTLS offered without a certificate')
    this.#connection.startTls(this.#tls).then(
      () => this.handle({ on: 'secured', security: new ConnectionSecurity(this.#connection) }),
      // The connection is gone then, and says so itself.
      () => {},
    )
  }

  protected widen(): void {
    this.#scanner.useLimits(this.service.limits)
  }

  protected limitInput(rate: number): void {
    this.#limit = limitFor(rate, this.service.clock, this.#limit)
  }

  protected sessionInfo(mechanism: string, streamId: string): SessionInfo {
    const { address, port } = this.#connection.remote
    const connection = this.#connection.isSecure ? 'c2s_tls' : 'c2s'
    return { address, port, connection, mechanism, streamId }
  }
}
