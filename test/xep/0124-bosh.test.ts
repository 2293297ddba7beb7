import { gzipSync } from 'node:zlib'
import { describe, expect } from 'vitest'
import { ask, boshNs, endOf, RawBosh, xboshNs } from '../support/bosh-raw.ts'
import { type Cast, type StoryOptions, story, type User } from '../support/story.ts'
import { NS, parseFrame } from '../support/xml.ts'

const away = 'what it makes of BOSH is not what these stories are about'
const ours: StoryOptions = { leavesOut: { prosody: away, ejabberd: away } }

const urlOf = ({ server }: Pick<Cast, 'server'>): string => server.boshUrl ?? ''

/** A session that has begun. */
async function begun(
  cast: Pick<Cast, 'server'>,
  attributes: Record<string, string | undefined> = {},
): Promise<RawBosh> {
  const client = new RawBosh(urlOf(cast))
  await client.create(cast.server.domain, attributes)
  return client
}

async function signedIn(cast: Pick<Cast, 'server'>, user: User, attributes = {}): Promise<RawBosh & { jid: string }> {
  const client = await begun(cast, attributes)
  return Object.assign(client, { jid: await client.signIn(user.local, user.password, 'web') })
}

const message = (to: string, text: string) => `<message xmlns='jabber:client' to='${to}'><body>${text}</body></message>`

describe('XEP-0124 §5 over HTTP', () => {
  story('mod_bosh: a preflight request is answered for its origin', ours, async ({ server }) => {
    const origin = { origin: 'https://chat.example', 'access-control-request-method': 'POST' }
    const { status, headers } = await ask(urlOf({ server }), 'OPTIONS', undefined, origin).answer
    expect(status).toBe(200)
    expect(headers).toMatchObject({
      'access-control-allow-origin': 'https://chat.example',
      'access-control-allow-methods': 'POST, OPTIONS, GET',
      'access-control-allow-headers': 'content-type',
      'access-control-max-age': '1728000',
    })
    expect((await ask(urlOf({ server }), 'OPTIONS').answer).headers['access-control-allow-origin']).toBe('*')
  })

  story('mod_bosh: GET says what is here', ours, async ({ server }) => {
    const { status, text, headers } = await ask(urlOf({ server }), 'GET').answer
    expect([status, headers['content-type']]).toEqual([200, 'text/plain; charset=utf-8'])
    expect(text).toMatch(/^[^\n]*BOSH[^\n]*\/http-bind\n$/)
  })

  story('mod_bosh: other methods are not allowed', ours, async ({ server }) => {
    const { status, text, headers } = await ask(urlOf({ server }), 'PUT', 'x').answer
    expect([status, text.trim(), headers['access-control-allow-origin']]).toEqual([405, 'Use POST request method', '*'])
    expect(headers.allow).toBe('POST, OPTIONS, GET')
  })

  story('mod_bosh: a request without a body', ours, async ({ server }) => {
    const { status, text, headers } = await ask(urlOf({ server }), 'POST', '').answer
    expect([status, text, headers['access-control-allow-origin']]).toEqual([400, 'Missing request body', '*'])
  })

  for (const [what, body] of [
    ['no XML', 'hello'],
    ['half a body', `<body xmlns='${boshNs}' rid='1'>`],
    ['two bodies', `<body xmlns='${boshNs}'/><body xmlns='${boshNs}'/>`],
    ['text inside', `<body xmlns='${boshNs}'>hello</body>`],
    ['a comment', `<body xmlns='${boshNs}'><!-- hello --></body>`],
    ['another element', `<message xmlns='jabber:client'/>`],
    ['another namespace', `<body xmlns='jabber:client'/>`],
  ] as const) {
    story(`§6 bad-request: ${what}`, ours, async ({ server }) => {
      const { status, text, headers } = await ask(urlOf({ server }), 'POST', body).answer
      expect([status, endOf(parseFrame(text)), headers['access-control-allow-origin']]).toEqual([
        400,
        'bad-request',
        '*',
      ])
    })
  }

  story('§5 a body may come compressed', ours, async ({ server }) => {
    const body = `<body xmlns='${boshNs}' rid='7' to='${server.domain}'/>`
    const coding = { 'content-encoding': 'gzip' }
    const { status, text } = await ask(urlOf({ server }), 'POST', gzipSync(body), coding).answer
    expect([status, parseFrame(text).attr('sid')]).toEqual([200, expect.stringMatching(/^[0-9a-f]{40}$/)])
    const broken = await ask(urlOf({ server }), 'POST', body, coding).answer
    expect([broken.status, broken.headers['access-control-allow-origin']]).toEqual([400, '*'])
    expect((await ask(urlOf({ server }), 'POST', body, { 'content-encoding': 'br' }).answer).status).toBe(415)
  })
})

