import { setImmediate } from 'node:timers/promises'
import { SignJWT } from 'jose'
import { describe, expect, it } from 'vitest'
import { Jid } from '../../src/jid/jid.ts'
import { removeAccount } from '../../src/router/accounts.ts'
import { personalData } from '../../src/router/events.ts'
import { Client } from '../support/client.ts'
import { fast, sendToken } from '../support/hashed-token.ts'
import { enable } from '../support/managed.ts'
import { type OwnServer, ownServer } from '../support/own-server.ts'
import { agentId, authenticate2, identityOf, sasl2, sendAuthenticate } from '../support/sasl2.ts'
import { openSecure } from '../support/sign-in.ts'
import { SteppedClock } from '../support/stepped-clock.ts'
import { NS, type XmlNode } from '../support/xml.ts'

const cam = 'urn:xmpp:cam:0'
const otherAgent = agentId.replace('d', 'e')
const none = 'HT-SHA-256-NONE'
const bind = `<bind xmlns='urn:xmpp:bind:0'/>`
const wish = `<request-token xmlns='${fast}' mechanism='${none}'/>`
const modules = `[modules.mod_client_access]
[modules.mod_sasl2]
[modules.mod_bind2]
[modules.mod_fast_auth_token]
[modules.mod_register]
[modules.mod_stream_management]
`

/** What was sent back for a sign-in by SASL2, and the client. */
interface Entered {
  readonly client: Client
  readonly success: XmlNode
}

async function dial(own: OwnServer): Promise<Client> {
  const client = await Client.dial(own.server)
  await openSecure(client)
  return client
}

async function entered(client: Client, success: XmlNode): Promise<Entered> {
  client.jid = identityOf(success)
  await client.receivesFeatures()
  return { client, success }
}

/** Signs in by a password, as an installation of a client. */
async function enters(own: OwnServer, local: string, agent: string, { password = 'secret', inline = bind } = {}) {
  const client = await dial(own)
  return entered(client, await authenticate2(client, { local, password }, { agent, inline }))
}

/** Tries to sign in by a token. */
async function byToken(own: OwnServer, local: string, agent: string, token: string): Promise<Entered | undefined> {
  const client = await dial(own)
  sendToken(client, { local, token, mechanism: none, agent, inline: bind })
  const item = await client.next()
  return item.kind === 'element' && item.element.name === 'success' ? entered(client, item.element) : undefined
}

const tokenIn = ({ success }: Entered) => success.child('token', fast)?.attr('token') ?? ''

/** Time goes on, once connections know that what they have sent was taken: to them it would look stuck. */
async function passes(clock: SteppedClock, ms: number): Promise<void> {
  await setImmediate()
  clock.advance(ms)
}

/** The list of somebody's clients, in short. */
async function listOf(client: Client) {
  const answer = await client.asks(`<list xmlns='${cam}'/>`)
  const clients = answer.child('clients', cam)?.elements() ?? []
  return clients.map((each) => {
    const agent = each.child('user-agent', cam)
    const time = (name: string) => Date.parse(each.child(name, cam)?.text() ?? '')
    return {
      id: each.attr('id') ?? '',
      connected: each.attr('connected'),
      type: each.attr('type'),
      auth: each
        .child('auth', cam)
        ?.elements()
        .map(({ name }) => name),
      permission: each.child('permission', cam)?.attr('status'),
      software: agent?.child('software', cam)?.text(),
      device: agent?.child('device', cam)?.text(),
      first: time('first-seen'),
      last: time('last-seen'),
    }
  })
}

async function withDevice(client: Client, device: string | undefined) {
  const found = (await listOf(client)).filter((each) => each.device === device)
  expect(found).toHaveLength(1)
  return found[0] as Awaited<ReturnType<typeof listOf>>[number]
}

/** The stream ends because access has been revoked. */
async function isShutOut(client: Client): Promise<void> {
  const { element } = await client.finds(`<error xmlns='http://etherx.jabber.org/streams'>{any}</error>`)
  expect(element.elements()[0]?.name).toBe('not-authorized')
}

const revoke = (id: string) => `<revoke xmlns='${cam}' id='${id}'/>`
const register = (own: OwnServer, username: string) =>
  own.command('account.registerUser', { domain: 'localhost', username, password: 'secret' })

