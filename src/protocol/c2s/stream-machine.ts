import { StreamError } from '../../stanza/stream-error.ts'
import type { Element } from '../../xml/element.ts'
import type { C2sAction, C2sState, OpeningHeader } from './events.ts'
import { type ReadHeader, readHeader, responseTo } from './header.ts'
import type { C2sRules } from './rules.ts'

/** What any state of a client's stream needs: its header, its only timer, its end. */
export abstract class StreamMachine {
  protected readonly rules: C2sRules
  protected current: C2sState = 'wait-stream'
  /** The header of the present stream. */
  protected read: ReadHeader | undefined
  #hasSentHeader = false
  #streamId = ''
  #actions: C2sAction[] = []

  constructor(rules: C2sRules) {
    this.rules = rules
  }

  get state(): C2sState {
    return this.current
  }

  /** Of the present stream. */
  get streamId(): string {
    return this.#streamId
  }

  /** The language that the client gave its present stream, if any: that of its stanzas (RFC 6120 §4.7.4). */
  get lang(): string | undefined {
    return this.read?.clientLang
  }

  /** Runs a step and gives what it wants done; whatever it throws ends the stream. */
  protected collect(step: () => void): readonly C2sAction[] {
    if (this.current === 'closed' || this.current === 'session') return []
    this.#actions = []
    try {
      step()
    } catch (error) {
      if (!(error instanceof StreamError)) this.act({ do: 'note-fault', error })
      this.fail(error instanceof StreamError ? error : new StreamError('internal-server-error'))
    }
    return this.#actions
  }

  protected act(action: C2sAction): void {
    this.#actions.push(action)
  }

  protected send(element: Element): void {
    this.act({ do: 'send', element })
  }

  protected enter(state: C2sState): void {
    this.current = state
    this.arm()
  }

  protected arm(): void {
    const ms = this.rules.stateTimeout
    if (Number.isFinite(ms)) this.act({ do: 'arm', ms })
  }

  /** Answers an opening header; throws StreamError when the stream cannot go on. */
  protected open(header: OpeningHeader): ReadHeader {
    if (this.current !== 'wait-stream') throw new StreamError('policy-violation', 'A stream is open already')
    const read = readHeader(header, this.rules)
    this.read = read
    this.#sendHeader()
    if (read.error !== undefined) throw read.error
    return read
  }

  #sendHeader(): void {
    const header = responseTo(this.read, this.rules)
    this.#streamId = header.id
    this.#hasSentHeader = true
    this.act({ do: 'send-header', header })
  }

  /** The next thing is a new header (RFC 6120 §4.3.3). */
  protected awaitHeader(): void {
    this.#hasSentHeader = false
    this.enter('wait-stream')
  }

  /** The input cannot be read on. Who hides does not answer what is not XMPP. */
  protected broken(error: StreamError): void {
    if (!this.#hasSentHeader && this.rules.hidesServiceName) this.end('drop')
    else this.fail(error)
  }

  /** The client closed its stream. */
  protected ended(): void {
    this.end(this.#hasSentHeader ? 'close' : 'drop')
  }

  protected fail(error: StreamError): void {
    if (this.current === 'securing') {
      // In the middle of a handshake nothing of ours can be read.
      this.end('drop')
      return
    }
    if (!this.#hasSentHeader) this.#sendHeader()
    this.act({ do: 'send-error', error })
    this.end('close')
  }

  protected end(how: 'close' | 'drop'): void {
    this.current = 'closed'
    this.act({ do: how })
  }
}
