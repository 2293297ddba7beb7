import { describe, expect, it } from 'vitest'
import { roomOf } from '../../../../test/support/room-of.ts'
import { Jid } from '../../../jid/jid.ts'
import { Stanza } from '../../../stanza/stanza.ts'
import { el } from '../../../xml/element.ts'
import { applyChanges } from './administration.ts'
import { enter } from './entry.ts'
import { MUC } from './namespaces.ts'
import { Outbox } from './outbox.ts'
import type { Room } from './room.ts'

const owner = Jid.parse('owner@localhost/pc')

/** What the owner is told on entering with a version, or without one. */
function enters(room: Room, since?: string): Stanza[] {
  const x = el('x', MUC.muc, el('mav', MUC.affiliationVersions, { since }))
  const jid = room.jid.withResource('boss')
  const out = new Outbox()
  enter(room, { from: owner, jid, stanza: Stanza.make('presence', { from: owner, to: jid }, x), x }, out)
  return out.parcels.map(({ stanza }) => stanza)
}

const mavOf = (stanza: Stanza | undefined) => stanza?.child('x', MUC.user)?.child('mav', MUC.affiliationVersions)?.attrs
const itemsOf = (stanza: Stanza) => stanza.child('x', MUC.user)?.childrenNamed('item') ?? []

function setAll(room: Room, count: number): void {
  for (let i = 0; i < count; i++) {
    room.affiliations.set({ jid: Jid.parse(`m${i}@localhost`), affiliation: 'member', reason: '', nick: '' })
  }
}

describe('telling affiliations (XEP-0463)', () => {
  it('a long list comes in parts, each from where the one before ends; no part but the last is a version', () => {
    const room = roomOf()
    setAll(room, 1200)
    const told = enters(room).filter((stanza) => stanza.kind === 'message' && mavOf(stanza) !== undefined)
    expect(told.map((stanza) => itemsOf(stanza).length)).toEqual([500, 500, 201])
    expect(mavOf(told[0])?.['since']).toBeUndefined()
    expect(mavOf(told[1])?.['since']).toBe(mavOf(told[0])?.['until'])
    expect(mavOf(told[2])?.['since']).toBe(mavOf(told[1])?.['until'])
    expect(mavOf(told[2])?.['until']).toBe(room.affiliations.version)
    for (const part of told.slice(0, 2)) {
      expect(room.affiliations.changesSince(mavOf(part)?.['until'] ?? '')).toBeUndefined()
    }
  })

  it('a change of somebody who is inside without being shown is told by a message', () => {
    const room = roomOf({ presenceBroadcast: ['moderator'] })
    enters(room, room.affiliations.version)
    const guest = Jid.parse('guest@localhost/pc')
    const [x, jid] = [el('x', MUC.muc), room.jid.withResource('guest')]
    enter(room, { from: guest, jid, stanza: Stanza.make('presence', { from: guest, to: jid }, x), x }, new Outbox())
    const out = new Outbox()
    const entry = { jid: guest.bare, affiliation: 'member', reason: '', nick: '' } as const
    applyChanges(room, [{ kind: 'affiliation', before: 'none', entry }], undefined, out)
    const toOwner = out.parcels.filter(({ to }) => to.includes(owner)).map(({ stanza }) => stanza)
    expect(toOwner.map(({ kind }) => kind)).toEqual(['message'])
    expect(itemsOf(toOwner[0] as Stanza)[0]?.attrs).toEqual({ jid: guest.bare.full, affiliation: 'member' })
    expect(mavOf(toOwner[0])?.['until']).toBe(room.affiliations.version)
  })
})
