import type { Jid } from '../jid/jid.ts'
import type { Counter, Histogram } from '../observe/metrics.ts'
import type { Session } from '../router/session.ts'
import type { Stanza, StanzaKind } from '../stanza/stanza.ts'
import type { RawElement } from '../xml/raw-element.ts'
import { serialise } from '../xml/serialise.ts'
import { fromWire, type Wire } from '../xml/wire.ts'

/** Elements of one direction: plain numbers, which whoever reads the metrics sums up. */
export class ElementCounts {
  readonly bytes: Histogram
  readonly stanzas: Record<StanzaKind, number> = { message: 0, iq: 0, presence: 0 }
  readonly errors: Record<StanzaKind, number> = { message: 0, iq: 0, presence: 0 }
  others = 0

  constructor(bytes: Histogram) {
    this.bytes = bytes
  }

  /** `stanza`: undefined for an element that is none. */
  count(bytes: number, stanza: Stanza | undefined): void {
    this.bytes.observe(bytes)
    if (stanza === undefined) this.others++
    else {
      this.stanzas[stanza.kind]++
      if (stanza.type === 'error') this.errors[stanza.kind]++
    }
  }
}

/** What is counted of connections, before and after sign-in. */
export interface ByteCounts {
  readonly received: Counter
  readonly sent: Counter
}

/** Is shown what sessions send and receive, while somebody looks. */
export interface TrafficTap {
  /** Whether anybody does. */
  readonly isOpen: boolean
  saw(jid: Jid, direction: 'in' | 'out', text: string): void
}

/** One stanza in so many is timed: to look at the clock costs more than to count. */
const timedOneIn = 16

/** What is counted, timed and shown of the sessions of one domain. */
export class SessionTraffic {
  readonly incoming: ElementCounts
  readonly outgoing: ElementCounts
  readonly #processed: Histogram
  readonly #tap: TrafficTap
  #untilTimed = 0

  constructor(incoming: ElementCounts, outgoing: ElementCounts, processed: Histogram, tap: TrafficTap) {
    this.incoming = incoming
    this.outgoing = outgoing
    this.#processed = processed
    this.#tap = tap
  }

  received(jid: Jid, raw: RawElement, stanza: Stanza | undefined): void {
    this.incoming.count(raw.byteLength, stanza)
    if (this.#tap.isOpen) this.#tap.saw(jid, 'in', fromWire(serialise(raw.toElement())))
  }

  sent(jid: Jid, text: Wire, stanza: Stanza | undefined): void {
    this.outgoing.count(text.length, stanza)
    if (this.#tap.isOpen) this.#tap.saw(jid, 'out', fromWire(text))
  }

  /** Whether the next stanza is to be timed; to be asked once for each. */
  get isTimed(): boolean {
    if (this.#untilTimed-- > 0) return false
    this.#untilTimed = timedOneIn - 1
    return true
  }

  /** Takes the time that a stanza needs: until the next one of its session may come. */
  time(session: Pick<Session, 'receive'>, stanza: Stanza): Promise<void> | undefined {
    const begun = performance.now()
    const done = () => this.#processed.observe((performance.now() - begun) * 1000)
    const busy = session.receive(stanza)
    if (busy !== undefined) return busy.finally(done)
    done()
    return undefined
  }
}

/** What is counted and shown of the clients of a server. All of it is there before the first stanza, to be added to without a look-up. */
export interface ClientTraffic {
  readonly tcp: ByteCounts
  readonly tls: ByteCounts
  readonly websocket: ByteCounts
  readonly bosh: ByteCounts
  /** That of a domain, the same one each time. */
  of(domain: string): SessionTraffic
}
