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

/** A step from one version of the lists to the next (XEP-0463 §5.2.2). */
export interface VersionStep {
  readonly since: string
  readonly until: string
}

/** Steps that are remembered at least. */
const remembered = 500

/** Who has which affiliation with one room. */
export class Affiliations {
  readonly #entries = new Map<string, AffiliationEntry>()
  readonly #byNick = new Map<string, AffiliationEntry>()
  /** What all versions of this room begin with: a room of the same name that comes later has others. */
  readonly #seed: string
  #number: number
  /** The last changes, the newest with the number of the version. */
  #changes: Pick<AffiliationEntry, 'jid' | 'affiliation'>[] = []

  /** `version`: that of these entries; a new room's may be anything that no room has had. */
  constructor(entries: Iterable<AffiliationEntry>, version: string) {
    const [seed = '', number = '0'] = version.split('.')
    this.#seed = seed
    this.#number = Number(number)
    for (const entry of entries) this.#take(entry)
  }

  /** What the lists are called as they are now (XEP-0463). */
  get version(): string {
    return this.#versionOf(this.#number)
  }

  /** What they will be called after these changes. */
  versionAfter(entries: readonly AffiliationEntry[]): string {
    const next = new Map<string, Affiliation>()
    let steps = 0
    for (const { jid, affiliation } of entries) {
      if ((next.get(jid.full) ?? this.#affiliation(jid)) !== affiliation) steps++
      next.set(jid.full, affiliation)
    }
    return this.#versionOf(this.#number + steps)
  }

  /** What has changed since a version, each address once; undefined when that is not known any more, or never was. */
  changesSince(version: string): Pick<AffiliationEntry, 'jid' | 'affiliation'>[] | undefined {
    const back = this.#number - Number(version.split('.')[1])
    const isKnown = back >= 0 && back <= this.#changes.length && this.#versionOf(this.#number - back) === version
    if (!isKnown) return undefined
    const changes = this.#changes.slice(this.#changes.length - back)
    const latest = new Map(changes.map((change) => [change.jid.full, change]))
    return [...latest.values()]
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

  /** Takes an entry in the place of the one for the same address; `none` removes it. Undefined where no list has changed. */
  set(entry: AffiliationEntry): VersionStep | undefined {
    const isStep = this.#affiliation(entry.jid) !== entry.affiliation
    this.#take(entry)
    if (!isStep) return undefined
    const since = this.version
    this.#number++
    this.#changes.push({ jid: entry.jid, affiliation: entry.affiliation })
    if (this.#changes.length >= 2 * remembered) this.#changes = this.#changes.slice(-remembered)
    return { since, until: this.version }
  }

  #versionOf(number: number): string {
    return `${this.#seed}.${number}`
  }

  #affiliation(jid: Jid): Affiliation {
    return this.#entries.get(jid.full)?.affiliation ?? 'none'
  }

  #take(entry: AffiliationEntry): void {
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
