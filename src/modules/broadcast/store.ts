import type { Generated, Selectable } from 'kysely'
import { Jid } from '../../jid/jid.ts'
import type { Database, Migration } from '../../storage/database.ts'
import type { Broadcast, BroadcastPlan, BroadcastState } from './api.ts'

export interface BroadcastTables {
  mod_broadcast: {
    id: Generated<number>
    name: string
    domain: string
    /** The domain while it runs, else null: no two of one domain can run. */
    running_domain: string | null
    sender: string
    subject: string
    body: string
    rate: number
    recipients: number
    state: string
    reason: string | null
    /** Milliseconds since the epoch, as all times. */
    created_at: number
    started_at: number | null
    stopped_at: number | null
    owner: string | null
    lease_expires: number
    /** The last account of the batches that are through. */
    cursor_user: string
    processed: number
  }
}

export const migrations: Record<string, Migration> = {
  '001_create': async ({ schema }) => {
    await schema
      .createTable('mod_broadcast')
      .addColumn('id', 'integer', (column) => column.primaryKey().autoIncrement())
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('domain', 'varchar(255)', (column) => column.notNull())
      .addColumn('running_domain', 'varchar(255)')
      .addColumn('sender', 'text', (column) => column.notNull())
      .addColumn('subject', 'text', (column) => column.notNull())
      .addColumn('body', 'text', (column) => column.notNull())
      .addColumn('rate', 'integer', (column) => column.notNull())
      .addColumn('recipients', 'integer', (column) => column.notNull())
      .addColumn('state', 'varchar(16)', (column) => column.notNull())
      .addColumn('reason', 'text')
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addColumn('started_at', 'bigint')
      .addColumn('stopped_at', 'bigint')
      .addColumn('owner', 'varchar(255)')
      .addColumn('lease_expires', 'bigint', (column) => column.notNull())
      .addColumn('cursor_user', 'varchar(255)', (column) => column.notNull())
      .addColumn('processed', 'integer', (column) => column.notNull())
      .execute()
    await schema.createIndex('mod_broadcast_running').unique().on('mod_broadcast').column('running_domain').execute()
    await schema.createIndex('mod_broadcast_domain').on('mod_broadcast').columns(['domain', 'id']).execute()
  },
}

/** Who holds a job, and until when, in milliseconds since the epoch. */
export interface Lease {
  readonly owner: string
  readonly expires: number
}

/** How far a job is. */
export interface Position {
  readonly cursor: string
  readonly processed: number
}

/** Broadcasts on disk, and how far each is. */
export class BroadcastStore {
  readonly #db: Database<BroadcastTables>

  constructor(db: Database<BroadcastTables>) {
    this.#db = db
  }

  /** Whether anything can be written now. */
  canAccept(): boolean {
    return this.#db.canAccept()
  }