describe('XEP-0124 §7 a new session', () => {
  story('§7.2 the answer tells what the session is like', ours, async (cast) => {
    const client = new RawBosh(urlOf(cast))
    const text = `<body xmlns='${boshNs}' rid='5' to='${cast.server.domain}' wait='40' hold='3' ver='1.6'/>`
    const { headers } = await ask(urlOf(cast), 'POST', text).answer
    expect(headers).toMatchObject({ 'content-type': 'text/xml; charset=utf-8', 'access-control-allow-origin': '*' })
    const answer = await client.create(cast.server.domain, { wait: '40', hold: '3' })
    expect(answer.attrs).toMatchObject({
      sid: expect.stringMatching(/^[0-9a-f]{40}$/),
      wait: '40',
      requests: '2',
      hold: '1',
      inactivity: '30',
      maxpause: '120',
      ver: '1.6',
      from: cast.server.domain,
      accept: 'deflate, gzip',
      [`{${xboshNs}}version`]: '1.0',
      [`{${xboshNs}}restartlogic`]: 'true',
    })
    expect(answer.attr('ack')).toBeUndefined()
    expect(answer.child('features', NS.stream)?.child('mechanisms', NS.sasl)).toBeDefined()
    expect(answer.child('features', NS.stream)?.child('starttls', NS.tls)).toBeUndefined()
  })

  story('XEP-0206 §5 features and errors go by the prefix stream, declared on the body', ours, async ({ server }) => {
    const body = (to: string) => `<body xmlns='${boshNs}' rid='5' to='${to}'/>`
    const { text } = await ask(urlOf({ server }), 'POST', body(server.domain)).answer
    expect(text).toMatch(/^<body [^>]*xmlns:stream='http:\/\/etherx\.jabber\.org\/streams'[^>]*><stream:features>/)
  })

  for (const [what, attributes, condition] of [
    ['a domain that is not served here', { to: 'elsewhere.test' }, 'host-unknown'],
    ['an address that is no domain', { to: 'alice@localhost' }, 'host-unknown'],
    ['no domain', { to: undefined }, 'improper-addressing'],
    ['no request to hold', { hold: '0' }, 'undefined-condition'],
    ['no number of requests', { hold: 'few' }, 'undefined-condition'],
    ['no id of a request', { rid: 'first' }, 'bad-request'],
    ['another version of XMPP', { 'xmpp:version': '2.0' }, 'remote-stream-error: unsupported-version'],
  ] as const) {
    story(`§7.1 ${condition}: ${what}`, ours, async (cast) => {
      const client = new RawBosh(urlOf(cast))
      expect(endOf(await client.create(cast.server.domain, attributes))).toBe(condition)
    })
  }

  story('§7.2 an id of a session that there is not', ours, async (cast) => {
    const client = await begun(cast)
    const { sid } = client
    for (const wrong of [sid.slice(0, 39), `${sid.slice(0, 39)}x`, `${sid}0`, '', 'x']) {
      client.sid = wrong
      expect(endOf(await client.says())).toBe('item-not-found')
    }
    client.sid = sid
    client.rid = 1_000_002
    client.next()
    expect(endOf(await client.says('', { type: 'terminate' }))).toBe('closed')
  })

  story('mod_bosh: what ends or restarts no session is refused', ours, async (cast) => {
    const client = new RawBosh(urlOf(cast))
    for (const attributes of [{ type: 'terminate' }, { pause: '5' }, { 'xmpp:restart': 'true' }]) {
      expect(endOf(await client.exchange({ rid: '1', ...attributes }).answer)).toBe('item-not-found')
    }
  })
})

