import type { Clock } from '../../util/clock.ts'
import { JournalWriter } from './journal.ts'
import type { SpoolPart } from './spool.ts'
import type { Statement, StreamStore } from './store.ts'

/** Entries on their way to disk. */
export interface WrittenEntries {
  readonly statements: readonly Statement[]
  /** They are on disk, or never will be. */
  settled(): void
}

/** Numbers the entries of the journal, and knows which of them may go. */
export class Entries {
  readonly #store: StreamStore
  readonly #clock: Clock
  #number = 0
  /** Entries up to this number may go. */
  #marked = 0
  /** The first numbers of what is on its way to disk, rising. */
  readonly #underWay = new Set<{ readonly first: number }>()
  /** The number of the last entry of each domain that has some. */
  readonly #lastOf = new Map<string, number>()
  readonly #writer = new JournalWriter()

  constructor(store: StreamStore, clock: Clock) {
    this.#store = store
    this.#clock = clock
  }

  /** Entries with all of this. */
  of(parts: readonly SpoolPart[]): WrittenEntries {
    const written = { first: this.#next() }
    const statements: Statement[] = []
    for (const [domain, own] of byDomain(parts)) {
      for (const part of own) part.journal(this.#writer)
      for (const content of this.#writer.finish()) {
        this.#number = this.#next()
        this.#lastOf.set(domain, this.#number)
        statements.push(this.#store.journalled({ domain, number: this.#number, content }))
      }
    }
    if (statements.length > 0) this.#underWay.add(written)
    return { statements, settled: () => this.#underWay.delete(written) }
  }

  /** What is on disk now may go once everything that is of use in it is elsewhere. */
  mark(): void {
    const [next] = this.#underWay
    this.#marked = next === undefined ? this.#number : next.first - 1
  }

  /** `isDue`: that is the case. `dropped` is to be called when they are gone. */
  dropMarked(isDue: boolean): { readonly statements: readonly Statement[]; dropped(): void } {
    const through = this.#marked
    const domains = isDue ? [...this.#lastOf.keys()] : []
    const statements = domains.map((domain) => this.#store.dropped(domain, through))
    const dropped = (): void => {
      for (const domain of domains) if ((this.#lastOf.get(domain) ?? 0) <= through) this.#lastOf.delete(domain)
    }
    return { statements, dropped }
  }

  /** Above all those that an earlier start may have left. */
  #next(): number {
    return Math.max(this.#number + 1, this.#clock.now() * 1000)
  }
}

function byDomain(parts: readonly SpoolPart[]): Map<string, SpoolPart[]> {
  const domains = new Map<string, SpoolPart[]>()
  for (const part of parts) {
    const own = domains.get(part.domain)
    if (own === undefined) domains.set(part.domain, [part])
    else own.push(part)
  }
  return domains
}
