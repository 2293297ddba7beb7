import type { Compilable } from 'kysely'
import type { Jid } from '../../jid/jid.ts'
import type { Database, Migration, Params } from '../../storage/database.ts'
import { readJournal, type SpooledStanza } from './journal.ts'

export interface StreamManagementTables {
  mod_stream_management_session: {
    id: string
    domain: string
    username: string
    resource: string
    /** Stanzas received from the client. */
    received: number
    /** When it ended, in milliseconds since the epoch: only its count is kept then. */
    ended_at: number | null
    state: string
  }
  mod_stream_management_spool: SpooledStanza
  /** What was to be on disk soon: it is moved to the other tables a second later, or at the next start. */
  mod_stream_management_journal: {
    domain: string
    /** Of the entries of all domains, rising. */
    number: number
    content: Buffer
  }
}

type Session = StreamManagementTables['mod_stream_management_session']

/** An entry of the journal. */
export type JournalEntry = StreamManagementTables['mod_stream_management_journal']

export const migrations: Record<string, Migration> = {
  '001_create': async ({ schema }) => {
    await schema
      .createTable('mod_stream_management_session')
      .addColumn('id', 'varchar(64)', (column) => column.primaryKey())
      .addColumn('domain', 'varchar(255)', (column) => column.notNull())
      .addColumn('username', 'varchar(255)', (column) => column.notNull())
      .addColumn('resource', 'text', (column) => column.notNull())
      .addColumn('received', 'bigint', (column) => column.notNull())
      .addColumn('ended_at', 'bigint')
      .addColumn('state', 'text', (column) => column.notNull())
      .execute()
    await schema
      .createIndex('mod_stream_management_session_user')
      .on('mod_stream_management_session')
      .columns(['domain', 'username'])
      .execute()
    await schema
      .createTable('mod_stream_management_spool')
      .addColumn('session', 'varchar(64)', (column) => column.notNull())
      .addColumn('number', 'bigint', (column) => column.notNull())
      .addColumn('arrived_at', 'bigint', (column) => column.notNull())
      .addColumn('stanza', 'blob', (column) => column.notNull())
      .addColumn('notes', 'text')
      .addPrimaryKeyConstraint('mod_stream_management_spool_key', ['session', 'number'])
      .execute()
  },
  '002_journal': async ({ schema }) => {
    await schema
      .createTable('mod_stream_management_journal')
      .addColumn('domain', 'varchar(255)', (column) => column.notNull())
      .addColumn('number', 'bigint', (column) => column.notNull())
      .addColumn('content', 'blob', (column) => column.notNull())
      .addPrimaryKeyConstraint('mod_stream_management_journal_key', ['domain', 'number'])
      .execute()
  },
}

const spoolColumns = ['session', 'number', 'arrived_at', 'stanza', 'notes'] as const

/** A statement, to be run together with others. */
export type Statement = Compilable<unknown>

/** Sessions that can be resumed, and the messages that their clients have not acknowledged. */
export class StreamStore {
  readonly #db: Database<StreamManagementTables>
  readonly #count
  readonly #insert
  readonly #removeThrough
  readonly #append
  readonly #dropThrough

