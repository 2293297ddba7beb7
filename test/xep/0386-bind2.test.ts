import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { defineModule } from '../../src/module/define.ts'
import { sessionKey } from '../../src/router/keys.ts'
import { bind2Bound, bind2Enables, bind2Features } from '../../src/router/sign-in-events.ts'
import { el } from '../../src/xml/element.ts'
import { agentId, authenticate2, identityOf, inlineOf } from '../support/sasl2.ts'
import { type OwnTestServer, startTestServer } from '../support/server.ts'
import { openSecure, openStream } from '../support/sign-in.ts'
import { type Cast, type StoryOptions, story } from '../support/story.ts'
import { RawStream } from '../support/stream.ts'
import { NS, type XmlNode } from '../support/xml.ts'

const bind2 = 'urn:xmpp:bind:0'

/** Ways that are encrypted. */
const secure: StoryOptions = {
  over: ['tcp', 'tls'],
  leavesOut: { prosody: 'has no Bind 2', ejabberd: 'differs in its answers' },
}

async function ready({ connect }: Pick<Cast, 'connect'>): Promise<RawStream> {
  const stream = await connect()
  await openSecure(stream)
  return stream
}

const bind = (inner = '') => `<bind xmlns='${bind2}'>${inner}</bind>`
const resourceOf = (success: XmlNode): string => identityOf(success).split('/').slice(1).join('/')
const ping = `<iq type='get' id='p'><ping xmlns='urn:xmpp:ping'/></iq>`

