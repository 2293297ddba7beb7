import type { Connection, ConnectionHandler } from '../net/connection.ts'
import { NS } from '../stanza/namespaces.ts'
import { StreamError } from '../stanza/stream-error.ts'
import type { Clock } from '../util/clock.ts'
import type { Timed, TimerWheel } from '../util/timer-wheel.ts'
import { XmlError } from '../xml/errors.ts'
import type { ScannerLimits } from '../xml/limits.ts'
import type { RawElement } from '../xml/raw-element.ts'
import { XmlScanner } from '../xml/scanner.ts'
import type { StreamHeader } from '../xml/stream-header.ts'
import { asWire, type Wire } from '../xml/wire.ts'
import type { ByteCounts } from './client-traffic.ts'
import { limitFor, type Reader, type ReadLimit } from './read-limit.ts'

// While a stanza is being handled, so many bytes of those behind it may be read ahead.
const mostHeld = 16_384

export const closingText: Wire = asWire('</stream:stream>')

/** What streams of one kind share. */
export interface XmlStreamParts {
  readonly clock: Clock
  readonly wheel: TimerWheel
  readonly bytes: { readonly tcp: ByteCounts; readonly tls: ByteCounts }
}

/** How much may come in, and how fast. `rate`: bytes a second, Infinity for no limit. */
export interface InputLimits {
  readonly limits: ScannerLimits
  readonly rate: number
}

/**
 * A stream with a server or a component over a connection: bytes come in and elements go out, no faster than they may, and while
 * one keeps us busy the next ones wait.
 */
export abstract class XmlStream implements ConnectionHandler, Reader, Timed {
  protected readonly connection: Connection
  readonly #parts: XmlStreamParts
  readonly #scanner: XmlScanner
  #limit: ReadLimit | undefined
  #isOver = false

  /** `first`: what holds until it is known who the other side is. */
  constructor(connection: Connection, parts: XmlStreamParts, first: InputLimits) {
    this.connection = connection
    this.#parts = parts
    this.#limit = limitFor(first.rate, parts.clock, undefined)
    const sink = {
      contentNs: NS.client,
      opened: (header: StreamHeader) => this.opened(header),
      element: (raw: RawElement) => {
        if (!this.#isOver) this.received(raw)
      },
      closed: () => this.streamEnded(),
    }
    this.#scanner = new XmlScanner(sink, first.limits)
  }

  protected abstract opened(header: StreamHeader): void
  /** Takes a first-level element. Throws StreamError where that ends the stream. */
  protected abstract received(raw: RawElement): void
  /** The other side has closed its stream. */
  protected abstract streamEnded(): void
  abstract timedOut(): void
  /** Ends the stream with an error, whatever its state. */
  abstract stop(error: StreamError): void
  /** A fault of the server's own. */
  protected abstract noteFault(reason: unknown): void
  /** The stream is over. Called once. */
  protected abstract ended(error: Error | undefined): void

  get isOver(): boolean {
    return this.#isOver
  }

  get address(): string {
    return this.connection.remote.address
  }

  get bufferedBytes(): number {
    return this.connection.bufferedBytes
  }

  // From the connection

  data(bytes: Uint8Array, length: number): void {
    if (this.#isOver) return
    this.#bytes.received.inc(length)
    this.#limit?.charge(length, this)
    try {
      this.#scanner.push(bytes, length)
    } catch (error) {
      this.broke(error)
    }
    if (this.#scanner.isPaused && this.#scanner.heldBytes > mostHeld) this.connection.pauseReading()
  }

  drained(): void {}

  closed(error?: Error): void {
    this.#end(error)
  }

  holdBack(): void {
    this.connection.pauseReading()
  }

  readOn(): void {
    if (!this.#scanner.isPaused && this.#limit?.isExceeded !== true && !this.#isOver) this.connection.resumeReading()
  }

  /** Holds back what comes next until this is done, so that order is kept. It must not reject. */
  protected hold(busy: Promise<void> | undefined): void {
    if (busy === undefined) return
    this.#scanner.pause()
    void busy.then(() => this.#release())
  }

  #release(): void {
    if (this.#isOver) return
    try {
      this.#scanner.resume()
    } catch (error) {
      this.broke(error)
    }
    this.readOn()
  }

  /** Something went wrong with what came in, or with us. */
  protected broke(error: unknown): void {
    if (error instanceof StreamError) this.stop(error)
    else if (error instanceof XmlError) this.stop(new StreamError(error.condition, error.message))
    else {
      this.noteFault(error)
      this.stop(new StreamError('internal-server-error'))
    }
  }

  /** It is known who the other side is. */
  protected widen({ limits, rate }: InputLimits): void {
    this.#scanner.useLimits(limits)
    this.#limit = limitFor(rate, this.#parts.clock, this.#limit)
  }

  /** The next bytes begin a new stream. */
  protected restart(): void {
    this.#scanner.restart()
  }

  /** Forgets what was read beyond the present element, before TLS begins. */
  protected discard(): void {
    this.#scanner.discard()
  }

  // To the connection

  get #bytes() {
    return this.#parts.bytes[this.connection.isSecure ? 'tls' : 'tcp']
  }

  protected write(text: Wire): void {
    this.#bytes.sent.inc(text.length)
    this.connection.write(text)
  }

  /** Ends the stream, then the connection. */
  protected finish(): void {
    this.write(closingText)
    this.connection.end()
    this.#end(undefined)
  }

  /** Ends the connection without a word. */
  protected drop(): void {
    this.connection.destroy()
    this.#end(undefined)
  }

  #end(error: Error | undefined): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#parts.wheel.cancel(this)
    this.ended(error)
  }
}
