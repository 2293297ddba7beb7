import { Lru } from '../util/lru.ts'
import type { Credentials } from './credentials.ts'

type Load = Promise<Credentials | undefined>

/**
 * Credentials read lately, so that a repeated log-in asks the database nothing. What was being read when a password was
 * changed is not kept; unknown users are not kept at all.
 */
export class CredentialCache {
  readonly #kept: Lru<string, Credentials>
  readonly #loading = new Map<string, Load>()

  constructor(max: number) {
    this.#kept = new Lru(max)
  }

  get size(): number {
    return this.#kept.size
  }

  /** What is kept for this key, else what `load` reads; several who ask at once share one reading. */
  async get(key: string, load: () => Load): Load {
    const kept = this.#kept.get(key)
    if (kept !== undefined) return kept
    const begun = this.#loading.get(key)
    if (begun !== undefined) return begun
    const loading = load()
    this.#loading.set(key, loading)
    try {
      const credentials = await loading
      if (credentials !== undefined && this.#loading.get(key) === loading) this.#kept.set(key, credentials)
      return credentials
    } finally {
      if (this.#loading.get(key) === loading) this.#loading.delete(key)
    }
  }

  /** As {@link drop}, for every key that fits. */
  dropWhere(fits: (key: string) => boolean): void {
    this.#kept.deleteWhere(fits)
    for (const key of this.#loading.keys()) if (fits(key)) this.#loading.delete(key)
  }

  /** Forgets what is kept and what is being read: it has changed. */
  drop(key: string): void {
    this.#kept.delete(key)
    this.#loading.delete(key)
  }
}
