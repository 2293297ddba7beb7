import { createHmac } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Jid } from '../../src/jid/jid.ts'
import { authTokenApi } from '../../src/modules/auth-token/api.ts'
import { removeAccount } from '../../src/router/accounts.ts'
import { personalData } from '../../src/router/events.ts'
import type { Host } from '../../src/router/host.ts'
import { Client } from '../support/client.ts'
import { FileServer } from '../support/file-server.ts'
import type { OwnTestServer } from '../support/server.ts'
import { mechanismsOf, openSecure, sendAuth } from '../support/sign-in.ts'
import { attempt, attemptOn, bindOn, readyStream, startAuthServer } from '../support/sign-in-attempt.ts'
import { RawStream } from '../support/stream.ts'
import { NS } from '../support/xml.ts'

const ns = 'erlang-solutions.com:xmpp:token-auth:0'
const sharedKey = 'a key of an outside system\n'
const base = '[modules.mod_disco]\n[modules.mod_ping]\n'
let folder: string
let server: OwnTestServer

const sections = (more = '') => `
[modules.mod_sasl2]
[modules.mod_vcard]
[modules.mod_keystore]
keys = [
  { name = "token_secret", type = "ram" },
  { name = "provision_pre_shared", type = "file", path = ${JSON.stringify(join(folder, 'shared'))} },
]
[modules.mod_auth_token]
${more}
`

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'meerkat-tokens-'))
  await writeFile(join(folder, 'shared'), sharedKey)
  server = await startAuthServer(base + sections())
  for (const name of ['alice', 'bob', 'gone', 'carol']) await server.registerUser(name, 'secret')
})
afterAll(async () => {
  await server.stop()
  await rm(folder, { recursive: true, force: true })
})

const signIn = (name: string, at = server) =>
  Client.signIn(at, { local: name, password: 'secret' }, 'pc', { transport: 'tls' })

async function tokensOf(name: string, at = server): Promise<{ access: string; refresh: string }> {
  const pc = await signIn(name, at)
  const answer = await pc.asks(`<query xmlns='${ns}'/>`, 'get', { to: `${name}@localhost` })
  pc.destroy()
  const items = answer.child('items', ns)
  const text = (kind: string) => items?.child(kind, ns)?.text() ?? ''
  return { access: text('access_token'), refresh: text('refresh_token') }
}

const raw = (token: string) => Buffer.from(token, 'base64').toString('latin1')
const outcome = (token: string, at = server) => attempt(at, 'X-OAUTH', raw(token))

function provision(jid: string, card: string, seconds: number, key = sharedKey): string {
  const expiry = Math.floor(Date.now() / 1000) + 62_167_219_200 + seconds
  const body = ['provision', jid, String(expiry), card].join('\0')
  return Buffer.from(`${body}\0${createHmac('sha384', key).update(body).digest('hex')}`).toString('base64')
}

