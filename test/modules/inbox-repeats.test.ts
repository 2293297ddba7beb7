import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { connect } from '../../src/storage/sqlite/driver.ts'
import { search } from '../support/archive.ts'
import { Client } from '../support/client.ts'
import { counts } from '../support/conversations.ts'
import { makesRoom } from '../support/light-rooms.ts'
import { enable, handled, nextBody, resume, unbound } from '../support/managed.ts'
import { baseConfig } from '../support/own-server.ts'
import { type OwnTestServer, startTestServer } from '../support/server.ts'

const config = `${baseConfig}
[modules.mod_stream_management]
[modules.mod_offline]
[modules.mod_inbox]
[modules.mod_muc_light]
host = "muclight.@HOST@"
[modules.mod_mam]
pm = {}
muc = { host = "muclight.@HOST@" }
`

describe('mod_inbox and messages that are sent again after a crash', () => {
  let folder = ''
  let server: OwnTestServer | undefined

  const start = async () => {
    server = await startTestServer({ config, folder })
    return server
  }
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'meerkat-test-'))
    const { registerUser } = await start()
    for (const name of ['alice', 'bob']) await registerUser(name, 'secret')
  })
  afterEach(async () => {
    await server?.stop()
    await rm(folder, { recursive: true, force: true })
  })

  const user = (local: string) => ({ local, password: 'secret' })
  const signIn = (name: string, resource: string) => Client.signIn(server as OwnTestServer, user(name), resource)
  const says = (client: Client, to: string, type: string, ...bodies: string[]) => {
    for (const body of bodies)
      client.sends(`<message to='${to}' type='${type}' id='${body}'><body>${body}</body></message>`)
  }

  /** Stops the server and leaves the disk as a crash could: so many stanzas are not counted yet, though what they caused is there. */
  async function crash(uncounted: number, more = ''): Promise<void> {
    await server?.stop()
    const disk = connect(join(folder, 'data', 'meerkat.sqlite'), {})
    disk.exec(`update mod_stream_management_session set received = received - ${uncounted};${more}`)
    disk.close()
    await start()
  }

  async function back(id: string, h: number): Promise<Client> {
    const client = await unbound({ server: server as OwnTestServer }, user('bob'))
    expect(await resume(client, id, 0)).toBe(h)
    return client
  }

  it.each([
    ['by its own book', `substr(counted_origin, 1, length(counted_origin) - 1) || '2'`],
    ['by the archive, where another stream was the last to count', `'another/9'`],
  ])('counts none that it has, and those that it had not yet: %s', async (_, origin) => {
    const bob = await signIn('bob', 'phone')
    const id = await enable(bob)
    says(bob, 'alice@localhost', 'chat', 'one', 'two', 'three')
    expect(await handled(bob)).toBe(3)
    // The last two are archived, and only the first of these is counted.
    await crash(
      2,
      `update mod_inbox set unread = 2, counted_origin = ${origin}, updated_at = (select max(id) from mod_mam_entry where id <
         (select max(id) from mod_mam_entry where archive = (select id from mod_mam_address where address = 'alice@localhost')))
       where username = 'alice'`,
    )
    const again = await back(id, 1)
    says(again, 'alice@localhost', 'chat', 'two', 'three', 'four')
    expect(await handled(again)).toBe(4)
    const alice = await signIn('alice', 'pc')
    await alice.isPresent()
    for (const body of ['one', 'two', 'three', 'four']) expect(await nextBody(alice)).toBe(body)
    expect((await search(alice)).bodies).toEqual(['one', 'two', 'three', 'four'])
    expect(await counts(alice)).toEqual(['four: 4'])
    again.destroy()
  })

  it('leaves unread what has come since, when its owner is the one who sends again', async () => {
    const bob = await signIn('bob', 'phone')
    const id = await enable(bob)
    says(bob, 'alice@localhost', 'chat', 'mine')
    expect(await handled(bob)).toBe(1)
    const alice = await signIn('alice', 'pc')
    says(alice, 'bob@localhost', 'chat', 'yours')
    await alice.isHeard()
    await crash(1)
    const again = await back(id, 0)
    says(again, 'alice@localhost', 'chat', 'mine')
    await handled(again)
    again.jid = bob.jid
    expect(await counts(again)).toEqual(['yours: 1'])
    again.destroy()
  })

  it('counts what was said in a room once', async () => {
    const [alice, bob] = [await signIn('alice', 'pc'), await signIn('bob', 'phone')]
    for (const each of [alice, bob]) await each.isPresent()
    const room = await makesRoom(bob, [alice])
    const before = Number((await counts(alice))[0]?.split(': ')[1])
    const id = await enable(bob)
    says(bob, room, 'groupchat', 'one', 'two')
    expect(await handled(bob)).toBe(2)
    expect(await counts(alice)).toEqual([`two: ${before + 2}`])
    await crash(2)
    const again = await back(id, 0)
    says(again, room, 'groupchat', 'one', 'two', 'three')
    expect(await handled(again)).toBe(3)
    const later = await signIn('alice', 'later')
    expect(await counts(later)).toEqual([`three: ${before + 3}`])
    expect((await search(later, { to: room })).bodies.slice(-3)).toEqual(['one', 'two', 'three'])
    again.destroy()
  })
})
