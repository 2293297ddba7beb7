import type { Jid } from '../../../jid/jid.ts'
import type { Affiliation } from './standing.ts'

/** What is kept about one person, or one domain, that has to do with a room. */
export interface AffiliationEntry {
  readonly jid: Jid
  readonly affiliation: Affiliation
  readonly reason: string
  /** The nick that is reserved in this room, '' for none. */
  readonly nick: string
}

/** Who has which affiliation with one room. */
export class Affiliations {
  readonly #entries = new Map<string, AffiliationEntry>()
  readonly #byNick = new Map<string, AffiliationEntry>()

  constructor(entries: Iterable<AffiliationEntry> = []) {
    for (const entry of entries) this.set(entry)
  }

  get size(): number {
    return this.#entries.size
  }

  /** What counts for an address: the most exact of its full, bare and domain entries (XEP-0045 §9.2). */
  of(jid: Jid): Affiliation {
    return this.#matching(jid)?.affiliation ?? 'none'
  }

  /** The entry of just this address. */
  entry(jid: Jid): AffiliationEntry | undefined {
    return this.#entries.get(jid.full)
  }

  /** Whom a nick is reserved for in this room. */
  reservedFor(nick: string): Jid | undefined {
    return this.#byNick.get(nick)?.jid
  }

  /** The entries with this affiliation, or all. */
  list(affiliation?: Affiliation): AffiliationEntry[] {
    const all = [...this.#entries.values()]
    return affiliation === undefined ? all : all.filter((entry) => entry.affiliation === affiliation)
  }

  /** Whether this address is the only owner. */
  isLastOwner(jid: Jid): boolean {
    const owners = this.list('owner')
    return owners.length === 1 && owners[0]?.jid.full === jid.full
  }

  /** Takes an entry in the place of the one for the same address; `none` removes it. */
  set(entry: AffiliationEntry): void {
    const before = this.#entries.get(entry.jid.full)
    if (before !== undefined) this.#byNick.delete(before.nick)
    if (entry.affiliation === 'none') {
      this.#entries.delete(entry.jid.full)
      return
    }
    this.#entries.set(entry.jid.full, entry)
    if (entry.nick !== '') this.#byNick.set(entry.nick, entry)
  }

  #matching(jid: Jid): AffiliationEntry | undefined {
    const exact = jid.isFull ? this.#entries.get(jid.full) : undefined
    return exact ?? this.#entries.get(jid.bareString) ?? this.#entries.get(jid.domain)
  }
}
