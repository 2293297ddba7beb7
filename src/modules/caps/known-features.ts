import type { Database, Migration } from '../../storage/database.ts'
import type { Clock } from '../../util/clock.ts'
import { Lru } from '../../util/lru.ts'
import type { Features } from './api.ts'

export interface CapsTables {
  mod_caps: {
    /** Version, hash function and hash. */
    announced: string
    features: string
    /** Milliseconds since the epoch. */
    learnt_at: number
  }
}

export const migrations: Record<string, Migration> = {
  '001_create': async ({ schema }) => {
    await schema
      .createTable('mod_caps')
      .addColumn('announced', 'varchar(255)', (column) => column.primaryKey())
      .addColumn('features', 'text', (column) => column.notNull())
      .addColumn('learnt_at', 'bigint', (column) => column.notNull())
      .execute()
  },
}

/** What proven announcements stand for, whoever made them: nothing personal. */
export interface KnownFeatures {
  get(key: string): Features | undefined | Promise<Features | undefined>
  put(key: string, features: Features): void
}

interface Entry {
  readonly features: Features
  readonly learntAt: number
}

/** Known features in memory: so many at most, and each so long at most, in milliseconds. */
export class RememberedFeatures implements KnownFeatures {
  readonly #entries: Lru<string, Entry>
  readonly #lifetime: number
  readonly #clock: Clock

  constructor(size: number, lifetime: number, clock: Clock) {
    this.#entries = new Lru(size)
    this.#lifetime = lifetime
    this.#clock = clock
  }

  get(key: string): Features | undefined {
    const entry = this.#entries.get(key)
    if (entry === undefined) return undefined
    if (this.#clock.now() - entry.learntAt < this.#lifetime) return entry.features
    this.#entries.delete(key)
    return undefined
  }

  put(key: string, features: Features): void {
    this.#entries.set(key, { features, learntAt: this.#clock.now() })
  }
}

/** Known features in memory, and on disk so that they outlive a restart. */
export class StoredFeatures implements KnownFeatures {
  readonly #db: Database<CapsTables>
  readonly #memory: RememberedFeatures
  readonly #lifetime: number
  readonly #clock: Clock

  constructor(db: Database<CapsTables>, memory: RememberedFeatures, lifetime: number, clock: Clock) {
    this.#db = db
    this.#memory = memory
    this.#lifetime = lifetime
    this.#clock = clock
  }

  get(key: string): Features | Promise<Features | undefined> {
    return this.#memory.get(key) ?? this.#read(key)
  }

  put(key: string, features: Features): void {
    this.#memory.put(key, features)
    const row = { announced: key, features: JSON.stringify([...features]), learnt_at: this.#clock.now() }
    // Lost work is harmless: the next client with this announcement is asked again.
    this.#db
      .upsert('mod_caps', row, ['announced'])
      .execute()
      .catch(() => {})
  }

  async #read(key: string): Promise<Features | undefined> {
    const row = await this.#db.q.selectFrom('mod_caps').selectAll().where('announced', '=', key).executeTakeFirst()
    if (row === undefined || this.#clock.now() - Number(row.learnt_at) >= this.#lifetime) return undefined
    const features: Features = new Set(JSON.parse(row.features) as string[])
    this.#memory.put(key, features)
    return features
  }
}