describe('XEP-0206 streams of XMPP', () => {
  story('they talk with those on other transports', ours, async (cast) => {
    const { alice, bob } = cast
    const web = await signedIn(cast, alice)
    const pc = await bob.client('pc', { transport: 'tcp' })
    const held = web.next(`<presence xmlns='jabber:client'/>`)
    expect((await held.answer).child('presence', NS.client)?.attr('from')).toBe(web.jid)
    const polling = web.next(message(pc.jid, 'hello'))
    await pc.receives(`<message from='${web.jid}'><body>hello</body></message>`)
    pc.sends(`<message to='${web.jid}'><body>🐢 &amp; <![CDATA[<you>]]></body></message>`)
    const answer = await polling.answer
    expect(answer.child('message', NS.client)?.child('body')?.text()).toBe('🐢 & <you>')
  })

  story('§4 a stanza may leave out its namespace', ours, async (cast) => {
    const { alice, bob } = cast
    const [web, pc] = [await signedIn(cast, alice), await bob.client('pc', { transport: 'tcp' })]
    web.next(`<message to='${pc.jid}'><body>hello</body></message>`)
    await pc.receives(`<message from='${web.jid}'><body>hello</body></message>`)
  })

  story('§8.3 what is no stanza ends the stream', ours, async (cast) => {
    const web = await signedIn(cast, cast.alice)
    expect(endOf(await web.says(`<thing xmlns='urn:x'/>`))).toBe('remote-stream-error: unsupported-stanza-type')
  })

  story('§7 a restart in the middle of a session ends it', ours, async (cast) => {
    const web = await signedIn(cast, cast.alice)
    expect(endOf(await web.says('', { 'xmpp:restart': 'true' }))).toBe('remote-stream-error: policy-violation')
  })

  story('§7 what stands in a restart is passed over', ours, async (cast) => {
    const { alice } = cast
    const web = await begun(cast)
    const plain = Buffer.from(`\0${alice.local}\0${alice.password}`).toString('base64')
    await web.says(`<auth xmlns='${NS.sasl}' mechanism='PLAIN'>${plain}</auth>`)
    const answer = await web.says(message(alice.jid, 'x'), { 'xmpp:restart': '1' })
    expect(answer.child('features', NS.stream)?.child('bind', NS.bind)).toBeDefined()
  })

  story('core §2: a stream of somebody else is no stream of this user', ours, async (cast) => {
    const web = await begun(cast, { from: `mallory@${cast.server.domain}` })
    const { alice } = cast
    const plain = Buffer.from(`\0${alice.local}\0${alice.password}`).toString('base64')
    const answer = await web.says(`<auth xmlns='${NS.sasl}' mechanism='PLAIN'>${plain}</auth>`)
    expect(endOf(answer)).toBe('remote-stream-error: invalid-from')
  })

  story('what is in the request for a session is its first input', ours, async (cast) => {
    const { alice, server } = cast
    const plain = Buffer.from(`\0${alice.local}\0${alice.password}`).toString('base64')
    const auth = `<auth xmlns='${NS.sasl}' mechanism='PLAIN'>${plain}</auth>`
    const client = new RawBosh(urlOf(cast))
    const answer = await client.exchange({ to: server.domain, rid: String(client.rid++) }, auth).answer
    client.sid = answer.attr('sid') ?? ''
    const success = answer.child('success', NS.sasl) ?? (await client.says()).child('success', NS.sasl)
    expect(success).toBeDefined()
  })
})