describe('XEP-0494 §3.1 listing clients', () => {
  const clock = new SteppedClock()
  const own = ownServer(modules, { clock })

  it('an installation is shown with what it says of itself, and how it was let in', async () => {
    await register(own, 'alice')
    const { client } = await enters(own, 'alice', agentId)
    expect(await listOf(client)).toEqual([
      {
        ...{ id: expect.stringMatching(/^[\w-]{16}$/), connected: 'true', type: 'session' },
        ...{ auth: ['password'], permission: 'unrestricted', software: 'Stories', device: 'Bench' },
        ...{ first: Math.floor(clock.now() / 1000) * 1000, last: Math.floor(clock.now() / 1000) * 1000 },
      },
    ])
    client.destroy()
  })

  it('one that tells nothing is known by its resource', async () => {
    const client = await own.client('bob', 'kitchen')
    const other = await own.client('bob', 'garden')
    expect(await withDevice(client, 'kitchen')).toMatchObject({ connected: 'true', auth: ['password'] })
    expect((await withDevice(other, 'kitchen')).id).toBe((await withDevice(client, 'kitchen')).id)
    expect(await listOf(client)).toHaveLength(2)
  })

  it('who has left is shown with the time when it was last there, under the same id when it comes again', async () => {
    const phone = await own.client('carol', 'phone')
    const laptop = await own.client('carol', 'laptop')
    const before = await withDevice(laptop, 'phone')
    await passes(clock, 60_000)
    await phone.leaves()
    await expect.poll(async () => (await withDevice(laptop, 'phone')).connected).toBe('false')
    await passes(clock, 60_000)
    const gone = await withDevice(laptop, 'phone')
    expect(gone).toMatchObject({ id: before.id, type: 'session', first: before.first, last: before.last + 60_000 })
    await own.client('carol', 'phone')
    const back = await withDevice(laptop, 'phone')
    expect(back).toMatchObject({ id: before.id, connected: 'true', first: before.first, last: before.last + 120_000 })
  })

  it('a stream that can be resumed is connected', async () => {
    const phone = await own.client('dora', 'phone')
    const laptop = await own.client('dora', 'laptop')
    await enable(phone)
    phone.destroy()
    await expect.poll(() => own.command('session.countUserResources', { user: 'dora@localhost' })).toBe(2)
    expect(await withDevice(laptop, 'phone')).toMatchObject({ connected: 'true' })
  })

  it('tokens of FAST are shown as long as they hold', async () => {
    await register(own, 'erin')
    const first = await enters(own, 'erin', agentId, { inline: bind + wish })
    expect(await withDevice(first.client, 'Bench')).toMatchObject({ auth: ['password', 'fast'] })
    first.client.destroy()
    const again = await byToken(own, 'erin', agentId, tokenIn(first))
    if (again === undefined) throw new Error('the token was refused')
    expect(await withDevice(again.client, 'Bench')).toMatchObject({ auth: ['password', 'fast'], connected: 'true' })
    await passes(clock, 4 * 86_400_000)
    expect((await withDevice(await own.client('erin', 'other'), 'Bench')).auth).toEqual(['password'])
  })

  it('nobody is shown the clients of another', async () => {
    await own.client('fay', 'phone')
    const eve = await own.client('eve', 'phone')
    await eve.asks(`<list xmlns='${cam}'/>`, 'get', { to: 'fay@localhost', refused: 'forbidden' })
    await eve.asks(revoke('x'), 'set', { to: 'fay@localhost', refused: 'forbidden' })
  })

  it('clients are part of the personal data, and go with the account', async () => {
    const gina = await own.client('gina', 'phone')
    await gina.isHeard()
    const host = own.server.server.hostOf('localhost')
    if (host === undefined) throw new Error('no host')
    const user = Jid.parse('gina@localhost')
    const data = () => host.hooks.gather(personalData, { host, user })
    expect((await data()).find(({ name }) => name === 'clients')?.rows).toEqual([
      { software: '', device: 'phone', first_seen: expect.any(String), last_seen: expect.any(String) },
    ])
    await removeAccount(host, user)
    expect((await data()).find(({ name }) => name === 'clients')?.rows).toEqual([])
  })
})

