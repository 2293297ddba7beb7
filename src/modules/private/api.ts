import type { Jid } from '../../jid/jid.ts'
import { moduleApi } from '../../module/api.ts'
import type { Element } from '../../xml/element.ts'

/** What others may do with private storage. */
export interface PrivateApi {
  /** What is kept of an account under a namespace and a name; undefined where nothing is. */
  get(user: Jid, namespace: string): Promise<string | undefined>
  /** Keeps this element under its namespace. Rejects with StanzaError beyond the limits. */
  put(user: Jid, element: Element): Promise<void>
}

export const privateApi = moduleApi<PrivateApi>('mod_private')
