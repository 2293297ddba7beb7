import type { Jid } from '../../jid/jid.ts'
import type { TicketSource } from '../../stanza/ticket.ts'
import type { Database } from '../../storage/database.ts'
import { Lru } from '../../util/lru.ts'
import type { Eventually } from '../../util/settled.ts'
import type { Addresses } from './addresses.ts'
import type { MamTables } from './tables.ts'

/** Conversations that are remembered. */
const remembered = 10_000
/** The newest messages of a stream that are looked at: no client sends more again than it has sent without acknowledgement. */
const newest = 1000

/** A message that may be in an archive already. */
export interface Repeat {
  readonly source: TicketSource
  readonly origin: string
  readonly owner: Jid
  readonly remote: Jid
}

/**
 * Messages that are sent again after a crash, on the stream that they came on for the first time. Nothing is looked for but on a
 * stream that has gone on so, and there once for each conversation: messages need no index for that.
 */
export class Repeats {
  readonly #db: Database<MamTables>
  readonly #addresses: Addresses
  /** Everything that was appended is on disk. */
  readonly #settled: () => Promise<void>
  readonly #conversations = new Lru<string, Eventually<ReadonlyMap<string, number>>>(remembered)

  constructor(db: Database<MamTables>, addresses: Addresses, settled: () => Promise<void>) {
    this.#db = db
    this.#addresses = addresses
    this.#settled = settled
  }

  /** The id that a message has in an archive already. */
  find(repeat: Repeat): Eventually<number | undefined> {
    const { source, origin, owner, remote } = repeat
    const key = `${source.id} ${source.repeats} ${owner.bareString} ${remote.bareString}`
    const known = this.#conversations.get(key)
    if (known !== undefined && !(known instanceof Promise)) return known.get(origin)
    const ids = known ?? this.#load(repeat)
    if (known === undefined) this.#remember(key, ids)
    return Promise.resolve(ids).then((found) => found.get(origin))
  }

  #remember(key: string, ids: Eventually<ReadonlyMap<string, number>>): void {
    this.#conversations.set(key, ids)
    Promise.resolve(ids).then(
      (found) => this.#conversations.set(key, found),
      () => this.#conversations.delete(key),
    )
  }

  /** What the stream has in an archive of its messages from one address to another. */
  async #load({ source, owner, remote }: Repeat): Promise<ReadonlyMap<string, number>> {
    await this.#settled()
    const archive = await this.#addresses.find(owner.bareString)
    const other = await this.#addresses.find(remote.bareString)
    if (archive === undefined || other === undefined) return new Map()
    const rows = await this.#db.q
      .selectFrom('mod_mam_entry as entry')
      .innerJoin('mod_mam_stanza as stored', 'stored.id', 'entry.stanza')
      .select(['entry.id', 'stored.origin'])
      .where('entry.archive', '=', archive)
      .where('entry.remote', '=', other)
      .where('entry.id', '>=', source.startedAt * 1000)
      .where('stored.origin', 'like', `${source.id}/%`)
      .orderBy('entry.id', 'desc')
      .limit(newest)
      .execute()
    return new Map(rows.map(({ id, origin }) => [origin ?? '', id]))
  }
}
