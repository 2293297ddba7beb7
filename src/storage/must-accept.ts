import type { Database } from './database.ts'
import { StorageUnavailable } from './errors.ts'

/**
 * To be asked before something is begun that has to be written: throws StorageUnavailable while the database is in trouble,
 * so that it is refused at once and nothing that was accepted fails, or waits, later.
 */
export function mustAccept(db: Pick<Database, 'canAccept'>): void {
  if (!db.canAccept()) throw new StorageUnavailable('nothing can be stored now')
}
