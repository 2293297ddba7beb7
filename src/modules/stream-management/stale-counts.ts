import type { Jid } from '../../jid/jid.ts'
import type { Clock } from '../../util/clock.ts'
import type { Keeper } from './keeper.ts'
import type { StreamOptions } from './options.ts'

interface Stale {
  readonly user: string
  readonly count: number
  readonly at: number
}

/** How much had been received on streams that nobody came back for in time. */
export class StaleCounts {
  readonly #options: StreamOptions['stale_h']
  readonly #clock: Clock
  readonly #counts = new Map<string, Stale>()

  constructor(options: StreamOptions['stale_h'], clock: Clock) {
    this.#options = options
    this.#clock = clock
  }

  get size(): number {
    return this.#counts.size
  }

  add({ id, session, receipts }: Keeper): void {
    if (this.#options.enabled) this.put(id, session.jid, { count: receipts.acknowledged, at: this.#clock.now() })
  }

  put(id: string, user: Jid, { count, at }: Pick<Stale, 'count' | 'at'>): void {
    this.#counts.set(id, { user: user.bareString, count, at })
  }

  /** The count of a user's own stream. */
  find(id: string, user: Jid): number | undefined {
    const stale = this.#counts.get(id)
    return stale?.user === user.bareString ? stale.count : undefined
  }

  forgetUser(user: Jid): void {
    for (const [id, stale] of this.#counts) if (stale.user === user.bareString) this.#counts.delete(id)
  }

  forgetDomain(domain: string): void {
    for (const [id, stale] of this.#counts) if (stale.user.endsWith(`@${domain}`)) this.#counts.delete(id)
  }

  /** Drops those that are too old; the moment before which they ended. */
  tidy(): number {
    const before = this.#clock.now() - this.#options.geriatric * 1000
    for (const [id, { at }] of this.#counts) if (at < before) this.#counts.delete(id)
    return before
  }
}
