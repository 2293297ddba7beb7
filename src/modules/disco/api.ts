import { collect } from '../../hooks/hook.ts'
import type { Jid } from '../../jid/jid.ts'
import type { Host } from '../../router/host.ts'
import type { Element } from '../../xml/element.ts'

/** A service discovery query, to the domain or to an account. */
export interface DiscoQuery {
  readonly host: Host
  readonly at: 'server' | 'account'
  readonly from: Jid
  readonly to: Jid
  /** '' when the query names none. */
  readonly node: string
}

export interface Identity {
  readonly category: string
  readonly type: string
  readonly name?: string | undefined
}

/** What one module adds to an answer. Whoever answers for a node at all knows that node. */
export interface DiscoInfo {
  readonly identities?: readonly Identity[]
  readonly features?: readonly string[]
  /** Extended information (XEP-0128). */
  readonly forms?: readonly Element[]
}
export const discoInfo = collect<DiscoQuery, DiscoInfo>('discoInfo', { slots: ['caps', 'main'] })

export interface DiscoItem {
  readonly jid: string
  readonly node?: string | undefined
  readonly name?: string | undefined
}
export const discoItems = collect<DiscoQuery, readonly DiscoItem[]>('discoItems', { slots: ['main'] })
