import { Lru } from '../../util/lru.ts'

/** A value and until when it may be used, in milliseconds since the epoch. */
export interface Timed<T> {
  readonly value: T
  readonly until: number
}

/** Answers that are remembered for a while, so many of them; several who ask at once share one question. */
export class TimedCache<T> {
  readonly #kept: Lru<string, Timed<T>>
  readonly #asking = new Map<string, Promise<Timed<T>>>()
  readonly #now: () => number

  constructor(size: number, now: () => number) {
    this.#kept = new Lru(size)
    this.#now = now
  }

  /** What is remembered, if it still holds. */
  peek(key: string): Timed<T> | undefined {
    const kept = this.#kept.get(key)
    return kept !== undefined && kept.until > this.#now() ? kept : undefined
  }

  /** What is remembered, else what `ask` answers. What it rejects with is not remembered. */
  async get(key: string, ask: () => Promise<Timed<T>>): Promise<Timed<T>> {
    const kept = this.peek(key)
    if (kept !== undefined) return kept
    const begun = this.#asking.get(key)
    if (begun !== undefined) return begun
    const asking = ask().finally(() => this.#asking.delete(key))
    this.#asking.set(key, asking)
    const answer = await asking
    this.#kept.set(key, answer)
    return answer
  }
}
