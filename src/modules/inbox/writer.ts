import type { BulkInsert } from '../../storage/bulk-insert.ts'
import type { Database, Params, PreparedQuery } from '../../storage/database.ts'
import { StorageUnavailable } from '../../storage/errors.ts'
import { sql } from '../../storage/sql.ts'
import type { Clock, Timer } from '../../util/clock.ts'
import { Batch, type ChangedConversation, type Conversation, type Effect, type Newest } from './batch.ts'
import type { InboxTables } from './tables.ts'

const columns = [
  'domain',
  'username',
  'remote',
  'content',
  'updated_at',
  'message_id',
  'archive_id',
  'unread',
  'box',
  'counted_origin',
  'reset_origin',
] as const

/** Conversations with which a batch does not wait for more. */
const mostTogether = 500

/** A conversation that a message has moved out of the archive. */
export interface Moved extends Conversation {
  readonly unread: number
  readonly mutedUntil: number
}

export interface WriterOptions {
  readonly clock: Clock
  /** Milliseconds that a change may wait for others. */
  readonly flushInterval: number
  readonly onMoved: (moved: Moved) => void
  /** Told of a conversation that the database refuses for what it is. */
  readonly onDropped: (error: unknown) => void
}

interface Open {
  readonly batch: Batch
  readonly written: Promise<void>
  settle(outcome: Promise<void>): void
  readonly timer: Timer
}

type MovedRow = Pick<InboxTables['mod_inbox'], 'domain' | 'username' | 'remote' | 'unread' | 'muted_until'> & {
  readonly moved_at: number | null
}

/**
 * Writes conversations in batches: all that comes within a few milliseconds is one group of statements. Counts are added to in
 * the database, so that nothing is lost whoever else counts at the same time.
 */
export class InboxWriter {
  readonly #db: Database<InboxTables>
  readonly #options: WriterOptions
  readonly #counting: BulkInsert
  readonly #resetting: BulkInsert
  readonly #marking
  readonly #moved: PreparedQuery<{ first: number; last: number }, MovedRow>
  readonly #underWay = new Set<Promise<void>>()
  #open: Open | undefined

  constructor(db: Database<InboxTables>, options: WriterOptions) {
    this.#db = db
    this.#options = options
    this.#counting = merging(db, 'count')
    this.#resetting = merging(db, 'reset')
    this.#marking = db.prepare((q, p: Params<{ domain: string; username: string; remote: string; id: string }>) =>
      q
        .updateTable('mod_inbox')
        .set({ unread: 0 })
        .where('domain', '=', p('domain'))
        .where('username', '=', p('username'))
        .where('remote', '=', p('remote'))
        .where('unread', '>', 0)
        .where((eb) => eb.or([eb('message_id', '=', p('id')), eb('archive_id', '=', p('id'))])),
    )
    this.#moved = db.prepare((q, p: Params<{ first: number; last: number }>) =>
      q
        .selectFrom('mod_inbox')
        .select(['domain', 'username', 'remote', 'unread', 'muted_until', 'moved_at'])
        .where('moved_at', '>=', p('first'))
        .where('moved_at', '<=', p('last')),
    )
  }

  /** A conversation has a new message. Resolves when that is on disk; many changes share the promise. */
  message(conversation: Conversation, newest: Newest, effect: Effect): Promise<void> {
    const open = this.#openBatch()
    open.batch.message(conversation, newest, effect)
    return this.#added(open)
  }

  /** The owner of a conversation has seen the message with this id. */
  marker(conversation: Conversation, id: string): Promise<void> {
    const open = this.#openBatch()
    open.batch.marker(conversation, id)
    return this.#added(open)
  }

  /** Sends what waits: everything that is asked of the database from now on comes after it. */
  flush(): void {
    const open = this.#open
    if (open === undefined) return
    this.#open = undefined
    open.timer.cancel()
    open.settle(this.#write(open.batch))
    const over = open.written.catch(() => {})
    this.#underWay.add(over)
    over.then(() => this.#underWay.delete(over))
  }

  /** Resolves when everything that has changed so far is on disk; at once while nothing can be written. */
  async settled(): Promise<void> {
    this.flush()
    if (this.#db.health === 'ok') await Promise.all(this.#underWay)
  }

  #openBatch(): Open {
    if (this.#open === undefined) {
      let settle = (_outcome: Promise<void>): void => {}
      const written = new Promise<void>((resolve) => {
        settle = resolve
      })
      const timer = this.#options.clock.after(this.#options.flushInterval, () => this.flush())
      this.#open = { batch: new Batch(), written, settle, timer }
    }
    return this.#open
  }

  #added({ batch, written }: Open): Promise<void> {
    if (batch.size >= mostTogether) this.flush()
    return written
  }

  async #write(batch: Batch): Promise<void> {
    // In one order everywhere, so that two servers do not wait for each other.
    const changes = [...batch.changes].sort(byAddress)
    let moved: readonly MovedRow[]
    try {
      moved = await this.#run(changes, batch)
    } catch (error) {
      if (error instanceof StorageUnavailable) throw error
      moved = await this.#runEach(changes, batch)
    }
    for (const row of moved) this.#tell(row, batch)
  }

  async #run(changes: readonly ChangedConversation[], { span }: Pick<Batch, 'span'>): Promise<readonly MovedRow[]> {
    const markers = changes.flatMap((change) => change.marked.map((id) => this.#marking.with({ ...keyOf(change), id })))
    const [counted, reset] = [false, true].map((isReset) =>
      changes.flatMap((change) => (change.isReset === isReset ? rowsOf(change) : [])),
    )
    const statements = [...markers, ...this.#counting.of(counted ?? []), ...this.#resetting.of(reset ?? [])]
    const results = await this.#db.atomic([...statements, this.#moved.with(span.last === 0 ? nothing : span)])
    return (results.at(-1)?.rows ?? []) as MovedRow[]
  }

  /** What the database does not take must not take others with it. */
  async #runEach(changes: readonly ChangedConversation[], batch: Batch): Promise<readonly MovedRow[]> {
    const moved = await Promise.all(
      changes.map((change) =>
        this.#run([change], batch).catch((error: unknown) => {
          if (error instanceof StorageUnavailable) throw error
          this.#options.onDropped(error)
          return []
        }),
      ),
    )
    return moved.flat()
  }

  /** Only what this very batch has moved, each once: others may have been at it at the same moment. */
  #tell(row: MovedRow, batch: Batch): void {
    const owner = `${row.username}@${row.domain}`
    const change = batch.changeAt({ owner, remote: row.remote }, Number(row.moved_at))
    if (change === undefined) return
    const { remote } = change
    this.#options.onMoved({
      owner: change.owner,
      remote,
      unread: Number(row.unread),
      mutedUntil: Number(row.muted_until),
    })
    // Told once, though it may be found by the group of another change too.
    change.newest = undefined
  }
}

