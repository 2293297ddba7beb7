import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Jid } from '../../src/jid/jid.ts'
import { removeAccount } from '../../src/router/accounts.ts'
import { personalData } from '../../src/router/events.ts'
import { fast, sendToken, type TokenLogin, tokenProof } from '../support/hashed-token.ts'
import {
  agentId,
  authenticate2,
  identityOf,
  inlineOf,
  sasl2,
  sasl2Mechanisms,
  sendAuthenticate,
} from '../support/sasl2.ts'
import { type OwnTestServer, startTestServer } from '../support/server.ts'
import { mechanismsOf, openSecure } from '../support/sign-in.ts'
import { type Cast, type StoryOptions, story, type User } from '../support/story.ts'
import { RawStream } from '../support/stream.ts'
import { NS, type XmlNode } from '../support/xml.ts'

/** Ways that are encrypted. */
const secure: StoryOptions = {
  over: ['tcp', 'tls'],
  leavesOut: { prosody: 'has no FAST', ejabberd: 'differs in its answers' },
}
const otherAgent = agentId.replace('d', 'e')
const none = 'HT-SHA-256-NONE'

const failure = (condition: string) => `<failure xmlns='${sasl2}'><${condition} xmlns='${NS.sasl}'/>{any}</failure>`
const wish = (mechanism = none) => `<request-token xmlns='${fast}' mechanism='${mechanism}'/>`

async function ready({ connect }: Pick<Cast, 'connect'>): Promise<RawStream> {
  const stream = await connect()
  await openSecure(stream)
  return stream
}

function tokenIn(success: XmlNode): string | undefined {
  return success.child('token', fast)?.attr('token')
}

/** Signs in by password and asks for a token. */
async function tokenFor(cast: Cast, user: User, mechanism = none, agent = agentId): Promise<string> {
  const success = await authenticate2(await ready(cast), user, { mechanism: 'PLAIN', agent, inline: wish(mechanism) })
  return tokenIn(success) ?? ''
}

/** Tries a token on a new connection; a success or a failure comes back. */
async function answerTo(cast: Cast, login: TokenLogin): Promise<XmlNode> {
  const stream = await ready(cast)
  sendToken(stream, login)
  const item = await stream.next()
  if (item.kind !== 'element') throw stream.complain('an element was expected')
  return item.element
}

async function isTaken(cast: Cast, login: TokenLogin): Promise<boolean> {
  return (await answerTo(cast, login)).name === 'success'
}

const conditionOf = (answer: XmlNode): string | undefined => answer.elements()[0]?.name

describe('XEP-0484 §3.1 the offer', () => {
  story('stands inside SASL2, and its mechanisms stand in no other list', secure, async ({ connect }) => {
    const features = await openSecure(await connect())
    const names =
      inlineOf(features)
        ?.child('fast', fast)
        ?.elements()
        .map((node) => node.text()) ?? []
    for (const hash of ['SHA-256', 'SHA-384', 'SHA-512', 'SHA-3-256', 'SHA-3-384', 'SHA-3-512']) {
      for (const binding of ['NONE', 'EXPR', 'ENDP']) expect(names).toContain(`HT-${hash}-${binding}`)
    }
    const listed = [...mechanismsOf(features), ...sasl2Mechanisms(features)]
    expect(listed.filter((name) => name.startsWith('HT-'))).toEqual([])
  })
})

