import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Jid } from '../../jid/jid.ts'
import { PrivacyBook } from './book.ts'
import { type Contact, namesOf, type PrivacyItem, PrivacyList } from './privacy-list.ts'
import { everyKind, stanzaKind } from './stanza-kind.ts'

const stranger: Contact = { subscription: 'none', groups: [] }
const bob = Jid.parse('bob@example.org/pc')

/** The text of the specification: the first item that is about the stanza decides. */
function walked(items: readonly PrivacyItem[], kind: number, peer: Jid, contact: Contact): boolean {
  const isAbout = ({ type, value, kinds }: PrivacyItem) => {
    if ((kinds & kind) === 0) return false
    if (type === 'jid') return namesOf(peer).includes(value)
    if (type === 'group') return contact.groups.includes(value)
    return type === undefined || contact.subscription === value
  }
  const sorted = [...items].sort((a, b) => a.order - b.order)
  return (sorted.find(isAbout)?.action ?? 'allow') === 'allow'
}

const addresses = ['bob@example.org', 'bob@example.org/pc', 'example.org', 'example.org/pc', 'carol@example.org']
const about = fc.oneof(
  fc.record({ type: fc.constant('jid' as const), value: fc.constantFrom(...addresses) }),
  fc.record({ type: fc.constant('group' as const), value: fc.constantFrom('Friends', 'Enemies') }),
  fc.record({ type: fc.constant('subscription' as const), value: fc.constantFrom('none', 'to', 'from', 'both') }),
  fc.constant({ type: undefined, value: '' }),
)
const items = fc.array(
  fc
    .tuple(
      about,
      fc.constantFrom('allow' as const, 'deny' as const),
      fc.nat(20),
      fc.integer({ min: 1, max: everyKind }),
    )
    .map(([whom, action, order, kinds]): PrivacyItem => ({ ...whom, action, order, kinds })),
  { maxLength: 12 },
)
const contacts = fc.record({
  subscription: fc.constantFrom('none' as const, 'to' as const, 'from' as const, 'both' as const),
  groups: fc.subarray(['Friends', 'Enemies', 'Others']),
})

describe('a privacy list', () => {
  it('decides as the first rule that is about a stanza, whatever is in it', () => {
    const peers = ['bob@example.org/pc', 'bob@example.org', 'example.org', 'example.org/pc', 'eve@other.example/x']
    fc.assert(
      fc.property(
        ...([items, fc.constantFrom(...Object.values(stanzaKind)), fc.constantFrom(...peers), contacts] as const),
        (rules, kind, peer, contact) => {
          const jid = Jid.parse(peer)
          expect(new PrivacyList(rules).allows(kind, jid, () => contact)).toBe(walked(rules, kind, jid, contact))
        },
      ),
      { numRuns: 2000 },
    )
  })

  it('does not ask the roster when no rule is about it', () => {
    const list = new PrivacyList([
      { action: 'deny', order: 1, type: 'jid', value: 'bob@example.org', kinds: everyKind },
    ])
    expect(list.usesRoster).toBe(false)
    expect(list.allows(stanzaKind.message, bob, () => expect.fail('asked'))).toBe(false)
  })

  it('names an address by itself, its bare form, its resource at the domain, and the domain', () => {
    expect(namesOf(bob)).toEqual(['bob@example.org/pc', 'bob@example.org', 'example.org/pc', 'example.org'])
    expect(namesOf(bob.bare)).toEqual(['bob@example.org', 'example.org'])
    expect(namesOf(Jid.parse('example.org/x'))).toEqual(['example.org/x', 'example.org'])
    expect(namesOf(Jid.parse('example.org'))).toEqual(['example.org'])
  })

  it('looks at the few names of an address, however long it is', () => {
    const rules = Array.from({ length: 10_000 }, (_, order): PrivacyItem => {
      return { action: 'deny', order, type: 'jid', value: `user${order}@example.org`, kinds: everyKind }
    })
    const list = new PrivacyList(rules)
    expect(list.allows(stanzaKind.message, bob, () => stranger)).toBe(true)
    // The rules are not looked at again, or this would meet one that denies nothing but throws.
    for (const rule of rules) Object.defineProperty(rule, 'value', { get: () => expect.fail('walked') })
    expect(list.allows(stanzaKind.message, bob, () => stranger)).toBe(true)
    expect(list.allows(stanzaKind.message, Jid.parse('user9999@example.org/x'), () => stranger)).toBe(false)
  })
})

describe('a privacy book', () => {
  const quiet = new PrivacyList([{ action: 'deny', order: 1, type: undefined, value: '', kinds: stanzaKind.message }])
  const book = new PrivacyBook(new Map([['quiet', quiet]]), undefined, new Set(['room@rooms.example/nick']))
  const judge = (peer: string, active?: string, kind: number = stanzaKind.message) =>
    book.judge(active, kind, Jid.parse(peer), () => stranger)

  it('blocks one occupant of a room and leaves the others', () => {
    expect(judge('room@rooms.example/nick')).toBe('block')
    expect(judge('room@rooms.example/nick', undefined, stanzaKind.presenceIn)).toBe('block')
    expect(judge('room@rooms.example/other')).toBe('allow')
    expect(judge('room@rooms.example')).toBe('allow')
  })

  it('blocks whichever list is active', () => {
    expect(judge('room@rooms.example/nick', 'quiet')).toBe('block')
    expect(judge('room@rooms.example/other', 'quiet')).toBe('deny')
    expect(judge('room@rooms.example/other', 'gone')).toBe('allow')
  })

  it('is empty again when everything has been taken out', () => {
    const emptied = book.withBlocked(new Set()).withList('quiet', undefined)
    expect(emptied.isEmpty).toBe(true)
    expect(emptied.withList('quiet', quiet).size).toBe(1)
  })
})
