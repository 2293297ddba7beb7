import { chain } from '../../hooks/hook.ts'
import type { Jid } from '../../jid/jid.ts'
import { moduleApi } from '../../module/api.ts'
import type { Host } from '../../router/host.ts'
import type { Element } from '../../xml/element.ts'

/** What other modules and commands may do with vCards. */
export interface VcardApi {
  /** The card of a user, undefined when there is none. */
  get(user: Jid): Promise<Element | undefined>
  /** Replaces the card of a user; resolves when it is on disk. Throws StanzaError `bad-request` for what cannot be searched for. */
  set(user: Jid, card: Element): Promise<void>
}

/** Where the cards of users are. */
export type CardSource = VcardApi

export const vcardApi = moduleApi<VcardApi>('mod_vcard')

/** A user has another vCard; it is on disk. */
export interface VcardSet {
  readonly host: Host
  readonly user: Jid
  readonly card: Element
}
export const vcardSet = chain<VcardSet>('vcardSet', { slots: ['main'] })