describe('XEP-0484 §3.2 getting a token', () => {
  for (const mechanism of ['PLAIN', 'SCRAM-SHA-256']) {
    story(`${mechanism}: the success brings a token and its end`, secure, async (cast) => {
      const { alice } = cast
      const success = await authenticate2(await ready(cast), alice, { mechanism, agent: agentId, inline: wish() })
      const token = success.child('token', fast)
      expect(Buffer.from(token?.attr('token') ?? '', 'base64').length).toBe(25)
      const hours = (Date.parse(token?.attr('expiry') ?? '') - Date.now()) / 3_600_000
      expect(hours).toBeGreaterThan(71)
      expect(hours).toBeLessThanOrEqual(72)
      expect(token?.attr('expire')).toBe(token?.attr('expiry'))
    })
  }

  story('malformed-request: it is not said for which installation', secure, async (cast) => {
    const { alice } = cast
    const stream = await ready(cast)
    sendAuthenticate(stream, 'PLAIN', `\0${alice.local}\0${alice.password}`, { inline: wish() })
    const { element } = await stream.receives(failure('malformed-request'))
    expect(element.child('text')?.text()).toBe('User agent required')
  })

  story('an unknown mechanism brings no token, and the login succeeds', secure, async (cast) => {
    const { alice } = cast
    const options = { agent: agentId, inline: wish('HT-MD5-NONE') }
    expect(tokenIn(await authenticate2(await ready(cast), alice, options))).toBeUndefined()
  })

  story('who does not ask gets none', secure, async (cast) => {
    const { alice } = cast
    expect(tokenIn(await authenticate2(await ready(cast), alice, { agent: agentId }))).toBeUndefined()
  })

  story('asking again gives another, and the first still works', secure, async (cast) => {
    const { alice } = cast
    const login = { local: alice.local, mechanism: none, agent: agentId }
    const first = await tokenFor(cast, alice)
    // Used once, it is the current token; the one asked for after that waits beside it.
    expect(await isTaken(cast, { ...login, token: first })).toBe(true)
    const second = await tokenFor(cast, alice)
    expect(second).not.toBe(first)
    expect(await isTaken(cast, { ...login, token: first })).toBe(true)
    expect(await isTaken(cast, { ...login, token: second })).toBe(true)
    expect(await isTaken(cast, { ...login, token: first })).toBe(false)
  })
})

describe('XEP-0484 §3.3 signing in by a token', () => {
  const hashes = ['SHA-256', 'SHA-384', 'SHA-512', 'SHA3-256', 'SHA3-384', 'SHA3-512', 'SHA-3-256']
  for (const mechanism of [...hashes.map((hash) => `HT-${hash}-NONE`), 'HT-SHA-256-EXPR', 'HT-SHA-256-ENDP']) {
    story(`${mechanism} works again and again, and the server proves itself`, secure, async (cast) => {
      const { alice } = cast
      const token = await tokenFor(cast, alice, mechanism)
      for (let time = 1; time <= 3; time++) {
        const stream = await ready(cast)
        sendToken(stream, {
          local: alice.local,
          token,
          mechanism,
          agent: agentId,
          inline: `<bind xmlns='urn:xmpp:bind:0'/>`,
        })
        const { element } = await stream.receives(`<success xmlns='${sasl2}'>{any}</success>`)
        expect(identityOf(element)).toMatch(new RegExp(`^${alice.jid}/.`))
        expect(tokenIn(element)).toBeUndefined()
        const proof = tokenProof(stream, mechanism, token, 'Responder').toString('base64')
        expect(element.child('additional-data')?.text()).toBe(proof)
      }
    })
  }

  story(
    'not-authorized: a wrong token, an unknown user, another mechanism, another installation',
    secure,
    async (cast) => {
      const { alice } = cast
      const token = await tokenFor(cast, alice)
      const login = { local: alice.local, token, mechanism: none, agent: agentId }
      const attempts: Partial<TokenLogin>[] = [
        { token: 'wrong' },
        { local: cast.stranger() },
        { mechanism: 'HT-SHA-512-NONE' },
        { mechanism: 'HT-SHA-256-EXPR' },
        { agent: otherAgent },
      ]
      for (const change of attempts) {
        expect(conditionOf(await answerTo(cast, { ...login, ...change }))).toBe('not-authorized')
      }
      expect(await isTaken(cast, login)).toBe(true)
    },
  )

  story('no-user-agent: the installation is not told', secure, async (cast) => {
    const { alice } = cast
    const token = await tokenFor(cast, alice)
    const answer = await answerTo(cast, { local: alice.local, token, mechanism: none })
    expect(conditionOf(answer)).toBe('no-user-agent')
  })

  story('invalid-mechanism: by classic SASL there is no such thing', secure, async (cast) => {
    const stream = await ready(cast)
    stream.send(`<auth xmlns='${NS.sasl}' mechanism='${none}'>eA==</auth>`)
    await stream.receives(`<failure xmlns='${NS.sasl}'><invalid-mechanism/>{any}</failure>`)
  })

  for (const payload of ['no separator', '', '\0no name']) {
    story(`malformed-request: "${payload.replace('\0', '␀')}"`, secure, async (cast) => {
      const stream = await ready(cast)
      sendAuthenticate(stream, none, payload, { agent: agentId })
      await stream.receives(failure('malformed-request'))
    })
  }

  story('after a failed token the password can be tried on the same stream', secure, async (cast) => {
    const { alice } = cast
    const stream = await ready(cast)
    sendToken(stream, { local: alice.local, token: 'old', mechanism: none, agent: agentId })
    await stream.receives(failure('not-authorized'))
    await authenticate2(stream, alice)
  })
})

