import { afterEach, describe, expect, it } from 'vitest'
import { Jid } from '../../src/jid/jid.ts'
import { removeAccount } from '../../src/router/accounts.ts'
import { personalData } from '../../src/router/events.ts'
import type { Host } from '../../src/router/host.ts'
import { Client } from '../support/client.ts'
import { enable, sm, unbound } from '../support/managed.ts'
import { ownServer } from '../support/own-server.ts'
import { authenticate, openSecure } from '../support/sign-in.ts'

const user = (name: string) => `${name}@localhost`

describe('mod_blocklist', () => {
  const own = ownServer(`[modules.mod_blocklist]
backend = "rdbms"
[modules.mod_offline]
[modules.mod_stream_management]
`)
  const add = (name: string, reason?: string) => own.command('blocklist.addUser', { user: user(name), reason })
  const remove = (name: string) => own.command('blocklist.removeUser', { user: user(name) })
  const list = (input: Record<string, unknown> = {}) =>
    own.command('blocklist.listBlockedUsers', { domain: 'localhost', ...input })
  const count = () => own.command('blocklist.userCount', { domain: 'localhost' })

  afterEach(async () => {
    for (const name of ['alice', 'bob', 'carol']) await remove(name)
  })

  it('refuses a barred account that has proven who it is, with account-disabled', async () => {
    await own.client('alice', 'pc')
    await add('alice', 'Spam')
    await expect(own.client('alice', 'other')).rejects.toThrow(/account-disabled.*Spam/s)
    await expect(
      Client.signIn(own.server, { local: 'alice', password: 'wrong' }, 'pc').then((client) => client.jid),
    ).rejects.toThrow(/not-authorized/)
  })

  it('refuses the session of who is barred between authentication and binding, with not-allowed', async () => {
    await own.server.registerUser('carol', 'secret')
    const client = await Client.dial(own.server)
    const features = await openSecure(client)
    await authenticate(client, { local: 'carol', password: 'secret' }, features, undefined)
    await add('carol')
    await expect(client.bind('pc')).rejects.toThrow(/not-allowed/)
    client.destroy()
  })

  it('ends every session with the reason, or the usual words', async () => {
    const [pc, phone] = [await own.client('alice', 'pc'), await own.client('alice', 'phone', { presence: false })]
    expect(await add('alice', 'Spam')).toBe(true)
    for (const client of [pc, phone]) await client.finds(conflict('Spam'))
    await remove('alice')
    const again = await own.client('alice', 'pc')
    await own.command('blocklist.addUser', { user: 'alice@localhost/some-resource' })
    await again.finds(conflict('Kicked by administrator'))
  })

  it('ends what waits to be resumed, for good', async () => {
    const alice = await own.client('alice', 'pc')
    const id = await enable(alice)
    alice.destroy()
    const sessions = () => own.server.server.hostOf('localhost')?.sessions.of(Jid.parse(user('alice'))) ?? []
    await expect.poll(() => sessions().map(({ isDetached }) => isDetached)).toEqual([true])
    await add('alice')
    expect(sessions()).toEqual([])
    await remove('alice')
    const again = await unbound({ server: own.server }, { local: 'alice', password: 'secret' })
    again.send(`<resume xmlns='${sm}' previd='${id}' h='0'/>`)
    await again.receives(`<failed xmlns='${sm}' {any}>{any}</failed>`)
    again.destroy()
  })

  it('lets in again who is taken from the list', async () => {
    await own.client('alice', 'pc')
    await add('alice')
    expect(await remove('alice')).toBe(true)
    expect((await own.client('alice', 'pc')).bare).toBe(user('alice'))
    expect(await remove('alice')).toBe(false)
  })

  it('keeps one row with the newer reason', async () => {
    await own.client('alice', 'pc')
    await add('alice', 'first')
    await add('alice', 'second')
    expect(await list()).toEqual([{ jid: user('alice'), reason: 'second' }])
    expect(await count()).toBe(1)
    await add('alice')
    expect(await list()).toEqual([{ jid: user('alice'), reason: null }])
  })

  it('tells of accounts and domains that are not there', async () => {
    await expect(add('nobody')).rejects.toMatchObject({ code: 'user_not_found', message: 'User does not exist' })
    expect(await remove('nobody')).toBe(false)
    const elsewhere = { user: 'alice@elsewhere.example' }
    for (const name of ['blocklist.addUser', 'blocklist.removeUser'])
      await expect(own.command(name, elsewhere)).rejects.toMatchObject({ code: 'domain_not_found' })
    for (const name of ['blocklist.userCount', 'blocklist.listBlockedUsers'])
      await expect(own.command(name, { domain: 'elsewhere.example' })).rejects.toMatchObject({
        code: 'domain_not_found',
      })
  })

  it('lists by name, in parts', async () => {
    for (const name of ['carol', 'alice', 'bob']) {
      await own.client(name, 'pc')
      await add(name, name === 'bob' ? 'Spam' : undefined)
    }
    const all = [
      { jid: user('alice'), reason: null },
      { jid: user('bob'), reason: 'Spam' },
      { jid: user('carol'), reason: null },
    ]
    expect(await list()).toEqual(all)
    expect(await list({ limit: 2 })).toEqual(all.slice(0, 2))
    expect(await list({ limit: 2, index: 2 })).toEqual(all.slice(2))
    expect(await list({ index: 1 })).toEqual(all.slice(1))
    expect(await list({ limit: 5, index: 9 })).toEqual([])
    expect(await count()).toBe(3)
    for (const wrong of [{ limit: 0 }, { limit: 1, index: -1 }])
      await expect(list(wrong)).rejects.toMatchObject({ code: 'input_coercion' })
    await expect(add('alice', '')).rejects.toMatchObject({ code: 'input_coercion' })
  })

  it('keeps its list over a restart and changes nothing for others', async () => {
    await own.client('alice', 'pc')
    await add('alice', 'Spam')
    await own.restart()
    await expect(own.client('alice', 'pc')).rejects.toThrow(/account-disabled/)
    const bob = await own.client('bob', 'pc')
    bob.sends(`<message type='chat' to='${user('alice')}' id='m1'><body>hi</body></message>`)
    await bob.receivesNothing()
    await remove('alice')
    const alice = await own.client('alice', 'pc')
    await alice.finds(`<message id='m1' from='${bob.jid}' type='chat'>{any}</message>`)
  })

  it('forgets, and tells of, who is removed', async () => {
    await own.client('bob', 'pc')
    await add('bob', 'Spam')
    const host = own.server.server.hostOf('localhost') as Host
    const bob = Jid.parse(user('bob'))
    expect(await host.hooks.gather(personalData, { host, user: bob })).toContainEqual({
      name: 'blocklist',
      rows: [{ reason: 'Spam' }],
    })
    await removeAccount(host, bob)
    expect(await list()).toEqual([])
  })
})

function conflict(text: string): string {
  const ns = 'urn:ietf:params:xml:ns:xmpp-streams'
  return `<error xmlns='http://etherx.jabber.org/streams'><conflict xmlns='${ns}'/><text xmlns='${ns}' {any}>${text}</text></error>`
}

describe('without mod_blocklist', () => {
  const own = ownServer('')

  it('there are no such commands, and everybody may sign in', async () => {
    expect((await own.client('alice', 'pc')).bare).toBe('alice@localhost')
    await expect(own.command('blocklist.addUser', { user: 'alice@localhost' })).rejects.toMatchObject({
      code: 'deps_not_loaded',
    })
  })
})