  /** Writes down a job that runs from now on; undefined where one of this domain runs already. */
  async add(plan: BroadcastPlan, recipients: number, now: number, lease: Lease): Promise<Broadcast | undefined> {
    const { sender, ...rest } = plan
    const insert = this.#db.insertIgnore('mod_broadcast', {
      ...rest,
      sender: sender.bareString,
      running_domain: plan.domain,
      recipients,
      state: 'running',
      created_at: now,
      started_at: now,
      owner: lease.owner,
      lease_expires: lease.expires,
      cursor_user: '',
      processed: 0,
    })
    if ((await insert.executeTakeFirst()).numInsertedOrUpdatedRows === 0n) return undefined
    const row = await this.#db.q
      .selectFrom('mod_broadcast')
      .selectAll()
      .where('running_domain', '=', plan.domain)
      .executeTakeFirst()
    return row && broadcastOf(row)
  }

  async get(domain: string, id: number): Promise<Broadcast | undefined> {
    const row = await this.#rows(domain).where('id', '=', id).executeTakeFirst()
    return row && broadcastOf(row)
  }

  async list(domain: string, limit: number, offset: number): Promise<Broadcast[]> {
    const rows = await this.#rows(domain).orderBy('id', 'desc').limit(limit).offset(offset).execute()
    return rows.map(broadcastOf)
  }

  /** The domains whose running job this owner may take over, or has: it is held by nobody else. */
  async claimable(owner: string, now: number): Promise<string[]> {
    const query = this.#db.q
      .selectFrom('mod_broadcast')
      .select('domain')
      .where('running_domain', 'is not', null)
      .where((eb) => eb.or([eb('owner', '=', owner), eb('lease_expires', '<', now)]))
    return (await query.execute()).map(({ domain }) => domain)
  }

  /** The running job of a domain, taken over where nobody else holds it. */
  async claim(domain: string, now: number, lease: Lease): Promise<{ job: Broadcast; at: Position } | undefined> {
    const update = this.#db.q
      .updateTable('mod_broadcast')
      .set({ owner: lease.owner, lease_expires: lease.expires })
      .where('running_domain', '=', domain)
      .where((eb) => eb.or([eb('owner', '=', lease.owner), eb('lease_expires', '<', now)]))
    await update.execute()
    const row = await this.#rows(domain)
      .where('running_domain', '=', domain)
      .where('owner', '=', lease.owner)
      .executeTakeFirst()
    return row && { job: broadcastOf(row), at: { cursor: row.cursor_user, processed: Number(row.processed) } }
  }

  /** Holds a job for longer; false where somebody else has taken it. */
  renew(id: number, lease: Lease): Promise<boolean> {
    return this.#changeOwn(id, lease.owner, { lease_expires: lease.expires })
  }

  /** Notes how far a job is; false where it is not ours any more. */
  move(id: number, owner: string, { cursor, processed }: Position): Promise<boolean> {
    return this.#changeOwn(id, owner, { cursor_user: cursor, processed })
  }

  /** Ends a job; false where it does not run. */
  async end(id: number, state: Exclude<BroadcastState, 'running'>, now: number, reason?: string): Promise<boolean> {
    const update = this.#db.q
      .updateTable('mod_broadcast')
      .set({ state, running_domain: null, owner: null, stopped_at: now, reason: reason ?? null })
      .where('id', '=', id)
      .where('state', '=', 'running')
    return (await update.executeTakeFirst()).numUpdatedRows !== 0n
  }

  /** Drops jobs that do not run; answers which. */
  async remove(domain: string, ids: readonly number[] | undefined): Promise<number[]> {
    if (ids?.length === 0) return []
    let query = this.#db.q
      .selectFrom('mod_broadcast')
      .select('id')
      .where('domain', '=', domain)
      .where('state', '!=', 'running')
    if (ids !== undefined) query = query.where('id', 'in', ids)
    const found = (await query.orderBy('id').execute()).map((row) => Number(row.id))
    if (found.length === 0) return []
    // What has ended never runs again.
    await this.#db.q.deleteFrom('mod_broadcast').where('id', 'in', found).execute()
    return found
  }

  /** Drops all jobs of a domain; one that runs is nobody's any more. */
  async forgetDomain(domain: string): Promise<void> {
    await this.#db.q.deleteFrom('mod_broadcast').where('domain', '=', domain).execute()
  }

  async #changeOwn(
    id: number,
    owner: string,
    change: Partial<Selectable<BroadcastTables['mod_broadcast']>>,
  ): Promise<boolean> {
    const update = this.#db.q
      .updateTable('mod_broadcast')
      .set(change)
      .where('id', '=', id)
      .where('owner', '=', owner)
      .where('state', '=', 'running')
    return (await update.executeTakeFirst()).numUpdatedRows !== 0n
  }

  #rows(domain: string) {
    return this.#db.q.selectFrom('mod_broadcast').selectAll().where('domain', '=', domain)
  }
}

function broadcastOf(row: Selectable<BroadcastTables['mod_broadcast']>): Broadcast {
  const timeOf = (value: number | null) => (value === null ? undefined : Number(value))
  return {
    id: Number(row.id),
    name: row.name,
    domain: row.domain,
    sender: Jid.parse(row.sender),
    subject: row.subject,
    body: row.body,
    rate: Number(row.rate),
    state: row.state as BroadcastState,
    reason: row.reason ?? undefined,
    owner: row.owner ?? undefined,
    recipients: Number(row.recipients),
    processed: Number(row.processed),
    createdAt: Number(row.created_at),
    startedAt: timeOf(row.started_at),
    stoppedAt: timeOf(row.stopped_at),
  }
}