describe('XEP-0484 §3.3 the count', () => {
  story('must grow, and what is refused changes nothing', secure, async (cast) => {
    const { alice } = cast
    const login = { local: alice.local, token: await tokenFor(cast, alice), mechanism: none, agent: agentId }
    const answers: string[] = []
    for (const count of [5, 5, 4, 6, 0, 100, 7]) {
      answers.push((await answerTo(cast, { ...login, fast: `count='${count}'` })).name)
    }
    expect(answers).toEqual(['success', 'failure', 'failure', 'success', 'failure', 'success', 'failure'])
    expect(await isTaken(cast, login)).toBe(true)
  })

  story('of two logins at once with one count a single one succeeds', secure, async (cast) => {
    const { alice } = cast
    const login = {
      local: alice.local,
      token: await tokenFor(cast, alice),
      mechanism: none,
      agent: agentId,
      fast: `count='1'`,
    }
    const both = await Promise.all([isTaken(cast, login), isTaken(cast, login)])
    expect(both.filter(Boolean).length).toBe(1)
  })

  for (const count of ['x', '1.5', '-1', '']) {
    story(`malformed-request: "${count}" is no count`, secure, async (cast) => {
      const { alice } = cast
      const login = { local: alice.local, token: 'any', mechanism: none, agent: agentId }
      const answer = await answerTo(cast, { ...login, fast: `count='${count}'` })
      expect(conditionOf(answer)).toBe('malformed-request')
    })
  }
})

describe('XEP-0484 §3.5 invalidation', () => {
  for (const value of ['true', '1']) {
    story(`"${value}" ends both tokens of the installation and no other`, secure, async (cast) => {
      const { alice } = cast
      const login = { local: alice.local, mechanism: none, agent: agentId }
      const first = await tokenFor(cast, alice)
      await answerTo(cast, { ...login, token: first })
      const second = await tokenFor(cast, alice)
      const elsewhere = await tokenFor(cast, alice, none, otherAgent)
      expect(await isTaken(cast, { ...login, token: first, fast: `invalidate='${value}'` })).toBe(true)
      expect(await isTaken(cast, { ...login, token: first })).toBe(false)
      expect(await isTaken(cast, { ...login, token: second })).toBe(false)
      expect(await isTaken(cast, { ...login, token: elsewhere, agent: otherAgent })).toBe(true)
    })
  }

  story('with request-token a new one takes their place', secure, async (cast) => {
    const { alice } = cast
    const login = { local: alice.local, mechanism: none, agent: agentId }
    const first = await tokenFor(cast, alice)
    const fresh =
      tokenIn(await answerTo(cast, { ...login, token: first, fast: `invalidate='1'`, inline: wish() })) ?? ''
    expect(await isTaken(cast, { ...login, token: first })).toBe(false)
    expect(await isTaken(cast, { ...login, token: fresh })).toBe(true)
  })
})

describe('mod_fast_auth_token: another password', () => {
  story('ends the tokens that the old one has brought', secure, async (cast) => {
    const { alice } = cast
    const token = await tokenFor(cast, alice)
    const pc = await alice.client('pc')
    const query = `<query xmlns='jabber:iq:register'><username>${alice.local}</username><password>quite another 17</password></query>`
    await pc.asks(query, 'set', { to: alice.domain })
    expect(await isTaken(cast, { local: alice.local, token, mechanism: none, agent: agentId })).toBe(false)
  })
})

