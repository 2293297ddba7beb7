import { pbkdf2Sync } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Jid } from '../../src/jid/jid.ts'
import { removeAccount } from '../../src/router/accounts.ts'
import { fast, sendToken } from '../support/hashed-token.ts'
import { agentId, authenticate2, identityOf, offerOf, proveScram, sasl2, sendAuthenticate } from '../support/sasl2.ts'
import { type OwnTestServer, startTestServer } from '../support/server.ts'
import { fromBase64, openSecure } from '../support/sign-in.ts'
import { type Cast, type StoryOptions, story, type User } from '../support/story.ts'
import { RawStream } from '../support/stream.ts'
import { NS, type XmlNode } from '../support/xml.ts'

/** Ways that are encrypted. */
const secure: StoryOptions = {
  over: ['tcp', 'tls'],
  leavesOut: { prosody: 'has no upgrades', ejabberd: 'differs in its answers' },
}
const task = 'UPGR-SCRAM-SHA-512'
const scramUpgrade = 'urn:xmpp:scram-upgrade:0'
const wish = (name = task) => `<upgrade xmlns='urn:xmpp:sasl:upgrade:0'>${name}</upgrade>`
const next = (name = task) => `<next xmlns='${sasl2}' task='${name}'/>`
const failure = (condition: string) => `<failure xmlns='${sasl2}'><${condition} xmlns='${NS.sasl}'/>{any}</failure>`

async function ready({ connect }: Pick<Cast, 'connect'>): Promise<{ stream: RawStream; features: XmlNode }> {
  const stream = await connect()
  return { stream, features: await openSecure(stream) }
}

/** From the wish to the server's salt. */
async function salted(stream: RawStream, user: Pick<User, 'local' | 'password'>, name = task) {
  const mechanism = 'SCRAM-SHA-1'
  const client = await proveScram(stream, user, { mechanism, inline: wish(name) })
  const { element } = await stream.receives(`<continue xmlns='${sasl2}'>{any}</continue>`)
  stream.send(next(name))
  const data = await stream.receives(
    `<task-data xmlns='${sasl2}'><salt xmlns='${scramUpgrade}' iterations='{iterations}'>{salt}</salt></task-data>`,
  )
  const { iterations = '', salt = '' } = data.text
  return { client, element, iterations: Number(iterations), salt: Buffer.from(salt, 'base64') }
}

function sendHash(stream: RawStream, hash: string): void {
  stream.send(`<task-data xmlns='${sasl2}'><hash xmlns='${scramUpgrade}'>${hash}</hash></task-data>`)
}

/** Plays the whole upgrade and gives the success. */
async function upgrade(stream: RawStream, user: Pick<User, 'local' | 'password'>, name = task): Promise<XmlNode> {
  const { iterations, salt } = await salted(stream, user, name)
  const digest = name.slice(-3) === '512' ? 'sha512' : 'sha256'
  const bytes = digest === 'sha512' ? 64 : 32
  sendHash(stream, pbkdf2Sync(user.password, salt, iterations, bytes, digest).toString('base64'))
  return (await stream.receives(`<success xmlns='${sasl2}'>{any}</success>`)).element
}