describe('mod_auth_token', () => {
  it('announces itself and gives tokens in the form of MongooseIM', async () => {
    const pc = await signIn('alice')
    const info = await pc.asks(`<query xmlns='http://jabber.org/protocol/disco#info'/>`, 'get', { to: 'localhost' })
    expect(`${info}`).toContain(`<feature var='${ns}'/>`)
    pc.destroy()
    const { access, refresh } = await tokensOf('alice')
    expect(raw(access).split('\0')).toEqual([
      'access',
      'alice@localhost',
      expect.stringMatching(/^\d{11}$/),
      expect.any(String),
    ])
    expect(raw(refresh).split('\0')).toHaveLength(5)
  })

  it('signs in with an access token, and with a refresh token that gives a new access token', async () => {
    const { access, refresh } = await tokensOf('alice')
    const { stream, offered } = await readyStream(server)
    expect(offered).toContain('X-OAUTH')
    expect(await attemptOn(stream, 'X-OAUTH', raw(access))).toBe('success')
    expect(await bindOn(stream, 'tok')).toBe('alice@localhost/tok')
    stream.destroy()
    const again = await readyStream(server)
    sendAuth(again.stream, 'X-OAUTH', refresh)
    const success = await again.stream.receives(`<success xmlns='${NS.sasl}'>{data}</success>`)
    again.stream.destroy()
    expect(await outcome(success.text.data ?? '')).toBe('success')
  })

  it('signs in over SASL2 too', async () => {
    const { refresh } = await tokensOf('alice')
    const { stream } = await readyStream(server)
    stream.send(
      `<authenticate xmlns='urn:xmpp:sasl:2' mechanism='X-OAUTH'><initial-response>${refresh}</initial-response></authenticate>`,
    )
    const { text } = await stream.receives(
      `<success xmlns='urn:xmpp:sasl:2'><additional-data>{data}</additional-data>{any}</success>`,
    )
    stream.destroy()
    expect(raw(text.data ?? '').startsWith('access\0alice@localhost\0')).toBe(true)
  })

  it('refuses a token with any byte changed, and what is no token', async () => {
    const { access } = await tokensOf('alice')
    const bytes = Buffer.from(access, 'base64')
    const places = [0, 6, 8, bytes.indexOf(0, 8) + 3, bytes.length - 1]
    for (const place of places) {
      const changed = Buffer.from(bytes)
      changed[place] = (changed[place] ?? 0) ^ 1
      expect(await outcome(changed.toString('base64'))).toBe('not-authorized')
    }
    for (const text of ['x', 'access\0alice@localhost', '\0\0\0', ''])
      expect(await attempt(server, 'X-OAUTH', text)).toBe('not-authorized')
  })

  it('refuses refresh tokens from before a revocation, and takes those from after it', async () => {
    const before = await tokensOf('alice')
    expect(await server.server.commands.run('token.revokeToken', { user: 'alice@localhost' })).toBe('Revoked.')
    expect(await outcome(before.refresh)).toBe('not-authorized')
    expect(await outcome(before.access)).toBe('success')
    expect(await outcome((await tokensOf('alice')).refresh)).toBe('success')
    const nothing = server.server.commands.run('token.revokeToken', { user: 'carol@localhost' })
    await expect(nothing).rejects.toMatchObject({ code: 'not_found', message: 'User or token not found' })
  })

  it('gives tokens to administrators; another password revokes', async () => {
    const pair = (await server.server.commands.run('token.requestToken', { user: 'bob@localhost' })) as {
      refresh: string
    }
    expect(await outcome(pair.refresh)).toBe('success')
    await server.server.commands.run('account.changeUserPassword', { user: 'bob@localhost', newPassword: 'other' })
    expect(await outcome(pair.refresh)).toBe('not-authorized')
    const nobody = server.server.commands.run('token.requestToken', { user: 'nobody@localhost' })
    await expect(nobody).rejects.toMatchObject({ code: 'not_found' })
  })

  it('forgets a removed account, whose tokens are not for the next of its name', async () => {
    const host = server.server.hostOf('localhost') as Host
    const user = Jid.parse('gone@localhost')
    const { access, refresh } = await tokensOf('gone')
    expect(await host.hooks.gather(personalData, { host, user })).toContainEqual({
      name: 'tokens',
      rows: [{ kind: 'X-OAUTH', counter: expect.any(Number) }],
    })
    await removeAccount(host, user)
    expect(await server.server.moduleApi('localhost', authTokenApi)?.revoke(user)).toBe(false)
    for (const token of [access, refresh]) expect(await outcome(token)).toBe('not-authorized')
  })

  it('takes provision tokens of an outside system, with their vCard', async () => {
    const card = "<vCard xmlns='vcard-temp'><FN>Alice &amp; Co</FN></vCard>"
    expect(await outcome(provision('alice@localhost/x', card, 60))).toBe('success')
    const pc = await signIn('alice')
    expect(`${await pc.asks("<vCard xmlns='vcard-temp'/>")}`).toContain('Alice &amp; Co')
    pc.destroy()
    expect(await outcome(provision('alice@localhost', card, 60, 'another key'))).toBe('not-authorized')
    expect(await outcome(provision('alice@localhost', card, 0))).toBe('not-authorized')
    expect(await outcome(provision('alice@elsewhere.example', card, 60))).toBe('not-authorized')
    expect(await outcome(provision('alice@localhost', '<no card', 60))).toBe('success')
  })

  it('is about no other server: a foreign key signs nothing', async () => {
    const other = await startAuthServer(base + sections())
    await other.registerUser('alice', 'secret')
    const { access } = await tokensOf('alice', other)
    expect(await outcome(access, other)).toBe('success')
    expect(await outcome(access)).toBe('not-authorized')
    await other.stop()
  })

  it('takes times in the form of 4.0.0; what lasts 0 seconds has expired', async () => {
    const times = `
[[modules.mod_auth_token.validity_period]]
token = "access"
value = 0
unit = "seconds"
[[modules.mod_auth_token.validity_period]]
token = "refresh"
value = 1
unit = "minutes"
[[modules.mod_auth_token.validity_period]]
token = "provision"
value = 1
unit = "days"
`
    const other = await startAuthServer(base + sections(times))
    await other.registerUser('alice', 'secret')
    const { access, refresh } = await tokensOf('alice', other)
    expect(await outcome(access, other)).toBe('not-authorized')
    expect(await outcome(refresh, other)).toBe('success')
    const left = Number(raw(refresh).split('\0')[2]) - 62_167_219_200 - Date.now() / 1000
    expect(left).toBeGreaterThan(30)
    expect(left).toBeLessThanOrEqual(60)
    await other.stop()
  })

  it('offers nothing when it does not run, or auth.sasl_mechanisms leaves it out', async () => {
    const without = await startAuthServer('')
    expect((await readyStream(without)).offered).not.toContain('X-OAUTH')
    await without.stop()
    const narrow = await startAuthServer(`[auth]\nsasl_mechanisms = ["plain"]\n${base}${sections()}`)
    expect((await readyStream(narrow)).offered).toEqual(['PLAIN'])
    await narrow.stop()
  })

  it('does not start without its key', async () => {
    await expect(startAuthServer('[modules.mod_auth_token]')).rejects.toThrow('token_secret in mod_keystore')
  })

  it('is gone from disco, and from what is offered, once it has stopped', async () => {
    const config = (more: string) => `
[general]
hosts = ["localhost"]
loglevel = "none"
[[listen.c2s]]
port = 0
ip_address = "127.0.0.1"
tls.mode = "starttls"
[auth.password]
scram_iterations = 4096
[modules.mod_ping]
[modules.mod_disco]
${more}`
    await using files = await FileServer.start(config(sections()))
    const pc = await files.client('alice')
    const info = `<query xmlns='http://jabber.org/protocol/disco#info'/>`
    const offered = async () => {
      const stream = await RawStream.connect(pc.address, 'tcp')
      const names = mechanismsOf(await openSecure(stream))
      stream.destroy()
      return names
    }
    expect(`${await pc.asks(info, 'get', { to: 'localhost' })}`).toContain(ns)
    expect(await offered()).toContain('X-OAUTH')
    await files.reload(config(''))
    expect(`${await pc.asks(info, 'get', { to: 'localhost' })}`).not.toContain(ns)
    expect(await offered()).not.toContain('X-OAUTH')
  })
})

describe('mod_keystore', () => {
  const start = async (keys: string, more = '') =>
    startAuthServer(`[modules.mod_keystore]\n${more}\nkeys = [${keys}]\n`)

  it('refuses a name twice, a file key without a file, and a file that is not there', async () => {
    const ram = '{ name = "a", type = "ram" }'
    await expect(start(`${ram}, ${ram}`)).rejects.toThrow('There is a key of this name')
    await expect(start('{ name = "a", type = "file" }')).rejects.toThrow('This key is required here: path')
    await expect(start('{ name = "a", type = "file", path = "/nowhere/at/all" }')).rejects.toThrow('/nowhere/at/all')
  })

  it('takes the backends of MongooseIM, the older name of the path, and keys without bytes', async () => {
    const file = JSON.stringify(join(folder, 'shared'))
    const own = await start(`{ name = "a", type = "file", file = ${file} }`, 'backend = "cets"\nram_key_size = 0')
    await own.stop()
    await (await start('', 'backend = "mnesia"')).stop()
  })
})
