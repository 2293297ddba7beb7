import { describe, expect, it } from 'vitest'
import { LocalCluster } from '../../cluster/cluster.ts'
import { Jid } from '../../jid/jid.ts'
import type { Host } from '../../router/host.ts'
import { type ClientLink, Session, type SessionInfo } from '../../router/session.ts'
import { SessionTable } from '../../router/session-table.ts'
import { StorageUnavailable } from '../../storage/errors.ts'
import { FakeClock } from '../../util/clock.ts'
import { emptyBook } from './book.ts'
import { type BookLimits, PrivacyBooks } from './books.ts'
import type { Reach } from './reach.ts'
import type { PrivacyStore } from './store.ts'

const alice = Jid.parse('alice@example.org')

function made(limits: BookLimits = { max_lists: 2, max_items: 3 }) {
  const loaded: string[] = []
  let isBroken = false
  const store = {
    mustAccept: () => {},
    load: async (account: Jid) => {
      loaded.push(account.full)
      if (isBroken) throw new StorageUnavailable('broken')
      return emptyBook
    },
  } as unknown as PrivacyStore
  const host = {
    sessions: new SessionTable(),
    clock: new FakeClock(),
    cluster: new LocalCluster('a@b', '0'),
  } as unknown as Host
  const reach = { changed: async () => {} } as unknown as Reach
  const books = new PrivacyBooks(host, store, reach, { limits, limitReached: () => {} })
  const open = (jid: string) => {
    const session = new Session(host, Jid.parse(jid), { link: {} as ClientLink, info: {} as SessionInfo })
    host.sessions.add(session)
    return session
  }
  const block = (...addresses: string[]) =>
    books.change(alice, (book) => ({
      book: book.withBlocked(new Set([...book.blocked, ...addresses])),
      write: async () => {},
    }))
  return { books, loaded, open, block, breakDown: () => (isBroken = true), mend: () => (isBroken = false) }
}

describe('the books of a host', () => {
  it('remember that an account has said nothing', async () => {
    const { books, loaded } = made()
    expect(await books.of(alice)).toBe(emptyBook)
    expect(books.of(alice)).toBe(emptyBook)
    expect(loaded).toEqual([alice.full])
  })

  it('stay with a session, also when many others are asked for', async () => {
    const { books, loaded, open } = made()
    const session = open('alice@example.org/pc')
    await books.pin(session)
    for (let i = 0; i < 20_001; i++) await books.of(Jid.of(`u${i}`, 'example.org'))
    loaded.length = 0
    expect(books.ofSession(session)).toBe(emptyBook)
    expect(books.of(alice)).toBe(emptyBook)
    expect(loaded).toEqual([])
  })

  it('change for every session at once', async () => {
    const { books, open, block } = made()
    const sessions = [open('alice@example.org/pc'), open('alice@example.org/phone')]
    for (const session of sessions) await books.pin(session)
    await block('bob@example.org')
    for (const session of sessions)
      expect(books.ofSession(session)).toMatchObject({ blocked: new Set(['bob@example.org']) })
    books.unpinAll()
    expect(await books.ofSession(sessions[0] as Session)).toMatchObject({ blocked: new Set(['bob@example.org']) })
  })

  it('are not taken to be empty when they cannot be read', async () => {
    const { books, breakDown, mend } = made()
    breakDown()
    await expect(books.of(alice)).rejects.toThrow(StorageUnavailable)
    mend()
    expect(await books.of(alice)).toBe(emptyBook)
  })

  it('have room for so much and no more', async () => {
    const { books, block } = made()
    await block('a@x.example', 'b@x.example', 'c@x.example')
    await expect(block('d@x.example')).rejects.toMatchObject({ condition: 'resource-constraint' })
    expect((await books.of(alice)).blocked.size).toBe(3)
    await block('a@x.example')
  })
})
