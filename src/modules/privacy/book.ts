import type { Jid } from '../../jid/jid.ts'
import { type Contact, emptyList, namesOf, PrivacyList } from './privacy-list.ts'
import { everyKind } from './stanza-kind.ts'

/** Under this name those who are blocked (XEP-0191) stand among the lists of a user. */
export const blockListName = 'blocking'

/** What is to become of a stanza. `block`: the user has blocked the other one. */
export type Verdict = 'allow' | 'deny' | 'block'

/** Everything that a user has said about who may reach him, at one moment; a change makes a new one. */
export class PrivacyBook {
  /** By name, without the one of those who are blocked. */
  readonly lists: ReadonlyMap<string, PrivacyList>
  readonly defaultName: string | undefined
  /** The addresses that are blocked, in their canonical form. */
  readonly blocked: ReadonlySet<string>
  #size: number | undefined

  constructor(lists: ReadonlyMap<string, PrivacyList>, defaultName: string | undefined, blocked: ReadonlySet<string>) {
    this.lists = lists
    this.defaultName = defaultName
    this.blocked = blocked
  }

  /** Nothing has been said, nobody is kept away. */
  get isEmpty(): boolean {
    return this.lists.size === 0 && this.blocked.size === 0
  }

  /** Rules and blocks in all. */
  get size(): number {
    this.#size ??= [...this.lists.values()].reduce((sum, list) => sum + list.items.length, this.blocked.size)
    return this.#size
  }

  /** Names of the lists, that of the blocked included when somebody is. */
  get names(): readonly string[] {
    return this.blocked.size === 0 ? [...this.lists.keys()] : [...this.lists.keys(), blockListName]
  }

  has(name: string): boolean {
    return this.lists.has(name) || (name === blockListName && this.blocked.size > 0)
  }

  /** A list as a client sees it. */
  get(name: string): PrivacyList | undefined {
    if (name !== blockListName || this.blocked.size === 0) return this.lists.get(name)
    return new PrivacyList([...this.blocked].map((value, order) => blockItem(value, order)))
  }

  withList(name: string, list: PrivacyList | undefined): PrivacyBook {
    const lists = new Map(this.lists)
    if (list === undefined) lists.delete(name)
    else lists.set(name, list)
    return made(lists, this.defaultName, this.blocked)
  }

  withDefault(name: string | undefined): PrivacyBook {
    return made(this.lists, name, this.blocked)
  }

  withBlocked(blocked: ReadonlySet<string>): PrivacyBook {
    return made(this.lists, this.defaultName, blocked)
  }

  /** Whether somebody is blocked. */
  blocks(peer: Jid): boolean {
    return this.blocked.size > 0 && namesOf(peer).some((name) => this.blocked.has(name))
  }

  /** Whether {@link judge} has to know what the roster says. */
  needsRoster(active: string | undefined): boolean {
    return this.#listFor(active).usesRoster
  }

  /**
   * Judges a stanza for a session: who is blocked is so whichever list is in use; then the list that the session has made
   * active decides, else the default one. An active list that has been removed keeps nothing back until it is declined.
   */
  judge(active: string | undefined, kind: number, peer: Jid, contactOf: (peer: Jid) => Contact): Verdict {
    if (this.blocks(peer)) return 'block'
    return this.#listFor(active).allows(kind, peer, () => contactOf(peer)) ? 'allow' : 'deny'
  }

  #listFor(active: string | undefined): PrivacyList {
    const name = active ?? this.defaultName
    return (name === undefined ? undefined : this.lists.get(name)) ?? emptyList
  }
}

/** The book of somebody who has said nothing; one for all of them. */
export const emptyBook = new PrivacyBook(new Map(), undefined, new Set())

function made(
  lists: ReadonlyMap<string, PrivacyList>,
  defaultName: string | undefined,
  blocked: ReadonlySet<string>,
): PrivacyBook {
  const isEmpty = lists.size === 0 && blocked.size === 0 && defaultName === undefined
  return isEmpty ? emptyBook : new PrivacyBook(lists, defaultName, blocked)
}

/** A block as the rule that it is (XEP-0191 §5). */
function blockItem(value: string, order: number) {
  return { action: 'deny', order, type: 'jid', value, kinds: everyKind } as const
}