describe('XEP-0494 §3.2 revoking access', () => {
  const own = ownServer(modules)

  it('password-reset-required: a client that knows the password stays', async () => {
    const phone = await own.client('alice', 'phone')
    const laptop = await own.client('alice', 'laptop')
    const { id } = await withDevice(laptop, 'phone')
    const error = await laptop.asks(revoke(id), 'set', { refused: 'service-unavailable' })
    expect(error.child('error')?.child('password-reset-required', cam)).toBeDefined()
    await phone.isHeard()
    expect(await withDevice(laptop, 'phone')).toMatchObject({ connected: 'true' })
  })

  it('with another password the session that is left can be ended, and its tokens are void', async () => {
    await register(own, 'bob')
    const lost = await enters(own, 'bob', otherAgent, { inline: bind + wish })
    const mine = await own.client('bob', 'mine')
    const change = `<query xmlns='jabber:iq:register'><username>bob</username><password>other</password></query>`
    await mine.asks(change, 'set', { to: 'localhost' })
    expect(await withDevice(mine, 'mine')).toMatchObject({ auth: ['password'] })
    const left = await withDevice(mine, 'Bench')
    expect(left).toMatchObject({ auth: [], connected: 'true' })
    await mine.asks(revoke(left.id), 'set')
    await isShutOut(lost.client)
    expect((await listOf(mine)).map(({ device }) => device)).toEqual(['mine'])
    expect(await byToken(own, 'bob', otherAgent, tokenIn(lost))).toBeUndefined()
    // Who signs in with the new password has access again.
    await enters(own, 'bob', otherAgent, { password: 'other' })
    expect(await withDevice(mine, 'Bench')).toMatchObject({ auth: ['password'] })
  })

  it('who is not there and has only the old password has no access any more', async () => {
    const phone = await own.client('carol', 'phone')
    const laptop = await own.client('carol', 'laptop')
    await phone.leaves()
    await expect.poll(async () => (await withDevice(laptop, 'phone')).connected).toBe('false')
    await own.command('account.changeUserPassword', { user: 'carol@localhost', newPassword: 'secret' })
    expect(await listOf(laptop)).toMatchObject([{ device: 'laptop', auth: [] }])
    const { id } = await withDevice(laptop, 'laptop')
    // The answer comes before the stream ends.
    await laptop.asks(revoke(id), 'set')
    await isShutOut(laptop)
  })

  it('what is no client is told of', async () => {
    const dora = await own.client('dora', 'phone')
    await dora.asks(revoke('nobody'), 'set', { refused: 'item-not-found' })
    await dora.asks(`<revoke xmlns='${cam}'/>`, 'set', { refused: 'bad-request' })
    await dora.asks(`<other xmlns='${cam}'/>`, 'set', { refused: 'not-allowed' })
  })
})

describe('XEP-0494 §3.2 tokens of a client that has been forgotten', () => {
  const clock = new SteppedClock()
  const keep = 'keep = { value = 1, unit = "days" }\n'
  const own = ownServer(
    `${modules.replace('access]\n', `access]\n${keep}`)}`.replace(
      'mod_fast_auth_token]\n',
      'mod_fast_auth_token]\nvalidity_period.access = { value = 30, unit = "days" }\n',
    ),
    { clock },
  )

  it('are shown as access without a session, and end when that is revoked', async () => {
    await register(own, 'alice')
    const first = await enters(own, 'alice', agentId, { inline: bind + wish })
    await first.client.leaves()
    const laptop = await own.client('alice', 'laptop')
    await expect.poll(async () => (await withDevice(laptop, 'Bench')).connected).toBe('false')
    for (let day = 0; day < 3; day++) await passes(clock, 86_400_000)
    await expect.poll(async () => (await listOf(laptop)).map(({ type }) => type).sort()).toEqual(['access', 'session'])
    const access = await withDevice(laptop, undefined)
    expect(access).toMatchObject({ connected: 'false', auth: ['fast'], software: undefined })
    // Who is there all the time is not forgotten.
    expect(await withDevice(laptop, 'laptop')).toMatchObject({ auth: ['password'] })
    await laptop.asks(revoke(access.id), 'set')
    expect(await byToken(own, 'alice', agentId, tokenIn(first))).toBeUndefined()
    expect(await listOf(laptop)).toHaveLength(1)
  })
})

describe('mod_client_access', () => {
  const secret = 'a secret that is long enough for every algorithm that there is, and more'
  const own = ownServer(`${modules.replace('access]\n', 'access]\nmax_clients = 2\nkeep_names = false\n')}
[auth]
methods = ["jwt"]
[auth.jwt]
secret.value = "${secret}"
algorithm = "HS256"
username_key = "name"
`)

  it('keeps so many clients, and no names where it is told so; grants cannot be taken back here', async () => {
    const bearer = await new SignJWT({ name: 'lena' })
      .setProtectedHeader({ alg: 'HS256' })
      .setExpirationTime('1 hour')
      .sign(new TextEncoder().encode(secret))
    const arrive = async (agent: string) => {
      const client = await dial(own)
      sendAuthenticate(client, 'OAUTHBEARER', `n,,\x01auth=Bearer ${bearer}\x01\x01`, { agent, inline: bind })
      const { element } = await client.receives(`<success xmlns='${sasl2}'>{any}</success>`)
      return (await entered(client, element)).client
    }
    for (const digit of ['1', '2', '3']) await (await arrive(agentId.replace('d', digit))).leaves()
    const last = await arrive(agentId)
    await expect.poll(async () => (await listOf(last)).length).toBe(2)
    const [one, two] = await listOf(last)
    for (const each of [one, two])
      expect(each).toMatchObject({ auth: ['grant'], software: undefined, device: undefined })
    const error = await last.asks(revoke(two?.id ?? ''), 'set', { refused: 'service-unavailable' })
    expect(error.child('error')?.child('password-reset-required', cam)).toBeUndefined()
    expect(error.child('error')?.child('text', NS.stanzaErrors)?.text()).toContain('granted elsewhere')
  })
})
