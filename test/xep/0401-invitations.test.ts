import { describe, expect, it } from 'vitest'
import { Jid } from '../../src/jid/jid.ts'
import { personalData } from '../../src/router/events.ts'
import type { Host } from '../../src/router/host.ts'
import { commandsNs, execute, valuesOf } from '../support/adhoc.ts'
import { Client } from '../support/client.ts'
import { ownServer } from '../support/own-server.ts'
import { openSecure } from '../support/sign-in.ts'
import { NS } from '../support/xml.ts'

const config = `
[[acl.host]]
user = "host"
[access]
hosts = [{ acl = "host", value = "allow" }]
[modules.mod_invites]
account_access = "hosts"
landing_url = "https://example.org/i/#@TOKEN@?@URI@"
max_invitations = 3
[modules.mod_register]
access = "hosts"
[modules.mod_offline]
`
const to = 'localhost'
const inviteNode = 'urn:xmpp:invite#invite'
const accountNode = 'urn:xmpp:invite#create-account'
const weekMs = 7 * 86_400_000
const tokenIn = (uri = '') => /preauth=([0-9a-f]{32})/.exec(uri)?.[1] ?? 'none'
const preauth = (token: string) => `<preauth xmlns='urn:xmpp:pars:0' token='${token}'/>`
const registration = (name: string) =>
  `<query xmlns='${NS.register}'><username>${name}</username><password>secret</password></query>`