describe('XEP-0386 Bind 2', () => {
  story('§3 it is offered inside SASL2, with what can be enabled', secure, async ({ connect }) => {
    const stream = await connect()
    const offer = inlineOf(await openSecure(stream))?.child('bind', bind2)
    expect(offer?.child('inline', bind2)).toBeDefined()
  })

  story('§3 it is not offered before TLS', { ...secure, over: ['tcp'] }, async ({ connect }) => {
    const features = await openStream(await connect('tcp'))
    expect(String(features)).not.toContain(bind2)
  })

  for (const mechanism of ['PLAIN', 'SCRAM-SHA-256']) {
    story(`§4 ${mechanism}: the identity is a full address, and the session is there`, secure, async (cast) => {
      const { alice } = cast
      const stream = await ready(cast)
      const success = await authenticate2(stream, alice, { mechanism, agent: agentId, inline: bind() })
      expect(identityOf(success)).toMatch(new RegExp(`^${alice.jid}/.+`))
      expect(resourceOf(success)).not.toContain(agentId)
      expect(success.child('bound', bind2)?.children).toEqual([])
      const features = await stream.receivesFeatures()
      expect(features.child('bind', NS.bind)).toBeUndefined()
      stream.send(ping)
      await stream.receives(`<iq type='result' id='p'/>`)
    })
  }

  story('§4 stanzas need not wait for the success', secure, async (cast) => {
    const { alice } = cast
    const stream = await ready(cast)
    const payload = Buffer.from(`\0${alice.local}\0${alice.password}`).toString('base64')
    stream.send(
      `<authenticate xmlns='urn:xmpp:sasl:2' mechanism='PLAIN'><initial-response>${payload}</initial-response>${bind()}</authenticate>${ping}`,
    )
    await stream.receives(`<success xmlns='urn:xmpp:sasl:2'>{any}</success>`)
    await stream.receivesFeatures()
    await stream.receives(`<iq type='result' id='p'/>`)
  })

  story('§4.1 the tag begins the resource', secure, async (cast) => {
    const { alice } = cast
    const success = await authenticate2(await ready(cast), alice, { inline: bind('<tag>Tavern / bar</tag>') })
    expect(resourceOf(success)).toMatch(/^Tavern \/ bar\/.{8,}/)
  })

  story('mod_bind2: a tag that can be in no resource is ignored', secure, async (cast) => {
    const { alice } = cast
    const success = await authenticate2(await ready(cast), alice, { inline: bind(`<tag>${'x'.repeat(1020)}</tag>`) })
    expect(resourceOf(success)).toMatch(/^[\w-]{8,40}$/)
  })

  story('mod_bind2: two logins with one tag and no user-agent are two sessions', secure, async (cast) => {
    const { alice } = cast
    const [first, second] = [await ready(cast), await ready(cast)]
    const one = await authenticate2(first, alice, { inline: bind('<tag>Tavern</tag>') })
    const other = await authenticate2(second, alice, { inline: bind('<tag>Tavern</tag>') })
    expect(identityOf(one)).not.toBe(identityOf(other))
    await first.receivesFeatures()
    first.send(ping)
    await first.receives(`<iq type='result' id='p'/>`)
  })

  story('§4.1 the resource of a user-agent is the same each time', secure, async (cast) => {
    const { alice } = cast
    const options = { agent: agentId, inline: bind('<tag>Tavern</tag>') }
    const first = await authenticate2(await ready(cast), alice, options)
    const second = await authenticate2(await ready(cast), alice, options)
    expect(identityOf(second)).toBe(identityOf(first))
  })

  for (const tag of ['Tavern', 'Inn']) {
    story(`§4 a user-agent that comes back as ${tag} replaces its older session`, secure, async (cast) => {
      const { alice } = cast
      const first = await ready(cast)
      await authenticate2(first, alice, { agent: agentId, inline: bind('<tag>Tavern</tag>') })
      await first.receivesFeatures()
      await authenticate2(await ready(cast), alice, { agent: agentId.toUpperCase(), inline: bind(`<tag>${tag}</tag>`) })
      await first.receivesStreamError('conflict')
    })
  }

  story('mod_bind2: another user-agent replaces nothing', secure, async (cast) => {
    const { alice } = cast
    const first = await ready(cast)
    await authenticate2(first, alice, { agent: agentId, inline: bind() })
    await first.receivesFeatures()
    await authenticate2(await ready(cast), alice, { agent: agentId.replace('d', 'e'), inline: bind() })
    first.send(ping)
    await first.receives(`<iq type='result' id='p'/>`)
  })

  story('mod_bind2: carbons are on from the first message', secure, async (cast) => {
    const { alice, bob } = cast
    const [pc, bobs] = [await alice.client('pc'), await bob.client('b')]
    const stream = await ready(cast)
    await authenticate2(stream, alice, { inline: bind(`<enable xmlns='urn:xmpp:carbons:2'/>`) })
    bobs.sends(`<message to='${pc.jid}' type='chat' id='m1'><body>hi</body></message>`)
    await stream.receivesFeatures()
    await stream.receives(
      `<message from='${alice.jid}' {any}><received xmlns='urn:xmpp:carbons:2'>{any}</received>{any}</message>`,
    )
  })

  story('mod_bind2: a client may be inactive from the start', secure, async (cast) => {
    const { alice, bob } = cast
    const bobs = await bob.client('b')
    const stream = await ready(cast)
    const success = await authenticate2(stream, alice, { inline: bind(`<inactive xmlns='urn:xmpp:csi:0'/>`) })
    await stream.receivesFeatures()
    bobs.sends(`<message to='${identityOf(success)}' type='chat' id='m1'><body>hi</body></message>`)
    await bobs.isHeard()
    stream.send(ping)
    stream.send(`<iq type='get' id='last' to='${bobs.jid}'><ping xmlns='urn:xmpp:ping'/></iq>`)
    await bobs.receives(`<iq type='get' id='last' {any}>{any}</iq>`)
    expect(stream.inbox.items).toEqual([])
    stream.send(`<active xmlns='urn:xmpp:csi:0'/>`)
    await stream.receives(`<message id='m1' {any}>{any}</message>`)
    await stream.receives(`<iq type='result' id='p'/>`)
  })

  story('mod_bind2: bind in another namespace is ignored', secure, async (cast) => {
    const { alice } = cast
    const stream = await ready(cast)
    const success = await authenticate2(stream, alice, { inline: `<bind xmlns='urn:xmpp:bind2:0'/>` })
    expect(identityOf(success)).toBe(alice.jid)
    expect((await stream.receivesFeatures()).child('bind', NS.bind)).toBeDefined()
  })

  story('mod_bind2: abort drops the request', secure, async (cast) => {
    const { alice } = cast
    const stream = await ready(cast)
    stream.send(
      `<authenticate xmlns='urn:xmpp:sasl:2' mechanism='PLAIN'>${bind()}</authenticate><abort xmlns='urn:xmpp:sasl:2'/>`,
    )
    await stream.receives(`<challenge xmlns='urn:xmpp:sasl:2'>{any}</challenge>`)
    await stream.receives(`<failure xmlns='urn:xmpp:sasl:2'>{any}</failure>`)
    expect(identityOf(await authenticate2(stream, alice))).toBe(alice.jid)
  })
})

