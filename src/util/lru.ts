/** A map of at most `max` entries that forgets the least recently used one when it is full. */
export class Lru<K, V> {
  readonly #max: number
  readonly #entries = new Map<K, V>()

  constructor(max: number) {
    this.#max = max
  }

  get size(): number {
    return this.#entries.size
  }

  get(key: K): V | undefined {
    const value = this.#entries.get(key)
    if (value !== undefined) {
      this.#entries.delete(key)
      this.#entries.set(key, value)
    }
    return value
  }

  set(key: K, value: V): void {
    this.#entries.delete(key)
    this.#entries.set(key, value)
    if (this.#entries.size > this.#max) {
      const oldest = this.#entries.keys().next()
      if (!oldest.done) this.#entries.delete(oldest.value)
    }
  }

  delete(key: K): boolean {
    return this.#entries.delete(key)
  }

  /** Forgets the entries whose key fits. */
  deleteWhere(fits: (key: K) => boolean): void {
    for (const key of this.#entries.keys()) if (fits(key)) this.#entries.delete(key)
  }

  clear(): void {
    this.#entries.clear()
  }
}
