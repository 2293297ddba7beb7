import type { Jid } from '../../jid/jid.ts'
import type { Element } from '../../xml/element.ts'
import type { Sasl2Login, Sasl2Request, SaslTask } from '../sasl2/login.ts'
import type { SaslCondition } from './condition.ts'
import type { ChannelSecurity, SaslMechanism } from './mechanism.ts'

/** What a client says in the course of authentication. */
export type SaslInput =
  | {
      readonly says: 'begin'
      readonly mechanism: string
      readonly initial: Buffer | undefined
      /** SASL2 alone: what else is asked for. */
      readonly request?: Sasl2Request
    }
  | { readonly says: 'response'; readonly data: Buffer }
  | { readonly says: 'abort' }
  /** Begins the task that was named to it. */
  | { readonly says: 'next'; readonly task: string; readonly content: readonly Element[] }
  | { readonly says: 'task-data'; readonly content: readonly Element[] }

/** The connection that authentication happens on. */
export interface ProfileConnection {
  /** The domain that the stream is to. */
  readonly domain: string
  readonly security: ChannelSecurity
}

/** The XML in which mechanisms are played: RFC 6120's, or SASL2's (XEP-0388). Stateless. */
export interface SaslProfile {
  readonly ns: string
  /** Whether it may be used on a connection without TLS. */
  readonly isForClearText: boolean
  /** Whether the client opens a new stream after success; without, inline requests are done and the features follow at once. */
  readonly restartsStream: boolean
  /** What stands among the stream features. The mechanisms are never none. */
  feature(mechanisms: readonly string[], connection: ProfileConnection): Element
  /** Mechanisms that it takes besides those listed. */
  unlisted?(connection: ProfileConnection): readonly SaslMechanism[]
  /** Reads an element of its namespace; undefined when it is none that a client sends. Throws SaslError and StreamError. */
  read(element: Element): SaslInput | undefined
  challenge(data: Buffer): Element
  /** What a client has to do before its success; none unless given. */
  tasks?(login: Sasl2Login): Promise<readonly SaslTask[]>
  /** Asks the client to begin a task; `data` is the mechanism's last word. */
  proceed?(task: string, data: Buffer | undefined): Element
  taskData?(content: readonly Element[]): Element
  /** `user` is a full address when a session was opened; `results` are the answers to inline requests. */
  success(user: Jid, data: Buffer | undefined, results?: readonly Element[]): Element
  failure(condition: SaslCondition, text: string | undefined): Element
}
