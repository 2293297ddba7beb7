import type { Jid } from '../../jid/jid.ts'
import { moduleApi } from '../../module/api.ts'
import type { Eventually } from '../../util/settled.ts'

/** When a user was last there, and what the last presence said. */
export interface LastActivity {
  /** Milliseconds since the epoch, whole seconds. */
  readonly at: number
  readonly status: string
}

/** An account that has not been used for long. */
export interface OldUser {
  readonly user: Jid
  /** Milliseconds since the epoch; undefined for somebody who was never there. */
  readonly at: number | undefined
}

/** What other modules and commands may know of last activity. */
export interface LastApi {
  /** Undefined for somebody who was never there. */
  get(user: Jid): Promise<LastActivity | undefined>
  /** Resolves when it is on disk. */
  set(user: Jid, activity: LastActivity): Promise<void>
  /** How many users of a domain were there after a moment, in milliseconds since the epoch. */
  countSince(domain: string, ms: number): Promise<number>
  /** Accounts of a domain that were last there before a moment, or never. */
  oldUsers(domain: string, ms: number): Promise<OldUser[]>
  /** Removes those of them that are not online, and tells which. */
  removeOldUsers(domain: string, ms: number): Promise<OldUser[]>
  /** Whether there is such an account. */
  hasUser(user: Jid): Promise<boolean>
  /** Whether somebody may know of it: the user itself, and those who may see the user's presence (XEP-0012 §4). */
  maySee(user: Jid, asker: Jid): Eventually<boolean>
}
export const lastApi = moduleApi<LastApi>('mod_last')
