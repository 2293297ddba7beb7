import { chain } from '../../hooks/hook.ts'
import type { Jid } from '../../jid/jid.ts'
import type { Host } from '../../router/host.ts'
import type { Element } from '../../xml/element.ts'

/** A user has blocked somebody by the blocking command; it is in effect. */
export interface BlockReported {
  readonly host: Host
  /** The bare address of the user. */
  readonly account: Jid
  readonly blocked: Jid
  /** The item as the client sent it, with what it may say of why (XEP-0377). */
  readonly item: Element
}
export const blockReported = chain<BlockReported>('blockReported', { slots: ['main'] })