describe('XEP-0386 §4 what modules add', () => {
  const flag = sessionKey<boolean>('test.flag')
  const feature = 'urn:test:flag'
  /** A module whose feature can be enabled together with binding. */
  const flagged = defineModule({
    name: 'mod_flag',
    about: 'A feature to be enabled.',
    xeps: [],
    options: z.strictObject({}),
    setup({ on, sessions }) {
      on(bind2Features, 'main', () => feature)
      on(bind2Enables, 'main', ({ session, request }) => {
        if (request.child('enable', feature) === undefined) return undefined
        session.set(flag, true)
        // Nobody can see the session yet.
        return el('enabled', feature, { sessions: String(sessions.of(session.jid).length) })
      })
      on(bind2Bound, 'main', async ({ session }) =>
        el('told', feature, { sessions: String(sessions.of(session.jid).length) }),
      )
    },
  })
  const config = `
[general]
hosts = ["localhost"]
loglevel = "error"
[[listen.c2s]]
port = 0
ip_address = "127.0.0.1"
access = "most"
tls.mode = "tls"
[[listen.http]]
port = 0
ip_address = "127.0.0.1"
tls.verify_mode = "none"
[[listen.http.handlers.mongoose_websocket_handler]]
path = "/ws-xmpp"
[acl]
shut = [{user = "mallory"}]
[[access.most]]
acl = "shut"
value = "deny"
[[access.most]]
acl = "all"
value = "allow"
[auth.password]
scram_iterations = 4096
[modules.mod_bind2]
[modules.mod_flag]
`
  let server: OwnTestServer
  beforeAll(async () => {
    server = await startTestServer({ config, modules: [flagged] })
  })
  afterAll(() => server.stop())

  async function signIn(user: string, inner: string, kind: 'tls' | 'ws' = 'tls') {
    await server.registerUser(user, 'secret').catch(() => {})
    const stream = await RawStream.connect(server, kind)
    const features = await openStream(stream)
    const success = await authenticate2(stream, { local: user, password: 'secret' }, { inline: bind(inner) })
    return { stream, features, success }
  }

  it('is offered, and done before anybody can see the session', async () => {
    const { features, success, stream } = await signIn('lena', `<enable xmlns='${feature}'/>`)
    const vars = inlineOf(features)?.child('bind', bind2)?.child('inline', bind2)?.elements()
    expect(vars?.map((node) => node.attr('var'))).toEqual([feature])
    const bound = success.child('bound', bind2)
    expect(bound?.child('enabled', feature)?.attr('sessions')).toBe('0')
    expect(bound?.child('told', feature)?.attr('sessions')).toBe('1')
    const session = [...(server.server.hostOf('localhost')?.sessions.all() ?? [])][0]
    expect(session?.get(flag)).toBe(true)
    stream.destroy()
  })

  it('goes over wss too', async () => {
    const { success, stream } = await signIn('nora', '', 'ws')
    expect(identityOf(success)).toMatch(/^nora@localhost\/./)
    const features = await stream.receivesFeatures()
    expect(features.child('bind', NS.bind)).toBeUndefined()
    stream.destroy()
  })

  it('failed: a session that the access rule does not allow; the stream stays authenticated', async () => {
    const { success, stream } = await signIn('mallory', '')
    expect(success.child('failed', bind2)).toBeDefined()
    expect(success.child('bound', bind2)).toBeUndefined()
    expect(identityOf(success)).toBe('mallory@localhost')
    expect((await stream.receivesFeatures()).child('bind', NS.bind)).toBeDefined()
    expect(
      [...(server.server.hostOf('localhost')?.sessions.all() ?? [])].filter(({ jid }) => jid.local === 'mallory'),
    ).toEqual([])
    stream.destroy()
  })
})
