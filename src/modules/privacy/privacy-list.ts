import type { Jid } from '../../jid/jid.ts'
import { everyKind } from './stanza-kind.ts'

/** One rule of a list (XEP-0016 §2.1). */
export interface PrivacyItem {
  readonly action: 'allow' | 'deny'
  readonly order: number
  /** Whom it concerns; everybody when there is no type. */
  readonly type: 'jid' | 'group' | 'subscription' | undefined
  readonly value: string
  /** The kinds of stanzas that it concerns, as bits. */
  readonly kinds: number
}

/** What the roster says of somebody. */
export interface Contact {
  readonly subscription: 'none' | 'to' | 'from' | 'both'
  readonly groups: readonly string[]
}

/** Somebody whom no roster knows. */
export const stranger: Contact = { subscription: 'none', groups: [] }

interface Rule {
  readonly position: number
  readonly kinds: number
  readonly isAllowed: boolean
}

/** Rules by what they are about, at most one of them for each kind of stanza. */
type RuleMap = Map<string, Rule[]>

interface Index {
  readonly jid: RuleMap
  readonly group: RuleMap
  readonly subscription: RuleMap
  readonly everybody: RuleMap
}

/** The addresses that a rule or a block may name to mean this one (XEP-0191 §6). */
export function namesOf(peer: Jid): readonly string[] {
  const { full, bareString, domain, resource, local } = peer
  if (resource === '') return local === '' ? [full] : [full, domain]
  return local === '' ? [full, domain] : [full, bareString, `${domain}/${resource}`, domain]
}

/** A privacy list. What it says of somebody is found without walking it. */
export class PrivacyList {
  /** In the order in which they apply. */
  readonly items: readonly PrivacyItem[]
  #index: Index | undefined

  constructor(items: readonly PrivacyItem[]) {
    this.items = [...items].sort((a, b) => a.order - b.order)
  }

  /** Whether the roster has to be asked. */
  get usesRoster(): boolean {
    const { group, subscription } = this.#rules
    return group.size > 0 || subscription.size > 0
  }

  /** Whether a stanza of this kind passes: the first rule that is about it decides (XEP-0016 §2.2). `contact`: asked for only if need be. */
  allows(kind: number, peer: Jid, contact: () => Contact): boolean {
    const { jid, group, subscription, everybody } = this.#rules
    let first = earlier(undefined, everybody.get(''), kind)
    if (jid.size > 0) for (const name of namesOf(peer)) first = earlier(first, jid.get(name), kind)
    if (this.usesRoster) {
      const known = contact()
      first = earlier(first, subscription.get(known.subscription), kind)
      for (const name of known.groups) first = earlier(first, group.get(name), kind)
    }
    return first?.isAllowed ?? true
  }

  get #rules(): Index {
    this.#index ??= indexOf(this.items)
    return this.#index
  }
}

/** The list that keeps nothing back. */
export const emptyList = new PrivacyList([])

function indexOf(items: readonly PrivacyItem[]): Index {
  const index: Index = { jid: new Map(), group: new Map(), subscription: new Map(), everybody: new Map() }
  items.forEach(({ type, value, kinds, action }, position) => {
    const rules = index[type ?? 'everybody']
    const known = rules.get(value) ?? []
    // What an earlier rule for the same has decided is decided.
    const left = known.reduce((rest, rule) => rest & ~rule.kinds, kinds & everyKind)
    if (left === 0) return
    known.push({ position, kinds: left, isAllowed: action === 'allow' })
    rules.set(value, known)
  })
  return index
}

function earlier(best: Rule | undefined, rules: readonly Rule[] | undefined, kind: number): Rule | undefined {
  const found = rules?.find((rule) => (rule.kinds & kind) !== 0)
  if (found === undefined) return best
  return best === undefined || found.position < best.position ? found : best
}
