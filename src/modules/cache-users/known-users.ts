/** How long an entry stays: `fifo` from when it was added, `lru` from when it was last asked for. */
export type CacheStrategy = 'fifo' | 'lru'

/** A set in segments: what is added goes into the newest, a rotation empties the oldest and makes it the newest. */
export class KnownUsers {
  readonly #strategy: CacheStrategy
  /** Newest first. */
  readonly #segments: Set<string>[]

  constructor(strategy: CacheStrategy, segments: number) {
    this.#strategy = strategy
    this.#segments = Array.from({ length: segments }, () => new Set())
  }

  get size(): number {
    return this.#segments.reduce((sum, segment) => sum + segment.size, 0)
  }

  has(key: string): boolean {
    const found = this.#segments.find((segment) => segment.has(key))
    if (found === undefined) return false
    const [newest] = this.#segments
    if (this.#strategy === 'lru' && found !== newest) {
      found.delete(key)
      newest?.add(key)
    }
    return true
  }

  add(key: string): void {
    if (!this.has(key)) this.#segments[0]?.add(key)
  }

  delete(key: string): void {
    for (const segment of this.#segments) segment.delete(key)
  }

  /** Forgets the entries that fit. */
  deleteWhere(fits: (key: string) => boolean): void {
    for (const segment of this.#segments) for (const key of segment) if (fits(key)) segment.delete(key)
  }

  /** A lifetime is over. */
  rotate(): void {
    const oldest = this.#segments.pop()
    if (oldest === undefined) return
    oldest.clear()
    this.#segments.unshift(oldest)
  }
}
