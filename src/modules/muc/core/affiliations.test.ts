import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Jid } from '../../../jid/jid.ts'
import { Affiliations } from './affiliations.ts'
import { affiliations as names } from './standing.ts'

const change = fc.record({
  jid: fc.constantFrom('a@h', 'b@h', 'c@h', 'h').map((text) => Jid.parse(text)),
  affiliation: fc.constantFrom(...names),
  reason: fc.constant(''),
  nick: fc.constant(''),
})

const stateOf = (lists: Affiliations) => new Map(lists.list().map((entry) => [entry.jid.full, entry.affiliation]))

/** What somebody knows who had the lists of a version and has been told what has changed. */
function caughtUp(state: Map<string, string>, lists: Affiliations, version: string): Map<string, string> {
  const known = new Map(state)
  for (const { jid, affiliation } of lists.changesSince(version) ?? []) {
    if (affiliation === 'none') known.delete(jid.full)
    else known.set(jid.full, affiliation)
  }
  return known
}

describe('versions of affiliations (XEP-0463)', () => {
  it('what has changed since any version makes the lists of then those of now', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 30 }), (changes) => {
        const lists = new Affiliations([], 'seed')
        const past = [{ version: lists.version, state: stateOf(lists) }]
        for (const each of changes) {
          const step = lists.set(each)
          expect(step === undefined).toBe(lists.version === past.at(-1)?.version)
          if (step !== undefined) expect(step).toEqual({ since: past.at(-1)?.version, until: lists.version })
          past.push({ version: lists.version, state: stateOf(lists) })
        }
        for (const { version, state } of past) expect(caughtUp(state, lists, version)).toEqual(stateOf(lists))
      }),
    )
  })

  it('the version after changes is known before they are made', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 8 }), fc.array(change, { maxLength: 8 }), (before, changes) => {
        const lists = new Affiliations(before, 'seed.7')
        const foreseen = lists.versionAfter(changes)
        for (const each of changes) lists.set(each)
        expect(lists.version).toBe(foreseen)
      }),
    )
  })

  it('knows no versions of other rooms, of the future, or of long ago', () => {
    const lists = new Affiliations([], 'seed.3')
    const jid = Jid.parse('a@h')
    const turn = (affiliation: 'member' | 'none') => lists.set({ jid, affiliation, reason: '', nick: '' })
    const first = lists.version
    turn('member')
    for (const version of ['other.3', 'seed.5', 'seed.2', 'seed.3.1', 'seed.03', 'seed', '']) {
      expect(lists.changesSince(version)).toBeUndefined()
    }
    expect(lists.changesSince(first)).toEqual([{ jid, affiliation: 'member' }])
    expect(lists.changesSince(lists.version)).toEqual([])
    for (let i = 0; i < 2000; i++) turn(i % 2 === 0 ? 'none' : 'member')
    expect(lists.changesSince(first)).toBeUndefined()
    expect(lists.changesSince('seed.1700')).toBeDefined()
  })
})
