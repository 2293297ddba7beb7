import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { roomOf } from '../../../../test/support/room-of.ts'
import { Jid } from '../../../jid/jid.ts'
import { Stanza } from '../../../stanza/stanza.ts'
import { StanzaError } from '../../../stanza/stanza-error.ts'
import { el } from '../../../xml/element.ts'
import { applyChanges } from './administration.ts'
import { enter, enterAgain, updatePresence } from './entry.ts'
import { deliverSpeech, speechOf } from './groupchat.ts'
import { dropGhost, leave } from './leaving.ts'
import { MUC } from './namespaces.ts'
import { changeNick } from './nick-change.ts'
import { Outbox } from './outbox.ts'
import type { Room } from './room.ts'

const x = el('x', MUC.muc)
const clients = ['a@h/1', 'a@h/2', 'b@h/1', 'c@h/1'].map((text) => Jid.parse(text))
const nicks = ['one', 'two', 'three']

interface Step {
  readonly what: 'enter' | 'leave' | 'rename' | 'update' | 'again' | 'lost' | 'ban'
  readonly who: number
  readonly nick: string
}

const step = fc.record<Step>({
  what: fc.constantFrom('enter', 'enter', 'enter', 'leave', 'rename', 'update', 'again', 'lost', 'ban'),
  who: fc.nat({ max: clients.length - 1 }),
  nick: fc.constantFrom(...nicks),
})

/** What one client believes of who is there, from nothing but what it was sent. */
class View {
  readonly present = new Set<string>()
  own: string | undefined

  take(stanza: Stanza): void {
    if (stanza.kind !== 'presence') return
    const nick = stanza.from?.resource ?? ''
    const isOwn =
      stanza
        .child('x', MUC.user)
        ?.elements()
        .some((each) => each.attr('code') === '110') === true
    if (stanza.type === 'unavailable') this.present.delete(nick)
    else this.present.add(nick)
    if (!isOwn) return
    const isRename = stanza.child('x', MUC.user)?.child('item')?.attr('nick') !== undefined
    if (stanza.type !== 'unavailable') this.own = nick
    else if (!isRename) this.leave()
  }

  leave(): void {
    this.present.clear()
    this.own = undefined
  }
}

const presence = (from: Jid, nick: string, type = '') =>
  Stanza.make('presence', { from, to: Jid.parse(`room@conference.localhost/${nick}`), type }, x)

/** Does a step; what is refused changes nothing. */
function perform(room: Room, { what, who, nick }: Step, out: Outbox): void {
  const from = clients[who] as Jid
  const seat = room.occupants.seat(from)
  const jid = room.jid.withResource(nick)
  const stanza = presence(from, nick)
  if (seat === undefined) {
    if (what === 'enter') enter(room, { from, jid, stanza, x }, out)
    return
  }
  if (what === 'leave') leave(room, seat, presence(from, nick, 'unavailable'), out)
  else if (what === 'rename') changeNick(room, seat, { jid, stanza }, out)
  else if (what === 'update') updatePresence(room, seat, stanza, out)
  else if (what === 'lost') dropGhost(room, seat, 'gone', out)
  else if (what === 'again') enterAgain(room, seat, { from, jid: seat.occupant.jid, stanza, x }, out)
  else if (what === 'ban') {
    const entry = (affiliation: 'outcast' | 'none') => ({ jid: from.bare, affiliation, reason: '', nick: '' })
    applyChanges(room, [{ kind: 'affiliation', before: 'none', entry: entry('outcast') }], undefined, out)
    applyChanges(room, [{ kind: 'affiliation', before: 'outcast', entry: entry('none') }], undefined, out)
  }
}

function run(room: Room, views: Map<string, View>, each: Step): void {
  const out = new Outbox()
  try {
    perform(room, each, out)
  } catch (error) {
    if (!(error instanceof StanzaError)) throw error
    expect(out.parcels).toEqual([])
  }
  for (const { stanza, to } of out.parcels) for (const jid of to) views.get(jid.full)?.take(stanza)
}

function checkViews(room: Room, views: Map<string, View>): void {
  const there = new Set([...room.occupants.all()].map(({ jid }) => jid.resource))
  for (const [jid, view] of views) {
    const seat = room.occupants.seat(Jid.parse(jid))
    expect([jid, view.own]).toEqual([jid, seat?.occupant.jid.resource])
    if (seat !== undefined) expect(view.present).toEqual(there)
  }
}

function checkAttendance(room: Room): void {
  const accounts = new Set([...room.occupants.all()].map(({ real }) => real.full))
  for (const jid of clients) {
    expect(room.surroundings.attendance.roomsOf(jid.bare)).toBe(accounts.has(jid.bareString) ? 1 : 0)
  }
}

describe('joins, parts and nick changes (model)', () => {
  for (const allowMultipleSessions of [true, false]) {
    it(`what each client was sent is what is there, ${allowMultipleSessions ? 'several' : 'one'} a nick`, () => {
      const tell = (steps: readonly Step[]) => {
        const room = roomOf({ allowMultipleSessions })
        const views = new Map(clients.map((jid) => [jid.full, new View()]))
        for (const each of steps) {
          run(room, views, each)
          checkViews(room, views)
          checkAttendance(room)
          const largest = Math.max(0, ...[...room.occupants.all()].map(({ seats }) => seats.length))
          expect(largest).toBeLessThanOrEqual(allowMultipleSessions ? clients.length : 1)
        }
      }
      fc.assert(fc.property(fc.array(step, { maxLength: 40 }), tell), { numRuns: 300 })
    })
  }
})

describe('a room of 10,000', () => {
  it('lets everybody in, and one message is one text for all of them', () => {
    const room = roomOf({ presenceBroadcast: ['moderator'], maxUsers: 20_000 })
    const out = new Outbox()
    for (let i = 0; i < 10_000; i++) {
      const from = Jid.parse(`user${i}@h/1`)
      const jid = room.jid.withResource(`n${i}`)
      enter(room, { from, jid, stanza: presence(from, `n${i}`), x }, out)
    }
    expect(room.occupants.size).toBe(10_000)
    // An audience whose presence is not shown costs each newcomer no more than its own: presence and subject.
    expect(out.parcels).toHaveLength(20_000)
    const said = new Outbox()
    const stanza = Stanza.make(
      'message',
      { type: 'groupchat', from: Jid.parse('user5@h/1'), to: room.jid },
      el('body', 'jabber:client', 'hello'),
    )
    const speech = speechOf(room, stanza)
    deliverSpeech(room, speech, speech.stanza, said)
    expect(said.parcels).toHaveLength(1)
    expect(said.parcels[0]?.to).toHaveLength(10_000)
  })
})
