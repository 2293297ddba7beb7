import type { Logger } from '../../observe/logger.ts'
import { StreamError } from '../../stanza/stream-error.ts'
import type { Database } from '../../storage/database.ts'
import type { Clock } from '../../util/clock.ts'
import type { Keeper } from './keeper.ts'
import type { StreamOptions } from './options.ts'
import type { Spool } from './spool.ts'
import type { StreamStore } from './store.ts'

/** What the streams of a host share. */
export interface KeeperParts {
  readonly options: StreamOptions
  readonly clock: Clock
  readonly db: Pick<Database, 'canAccept'>
  readonly store: StreamStore
  readonly spool: Spool
  readonly log: Logger
}

const tooMuch = 'too many unacked stanzas'

/** The managed streams of a host, by id, and what those without a connection hold. */
export class Registry {
  readonly parts: KeeperParts
  readonly #keepers = new Map<string, Keeper>()
  /** Those without a connection, the one that has waited longest first. */
  readonly #detached = new Set<Keeper>()
  readonly #bytesOf = new Map<string, number>()
  #bytes = 0

  constructor(parts: KeeperParts) {
    this.parts = parts
  }

  get detachedCount(): number {
    return this.#detached.size
  }

  get detachedBytes(): number {
    return this.#bytes
  }

  find(id: string): Keeper | undefined {
    return this.#keepers.get(id)
  }

  all(): readonly Keeper[] {
    return [...this.#keepers.values()]
  }

  add(keeper: Keeper): void {
    this.#keepers.set(keeper.id, keeper)
  }

  remove(keeper: Keeper): void {
    this.#keepers.delete(keeper.id)
  }

  detached(keeper: Keeper): void {
    if (this.#detached.has(keeper)) return
    this.#detached.add(keeper)
    this.#count(keeper, keeper.outbox.bytes)
    this.#limit(keeper)
  }

  attached(keeper: Keeper): void {
    if (this.#detached.delete(keeper)) this.#count(keeper, -keeper.outbox.bytes)
  }

  /** A stream holds so many bytes more. */
  grew(keeper: Keeper, bytes: number): void {
    if (!this.#detached.has(keeper)) return
    this.#count(keeper, bytes)
    if (bytes > 0) this.#limit(keeper)
  }

  /** A client leaves too much unacknowledged: its session ends, what it has not got goes elsewhere. */
  overflown(keeper: Keeper): void {
    const { session } = keeper
    this.parts.log.info({ what: 'stream_overflow', jid: session.jid.full, stanzas: keeper.outbox.size })
    const ended = session.end({ kind: 'lost', status: tooMuch })
    session.link.close(new StreamError('resource-constraint', tooMuch))
    void ended
  }

  #count(keeper: Keeper, bytes: number): void {
    const user = keeper.session.jid.bareString
    this.#bytes += bytes
    const left = (this.#bytesOf.get(user) ?? 0) + bytes
    if (left === 0) this.#bytesOf.delete(user)
    else this.#bytesOf.set(user, left)
  }

  #limit(keeper: Keeper): void {
    const { options } = this.parts
    const user = keeper.session.jid.bareString
    if ((this.#bytesOf.get(user) ?? 0) > options.max_detached_user_bytes) this.overflown(this.#largestOf(user, keeper))
    if (this.#bytes > options.max_detached_bytes) {
      const [longest] = this.#detached
      if (longest !== undefined) this.overflown(longest)
    }
  }

  #largestOf(user: string, keeper: Keeper): Keeper {
    let largest = keeper
    for (const other of this.#detached) {
      if (other.session.jid.bareString === user && other.outbox.bytes > largest.outbox.bytes) largest = other
    }
    return largest
  }
}