describe('XEP-0124 §14 ids of requests', () => {
  story('§14.2 the later one may come first', ours, async (cast) => {
    const { alice, bob } = cast
    const [web, pc] = [await signedIn(cast, alice), await bob.client('pc', { transport: 'tcp' })]
    const rid = web.rid
    const second = web.exchange({ rid: String(rid + 1), sid: web.sid }, message(pc.jid, 'two'))
    const first = web.exchange({ rid: String(rid), sid: web.sid }, message(pc.jid, 'one'))
    await pc.receives(`<message><body>one</body></message>`)
    await pc.receives(`<message><body>two</body></message>`)
    expect((await first.answer).elements()).toEqual([])
    second.hangUp()
  })

  for (const [what, by] of [
    ['far ahead', 10],
    ['long gone', -1_000],
  ] as const) {
    story(`§14.2 item-not-found: one that is ${what} ends the session`, ours, async (cast) => {
      const web = await signedIn(cast, cast.alice)
      const held = web.next()
      const wrong = web.exchange({ rid: String(web.rid + by), sid: web.sid })
      expect(endOf(await wrong.answer)).toBe('item-not-found')
      expect(endOf(await held.answer)).toBe('item-not-found')
      expect(endOf(await web.says())).toBe('item-not-found')
    })
  }

  story('§14.3 one that comes again has the same answer, and is done once', ours, async (cast) => {
    const { alice, bob } = cast
    const [web, pc] = [await signedIn(cast, alice), await bob.client('pc', { transport: 'tcp' })]
    const rid = String(web.rid++)
    const text = `${message(pc.jid, 'once')}<iq xmlns='jabber:client' type='get' id='p'><ping xmlns='urn:xmpp:ping'/></iq>`
    const first = await web.exchange({ rid, sid: web.sid }, text).answer
    const again = await web.exchange({ rid, sid: web.sid }, text).answer
    expect(first.child('iq', NS.client)?.attr('id')).toBe('p')
    expect(String(again)).toBe(String(first))
    await pc.receives(`<message><body>once</body></message>`)
    await pc.receivesNothing()
  })

  story('§14.3 one that is held and comes again takes the place of the other', ours, async (cast) => {
    const web = await signedIn(cast, cast.alice)
    const rid = String(web.rid++)
    const held = web.exchange({ rid, sid: web.sid })
    const again = web.exchange({ rid, sid: web.sid })
    // Which of the two comes first is the network's to say.
    const first = await Promise.race([held, again].map(async (each) => ({ each, body: await each.answer })))
    expect(first.body.attr('type')).toBe('error')
    const next = web.next()
    const [other] = [held, again].filter((each) => each !== first.each)
    expect((await other?.answer)?.attrs).toEqual({})
    next.hangUp()
  })

  story('mod_bosh: what a client hangs up on comes with its next request', ours, async (cast) => {
    const { alice, bob } = cast
    const [web, pc] = [await signedIn(cast, alice), await bob.client('pc', { transport: 'tcp' })]
    const held = web.next()
    // Taken by the server when what it holds has been answered.
    const probe = web.next(`<iq xmlns='jabber:client' type='get' id='p'><ping xmlns='urn:xmpp:ping'/></iq>`)
    await held.answer
    await probe.answer
    const gone = web.next()
    pc.sends(`<message to='${web.jid}'><body>first</body></message>`)
    gone.hangUp()
    await pc.isHeard()
    web.rid--
    const answer = await web.says()
    expect(answer.child('message', NS.client)?.child('body')?.text()).toBe('first')
  })
})

describe('XEP-0124 §13 the end', () => {
  story('§13 what stands in the last request is sent, then the session is over', ours, async (cast) => {
    const { alice, bob } = cast
    const [web, pc] = [await signedIn(cast, alice), await bob.client('pc', { transport: 'tcp' })]
    const held = web.next()
    const ping = `<iq xmlns='jabber:client' type='get' id='p'><ping xmlns='urn:xmpp:ping'/></iq>`
    const last = web.next(message(pc.jid, 'bye') + ping, { type: 'terminate' })
    await pc.receives(`<message from='${web.jid}'><body>bye</body></message>`)
    expect((await held.answer).attr('type')).toBeUndefined()
    const answer = await last.answer
    expect(endOf(answer)).toBe('closed')
    expect(answer.child('iq', NS.client)?.attr('id')).toBe('p')
    expect(endOf(await web.says())).toBe('item-not-found')
    await pc.asks(`<ping xmlns='urn:xmpp:ping'/>`, 'get', { to: web.jid, refused: 'service-unavailable' })
  })

  story('§10 policy-violation: a pause that is too long', ours, async (cast) => {
    const web = await signedIn(cast, cast.alice)
    expect(endOf(await web.says('', { pause: '121' }))).toBe('policy-violation')
  })

  story('core §2: another session of the same resource ends this one', ours, async (cast) => {
    const { alice } = cast
    const web = await signedIn(cast, alice)
    const held = web.next()
    await alice.client('web', { transport: 'tcp' })
    expect(endOf(await held.answer)).toBe('remote-stream-error: conflict')
  })
})
