import type { Jid } from '../jid/jid.ts'
import type { Counter, Histogram } from '../observe/metrics.ts'
import type { Stanza, StanzaKind } from '../stanza/stanza.ts'

/** Elements of one direction, by what they are. */
export interface ElementCounts {
  readonly all: Counter
  readonly stanzas: Counter
  readonly errors: Counter
  readonly kinds: Readonly<Record<StanzaKind, { readonly all: Counter; readonly errors: Counter }>>
  readonly bytes: Histogram
}

/** What is counted of the sessions of one domain. */
export interface SessionCounts {
  readonly incoming: ElementCounts
  readonly outgoing: ElementCounts
  /** Microseconds from a stanza's arrival until the next one of its session may come. */
  readonly processed: Histogram
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

/** What is counted and shown of the clients of a server. All of it is there before the first stanza, to be added to without a look-up. */
export interface ClientTraffic {
  readonly tcp: ByteCounts
  readonly tls: ByteCounts
  readonly websocket: ByteCounts
  readonly tap: TrafficTap
  /** The counts for a domain, the same ones each time. */
  of(domain: string): SessionCounts
}

/** Counts an element; `stanza`: undefined for one that is none, or that nobody knows as one. */
export function countElement(counts: ElementCounts, bytes: number, stanza: Stanza | undefined): void {
  counts.all.inc()
  counts.bytes.observe(bytes)
  if (stanza === undefined) return
  const kind = counts.kinds[stanza.kind]
  counts.stanzas.inc()
  kind.all.inc()
  if (stanza.type !== 'error') return
  counts.errors.inc()
  kind.errors.inc()
}
