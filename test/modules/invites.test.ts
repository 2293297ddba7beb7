import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Jid } from '../../src/jid/jid.ts'
import { Inviter } from '../../src/modules/invites/inviter.ts'
import { InviteStore, migrations } from '../../src/modules/invites/store.ts'
import type { RosterApi } from '../../src/modules/roster/api.ts'
import { MemoryLog } from '../../src/observe/memory-log.ts'
import type { Host } from '../../src/router/host.ts'
import type { Database } from '../../src/storage/database.ts'
import { openDatabase } from '../../src/storage/open.ts'
import { FakeClock } from '../../src/util/clock.ts'

const domain = 'localhost'
const hour = 3_600_000
const token = (uri: string) => /preauth=(\w+)/.exec(uri)?.[1] ?? ''

describe('an invitation in the course of time', () => {
  const clock = new FakeClock()
  let db: Database
  let inviter: Inviter
  const sent: string[] = []

  beforeAll(async () => {
    db = await openDatabase({ kind: 'sqlite', file: ':memory:', log: new MemoryLog(), clock })
    await db.migrate('mod_invites', migrations)
    const host = { clock, accounts: { exists: async () => false } } as unknown as Host
    const rosters = {
      hasUser: async () => true,
      send: async (verb: string, from: Jid, to: Jid) => void sent.push(`${from.full} ${verb} ${to.full}`),
    } as unknown as RosterApi
    const store = new InviteStore(db.of())
    const options = { max_invitations: 1 }
    inviter = new Inviter({ host, store, rosters, options, validity: hour, limitReached: () => {} })
  })
  afterAll(() => db.close())

  const wish = { domain, inviter: undefined, username: '', makesContacts: false }
  const user = Jid.parse('juliet@localhost')

  it('is refused when its time is over, unless it was shown before', async () => {
    const { uri } = await inviter.inviteToRegister(wish)
    const [early, late] = [{}, {}]
    clock.advance(hour - 1)
    await inviter.show(early, domain, token(uri))
    clock.advance(1)
    await expect(inviter.show(late, domain, token(uri))).rejects.toMatchObject({ condition: 'item-not-found' })
    expect(await inviter.permit(user, late)).toBeUndefined()
    const permit = await inviter.permit(user, early)
    let registered = 0
    await permit?.use(async () => void registered++)
    expect(registered).toBe(1)
    await expect(permit?.use(async () => void registered++)).rejects.toMatchObject({ condition: 'not-allowed' })
    expect(registered).toBe(1)
  })

  it('is not used up by a registration that fails', async () => {
    const { uri } = await inviter.inviteToRegister(wish)
    const connection = {}
    await inviter.show(connection, domain, token(uri))
    const permit = await inviter.permit(user, connection)
    await expect(permit?.use(() => Promise.reject(new Error('taken')))).rejects.toThrow('taken')
    await permit?.use(async () => {})
  })

  it('keeps a name for as long as it counts', async () => {
    await inviter.inviteToRegister({ ...wish, username: 'juliet' })
    await expect(inviter.permit(user, {})).rejects.toMatchObject({ condition: 'conflict' })
    clock.advance(hour)
    expect(await inviter.permit(user, {})).toBeUndefined()
  })

  it('makes room for another when its time is over', async () => {
    const romeo = Jid.parse('romeo@localhost')
    await inviter.inviteContact(romeo, false)
    await expect(inviter.inviteContact(romeo, false)).rejects.toMatchObject({ condition: 'resource-constraint' })
    clock.advance(hour)
    await inviter.inviteContact(romeo, false)
    expect(sent).toEqual([])
  })
})
