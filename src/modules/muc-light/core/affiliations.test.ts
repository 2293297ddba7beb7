import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Jid } from '../../../jid/jid.ts'
import { StanzaError } from '../../../stanza/stanza-error.ts'
import {
  type AffiliationChange,
  type AffiliationRules,
  changeAffiliations,
  checkRequest,
  checkRights,
} from './affiliations.ts'
import { type Affiliation, type Occupants, occupantsOf } from './room.ts'

const rules: AffiliationRules = { allowsSeveralOwners: false, promotes: true, maxOccupants: 100 }
const jid = (name: string) => Jid.parse(`${name}@ex.org`)
/** `lena owner, otto member` */
const parse = <T extends string>(text: string) =>
  text === ''
    ? []
    : text.split(', ').map((entry) => {
        const [name = '', affiliation] = entry.split(' ')
        return { jid: jid(name), affiliation: affiliation as T }
      })
const room = (text: string): Occupants => occupantsOf(parse<Affiliation>(text))
const changes = (text: string): AffiliationChange[] => parse<Affiliation | 'none'>(text)
const write = (list: Iterable<AffiliationChange>) =>
  [...list].map((each) => `${each.jid.local} ${each.affiliation}`).join(', ')

function change(before: string, request: string, more: Partial<AffiliationRules> = {}): string {
  try {
    checkRequest(room(before), changes(request))
    const changed = changeAffiliations(room(before), changes(request), { ...rules, ...more })
    return `${write(changed.occupants.values())} | ${write(changed.changes)}`
  } catch (error) {
    return (error as StanzaError).condition
  }
}

describe('changing who belongs to a room', () => {
  it('one owner takes the place of another, who stays as a member', () => {
    expect(change('lena owner, otto member, tom member', 'otto owner, mia member, tom none')).toBe(
      'lena member, otto owner, mia member | lena member, otto owner, mia member, tom none',
    )
    expect(change('lena owner, otto member', 'lena none, otto owner')).toBe('otto owner | lena none, otto owner')
    expect(change('lena owner, otto member', 'otto owner', { allowsSeveralOwners: true })).toBe(
      'lena owner, otto owner | otto owner',
    )
  })

  it('somebody becomes owner when none is left: who was there, who joins, who wanted to be one no more', () => {
    expect(change('lena owner, otto member, tom member', 'lena none')).toBe(
      'otto owner, tom member | lena none, otto owner',
    )
    expect(change('lena owner, otto member', 'lena none, otto none, mia member')).toBe(
      'mia owner | lena none, otto none, mia owner',
    )
    expect(change('lena owner, otto member', 'lena member, otto none')).toBe('lena owner | otto none')
    expect(change('lena owner, otto member', 'lena member')).toBe('lena member, otto owner | lena member, otto owner')
    expect(change('lena owner', 'lena member')).toBe('bad-request')
    expect(change('lena owner, otto member', 'lena none', { promotes: false })).toBe('bad-request')
    expect(change('lena owner', 'lena none', { promotes: false })).toBe(' | lena none')
  })

  it('refuses what cannot be', () => {
    expect(change('lena owner', 'otto owner, mia owner')).toBe('bad-request')
    expect(change('lena owner', 'otto owner, mia owner', { allowsSeveralOwners: true })).toBe(
      'lena owner, otto owner, mia owner | otto owner, mia owner',
    )
    expect(change('lena member', 'otto owner')).toBe('bad-request')
    expect(change('lena owner, otto member', 'otto member')).toBe('bad-request')
    expect(change('lena owner, otto member', 'tom none')).toBe('bad-request')
    expect(change('lena owner, otto member', 'otto none, otto member')).toBe('bad-request')
    expect(change('lena owner', '')).toBe('bad-request')
    expect(change('lena owner, otto member', 'mia member', { maxOccupants: 2 })).toBe('bad-request')
    expect(change('lena owner, otto member, tom member', 'tom none', { maxOccupants: 1 })).toBe(
      'lena owner, otto member | tom none',
    )
  })

  it('members leave, and add others where all can', () => {
    const may = (actor: string, request: string, allCanInvite = false) => {
      try {
        checkRights(room('lena owner, otto member, tom member'), changes(request), { actor: jid(actor), allCanInvite })
        return true
      } catch (error) {
        expect(error).toMatchObject({ condition: 'not-allowed' })
        return false
      }
    }
    expect(may('lena', 'otto owner, tom none')).toBe(true)
    expect(may('otto', 'otto none')).toBe(true)
    expect(may('otto', 'mia member')).toBe(false)
    expect(may('otto', 'mia member', true)).toBe(true)
    for (const request of ['tom none', 'mia owner', 'otto owner', 'lena member', 'lena none']) {
      expect(may('otto', request, true)).toBe(false)
    }
  })
})

