import type { Cluster } from '../cluster/cluster.ts'
import { type SharedMemory, shareMemory } from '../cluster/shared-memory.ts'
import type { Jid } from '../jid/jid.ts'

/** What remembers, by bare address, which accounts exist; never that one does not. */
export interface ExistenceMemory {
  has(user: string): boolean
  add(user: string): void
  delete(user: string): void
  deleteWhere(fits: (user: string) => boolean): void
  /** Told of each question: whether the answer was remembered, and how many milliseconds it took. */
  asked(wasKnown: boolean, ms: number): void
  now(): number
}

/** The memories of the host types that have one. */
export class ExistenceMemories {
  readonly #byDomains = new Map<ReadonlySet<string>, ExistenceMemory>()
  /** Removals so far: an answer that was under way meanwhile may be out of date. */
  #removals = 0
  readonly #shared: SharedMemory | undefined

  /** `cluster`: the nodes that remove accounts too. */
  constructor(cluster?: Cluster) {
    if (cluster === undefined) return
    this.#shared = shareMemory(cluster, 'accounts', {
      forget: (user) => this.#forget(user),
      forgetWhere: (fits) => this.#forgetWhere(fits),
    })
  }

  /** Remembers for the domains that are in this set at the time; the function returned ends that. */
  use(domains: ReadonlySet<string>, memory: ExistenceMemory): () => void {
    this.#byDomains.set(domains, memory)
    return () => this.#byDomains.delete(domains)
  }

  /** Whether an account exists; `ask` finds out, and whether that may be remembered. */
  async exists(user: Jid, ask: () => Promise<'kept' | 'passing' | undefined>): Promise<boolean> {
    const memory = this.#of(user)
    if (memory === undefined) return (await ask()) !== undefined
    const key = user.bareString
    const since = memory.now()
    if (memory.has(key)) {
      memory.asked(true, 0)
      return true
    }
    const removals = this.#removals
    const answer = await ask()
    memory.asked(false, memory.now() - since)
    if (answer === 'kept' && removals === this.#removals) memory.add(key)
    return answer !== undefined
  }

  /** An account has been removed; settles when no node remembers it. */
  async removed(user: Jid): Promise<void> {
    this.#forget(user.bareString)
    await this.#shared?.changed(user.bareString)
  }

  /** As {@link removed}, for all accounts of a domain, which nobody serves any more. */
  async removedDomain(domain: string): Promise<void> {
    this.#forgetWhere((user) => user.endsWith(`@${domain}`))
    await this.#shared?.changedDomain(domain)
  }

  /** Other nodes need not tell what they have removed. */
  end(): void {
    this.#shared?.end()
  }

  #forget(user: string): void {
    this.#removals++
    for (const memory of this.#byDomains.values()) memory.delete(user)
  }

  #forgetWhere(fits: (user: string) => boolean): void {
    this.#removals++
    for (const memory of this.#byDomains.values()) memory.deleteWhere(fits)
  }

  #of({ domain }: Jid): ExistenceMemory | undefined {
    for (const [domains, memory] of this.#byDomains) if (domains.has(domain)) return memory
    return undefined
  }
}
