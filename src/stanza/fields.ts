import type { Jid } from '../jid/jid.ts'
import type { RawElement } from '../xml/raw-element.ts'
import type { Wire } from '../xml/wire.ts'
import type { Part } from './parts.ts'
import type { Ticket } from './ticket.ts'

export type StanzaKind = 'message' | 'presence' | 'iq'

/** What is known of a received stanza beside its text. */
export interface Received {
  /** The stream's language, given to a stanza that has none (RFC 6120 §8.1.5). */
  readonly lang?: string | undefined
  /** Waits for what the stanza causes, where its sender wants to be told. */
  readonly ticket?: Ticket | undefined
}

/** What a stanza is made of. */
export interface Fields {
  kind: StanzaKind
  type: string
  id: string | undefined
  lang: string | undefined
  from: Jid | undefined
  to: Jid | undefined
  /** Root attributes but `from` and `to`, as they are written. */
  attributes: Wire
  /** What stands between start and end tag. */
  inner: Wire
  raw: RawElement | undefined
  /** Undefined as long as the children are those of `raw`. */
  parts: readonly Part[] | undefined
  notes: readonly unknown[] | undefined
  ticket: Ticket | undefined
}
