import { NS } from '../../stanza/namespaces.ts'
import { StreamError } from '../../stanza/stream-error.ts'
import type { Element } from '../../xml/element.ts'
import type { PeerAction, PeerEvent, PeerSecurity, ReceivedHeader } from './events.ts'

/** What either side of a stream between servers needs: its timer, its end, and what a header must be like. */
export abstract class PeerMachine<Action> {
  protected security: PeerSecurity
  readonly #stateTimeout: number
  #actions: (Action | PeerAction)[] = []
  #isClosed = false
  /** Whether a header of ours has been sent on the present stream. */
  protected hasSentHeader = false
  protected isSecuring = false

  constructor(security: PeerSecurity, stateTimeout: number) {
    this.security = security
    this.#stateTimeout = stateTimeout
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  protected abstract take(event: PeerEvent): void
  /** Opens the stream where an error has to be told before there is one. */
  protected abstract sendHeader(): void

  /** Runs a step and gives what it wants done; whatever it throws ends the stream. */
  protected collect(step: () => void): readonly (Action | PeerAction)[] {
    if (this.#isClosed) return []
    this.#actions = []
    try {
      step()
    } catch (error) {
      if (!(error instanceof StreamError)) throw error
      this.fail(error)
    }
    return this.#actions
  }

  protected act(action: Action | PeerAction): void {
    this.#actions.push(action)
  }

  protected send(element: Element): void {
    this.act({ do: 'send', element })
  }

  /** For the log: somebody could not prove who they are, or we could not. */
  protected note(remote: string | undefined, reason: string): void {
    this.act({ do: 'note-failure', remote, reason })
  }

  protected arm(): void {
    if (Number.isFinite(this.#stateTimeout)) this.act({ do: 'arm', ms: this.#stateTimeout })
  }

  /** Puts TLS on the connection; a new stream follows. */
  protected startTls(): void {
    this.isSecuring = true
    this.act({ do: 'start-tls' })
    this.arm()
  }

  /** TLS is up; the stream begins anew. */
  protected secured(security: PeerSecurity): void {
    this.isSecuring = false
    this.security = security
    this.hasSentHeader = false
    this.arm()
  }

  protected fail(error: StreamError): void {
    if (this.#isClosed) return
    // In the middle of a handshake nothing of ours can be read.
    if (this.isSecuring) {
      this.end('drop')
      return
    }
    if (!this.hasSentHeader) this.sendHeader()
    this.act({ do: 'send-error', error })
    this.end('close')
  }

  protected end(how: 'close' | 'drop'): void {
    this.#isClosed = true
    this.act({ do: how })
  }
}

/** What is wrong with a header whoever sends it, on a stream with this content (RFC 6120 §4.8). */
export function headerFault(
  { name, ns, defaultNs }: ReceivedHeader,
  contentNs: string = NS.server,
): StreamError | undefined {
  if (ns !== NS.streams) return new StreamError('invalid-namespace')
  if (name !== 'stream') return new StreamError('bad-format')
  return defaultNs === contentNs ? undefined : new StreamError('invalid-namespace')
}

/** Whether the other side speaks XMPP 1.0, and with it TLS, SASL and features. Throws for a version of the future. */
export function isVersion1(header: ReceivedHeader): boolean {
  const version = header.attr('version')
  if (version === undefined || /^0*0\.\d+$/.test(version)) return false
  if (!/^0*1\.\d+$/.test(version)) throw new StreamError('unsupported-version')
  return true
}

/** Whether a server speaks dialback as its header says (XEP-0220 §2.2). */
export function declaresDialback({ prefixes }: ReceivedHeader): boolean {
  return [...prefixes.values()].includes(NS.dialback)
}