describe('XEP-0401', () => {
  const own = ownServer(config)
  const jid = (name: string) => `${name}@localhost`

  async function invitation(name: string, node = inviteNode, fields?: Record<string, string>) {
    const client = await own.client(name, 'inviting')
    const answer = await execute(client, node, node === inviteNode ? undefined : (fields ?? {}), { to })
    const [uri, landing, expire] = ['uri', 'landing-url', 'expire'].map((field) => valuesOf(answer, field)[0])
    return { client, uri, landing, expire, token: tokenIn(uri) }
  }

  async function stranger(): Promise<Client> {
    const client = await Client.dial(own.server)
    const features = await openSecure(client)
    expect(features.child('register', 'urn:xmpp:ibr-token:0')).toBeDefined()
    return client
  }

  /** Shows a token and registers with it. */
  async function registers(token: string, name: string, refused?: string): Promise<Client> {
    const client = await stranger()
    await client.asks(preauth(token), 'set', { to })
    await client.asks(registration(name), 'set', refused === undefined ? { to } : { to, refused })
    return client
  }

  const contactsOf = async (client: Client) =>
    (await client.roster()).map((item) => `${item.attr('jid')} ${item.attr('subscription')}`)

  /** The answers of the two go their way after the registration. */
  async function becomes(client: Client, contact: string): Promise<void> {
    while (!(await contactsOf(client)).includes(contact));
  }

  it('§2 both commands are shown to who may use them', async () => {
    const query = `<query xmlns='http://jabber.org/protocol/disco#items' node='${commandsNs}'/>`
    const host = await own.client('host', 'pc')
    const shown = `${await host.asks(query, 'get', { to })}`
    expect(shown).toContain(`node='${inviteNode}'`)
    expect(shown).toContain(`node='${accountNode}'`)
    const guest = await own.client('guest', 'pc')
    expect(`${await guest.asks(query, 'get', { to })}`).not.toContain(accountNode)
    await execute(guest, accountNode, undefined, { to, refused: 'forbidden' })
  })

  it('§3.1 a link to become a contact; with ibr only from who may invite to register', async () => {
    const ofHost = await invitation('host')
    expect(ofHost.uri).toBe(`xmpp:host@localhost?roster;preauth=${ofHost.token};ibr=y`)
    expect(ofHost.landing).toBe(`https://example.org/i/#${ofHost.token}?${encodeURIComponent(ofHost.uri ?? '')}`)
    const left = Date.parse(ofHost.expire ?? '') - Date.now()
    expect(left).toBeGreaterThan(weekMs - 60_000)
    expect(left).toBeLessThanOrEqual(weekMs)
    const ofGuest = await invitation('guest')
    expect(ofGuest.uri).toBe(`xmpp:guest@localhost?roster;preauth=${ofGuest.token}`)
    const client = await stranger()
    await client.asks(preauth(ofGuest.token), 'set', { to, refused: 'item-not-found' })
    client.destroy()
  })

  it('§3.4 who registers by such a link is a contact of who has invited', async () => {
    const { client, token } = await invitation('host')
    const registering = await registers(token, 'juliet')
    registering.destroy()
    const juliet = await Client.signIn(own.server, { local: 'juliet', password: 'secret' }, 'balcony')
    await becomes(juliet, 'host@localhost both')
    await becomes(client, 'juliet@localhost both')
    juliet.destroy()
  })

  it('XEP-0445 §3 without a token the rules of registration count, and an unknown one is refused', async () => {
    const client = await stranger()
    await client.asks(registration('eve'), 'set', { to, refused: 'forbidden' })
    await client.asks(preauth('0'.repeat(32)), 'set', { to, refused: 'item-not-found' })
    await client.asks(preauth(''), 'set', { to, refused: 'item-not-found' })
    await client.asks(preauth('x'), 'get', { to, refused: 'bad-request' })
    await client.asks(registration('eve'), 'set', { to, refused: 'forbidden' })
    client.destroy()
  })

  it('XEP-0445 §3 a token is used up by success alone, and once', async () => {
    const { token } = await invitation('host', accountNode)
    const first = await registers(token, 'host', 'conflict')
    await first.asks(registration('mercutio'), 'set', { to })
    await first.asks(registration('mercutio2'), 'set', { to, refused: 'not-allowed' })
    first.destroy()
    const second = await stranger()
    await second.asks(preauth(token), 'set', { to, refused: 'item-not-found' })
    second.destroy()
  })

  it('XEP-0445 §3 of two at a time who have the same token one registers', async () => {
    const { token } = await invitation('host', accountNode)
    const both = await Promise.all([stranger(), stranger()])
    await Promise.all(both.map((client) => client.asks(preauth(token), 'set', { to })))
    const outcomes = await Promise.allSettled(
      both.map((client, index) => client.asks(registration(`twin${index}`), 'set', { to })),
    )
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    for (const client of both) client.destroy()
  })

  it('§4.1 a name is kept for who has the link', async () => {
    const { uri, token } = await invitation('host', accountNode, { username: 'Tybalt', 'roster-subscription': '1' })
    expect(uri).toBe(`xmpp:tybalt@localhost?register;preauth=${token}`)
    const host = await own.client('host', 'again')
    await execute(host, accountNode, { username: 'tybalt' }, { to, refused: 'conflict' })
    await execute(host, accountNode, { username: 'host' }, { to, refused: 'conflict' })
    await execute(host, accountNode, { username: 'a@b' }, { to, refused: 'jid-malformed' })
    const other = await registers((await invitation('host', accountNode)).token, 'tybalt', 'conflict')
    other.destroy()
    const wrong = await registers(token, 'romeo', 'not-allowed')
    await wrong.asks(registration('tybalt'), 'set', { to })
    wrong.destroy()
    const tybalt = await own.client('tybalt', 'pc')
    await becomes(tybalt, 'host@localhost both')
  })

  it('XEP-0379 §3.5 a request with a token is agreed to and returned, once', async () => {
    const { client, token } = await invitation('guest')
    const romeo = await own.client('romeo', 'pc', { roster: true })
    const request = `<presence type='subscribe' to='${jid('guest')}'>${preauth(token)}</presence>`
    await client.drains()
    romeo.sends(request)
    await romeo.finds(`<presence type='subscribed' from='${jid('guest')}'/>`)
    await romeo.finds(`<presence type='subscribe' from='${jid('guest')}'/>`)
    expect(`${await client.drains()}`).not.toContain("type='subscribe'")
    expect(await contactsOf(client)).toContain('romeo@localhost from')
    const late = await own.client('late', 'pc')
    late.sends(request)
    await client.finds(`<presence type='subscribe' from='${jid('late')}'>${preauth(token)}</presence>`)
    expect(`${await late.drains()}`).not.toContain('subscribed')
  })

  it('XEP-0379 §5 a token of somebody else opens nothing', async () => {
    const { token } = await invitation('host')
    const [guest, paris] = [await own.client('guest', 'pc'), await own.client('paris', 'pc')]
    paris.sends(`<presence type='subscribe' to='${jid('guest')}'>${preauth(token)}</presence>`)
    await guest.finds(`<presence type='subscribe' from='${jid('paris')}'>{any}</presence>`)
    expect(`${await paris.drains()}`).not.toContain('subscribed')
  })

  it('limits what one user can have open; it is exported and goes with the account', async () => {
    const max = await own.client('max', 'pc')
    for (let i = 0; i < 3; i++) await execute(max, inviteNode, undefined, { to })
    await execute(max, inviteNode, undefined, { to, refused: 'resource-constraint' })
    const host = own.server.server.hostOf('localhost') as Host
    const user = Jid.parse(jid('max'))
    const exported = async () =>
      (await host.hooks.gather(personalData, { host, user })).find(({ name }) => name === 'invitations')
    expect((await exported())?.rows).toHaveLength(3)
    await own.command('account.removeUser', { user: jid('max') })
    expect(await exported()).toBeUndefined()
  })

  it('has a command for operators', async () => {
    const made = (await own.command('invitation.createInvitation', { domain: to, username: 'nurse' })) as {
      uri: string
    }
    const taken = own.command('invitation.createInvitation', { domain: to, username: 'nurse' })
    await expect(taken).rejects.toMatchObject({ code: 'exists' })
    const client = await registers(tokenIn(made.uri), 'nurse')
    client.destroy()
    expect(await contactsOf(await own.client('nurse', 'pc'))).toEqual([])
  })

  it('outlives a restart', async () => {
    const { uri } = (await own.command('invitation.createInvitation', { domain: to })) as { uri: string }
    expect(uri).toBe(`xmpp:localhost?register;preauth=${tokenIn(uri)}`)
    await own.restart()
    const client = await registers(tokenIn(uri), 'friar')
    client.destroy()
  })
})

describe('mod_invites', () => {
  const own = ownServer('[modules.mod_invites]\nrequired = true\n')
  async function stranger(): Promise<Client> {
    const client = await Client.dial(own.server)
    await openSecure(client)
    return client
  }

  it('keeps registration for the invited where that is wanted', async () => {
    const client = await stranger()
    await client.asks(registration('eve'), 'set', { to, refused: 'not-allowed' })
    const { uri } = (await own.command('invitation.createInvitation', { domain: to })) as { uri: string }
    await client.asks(preauth(tokenIn(uri)), 'set', { to })
    await client.asks(registration('eve'), 'set', { to })
    client.destroy()
  })
})
