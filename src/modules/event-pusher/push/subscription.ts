import type { Jid } from '../../../jid/jid.ts'
import { sessionKey } from '../../../router/keys.ts'

/** Where a user wants to be notified. */
export interface Subscription {
  /** Bare address of the service. */
  readonly jid: Jid
  readonly node: string
  /** What the client gave with it, without the FORM_TYPE; undefined where it gave nothing. */
  readonly options: Readonly<Record<string, string>> | undefined
}

/** A subscription as a session remembers it. */
export interface Enabled {
  readonly jid: string
  readonly node: string
}

/** What a session has enabled last. */
export const enabledService = sessionKey<Enabled>('event_pusher.enabled', {
  encode: (enabled) => enabled,
  decode: (json) => {
    const { jid, node } = (json ?? {}) as Partial<Enabled>
    return typeof jid === 'string' && typeof node === 'string' ? { jid, node } : undefined
  },
})

/** A subscription of a user in one text. */
export function keyOf({ jid, node }: { readonly jid: Jid | string; readonly node: string }): string {
  return `${jid} ${node}`
}
