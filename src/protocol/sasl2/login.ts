import type { Jid } from '../../jid/jid.ts'
import type { Element } from '../../xml/element.ts'
import type { SaslCondition } from '../sasl/condition.ts'

/** The program that signs in (XEP-0388 §2.3); what it does not tell is ''. */
export interface UserAgent {
  /** A version 4 UUID in lower case, the same at each sign-in of one installation. */
  readonly id: string
  readonly software: string
  readonly device: string
}

/** `<authenticate/>` as it came: what a client wants besides authentication. The same object from start to success. */
export interface Sasl2Request {
  readonly element: Element
  readonly agent: UserAgent | undefined
}

/** Somebody who has proven who he is and may come in, and has yet to be told so. */
export interface Sasl2Login {
  readonly user: Jid
  readonly mechanism: string
  readonly request: Sasl2Request
}

/** What came of a task's step. */
export type TaskStep =
  /** The client is sent this as `<task-data/>` and answers in kind. */
  | { readonly is: 'data'; readonly content: readonly Element[] }
  | { readonly is: 'done' }
  | { readonly is: 'refused'; readonly condition: SaslCondition; readonly text?: string | undefined }

/** Something that a client has to do between its proof and its success (XEP-0388 §2.6.3). */
export interface SaslTask {
  readonly name: string
  /** Takes what the client says: first the content of `<next/>`, then that of each `<task-data/>`. */
  take(content: readonly Element[]): Promise<TaskStep>
}
