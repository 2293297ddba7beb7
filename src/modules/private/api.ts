import { chain } from '../../hooks/hook.ts'
import type { Jid } from '../../jid/jid.ts'
import { moduleApi } from '../../module/api.ts'
import type { Host } from '../../router/host.ts'
import type { Element } from '../../xml/element.ts'

/** A user asks for what is kept under a namespace. A handler may give something else; what it throws refuses the request. */
export interface PrivateAsked {
  readonly host: Host
  /** The bare address. */
  readonly user: Jid
  readonly ns: string
  /** What is stored, undefined where there is nothing. */
  readonly stored: Element | undefined
}
export const privateAsked = chain<PrivateAsked, Element>('privateAsked', { slots: ['main'], onFailure: 'abort' })

/** A user has stored something; it is on disk. */
export interface PrivateStored {
  readonly host: Host
  /** The bare address. */
  readonly user: Jid
  readonly element: Element
}
export const privateStored = chain<PrivateStored>('privateStored', { slots: ['main'] })

/** What others may do with private storage. */
export interface PrivateApi {
  /** What is kept of an account under a namespace and a name; undefined where nothing is. */
  get(user: Jid, namespace: string): Promise<string | undefined>
  /** Keeps this element under its namespace. Rejects with StanzaError beyond the limits. */
  put(user: Jid, element: Element): Promise<void>
}

export const privateApi = moduleApi<PrivateApi>('mod_private')