describe('XEP-0484 §3.4 rotation and the end of tokens', () => {
  const config = (access: string, rotate: string) => `
[general]
hosts = ["localhost"]
loglevel = "error"
[[listen.c2s]]
port = 0
ip_address = "127.0.0.1"
tls.mode = "tls"
[auth.password]
scram_iterations = 4096
[modules.mod_bind2]
[modules.mod_fast_auth_token.validity_period]
access = ${access}
rotate_before_expire = ${rotate}
`
  const servers: OwnTestServer[] = []
  beforeAll(async () => {
    const due = config('{value = 3, unit = "days"}', '{value = 96, unit = "hours"}')
    const over = config('{value = 0, unit = "seconds"}', '{value = 0, unit = "seconds"}')
    servers.push(await startTestServer({ config: due }), await startTestServer({ config: over }))
    for (const server of servers) await server.registerUser('lena', 'secret')
  })
  afterAll(async () => {
    for (const server of servers) await server.stop()
  })

  async function first(server: OwnTestServer | undefined): Promise<{ cast: Pick<Cast, 'connect'>; token: string }> {
    if (server === undefined) throw new Error('no server')
    const cast = {
      async connect() {
        return RawStream.connect(server, 'tls')
      },
    }
    const stream = await ready(cast)
    const options = { mechanism: 'PLAIN', agent: agentId, inline: wish() }
    const success = await authenticate2(stream, { local: 'lena', password: 'secret' }, options)
    stream.destroy()
    return { cast, token: tokenIn(success) ?? '' }
  }

  const login = { local: 'lena', mechanism: none, agent: agentId }

  it('a token that ends soon is followed by another unasked, and both work until the other is used', async () => {
    const { cast, token } = await first(servers[0])
    const next = tokenIn(await answerTo(cast as Cast, { ...login, token }))
    expect(next).toBeTruthy()
    expect(next).not.toBe(token)
    const third = tokenIn(await answerTo(cast as Cast, { ...login, token }))
    expect(await isTaken(cast as Cast, { ...login, token })).toBe(true)
    const latest = tokenIn(await answerTo(cast as Cast, { ...login, token })) ?? ''
    expect(new Set([token, next, third, latest]).size).toBe(4)
    expect(await isTaken(cast as Cast, { ...login, token: latest })).toBe(true)
    expect(await isTaken(cast as Cast, { ...login, token })).toBe(false)
  })

  it('invalidation brings no other token, however soon it ends', async () => {
    const { cast, token } = await first(servers[0])
    const success = await answerTo(cast as Cast, { ...login, token, fast: `invalidate='true'` })
    expect(success.name).toBe('success')
    expect(tokenIn(success)).toBeUndefined()
  })

  it('§4.1 credentials-expired: a token whose time is over; a wrong one is not-authorized', async () => {
    const { cast, token } = await first(servers[1])
    expect(conditionOf(await answerTo(cast as Cast, { ...login, token }))).toBe('credentials-expired')
    expect(conditionOf(await answerTo(cast as Cast, { ...login, token: 'wrong' }))).toBe('not-authorized')
  })

  it('the installations are among the personal data, the tokens are not; they go with the account', async () => {
    const server = servers[0]
    const host = server?.server.hostOf('localhost')
    if (server === undefined || host === undefined) throw new Error('no server')
    const { cast, token } = await first(server)
    const user = Jid.parse('lena@localhost')
    const groupOf = async () =>
      (await host.hooks.gather(personalData, { host, user })).find(({ name }) => name === 'tokens')
    const group = await groupOf()
    expect(group?.rows).toMatchObject([{ agent: agentId, kind: none }])
    expect(JSON.stringify(group)).not.toContain(token)
    await removeAccount(host, user)
    expect(await groupOf()).toBeUndefined()
    await server.registerUser('lena', 'secret')
    expect(conditionOf(await answerTo(cast as Cast, { ...login, token }))).toBe('not-authorized')
  })
})
