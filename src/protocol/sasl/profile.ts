import type { Jid } from '../../jid/jid.ts'
import type { Element } from '../../xml/element.ts'
import type { SaslCondition } from './condition.ts'

/** What a client says in the course of authentication. */
export type SaslInput =
  | { readonly says: 'begin'; readonly mechanism: string; readonly initial: Buffer | undefined }
  | { readonly says: 'response'; readonly data: Buffer }
  | { readonly says: 'abort' }

/** The XML in which mechanisms are played: RFC 6120's, or SASL2's (XEP-0388). Stateless. */
export interface SaslProfile {
  readonly ns: string
  /** Whether it may be used on a connection without TLS. */
  readonly isForClearText: boolean
  /** Whether the client opens a new stream after success; without, the features follow at once. */
  readonly restartsStream: boolean
  /** What stands among the stream features. The mechanisms are never none. */
  feature(mechanisms: readonly string[]): Element
  /** Reads an element of its namespace; undefined when it is none that a client sends. Throws SaslError. */
  read(element: Element): SaslInput | undefined
  challenge(data: Buffer): Element
  success(user: Jid, data: Buffer | undefined): Element
  failure(condition: SaslCondition, text: string | undefined): Element
}