describe('whatever is asked for', () => {
  const names = ['a', 'b', 'c', 'd', 'e']
  const affiliation = fc.constantFrom('owner', 'member', 'none' as const) as fc.Arbitrary<Affiliation | 'none'>
  const request = fc.array(fc.record({ jid: fc.constantFrom(...names.map(jid)), affiliation }), { maxLength: 5 })
  const anyRules = fc.record({
    allowsSeveralOwners: fc.boolean(),
    promotes: fc.boolean(),
    maxOccupants: fc.integer({ min: 1, max: 5 }),
  })

  it('a room that has had an owner has one, its list of changes is what has changed, and refusals change nothing', () => {
    const requests = fc.array(request, { maxLength: 12 })
    fc.assert(
      fc.property(requests, anyRules, fc.boolean(), (list, each, isEqual) => {
        let now = room(isEqual ? 'a member' : 'a owner')
        for (const wanted of list) {
          if (now.size === 0) return
          const before = write(now.values())
          const after = attempt(now, wanted, each)
          expect(write(now.values())).toBe(before)
          if (after === undefined) continue
          if (after.occupants.size > 0) expect(ownersOf(after.occupants) > 0).toBe(!isEqual)
          expectSame(now, after)
          now = after.occupants
        }
      }),
    )
  })

  it('a model that knows only who is what agrees with it, where ownership does not interfere', () => {
    fc.assert(
      fc.property(fc.array(request, { maxLength: 12 }), (list) => {
        let now = room('a owner, b member')
        const model = new Map<string, string>([
          ['a', 'owner'],
          ['b', 'member'],
        ])
        for (const wanted of list) {
          // The owner is not spoken of, and nobody is to become one.
          const harmless = wanted.filter((each) => each.jid.local !== 'a' && each.affiliation !== 'owner')
          const isGood =
            harmless.length > 0 &&
            new Set(harmless.map((each) => each.jid.local)).size === harmless.length &&
            harmless.every((each) => (model.get(each.jid.local) ?? 'none') !== each.affiliation)
          const after = attempt(now, harmless, { ...rules, maxOccupants: 5 })
          expect(after !== undefined).toBe(isGood)
          if (after === undefined) continue
          for (const each of harmless) {
            if (each.affiliation === 'none') model.delete(each.jid.local)
            else model.set(each.jid.local, each.affiliation)
          }
          now = after.occupants
          expect(write(now.values())).toBe([...model].map((entry) => entry.join(' ')).join(', '))
        }
      }),
    )
  })

  it('one request makes one owner at most, where rooms have one', () => {
    fc.assert(
      fc.property(request, (wanted) => {
        const after = attempt(room('a owner, b member, c member'), wanted, rules)
        if (after !== undefined && after.occupants.size > 0) expect(ownersOf(after.occupants)).toBe(1)
      }),
    )
  })

  const ownersOf = (occupants: Occupants) => [...occupants.values()].filter((one) => one.affiliation === 'owner').length

  function attempt(before: Occupants, wanted: AffiliationChange[], each: AffiliationRules) {
    try {
      checkRequest(before, wanted)
      return changeAffiliations(before, wanted, each)
    } catch (error) {
      if (!(error instanceof StanzaError)) throw error
      expect(error.condition).toBe('bad-request')
      return undefined
    }
  }

  function expectSame(before: Occupants, after: ReturnType<typeof changeAffiliations>): void {
    const told = new Map(after.changes.map((each) => [each.jid.bareString, each.affiliation]))
    expect(told.size).toBe(after.changes.length)
    for (const name of names.map((each) => jid(each).bareString)) {
      const [was, is] = [before.get(name)?.affiliation ?? 'none', after.occupants.get(name)?.affiliation ?? 'none']
      expect(told.get(name)).toBe(was === is ? undefined : is)
    }
    expect(after.joined.every((each) => !before.has(each.bareString) && after.occupants.has(each.bareString))).toBe(
      true,
    )
    expect(after.left.every((each) => before.has(each.bareString) && !after.occupants.has(each.bareString))).toBe(true)
  }
})
