import { moduleApi } from '../../module/api.ts'

/** What commands may ask of the messages that are kept. */
export interface OfflineApi {
  /** Deletes the messages to a domain that are no longer wanted, and tells how many. */
  removeExpired(domain: string): Promise<number>
  /** Deletes the messages to a domain that were sent before a moment, in milliseconds since the epoch, and tells how many. */
  removeOlder(domain: string, before: number): Promise<number>
}
export const offlineApi = moduleApi<OfflineApi>('mod_offline')
