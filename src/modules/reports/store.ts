import type { Jid } from '../../jid/jid.ts'
import type { Database, Migration } from '../../storage/database.ts'
import { mustAccept } from '../../storage/must-accept.ts'
import type { ReportQuery, StoredReport } from './api.ts'
import type { Report, ReportedMessage } from './report.ts'

interface Row {
  id: number
  domain: string
  /** Local part of who reports. */
  username: string
  /** Milliseconds since the epoch. */
  reported_at: number
  offender: string
  reason: string
  words: string
  /** JSON. */
  messages: string
}

export interface ReportTables {
  mod_reports: Row
}

export const migrations: Record<string, Migration> = {
  '001_create': async ({ schema }) => {
    await schema
      .createTable('mod_reports')
      .addColumn('id', 'integer', (column) => column.primaryKey().autoIncrement())
      .addColumn('domain', 'varchar(255)', (column) => column.notNull())
      .addColumn('username', 'varchar(255)', (column) => column.notNull())
      .addColumn('reported_at', 'bigint', (column) => column.notNull())
      .addColumn('offender', 'varchar(3071)', (column) => column.notNull())
      .addColumn('reason', 'varchar(255)', (column) => column.notNull())
      .addColumn('words', 'text', (column) => column.notNull())
      .addColumn('messages', 'text', (column) => column.notNull())
      .execute()
    await schema.createIndex('mod_reports_user').on('mod_reports').columns(['domain', 'username', 'id']).execute()
  },
}

/** Reports on disk. */
export class ReportStore {
  readonly #db: Database<ReportTables>

  constructor(db: Database<ReportTables>) {
    this.#db = db
  }

  /** Resolves when it is on disk. */
  async add({ reporter, offender, reason, text, messages }: Report, at: number): Promise<void> {
    mustAccept(this.#db)
    const row = {
      ...{ domain: reporter.domain, username: reporter.local, reported_at: at },
      ...{ offender: offender.full, reason, words: text, messages: JSON.stringify(messages) },
    }
    await this.#db.q
      .insertInto('mod_reports')
      .values(row as never)
      .execute()
  }

  /** How many a user has made. */
  async countOf({ domain, local: username }: Jid): Promise<number> {
    const { count } = await this.#db.q
      .selectFrom('mod_reports')
      .select(({ fn }) => fn.countAll<number>().as('count'))
      .where((eb) => eb.and({ domain, username }))
      .executeTakeFirstOrThrow()
    return Number(count)
  }

  /** All that a user has made. */
  async of({ domain, local: username }: Jid): Promise<StoredReport[]> {
    const rows = await this.#rows(domain).where('username', '=', username).execute()
    return rows.map(reportOf)
  }

  async list(domain: string, { offender, after, limit }: ReportQuery): Promise<StoredReport[]> {
    const all = this.#rows(domain).where('id', '>', after).limit(limit)
    const rows = await (offender === undefined ? all : all.where('offender', '=', offender)).execute()
    return rows.map(reportOf)
  }

  /** False when it was not there. */
  async remove(domain: string, id: number): Promise<boolean> {
    const deletion = this.#db.q.deleteFrom('mod_reports').where((eb) => eb.and({ domain, id }))
    return (await deletion.executeTakeFirstOrThrow()).numDeletedRows > 0n
  }

  async forget({ domain, local: username }: Jid): Promise<void> {
    await this.#db.q
      .deleteFrom('mod_reports')
      .where((eb) => eb.and({ domain, username }))
      .execute()
  }

  async forgetDomain(domain: string): Promise<void> {
    await this.#db.q.deleteFrom('mod_reports').where('domain', '=', domain).execute()
  }

  #rows(domain: string) {
    return this.#db.q.selectFrom('mod_reports').selectAll().where('domain', '=', domain).orderBy('id')
  }
}

function reportOf({ id, domain, username, reported_at, offender, reason, words, messages }: Row): StoredReport {
  return {
    ...{ id, at: reported_at, reporter: `${username}@${domain}`, offender, reason, text: words },
    messages: JSON.parse(messages) as ReportedMessage[],
  }
}
