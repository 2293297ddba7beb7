import { Jid } from '../../../jid/jid.ts'
import type { Database, Migration } from '../../../storage/database.ts'
import { hashOf } from '../../../util/hash-of.ts'
import type { Subscription } from './subscription.ts'

export interface PushTables {
  mod_event_pusher_subscription: {
    domain: string
    username: string
    /** Hash of service and node, which together are longer than a key may be. */
    place: string
    pubsub_jid: string
    node: string
    /** JSON; NULL without a form. */
    options: string | null
    /** Milliseconds since the epoch. */
    created_at: number
  }
}

export const migrations: Record<string, Migration> = {
  '001_create_subscription': async ({ schema }) => {
    await schema
      .createTable('mod_event_pusher_subscription')
      .addColumn('domain', 'varchar(255)', (column) => column.notNull())
      .addColumn('username', 'varchar(255)', (column) => column.notNull())
      .addColumn('place', 'varchar(64)', (column) => column.notNull())
      .addColumn('pubsub_jid', 'text', (column) => column.notNull())
      .addColumn('node', 'text', (column) => column.notNull())
      .addColumn('options', 'text')
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('mod_event_pusher_subscription_key', ['domain', 'username', 'place'])
      .execute()
  },
}

const table = 'mod_event_pusher_subscription'

/** Subscriptions on disk. */
export class PushStore {
  readonly #db: Database<PushTables>

  constructor(db: Database<PushTables>) {
    this.#db = db
  }

  /** Those of a user, the oldest first. */
  async list({ domain, local: username }: Jid): Promise<Subscription[]> {
    const rows = await this.#db.q
      .selectFrom(table)
      .select(['pubsub_jid', 'node', 'options'])
      .where((eb) => eb.and({ domain, username }))
      .orderBy('created_at')
      .orderBy('place')
      .execute()
    return rows.map(({ pubsub_jid, node, options }) => ({
      jid: Jid.parse(pubsub_jid),
      node,
      options: options === null ? undefined : (JSON.parse(options) as Record<string, string>),
    }))
  }

  /** Adds one, or gives it other options. */
  async put({ domain, local: username }: Jid, { jid, node, options }: Subscription, at: number): Promise<void> {
    const row = {
      ...{ domain, username, place: placeOf(jid, node), pubsub_jid: jid.full, node },
      ...{ options: options === undefined ? null : JSON.stringify(options), created_at: at },
    }
    await this.#db.upsert(table, row, ['domain', 'username', 'place'], ['options']).execute()
  }

  /** Forgets one. */
  async remove({ domain, local: username }: Jid, { jid, node }: Pick<Subscription, 'jid' | 'node'>): Promise<void> {
    await this.#db.q
      .deleteFrom(table)
      .where((eb) => eb.and({ domain, username, place: placeOf(jid, node) }))
      .execute()
  }

  /** Forgets all of a user. */
  async forget({ domain, local: username }: Jid): Promise<void> {
    await this.#db.q
      .deleteFrom(table)
      .where((eb) => eb.and({ domain, username }))
      .execute()
  }

  async forgetDomain(domain: string): Promise<void> {
    await this.#db.q.deleteFrom(table).where('domain', '=', domain).execute()
  }
}

function placeOf(jid: Jid, node: string): string {
  return hashOf([jid.full, node])
}
