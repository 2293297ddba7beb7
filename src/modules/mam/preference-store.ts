import type { Jid } from '../../jid/jid.ts'
import type { Database } from '../../storage/database.ts'
import { Lru } from '../../util/lru.ts'
import type { Eventually } from '../../util/settled.ts'
import { noPreferences, type Preferences } from './preferences.ts'
import type { MamTables } from './tables.ts'

const remembered = 20_000

/** Preferences on disk, those of archives in use in memory too. */
export class PreferenceStore {
  readonly #db: Database<MamTables>
  readonly #known = new Lru<string, Preferences>(remembered)

  constructor(db: Database<MamTables>) {
    this.#db = db
  }

  /** There at once when they are in memory. */
  of(owner: Jid): Eventually<Preferences> {
    return this.#known.get(owner.bareString) ?? this.#read(owner.bareString)
  }

  /** Resolves when they are on disk. */
  async put(owner: Jid, preferences: Preferences): Promise<void> {
    const address = owner.bareString
    const row = { address, preferences: JSON.stringify(preferences) }
    await this.#db.upsert('mod_mam_preferences', row, ['address']).execute()
    this.#known.set(address, preferences)
  }

  async forget(owner: Jid): Promise<void> {
    await this.#db.q.deleteFrom('mod_mam_preferences').where('address', '=', owner.bareString).execute()
    this.#known.delete(owner.bareString)
  }

  async #read(address: string): Promise<Preferences> {
    const row = await this.#db.q
      .selectFrom('mod_mam_preferences')
      .select('preferences')
      .where('address', '=', address)
      .executeTakeFirst()
    const preferences = row === undefined ? noPreferences : (JSON.parse(row.preferences) as Preferences)
    this.#known.set(address, preferences)
    return preferences
  }
}
