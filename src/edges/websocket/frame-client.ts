import type { FrameConnection, FrameHandler } from '../../net/connection.ts'
import type { ResponseHeader } from '../../protocol/c2s/events.ts'
import type { SessionInfo } from '../../router/session.ts'
import { NS } from '../../stanza/namespaces.ts'
import { StreamError } from '../../stanza/stream-error.ts'
import type { Element } from '../../xml/element.ts'
import { scanFrame } from '../../xml/frame.ts'
import type { ScannerLimits } from '../../xml/limits.ts'
import type { RawElement } from '../../xml/raw-element.ts'
import type { Wire } from '../../xml/wire.ts'
import type { ClientService } from '../client-service.ts'
import { ClientStream } from '../client-stream.ts'
import { outerSecurity } from '../outer-security.ts'
import { limitFor, type Reader, type ReadLimit } from '../read-limit.ts'
import { closingFrame, elementFrame, openingFrame } from './frame-text.ts'

/** A client on a WebSocket: a message for each element (RFC 7395). */
export class FrameClient extends ClientStream implements FrameHandler, Reader {
  readonly #connection: FrameConnection
  #limit: ReadLimit | undefined = undefined
  #isBusy = false
  #limits: ScannerLimits

  private constructor(service: ClientService, connection: FrameConnection) {
    super(service, outerSecurity(connection))
    this.#connection = connection
    this.#limits = service.strangerLimits
    connection.limitFrames(this.#limits.maxElementBytes)
  }

  /** Takes over an accepted WebSocket. */
  static accept(service: ClientService, connection: FrameConnection): FrameClient {
    const client = new FrameClient(service, connection)
    client.begin()
    return client
  }

  // From the connection

  frame(bytes: Uint8Array, length: number): void {
    if (this.isOver) return
    this.service.traffic.websocket.received.inc(length)
    this.#limit?.charge(length, this)
    try {
      this.#take(scanFrame(length === bytes.length ? bytes : bytes.subarray(0, length), this.#limits))
    } catch (error) {
      this.broke(error)
    }
  }

  #take(raw: RawElement): void {
    if (raw.ns !== NS.framing) this.received(raw)
    else if (raw.name === 'close') this.streamEnded()
    else {
      const header = { name: raw.name, ns: raw.ns, defaultNs: '', attr: (name: string) => raw.attr(name) }
      if (this.isNegotiating) this.handle({ on: 'header', header })
      else throw new StreamError('policy-violation', 'A stream is open already')
    }
  }

  tooLarge(): void {
    this.stop(new StreamError('policy-violation', 'element too big'))
  }

  closed(): void {
    this.gone()
  }

  // To the connection

  get form(): 'framed' {
    return 'framed'
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

  protected write(text: Wire): void {
    this.service.traffic.websocket.sent.inc(text.length)
    this.#connection.write(text)
  }

  protected writeHeader(header: ResponseHeader): void {
    this.write(openingFrame(header))
  }

  protected writeElement(element: Element): void {
    this.write(elementFrame(element))
  }

  protected finish(): void {
    this.write(closingFrame)
    this.#connection.end()
  }

  protected drop(): void {
    this.#connection.destroy()
  }

  protected pauseInput(): void {
    this.#isBusy = true
    this.#connection.pauseReading()
  }

  protected resumeInput(): void {
    this.#isBusy = false
    this.readOn()
  }

  holdBack(): void {
    this.#connection.pauseReading()
  }

  readOn(): void {
    if (!this.#isBusy && this.#limit?.isExceeded !== true && !this.isOver) this.#connection.resumeReading()
  }

  /** The next `<open/>` is a message like any other. */
  protected restartInput(): void {}

  protected startTls(): void {
    throw new Error('There is no STARTTLS on a WebSocket (RFC 7395 §3.8)')
  }

  protected widen(): void {
    this.#limits = this.service.limits
    this.#connection.limitFrames(this.#limits.maxElementBytes)
  }

  protected limitInput(rate: number): void {
    this.#limit = limitFor(rate, this.service.clock, this.#limit)
  }

  protected sessionInfo(mechanism: string, streamId: string): SessionInfo {
    const { address, port } = this.#connection.remote
    return { address, port, connection: 'ws', mechanism, streamId }
  }
}
