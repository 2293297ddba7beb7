import { randomBytes } from 'node:crypto'
import type { RedisPort } from './redis-port.ts'

/** Secrets that are the same on every node: made by who asks first, gone with the last node. */
export class SharedSecrets {
  readonly #redis: RedisPort
  readonly #key: string
  /** What has been made or read, to be put back where Redis has lost it. */
  readonly #known = new Map<string, Promise<Buffer>>()

  /** `key`: of the hash in Redis. */
  constructor(redis: RedisPort, key: string) {
    this.#redis = redis
    this.#key = key
  }

  /** How many are in use here. */
  get size(): number {
    return this.#known.size
  }

  get(name: string, bytes: number): Promise<Buffer> {
    const known = this.#known.get(name)
    if (known !== undefined) return known
    const shared = this.#share(name, randomBytes(bytes))
    this.#known.set(name, shared)
    shared.catch(() => this.#known.delete(name))
    return shared
  }

  /** Redis may have lost those that are in use here: puts them back. Answers the names of those that others have otherwise. */
  async putBack(): Promise<string[]> {
    const differing: string[] = []
    for (const [name, secret] of this.#known) {
      const used = await secret
      if (!(await this.#share(name, used)).equals(used)) differing.push(name)
    }
    return differing
  }

  /** Offers a secret; answers the one that all have. */
  async #share(name: string, offer: Buffer): Promise<Buffer> {
    await this.#redis.call('HSETNX', this.#key, name, offer.toString('base64'))
    return Buffer.from(String(await this.#redis.call('HGET', this.#key, name)), 'base64')
  }
}
