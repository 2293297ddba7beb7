import type { Database } from '../../storage/database.ts'
import type { OfflineApi } from './api.ts'
import type { OfflineTables } from './store.ts'

/** Deletes messages that nobody has fetched in time. */
export class OfflinePurge implements OfflineApi {
  readonly #db: Database<OfflineTables>
  readonly #now: () => number
  readonly #onRemoved: () => void

  /** `onRemoved`: what was known of the number of messages is so no longer. */
  constructor(db: Database<OfflineTables>, now: () => number, onRemoved: () => void) {
    this.#db = db
    this.#now = now
    this.#onRemoved = onRemoved
  }

  removeExpired(domain: string): Promise<number> {
    return this.#remove(domain, 'expires_at', this.#now() + 1)
  }

  removeOlder(domain: string, before: number): Promise<number> {
    return this.#remove(domain, 'sent_at', before)
  }

  async #remove(domain: string, column: 'expires_at' | 'sent_at', before: number): Promise<number> {
    const removal = this.#db.q.deleteFrom('mod_offline').where('domain', '=', domain).where(column, '<', before)
    const { numDeletedRows } = await removal.executeTakeFirstOrThrow()
    this.#onRemoved()
    return Number(numDeletedRows)
  }
}
