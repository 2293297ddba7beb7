import type { Jid } from '../../jid/jid.ts'
import type { Database, Migration } from '../../storage/database.ts'

export type Slot = 'current' | 'new'

/** A token as it is kept. It has to be known as such: what a client sends is hashed with it (XEP-0484). */
export interface Token {
  readonly token: string
  readonly mechanism: string
  /** Milliseconds since the epoch. */
  readonly expires: number
  /** The highest count that a client has sent with it. */
  readonly count: number
}

/** The tokens of one installation of a client. */
export type Tokens = { readonly [slot in Slot]: Token | undefined }

/** An installation of a client: an account and the id of its user-agent. */
export interface Device {
  readonly user: Jid
  readonly agent: string
}

export interface TokenTables {
  mod_fast_auth_token: {
    domain: string
    username: string
    agent: string
    current_token: string | null
    current_mechanism: string | null
    current_expires: number
    current_count: number
    new_token: string | null
    new_mechanism: string | null
    new_expires: number
    new_count: number
  }
}

export const migrations: Record<string, Migration> = {
  '001_create': async ({ schema }) => {
    await schema
      .createTable('mod_fast_auth_token')
      .addColumn('domain', 'varchar(255)', (column) => column.notNull())
      .addColumn('username', 'varchar(255)', (column) => column.notNull())
      .addColumn('agent', 'varchar(36)', (column) => column.notNull())
      .addColumn('current_token', 'varchar(64)')
      .addColumn('current_mechanism', 'varchar(32)')
      .addColumn('current_expires', 'bigint', (column) => column.notNull().defaultTo(0))
      .addColumn('current_count', 'bigint', (column) => column.notNull().defaultTo(0))
      .addColumn('new_token', 'varchar(64)')
      .addColumn('new_mechanism', 'varchar(32)')
      .addColumn('new_expires', 'bigint', (column) => column.notNull().defaultTo(0))
      .addColumn('new_count', 'bigint', (column) => column.notNull().defaultTo(0))
      .addPrimaryKeyConstraint('mod_fast_auth_token_key', ['domain', 'username', 'agent'])
      .execute()
  },
}

const none = { token: null, mechanism: null, expires: 0, count: 0 }

/** Tokens on disk, two for each installation. */
export class TokenStore {
  readonly #db: Database<TokenTables>

  constructor(db: Database<TokenTables>) {
    this.#db = db
  }

  async find({ user, agent }: Device): Promise<Tokens> {
    const row = await this.#rows(user).where('agent', '=', agent).executeTakeFirst()
    return {
      current: row && tokenOf(row.current_token, row.current_mechanism, row.current_expires, row.current_count),
      new: row && tokenOf(row.new_token, row.new_mechanism, row.new_expires, row.new_count),
    }
  }

  /** Notes a count; false when it is not higher than one that was noted before, or the token has gone. */
  async claim(device: Device, slot: Slot, { token }: Token, count: number): Promise<boolean> {
    const update = this.#db.q
      .updateTable('mod_fast_auth_token')
      .set(slot === 'new' ? { new_count: count } : { current_count: count })
      .where('domain', '=', device.user.domain)
      .where('username', '=', device.user.local)
      .where('agent', '=', device.agent)
      .where(`${slot}_token`, '=', token)
      .where(`${slot}_count`, '<', count)
    return (await update.executeTakeFirst()).numUpdatedRows === 1n
  }

  /** What follows a login: the new token that was used becomes the current one, a fresh one becomes the new one. */
  async settle({ user, agent }: Device, used: string | undefined, fresh: Token | undefined): Promise<void> {
    const key = { domain: user.domain, username: user.local, agent }
    const queries = []
    if (used !== undefined) queries.push(this.#promotion({ user, agent }, used))
    if (fresh !== undefined) queries.push(this.#upsertNew(key, fresh))
    if (queries.length > 0) await this.#db.atomic(queries)
  }

  #promotion({ user, agent }: Device, used: string) {
    return this.#db.q
      .updateTable('mod_fast_auth_token')
      .set(({ ref }) => ({
        current_token: ref('new_token'),
        current_mechanism: ref('new_mechanism'),
        current_expires: ref('new_expires'),
        current_count: ref('new_count'),
      }))
      .set({ new_token: none.token, new_mechanism: none.mechanism, new_expires: none.expires, new_count: none.count })
      .where('domain', '=', user.domain)
      .where('username', '=', user.local)
      .where('agent', '=', agent)
      .where('new_token', '=', used)
  }

  #upsertNew(key: { domain: string; username: string; agent: string }, fresh: Token) {
    const row = {
      ...key,
      current_token: null,
      current_mechanism: null,
      current_expires: 0,
      current_count: 0,
      new_token: fresh.token,
      new_mechanism: fresh.mechanism,
      new_expires: fresh.expires,
      new_count: fresh.count,
    }
    const changed = ['new_token', 'new_mechanism', 'new_expires', 'new_count'] as const
    return this.#db.upsert('mod_fast_auth_token', row, ['domain', 'username', 'agent'], changed)
  }

  /** Drops both tokens of an installation. */
  async forget({ user, agent }: Device): Promise<void> {
    await this.#deletion(user).where('agent', '=', agent).execute()
  }

  async forgetUser(user: Jid): Promise<void> {
    await this.#deletion(user).execute()
  }

  async forgetDomain(domain: string): Promise<void> {
    await this.#db.q.deleteFrom('mod_fast_auth_token').where('domain', '=', domain).execute()
  }

  /** Drops the rows in which no token holds any more. */
  async purge(domain: string, now: number): Promise<void> {
    await this.#db.q
      .deleteFrom('mod_fast_auth_token')
      .where('domain', '=', domain)
      .where('current_expires', '<', now)
      .where('new_expires', '<', now)
      .execute()
  }

  /** The installations that have tokens, without the tokens. */
  async list(user: Jid): Promise<{ agent: string; mechanism: string; expires: number }[]> {
    const rows = await this.#rows(user).orderBy('agent').execute()
    return rows.map((row) => ({
      agent: row.agent,
      mechanism: row.new_mechanism ?? row.current_mechanism ?? '',
      expires: Math.max(Number(row.new_expires), Number(row.current_expires)),
    }))
  }

  #rows({ domain, local }: Jid) {
    return this.#db.q
      .selectFrom('mod_fast_auth_token')
      .selectAll()
      .where('domain', '=', domain)
      .where('username', '=', local)
  }

  #deletion({ domain, local }: Jid) {
    return this.#db.q.deleteFrom('mod_fast_auth_token').where('domain', '=', domain).where('username', '=', local)
  }
}

function tokenOf(token: string | null, mechanism: string | null, expires: number, count: number): Token | undefined {
  if (token === null || mechanism === null) return undefined
  return { token, mechanism, expires: Number(expires), count: Number(count) }
}
