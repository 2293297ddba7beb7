import type { ExpressionBuilder } from 'kysely'
import { Jid } from '../../jid/jid.ts'
import type { Database } from '../../storage/database.ts'
import { sql } from '../../storage/sql.ts'
import type { Conversation, Effect } from './batch.ts'
import { after, type Listing, type Position } from './listing.ts'
import { allBoxes } from './names.ts'
import type { InboxTables } from './tables.ts'
import { type InboxWriter, keyOf } from './writer.ts'

type Row = Pick<InboxTables['mod_inbox'], (typeof shown)[number]>

const shown = ['remote', 'content', 'updated_at', 'unread', 'box', 'muted_until'] as const

/** What a conversation is like apart from its messages. */
export interface Properties {
  readonly unread: number
  readonly box: string
  /** Microseconds since the epoch, 0 where it is not muted. */
  readonly mutedUntil: number
}

/** A conversation as it is kept. */
export interface StoredConversation extends Properties {
  readonly remote: Jid
  /** The last message. */
  readonly content: Buffer
  /** When it was sent, in microseconds since the epoch. */
  readonly at: number
}

/** What tells whether a message is in a conversation already. */
export interface Latest extends Readonly<Record<Effect, string | undefined>> {
  /** Microseconds since the epoch. */
  readonly at: number
}

/** What its owner changes in a conversation; what is left out stays. */
export interface Change {
  readonly box?: string
  readonly isRead?: boolean
  readonly mutedUntil?: number
}

/** What is in the bin of a domain or of one account. */
export interface Bin {
  readonly domain: string
  readonly local?: string | undefined
}

/** Conversations on disk, for all but messages. What the writer still holds goes first. */
export class InboxStore {
  readonly #db: Database<InboxTables>
  readonly #writer: InboxWriter
  /** Takings away that are on their way to the disk. */
  readonly #leaving = new Set<Promise<void>>()

  constructor(db: Database<InboxTables>, writer: InboxWriter) {
    this.#db = db
    this.#writer = writer
  }