  constructor(db: Database<StreamManagementTables>) {
    this.#db = db
    this.#count = db.prepare((q, p: Params<Pick<Session, 'id' | 'received'>>) =>
      q
        .updateTable('mod_stream_management_session')
        .set({ received: p('received') })
        .where('id', '=', p('id')),
    )
    this.#append = db.prepare((q, p: Params<JournalEntry>) =>
      q
        .insertInto('mod_stream_management_journal')
        .values({ domain: p('domain'), number: p('number'), content: p('content') }),
    )
    this.#dropThrough = db.prepare((q, p: Params<Pick<JournalEntry, 'domain' | 'number'>>) =>
      q
        .deleteFrom('mod_stream_management_journal')
        .where('domain', '=', p('domain'))
        .where('number', '<=', p('number')),
    )
    this.#insert = db.bulkInsert('mod_stream_management_spool', spoolColumns)
    this.#removeThrough = db.prepare((q, p: Params<Pick<SpooledStanza, 'session' | 'number'>>) =>
      q
        .deleteFrom('mod_stream_management_spool')
        .where('session', '=', p('session'))
        .where('number', '<=', p('number')),
    )
  }

  /** All of these take effect, and then all of these stanzas are kept, or nothing happens. */
  async run(statements: readonly Statement[], stanzas: readonly SpooledStanza[]): Promise<void> {
    const rows = stanzas.map((each) => spoolColumns.map((column) => each[column]))
    await this.#db.atomic([...statements, ...this.#insert.of(rows)])
  }

  saved(session: Session): Statement {
    return this.#db.upsert('mod_stream_management_session', session as never, ['id'])
  }

  journalled(entry: JournalEntry): Statement {
    return this.#append.with(entry)
  }

  /** The entries of a domain up to this number are of no use any more. */
  dropped(domain: string, number: number): Statement {
    return this.#dropThrough.with({ domain, number })
  }

  /** So much has been received. */
  counted(id: string, received: number): Statement {
    return this.#count.with({ id, received })
  }

  /** Takes out what was acknowledged. */
  acknowledged(session: string, number: number): Statement {
    return this.#removeThrough.with({ session, number })
  }

  /** Forgets a session and what was kept for it. */
  forgotten(id: string): Statement[] {
    return [
      this.#db.q.deleteFrom('mod_stream_management_spool').where('session', '=', id),
      this.#db.q.deleteFrom('mod_stream_management_session').where('id', '=', id),
    ]
  }

  /** After a crash: moves what the journal has for a domain to where it is looked for. */
  async replay(domain: string): Promise<void> {
    const { q } = this.#db
    const entries = await q
      .selectFrom('mod_stream_management_journal')
      .selectAll()
      .where('domain', '=', domain)
      .orderBy('number')
      .execute()
    const last = entries.at(-1)
    if (last === undefined) return
    const { counts, stanzas, replaced } = readJournal(entries.map(({ content }) => content))
    const [sessions, spool] = await Promise.all([this.sessions(domain), this.spool(domain)])
    const living = new Set(sessions.flatMap(({ id, ended_at }) => (ended_at === null ? id : [])))
    for (const { session, number } of spool) if (!replaced.has(session)) stanzas.get(session)?.delete(number)
    const isLiving = <T>([id]: readonly [string, T]): boolean => living.has(id)
    await this.run(
      [
        ...[...replaced].map((id) => this.acknowledged(id, Number.MAX_SAFE_INTEGER)),
        ...[...counts].filter(isLiving).map(([id, received]) => this.counted(id, received)),
        this.dropped(domain, last.number),
      ],
      [...stanzas].filter(isLiving).flatMap(([, rows]) => [...rows.values()]),
    )
  }

  /** The sessions of a domain, the oldest first as far as that is known. */
  sessions(domain: string): Promise<Session[]> {
    return this.#db.q.selectFrom('mod_stream_management_session').selectAll().where('domain', '=', domain).execute()
  }

  /** What was kept for the sessions of a domain, in order. */
  spool(domain: string): Promise<SpooledStanza[]> {
    return this.#spoolWhere(domain, undefined)
  }

  /** What was kept for the sessions of a user, as personal data. */
  async exported({ domain, local }: Jid): Promise<Record<string, unknown>[]> {
    const rows = await this.#spoolWhere(domain, local)
    return rows.map((row) => ({
      timestamp: new Date(row.arrived_at).toISOString(),
      packet: Buffer.from(row.stanza).toString('utf8'),
    }))
  }

  async forgetUser({ domain, local }: Jid): Promise<void> {
    const all = this.#db.q.selectFrom('mod_stream_management_session').select('id')
    const ofUser = all.where('domain', '=', domain).where('username', '=', local)
    await this.#db.atomic([
      this.#db.q.deleteFrom('mod_stream_management_spool').where('session', 'in', ofUser),
      this.#db.q.deleteFrom('mod_stream_management_session').where('domain', '=', domain).where('username', '=', local),
    ])
  }

  async forgetDomain(domain: string): Promise<void> {
    const { q } = this.#db
    const ofDomain = q.selectFrom('mod_stream_management_session').select('id').where('domain', '=', domain)
    await this.#db.atomic([
      q.deleteFrom('mod_stream_management_journal').where('domain', '=', domain),
      q.deleteFrom('mod_stream_management_spool').where('session', 'in', ofDomain),
      q.deleteFrom('mod_stream_management_session').where('domain', '=', domain),
    ])
  }

  /** Forgets the counts of sessions that ended before this moment. */
  async forgetEnded(domain: string, before: number): Promise<void> {
    await this.#db.q
      .deleteFrom('mod_stream_management_session')
      .where('domain', '=', domain)
      .where('ended_at', '<', before)
      .execute()
  }

  #spoolWhere(domain: string, username: string | undefined): Promise<SpooledStanza[]> {
    const { q } = this.#db
    const inDomain = q.selectFrom('mod_stream_management_session').select('id').where('domain', '=', domain)
    const sessions = username === undefined ? inDomain : inDomain.where('username', '=', username)
    return q
      .selectFrom('mod_stream_management_spool')
      .selectAll()
      .where('session', 'in', sessions)
      .orderBy('session')
      .orderBy('number')
      .execute()
  }
}
