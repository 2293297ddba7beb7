import type { Jid } from '../jid/jid.ts'

/** What remembers, by bare address, which accounts exist; never that one does not. */
export interface ExistenceMemory {
  has(user: string): boolean
  add(user: string): void
  delete(user: string): void
  deleteDomain(domain: string): void
  /** Told of each question: whether the answer was remembered, and how many milliseconds it took. */
  asked(wasKnown: boolean, ms: number): void
  now(): number
}

/** The memories of the host types that have one. */
export class ExistenceMemories {
  readonly #byDomains = new Map<ReadonlySet<string>, ExistenceMemory>()
  /** Removals so far: an answer that was under way meanwhile may be out of date. */
  #removals = 0

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

  /** An account has been removed. */
  forget(user: Jid): void {
    this.#removals++
    this.#of(user)?.delete(user.bareString)
  }

  /** All accounts of a domain have been removed; nobody serves it any more. */
  forgetDomain(domain: string): void {
    this.#removals++
    for (const memory of this.#byDomains.values()) memory.deleteDomain(domain)
  }

  #of({ domain }: Jid): ExistenceMemory | undefined {
    for (const [domains, memory] of this.#byDomains) if (domains.has(domain)) return memory
    return undefined
  }
}