  /** Makes what has changed so far visible to {@link list}. */
  async settled(): Promise<void> {
    await this.#writer.settled()
    if (this.#db.health === 'ok') await Promise.all(this.#leaving)
  }

  /** Conversations in the order that is asked for. */
  async list(listing: Listing, most: number): Promise<StoredConversation[]> {
    const { order } = listing
    const rows = await this.#listed(listing)
      .select(shown)
      .orderBy('updated_at', order)
      .orderBy('remote', order)
      .limit(most)
      .execute()
    return rows.map(conversationOf)
  }

  /** The first of the last `most` conversations of a list; undefined where there are fewer. */
  async startOfLast(listing: Listing, most: number): Promise<Position | undefined> {
    const order = listing.order === 'asc' ? 'desc' : 'asc'
    const row = await this.#listed(listing)
      .select(['updated_at', 'remote'])
      .orderBy('updated_at', order)
      .orderBy('remote', order)
      .offset(most - 1)
      .limit(1)
      .executeTakeFirst()
    return row === undefined ? undefined : { at: Number(row.updated_at), remote: row.remote }
  }

  async find(conversation: Conversation): Promise<StoredConversation | undefined> {
    this.#writer.flush()
    const row = await this.#of(conversation).select(shown).executeTakeFirst()
    return row === undefined ? undefined : conversationOf(row)
  }

  async unread(conversation: Conversation): Promise<number> {
    this.#writer.flush()
    const row = await this.#of(conversation).select('unread').executeTakeFirst()
    return Number(row?.unread ?? 0)
  }

  /** The newest message of a conversation, and the last ones of streams that number theirs. */
  async latest(conversation: Conversation): Promise<Latest | undefined> {
    this.#writer.flush()
    const row = await this.#of(conversation).select(['updated_at', 'counted_origin', 'reset_origin']).executeTakeFirst()
    if (row === undefined) return undefined
    const [count, reset] = [row.counted_origin ?? undefined, row.reset_origin ?? undefined]
    return { at: Number(row.updated_at), count, reset }
  }

  /** Changes a conversation and tells what it is like then; undefined where there is none. Resolves when it is on disk. */
  async change(conversation: Conversation, { box, isRead, mutedUntil }: Change): Promise<Properties | undefined> {
    this.#writer.flush()
    const unread = isRead === true ? sql<number>`0` : sql<number>`case when unread = 0 then 1 else unread end`
    const update = this.#db.q
      .updateTable('mod_inbox')
      .set({
        ...(box === undefined ? {} : { box }),
        ...(isRead === undefined ? {} : { unread }),
        ...(mutedUntil === undefined ? {} : { muted_until: mutedUntil }),
      })
      .where(isOf(conversation))
    const [, { rows }] = await this.#db.atomic([
      update,
      this.#of(conversation).select(['unread', 'box', 'muted_until']),
    ])
    const [row] = rows
    return row === undefined ? undefined : propertiesOf(row)
  }

  /** Deletes what is in the bin, or only what is older than this; answers how many conversations. */
  async emptyBin({ domain, local }: Bin, before?: number): Promise<number> {
    this.#writer.flush()
    let query = this.#db.q.deleteFrom('mod_inbox').where('box', '=', 'bin').where('domain', '=', domain)
    if (local !== undefined) query = query.where('username', '=', local)
    if (before !== undefined) query = query.where('updated_at', '<', before)
    const { numDeletedRows } = await query.executeTakeFirstOrThrow()
    return Number(numDeletedRows)
  }

  /** Takes the conversations with a room from these users. */
  leave(room: Jid, users: readonly Jid[], how: 'deleted' | 'binned'): Promise<void> {
    this.#writer.flush()
    const { q } = this.#db
    const gone = this.#db.atomic(
      users.map((owner) => {
        const which = isOf({ owner, remote: room })
        return how === 'deleted'
          ? q.deleteFrom('mod_inbox').where(which)
          : q.updateTable('mod_inbox').set({ box: 'bin' }).where(which)
      }),
    )
    // Who has caused it waits for it, if anybody does.
    const over = gone.then(
      () => {},
      () => {},
    )
    this.#leaving.add(over)
    over.then(() => this.#leaving.delete(over))
    return gone.then(() => {})
  }

  /** Puts a conversation as it was elsewhere; one that is there and has a later message stays. */
  async put({ owner }: Pick<Conversation, 'owner'>, kept: StoredConversation): Promise<void> {
    this.#writer.flush()
    const conversation = { owner, remote: kept.remote }
    const there = await this.find(conversation)
    if (there !== undefined && there.at >= kept.at) return
    const { content, at, unread, box, mutedUntil } = kept
    const row = { content, updated_at: at, unread, box, muted_until: mutedUntil, message_id: '', archive_id: null }
    await this.#db.upsert('mod_inbox', { ...keyOf(conversation), ...row }, ['domain', 'username', 'remote']).execute()
  }

  async forgetUser({ domain, local }: Jid): Promise<void> {
    this.#writer.flush()
    await this.#db.q.deleteFrom('mod_inbox').where('domain', '=', domain).where('username', '=', local).execute()
  }

  /** Deletes what everybody of a domain has, so many with one statement at most. */
  async forgetDomain(domain: string, atOnce: number): Promise<void> {
    this.#writer.flush()
    for (;;) {
      const last = Number.isFinite(atOnce) ? await this.#nth(domain, atOnce) : undefined
      const query = this.#db.q.deleteFrom('mod_inbox').where('domain', '=', domain)
      if (last === undefined) {
        await query.execute()
        return
      }
      await query
        .where((eb) =>
          eb.or([
            eb('username', '<', last.username),
            eb.and([eb('username', '=', last.username), eb('remote', '<=', last.remote)]),
          ]),
        )
        .execute()
    }
  }

  /** All conversations of a user, oldest first. */
  async *all(owner: Jid): AsyncGenerator<StoredConversation> {
    await this.settled()
    const pageSize = 200
    let listing: Listing = { owner, order: 'asc', box: allBoxes }
    for (;;) {
      const page = await this.list(listing, pageSize)
      yield* page
      const last = page.at(-1)
      if (last === undefined || page.length < pageSize) return
      listing = { ...listing, after: { at: last.at, remote: last.remote.bareString } }
    }
  }

  #nth(domain: string, place: number) {
    return this.#db.q
      .selectFrom('mod_inbox')
      .select(['username', 'remote'])
      .where('domain', '=', domain)
      .orderBy('username')
      .orderBy('remote')
      .offset(place - 1)
      .limit(1)
      .executeTakeFirst()
  }

  #of(conversation: Conversation) {
    return this.#db.q.selectFrom('mod_inbox').where(isOf(conversation))
  }

  #listed({ owner, order, box, isUnread, start, end, from, after: lower, before }: Listing) {
    let query = this.#db.stale.q
      .selectFrom('mod_inbox')
      .where('domain', '=', owner.domain)
      .where('username', '=', owner.local)
    if (box === undefined) query = query.where('box', '!=', 'bin')
    else if (box !== allBoxes) query = query.where('box', '=', box)
    if (isUnread === true) query = query.where('unread', '>', 0)
    if (start !== undefined) query = query.where('updated_at', '>=', start)
    if (end !== undefined) query = query.where('updated_at', '<=', end)
    if (from !== undefined) query = query.where(after(from, order, true))
    if (lower !== undefined) query = query.where(after(lower, order))
    if (before !== undefined) query = query.where(after(before, order === 'asc' ? 'desc' : 'asc'))
    return query
  }
}

/** The condition that a row is of this conversation. */
function isOf(conversation: Conversation) {
  return (eb: ExpressionBuilder<InboxTables, 'mod_inbox'>) => eb.and(keyOf(conversation))
}

function propertiesOf({ unread, box, muted_until }: Pick<Row, 'unread' | 'box' | 'muted_until'>): Properties {
  return { unread: Number(unread), box, mutedUntil: Number(muted_until) }
}

function conversationOf(row: Row): StoredConversation {
  const content = Buffer.from(row.content)
  return { ...propertiesOf(row), remote: Jid.parse(row.remote), content, at: Number(row.updated_at) }
}
