import type { ResponseHeader } from '../protocol/c2s/events.ts'
import type { SessionInfo } from '../router/session.ts'
import type { Element } from '../xml/element.ts'
import type { Wire } from '../xml/wire.ts'

// So many bytes have surely been handed to the socket, which tells when they are gone.
const muchUnread = 65_536

/** What carries a client's stream: the part of a connection that differs between bytes and frames. */
export abstract class ClientTransport {
  /** Who waits until the client has read what was sent. */
  #waiting: (() => void)[] | undefined = undefined
  abstract readonly form: 'client' | 'framed'
  /** Bytes not yet handed to the kernel. */
  abstract readonly bufferedBytes: number
  /** Bytes that wait to be read, wherever they are. */
  protected get waitingBytes(): number {
    return this.bufferedBytes
  }
  protected abstract readonly address: string
  protected abstract readonly isSecure: boolean
  protected abstract write(text: Wire): void
  protected abstract writeHeader(header: ResponseHeader): void
  protected abstract writeElement(element: Element): void
  /** Whether nothing more is read or written. */
  protected abstract readonly isOver: boolean
  /** From now on elements may be as large as those of a user. */
  protected abstract widen(): void
  /** Ends the stream and, once everything is written, the connection. */
  protected abstract finish(): void
  /** Ends the connection without a word. */
  protected abstract drop(): void
  /** No element may come in until `resumeInput`. */
  protected abstract pauseInput(): void
  protected abstract resumeInput(): void
  /** What comes next begins a new stream. */
  protected abstract restartInput(): void
  protected abstract startTls(): void
  /** From now on so many bytes a second may come in. */
  protected abstract limitInput(rate: number): void
  protected abstract sessionInfo(mechanism: string, streamId: string): SessionInfo

  whenRead(): Promise<void> | undefined {
    if (this.isOver || this.waitingBytes < muchUnread) return undefined
    return new Promise((resolve) => {
      this.#waiting ??= []
      this.#waiting.push(resolve)
    })
  }

  /** The connection has nothing left to write, or is over. */
  drained(): void {
    const waiting = this.#waiting
    this.#waiting = undefined
    for (const resolve of waiting ?? []) resolve()
  }
}