describe('XEP-0480 upgrade tasks', () => {
  story('§2.1 they are named beside the mechanisms of SASL2', secure, async (cast) => {
    const { features } = await ready(cast)
    const names = offerOf(features)
      ?.elements()
      .filter((node) => node.name === 'upgrade')
      .map((node) => node.text())
    expect(names).toEqual(['UPGR-SCRAM-SHA-256', 'UPGR-SCRAM-SHA-512'])
  })

  story('§3 after its proof a client hashes its password once more, then comes its success', secure, async (cast) => {
    const { alice } = cast
    const { stream } = await ready(cast)
    const { client, element, iterations, salt } = await salted(stream, alice)
    expect(client.isProven(fromBase64(element.child('additional-data')?.text()))).toBe(true)
    expect(
      element
        .child('tasks')
        ?.elements()
        .map((node) => node.text()),
    ).toEqual([task])
    expect(salt.length).toBeGreaterThanOrEqual(16)
    expect(iterations).toBeGreaterThanOrEqual(4096)
    sendHash(stream, pbkdf2Sync(alice.password, salt, iterations, 64, 'sha512').toString('base64'))
    const success = (await stream.receives(`<success xmlns='${sasl2}'>{any}</success>`)).element
    expect(identityOf(success)).toBe(alice.jid)
    expect(success.child('additional-data')).toBeUndefined()
    await stream.receivesFeatures()
  })

  story('what is there already is not asked for', secure, async (cast) => {
    const { alice } = cast
    await upgrade((await ready(cast)).stream, alice)
    await authenticate2((await ready(cast)).stream, alice, { inline: wish() })
    await authenticate2((await ready(cast)).stream, alice, { inline: wish('UPGR-SCRAM-SHA-256') })
  })

  story('unknown tasks and no wish at all change nothing', secure, async (cast) => {
    const { alice } = cast
    await authenticate2((await ready(cast)).stream, alice, { inline: wish('UPGR-BLOOP-42') })
    await authenticate2((await ready(cast)).stream, alice)
  })

  story('binding waits for the tasks', secure, async (cast) => {
    const { alice } = cast
    const { stream } = await ready(cast)
    const inline = `${wish()}<bind xmlns='urn:xmpp:bind:0'/>`
    sendAuthenticate(stream, 'PLAIN', `\0${alice.local}\0${alice.password}`, { inline })
    await stream.receives(`<continue xmlns='${sasl2}'><tasks><task>${task}</task></tasks></continue>`)
    stream.send(next())
    await stream.receives(`<task-data xmlns='${sasl2}'>{any}</task-data>`)
    sendHash(stream, Buffer.alloc(64, 1).toString('base64'))
    const { element } = await stream.receives(`<success xmlns='${sasl2}'>{any}</success>`)
    expect(identityOf(element)).toMatch(new RegExp(`^${alice.jid}/.`))
  })

  const bad: readonly [string, string][] = [
    ['nothing', ''],
    ['not base64', '*'],
    ['too short', 'eA=='],
  ]
  for (const [what, hash] of bad) {
    story(`malformed-request: the hash is ${what}; the client may try again`, secure, async (cast) => {
      const { alice } = cast
      const { stream } = await ready(cast)
      await salted(stream, alice)
      sendHash(stream, hash)
      await stream.receives(failure('malformed-request'))
      await authenticate2(stream, alice)
    })
  }

  story('malformed-request: another task than the one named', secure, async (cast) => {
    const { alice } = cast
    const { stream } = await ready(cast)
    await proveScram(stream, alice, { inline: wish() })
    await stream.receives(`<continue xmlns='${sasl2}'>{any}</continue>`)
    stream.send(next('UPGR-SCRAM-SHA-256'))
    await stream.receives(failure('malformed-request'))
  })

  story('aborted: a client gives up', secure, async (cast) => {
    const { alice } = cast
    const { stream } = await ready(cast)
    await proveScram(stream, alice, { inline: wish() })
    await stream.receives(`<continue xmlns='${sasl2}'>{any}</continue>`)
    stream.send(`<abort xmlns='${sasl2}'/>`)
    await stream.receives(failure('aborted'))
  })

  story('not-authorized: a stanza while a task goes on', secure, async (cast) => {
    const { alice } = cast
    const { stream } = await ready(cast)
    await proveScram(stream, alice, { inline: wish() })
    await stream.receives(`<continue xmlns='${sasl2}'>{any}</continue>`)
    stream.send('<message/>')
    await stream.receivesStreamError('not-authorized')
  })

  story('who signs in by a token cannot set keys', secure, async (cast) => {
    const { alice } = cast
    const mechanism = 'HT-SHA-256-NONE'
    const inline = `<request-token xmlns='${fast}' mechanism='${mechanism}'/>`
    const success = await authenticate2((await ready(cast)).stream, alice, { agent: agentId, inline })
    const token = success.child('token', fast)?.attr('token') ?? ''
    const { stream } = await ready(cast)
    sendToken(stream, { local: alice.local, token, mechanism, agent: agentId, inline: wish() })
    await stream.receives(`<success xmlns='${sasl2}'>{any}</success>`)
  })
})

describe('XEP-0480 the keys that an upgrade brings', () => {
  const config = (hashes: string) => `
[general]
hosts = ["localhost"]
loglevel = "error"
[[listen.c2s]]
port = 0
ip_address = "127.0.0.1"
tls.mode = "tls"
[auth.password]
hash = ${hashes}
scram_iterations = 4096
[modules.mod_sasl2]
`
  const lena = { local: 'lena', password: 'secret' }
  const connected = (server: OwnTestServer) => ready({ connect: () => RawStream.connect(server, 'tls') })

  it('sign in, once the configuration wants them; the old ones still do', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'meerkat-upgrade-'))
    const before = await startTestServer({ config: config('["sha"]'), folder })
    await before.registerUser(lena.local, lena.password)
    await upgrade((await connected(before)).stream, lena, 'UPGR-SCRAM-SHA-256')
    await before.stop()
    const after = await startTestServer({ config: config('["sha", "sha256"]'), folder })
    for (const mechanism of ['SCRAM-SHA-1', 'SCRAM-SHA-256', 'PLAIN']) {
      await authenticate2((await connected(after)).stream, lena, { mechanism })
    }
    const host = after.server.hostOf('localhost')
    if (host !== undefined) await removeAccount(host, Jid.parse('lena@localhost'))
    await after.stop()
    await rm(folder, { recursive: true, force: true })
  })
})
