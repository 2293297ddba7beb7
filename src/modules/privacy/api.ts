import { chain } from '../../hooks/hook.ts'
import type { Jid } from '../../jid/jid.ts'
import { moduleApi } from '../../module/api.ts'
import type { Host } from '../../router/host.ts'

/** Those whom a user has blocked (XEP-0191), kept with the privacy lists and obeyed whichever of them is in use. */
export interface PrivacyApi {
  /** The blocked addresses of an account, in their canonical form. */
  blockedBy(account: Jid): Promise<readonly string[]>
  /** Resolves when it is on disk and in effect for every session. Throws StanzaError `resource-constraint` when there are too many. */
  block(account: Jid, addresses: readonly Jid[]): Promise<void>
  /** Unblocks these, or everybody; as {@link block}. */
  unblock(account: Jid, addresses: readonly Jid[] | 'everybody'): Promise<void>
}
export const privacyApi = moduleApi<PrivacyApi>('mod_privacy')

/** Somebody has been blocked or unblocked; it is in effect. */
export interface BlocksChanged {
  readonly host: Host
  /** The bare address of the user. */
  readonly account: Jid
  readonly blocked: readonly string[]
  /** Those who really were; or everybody, whoever that was. */
  readonly unblocked: readonly string[] | 'everybody'
}
export const blocksChanged = chain<BlocksChanged>('blocksChanged', { slots: ['main'] })
