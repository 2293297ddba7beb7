import type { Jid } from '../../jid/jid.ts'
import { moduleApi } from '../../module/api.ts'

export type BroadcastState = 'running' | 'finished' | 'abort_error' | 'abort_admin'

/** A message to all accounts of a domain. */
export interface BroadcastPlan {
  readonly name: string
  readonly domain: string
  readonly sender: Jid
  readonly subject: string
  readonly body: string
  /** Messages a second. */
  readonly rate: number
}

/** A broadcast and how far it is. Times are milliseconds since the epoch. */
export interface Broadcast extends BroadcastPlan {
  readonly id: number
  readonly state: BroadcastState
  readonly reason: string | undefined
  readonly owner: string | undefined
  readonly recipients: number
  readonly processed: number
  readonly createdAt: number
  readonly startedAt: number | undefined
  readonly stoppedAt: number | undefined
}

/** What commands may do with broadcasts. */
export interface BroadcastApi {
  /** Newest first. */
  list(domain: string, limit: number, offset: number): Promise<Broadcast[]>
  get(domain: string, id: number): Promise<Broadcast | undefined>
  /** Begins one; answers its id. Throws CommandError. */
  start(plan: BroadcastPlan): Promise<number>
  /** Throws CommandError. */
  abort(domain: string, id: number): Promise<void>
  /** Drops those of these, or all, that do not run; answers which. */
  remove(domain: string, ids?: readonly number[]): Promise<number[]>
}
export const broadcastApi = moduleApi<BroadcastApi>('mod_broadcast')
