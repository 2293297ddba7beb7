import { describe, expect, it } from 'vitest'
import {
  type Affiliation,
  affiliationRefusal,
  affiliations,
  initialRole,
  isAtLeast,
  type Role,
  roleRefusal,
  roles,
} from './standing.ts'

/** Who may lower whom to which role, written out: actor, then what the target is, then what it may be made. */
const roleTable: Record<string, Record<string, readonly Role[]>> = {
  'none moderator': {
    'none visitor': ['participant', 'none'],
    'none participant': ['visitor', 'none'],
    'member participant': [],
    'none moderator': [],
    'admin moderator': [],
    'owner moderator': [],
  },
  'member moderator': {
    'none visitor': ['participant', 'none'],
    'none participant': ['visitor', 'none'],
    'member participant': ['visitor', 'none'],
    'member moderator': [],
    'admin moderator': [],
    'owner moderator': [],
  },
  'admin moderator': {
    'none visitor': ['participant', 'moderator', 'none'],
    'none participant': ['visitor', 'moderator', 'none'],
    'member participant': ['visitor', 'moderator', 'none'],
    'member moderator': ['visitor', 'participant', 'none'],
    'admin moderator': ['none'],
    'owner moderator': [],
  },
  'owner moderator': {
    'none visitor': ['participant', 'moderator', 'none'],
    'member moderator': ['visitor', 'participant', 'none'],
    'admin moderator': ['none'],
    'owner moderator': ['none'],
  },
  'none participant': { 'none visitor': [], 'none participant': [], 'none moderator': [] },
  'member participant': { 'none visitor': [], 'none participant': [] },
  'none visitor': { 'none visitor': [], 'none participant': [] },
}

const standing = (text: string) => {
  const [affiliation, role] = text.split(' ') as [Affiliation, Role]
  return { affiliation, role }
}

describe('who may give which role (XEP-0045 §8, §9.6 to §9.8)', () => {
  for (const [actor, targets] of Object.entries(roleTable)) {
    for (const [target, allowed] of Object.entries(targets)) {
      it(`${actor} makes ${target}: ${allowed.join(', ') || 'nothing'}`, () => {
        const others = roles.filter((role) => role !== standing(target).role)
        const possible = others.filter((role) => roleRefusal(standing(actor), standing(target), role) === undefined)
        expect(new Set(possible)).toEqual(new Set(allowed))
      })
    }
  }

  it('nobody without moderation or administration changes anything, and is told so', () => {
    for (const target of roles) {
      for (const role of roles) {
        const refusal = roleRefusal(standing('member participant'), { affiliation: 'none', role: target }, role)
        expect(refusal).toBe(role === target ? undefined : 'not-allowed')
      }
    }
  })
})

/** May somebody of the first affiliation turn the second into the third? */
function mayChange(actor: Affiliation, from: Affiliation, to: Affiliation): boolean {
  if (actor === 'owner') return true
  const low: readonly Affiliation[] = ['outcast', 'none', 'member']
  return actor === 'admin' && (from === to || (low.includes(from) && low.includes(to)))
}

describe('who may give which affiliation (XEP-0045 §9, §10.5)', () => {
  for (const actor of affiliations) {
    it(`${actor}`, () => {
      for (const from of affiliations) {
        for (const to of affiliations) {
          const refusal = affiliationRefusal(actor, { from, to, isOwn: false, isLastOwner: false })
          expect([from, to, refusal === undefined]).toEqual([from, to, mayChange(actor, from, to)])
        }
      }
    })
  }

  it('names the condition: forbidden for who may nothing, not-allowed for who reaches too high', () => {
    const plain = { isOwn: false, isLastOwner: false }
    expect(affiliationRefusal('member', { from: 'none', to: 'member', ...plain })).toBe('forbidden')
    expect(affiliationRefusal('admin', { from: 'owner', to: 'none', ...plain })).toBe('not-allowed')
    expect(affiliationRefusal('admin', { from: 'none', to: 'owner', ...plain })).toBe('forbidden')
  })

  it('nobody bans himself, and no room is left without an owner', () => {
    expect(affiliationRefusal('admin', { from: 'admin', to: 'outcast', isOwn: true, isLastOwner: false })).toBe(
      'conflict',
    )
    for (const to of ['none', 'member', 'admin'] as const) {
      expect(affiliationRefusal('owner', { from: 'owner', to, isOwn: true, isLastOwner: true })).toBe('conflict')
      expect(affiliationRefusal('owner', { from: 'owner', to, isOwn: true, isLastOwner: false })).toBeUndefined()
    }
  })
})

describe('the role on entering (XEP-0045 §5.1.2)', () => {
  it('follows from the affiliation and what the room says', () => {
    for (const isModerated of [true, false]) {
      for (const membersByDefault of [true, false]) {
        const room = { isModerated, membersByDefault }
        expect(affiliations.map((affiliation) => initialRole(affiliation, room))).toEqual([
          'none',
          membersByDefault ? 'participant' : 'visitor',
          'participant',
          'moderator',
          'moderator',
        ])
      }
    }
  })

  it('orders affiliations', () => {
    expect(affiliations.map((affiliation) => isAtLeast(affiliation, 'member'))).toEqual([
      false,
      false,
      true,
      true,
      true,
    ])
  })
})
