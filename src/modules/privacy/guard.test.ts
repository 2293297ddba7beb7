import { describe, expect, it } from 'vitest'
import { LocalCluster } from '../../cluster/cluster.ts'
import { Jid } from '../../jid/jid.ts'
import type { Host } from '../../router/host.ts'
import { type ClientLink, Session, type SessionInfo } from '../../router/session.ts'
import { SessionTable } from '../../router/session-table.ts'
import { Stanza, type StanzaKind } from '../../stanza/stanza.ts'
import { StorageUnavailable } from '../../storage/errors.ts'
import { FakeClock } from '../../util/clock.ts'
import type { PresenceApi } from '../presence/api.ts'
import { emptyRoster } from '../roster/roster.ts'
import { PrivacyBook } from './book.ts'
import { PrivacyBooks } from './books.ts'
import { Guard } from './guard.ts'
import { Reach } from './reach.ts'
import type { PrivacyStore } from './store.ts'

const alice = Jid.parse('alice@example.org')
const occupant = Jid.parse('room@rooms.example/nick')

function made(load: () => Promise<PrivacyBook>) {
  const host = {
    sessions: new SessionTable(),
    clock: new FakeClock(),
    cluster: new LocalCluster('a@b', '0'),
  } as unknown as Host
  const reach = new Reach(
    host,
    {
      ...{ hasUser: async () => true, load: () => emptyRoster, async *all() {} },
      ...{ send: async () => {}, put: async () => {}, remove: async () => {} },
    },
    {} as PresenceApi,
  )
  const books = new PrivacyBooks(host, { load } as unknown as PrivacyStore, reach, {
    limits: { max_lists: 1, max_items: 1 },
    limitReached: () => {},
  })
  const verdicts: string[] = []
  const guard = new Guard(books, reach, { judged: (verdict) => void verdicts.push(verdict) })
  const session = new Session(host, alice.withResource('pc'), { link: {} as ClientLink, info: {} as SessionInfo })
  host.sessions.add(session)
  const arrives = (stanza: Stanza) => guard.arrives({ host, account: alice, stanza, targets: [session] })
  const presenceArrives = (stanza: Stanza) => guard.presenceArrives({ host, account: alice, stanza, targets: [] })
  return { guard, session, verdicts, arrives, presenceArrives }
}

const from = (sender: Jid, kind: StanzaKind = 'message', type = 'chat') =>
  Stanza.make(kind, { type, id: 'x', from: sender, to: alice })
const blocking = async () => new PrivacyBook(new Map(), undefined, new Set([occupant.full]))

describe('the guard', () => {
  it('keeps one occupant of a room away: groupchat and presence in silence, private messages with an error', async () => {
    const { guard, session, arrives, verdicts } = made(blocking)
    expect(await arrives(from(occupant, 'message', 'groupchat'))).toBe('handled')
    expect(await guard.delivers(session, from(occupant, 'presence', ''))).toBe('handled')
    await expect(async () => arrives(from(occupant))).rejects.toMatchObject({ condition: 'service-unavailable' })
    for (const other of ['room@rooms.example/other', 'room@rooms.example']) {
      expect(await arrives(from(Jid.parse(other), 'message', 'groupchat'))).toBe(undefined)
      expect(await guard.delivers(session, from(Jid.parse(other), 'presence', ''))).toBe(undefined)
    }
    expect(verdicts.filter((verdict) => verdict === 'block')).toHaveLength(3)
  })

  it('is quick about accounts that have said nothing', async () => {
    const { guard, session, arrives } = made(async () => new PrivacyBook(new Map(), undefined, new Set()))
    await guard.delivers(session, from(occupant))
    expect(guard.delivers(session, from(occupant))).toBe(undefined)
    expect(arrives(from(occupant))).toBe(undefined)
    expect(guard.sends(session, from(alice).readdressed(alice, occupant))).toBe(undefined)
  })

  it('lets nothing pass while it cannot know', async () => {
    const broken = async () => {
      throw new StorageUnavailable('broken')
    }
    const { guard, session, arrives, presenceArrives } = made(broken)
    const sent = from(alice).readdressed(session.jid, occupant)
    for (const attempt of [
      () => arrives(from(occupant)),
      () => presenceArrives(from(occupant, 'presence', 'subscribe')),
      () => guard.delivers(session, from(occupant)),
      () => guard.sends(session, sent),
      () => guard.shows(session, Stanza.make('presence', { from: session.jid, to: occupant })),
    ]) {
      await expect(attempt()).rejects.toThrow(StorageUnavailable)
    }
  })

  it('never stands between a user and the own clients or server', async () => {
    const everybody = async () => new PrivacyBook(new Map(), undefined, new Set(['example.org']))
    const { guard, session, arrives } = made(everybody)
    for (const own of [alice, alice.withResource('phone'), Jid.parse('example.org')]) {
      expect(await arrives(from(own))).toBe(undefined)
      expect(await guard.delivers(session, from(own))).toBe(undefined)
      expect(await guard.sends(session, from(alice).readdressed(session.jid, own))).toBe(undefined)
    }
    const stranger = from(Jid.parse('bob@example.org'))
    await expect(async () => arrives(stranger)).rejects.toMatchObject({ condition: 'service-unavailable' })
  })
})