const nothing = { first: 0, last: 0 }

function byAddress(a: Conversation, b: Conversation): number {
  const [one, other] = [a, b].map(({ owner, remote }) => `${owner.bareString} ${remote.bareString}`) as [string, string]
  return one < other ? -1 : Number(one > other)
}

/** The key of a conversation, as columns. */
export function keyOf({ owner, remote }: Conversation): { domain: string; username: string; remote: string } {
  return { domain: owner.domain, username: owner.local, remote: remote.bareString }
}

function rowsOf({ owner, remote, newest, unread, origins }: ChangedConversation): unknown[][] {
  if (newest === undefined) return []
  const { content, at, messageId, archiveId } = newest
  const key = [owner.domain, owner.local, remote.bareString]
  const names = [origins.count ?? null, origins.reset ?? null]
  return [[...key, content, at, messageId, archiveId ?? null, unread, 'inbox', ...names]]
}

/**
 * Inserts conversations, or changes those that are there: an archived one comes back, and the later message stays, which is not
 * the one that is written last where several servers write.
 */
function merging(db: Database<InboxTables>, effect: Effect): BulkInsert {
  return db.bulkMerge('mod_inbox', {
    columns,
    key: ['domain', 'username', 'remote'],
    changes({ stored, incoming }) {
      const isArchived = sql`${stored('box')} = 'archive'`
      const newer = (column: string) =>
        sql`case when ${incoming('updated_at')} >= ${stored('updated_at')} then ${incoming(column)} else ${stored(column)} end`
      const last = (column: string) => sql`coalesce(${incoming(column)}, ${stored(column)})`
      return {
        unread: effect === 'count' ? sql`${stored('unread')} + ${incoming('unread')}` : incoming('unread'),
        moved_at: sql`case when ${isArchived} then ${incoming('updated_at')} else ${stored('moved_at')} end`,
        box: sql`case when ${isArchived} then 'inbox' else ${stored('box')} end`,
        content: newer('content'),
        message_id: newer('message_id'),
        archive_id: newer('archive_id'),
        updated_at: newer('updated_at'),
        counted_origin: last('counted_origin'),
        reset_origin: last('reset_origin'),
      }
    },
  })
}
