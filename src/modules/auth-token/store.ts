import type { Jid } from '../../jid/jid.ts'
import type { Database, Migration } from '../../storage/database.ts'
import { mustAccept } from '../../storage/must-accept.ts'

export interface AuthTokenTables {
  mod_auth_token: { domain: string; username: string; seq_no: number }
}

export const migrations: Record<string, Migration> = {
  '001_create': async ({ schema }) => {
    await schema
      .createTable('mod_auth_token')
      .addColumn('domain', 'varchar(255)', (column) => column.notNull())
      .addColumn('username', 'varchar(255)', (column) => column.notNull())
      .addColumn('seq_no', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('mod_auth_token_key', ['domain', 'username'])
      .execute()
  },
}

/** A counter for each user who has asked for tokens; refresh tokens with a lower one are revoked. */
export class CounterStore {
  readonly #db: Database<AuthTokenTables>

  constructor(db: Database<AuthTokenTables>) {
    this.#db = db
  }

  async get({ domain, local }: Jid): Promise<number | undefined> {
    const row = await this.#db.q
      .selectFrom('mod_auth_token')
      .select('seq_no')
      .where('domain', '=', domain)
      .where('username', '=', local)
      .executeTakeFirst()
    return row === undefined ? undefined : Number(row.seq_no)
  }

  /** The counter of a user, which begins with `first`. */
  async getOrBegin(user: Jid, first: number): Promise<number> {
    const known = await this.get(user)
    if (known !== undefined) return known
    mustAccept(this.#db)
    const row = { domain: user.domain, username: user.local, seq_no: first }
    await this.#db.insertIgnore('mod_auth_token', row).execute()
    return (await this.get(user)) ?? first
  }

  /** Revokes what was given out so far; false where that is nothing. */
  async raise({ domain, local }: Jid): Promise<boolean> {
    mustAccept(this.#db)
    const update = this.#db.q
      .updateTable('mod_auth_token')
      .set(({ eb }) => ({ seq_no: eb('seq_no', '+', 1) }))
      .where('domain', '=', domain)
      .where('username', '=', local)
    return (await update.executeTakeFirst()).numUpdatedRows !== 0n
  }

  async forget({ domain, local }: Jid): Promise<void> {
    await this.#db.q.deleteFrom('mod_auth_token').where('domain', '=', domain).where('username', '=', local).execute()
  }

  async forgetDomain(domain: string): Promise<void> {
    await this.#db.q.deleteFrom('mod_auth_token').where('domain', '=', domain).execute()
  }
}
