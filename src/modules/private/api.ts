import { chain } from '../../hooks/hook.ts'
import type { Jid } from '../../jid/jid.ts'
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
