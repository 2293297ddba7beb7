import type { Jid } from '../../jid/jid.ts'
import { moduleApi } from '../../module/api.ts'

/** An account that may not sign in. */
export interface BarredUser {
  readonly user: Jid
  readonly reason: string | undefined
}

/** Which part of a list. */
export interface ListPart {
  /** The rest, if not given. */
  readonly limit?: number | undefined
  readonly index: number
}

/** Accounts barred by administrators. */
export interface BlocklistApi {
  /** Bars an account and ends its sessions; another time, with another reason. False when there is no such account. */
  add(user: Jid, reason: string | undefined): Promise<boolean>
  /** Lets it in again. False when it was not barred. */
  remove(user: Jid): Promise<boolean>
  count(domain: string): Promise<number>
  /** By name. */
  list(domain: string, part: ListPart): Promise<BarredUser[]>
}
export const blocklistApi = moduleApi<BlocklistApi>('mod_blocklist')
