import { describe, expect, it } from 'vitest'
import { settle } from '../../../test/support/fake-client-service.ts'
import { auth, bind, bound, connect, opening, wrongAuth } from '../../../test/support/tcp-driver.ts'
import { StanzaError } from '../../stanza/stanza-error.ts'
import { el } from '../../xml/element.ts'
import { asWire } from '../../xml/wire.ts'

describe('a stream over TCP', () => {
  it('is negotiated and handed to its session', async () => {
    const { service, says, connection } = connect()
    expect(await says(opening)).toBe(
      `<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' id='1' from='example.org' version='1.0' xml:lang='en'>` +
        `<stream:features><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>SCRAM-SHA-1</mechanism><mechanism>PLAIN</mechanism></mechanisms><register xmlns='http://jabber.org/features/iq-register'/></stream:features>`,
    )
    expect(await says(auth)).toBe(`<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>`)
    expect(await says(opening)).toMatch(
      /<stream:features><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'\/>.*<\/stream:features>$/,
    )
    expect(await says(bind)).toBe(
      `<iq type='result' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><jid>lena@example.org/phone</jid></bind></iq>`,
    )
    expect(service.binds[0]).toMatchObject({
      resource: 'phone',
      info: { address: '192.0.2.1', port: 40_000, connection: 'c2s', mechanism: 'PLAIN', streamId: '2' },
    })
    expect(service.notes).toMatchObject([{ what: 'user_authenticated', mechanism: 'PLAIN', address: '192.0.2.1' }])
    await says(`<message to='mila@example.org'><body>Hi</body></message>`)
    expect(service.session?.received).toEqual([
      `<message from='lena@example.org/phone' to='mila@example.org'><body>Hi</body></message>`,
    ])
    expect(connection.state).toBe('open')
  })

  it('may be pipelined from the first byte to the last', async () => {
    const { service, says, connection } = connect()
    const answer = await says(
      `${opening}${auth}${opening}${bind}<presence/><message to='mila@example.org'/></stream:stream>`,
    )
    expect(answer.match(/<success|<jid>|<\/stream:stream>/g)).toEqual(['<success', '<jid>', '</stream:stream>'])
    expect(service.session?.received).toHaveLength(2)
    expect(service.session?.ends).toEqual([{ kind: 'closed' }])
    expect(connection.state).toBe('ended')
  })

  it('may come byte by byte', async () => {
    const { service, client } = connect()
    for (const byte of Buffer.from(`${opening}${auth}${opening}${bind}<presence/>`)) {
      client.data(Uint8Array.of(byte), 1)
      await settle()
    }
    expect(service.session?.received).toEqual([`<presence from='lena@example.org/phone'/>`])
  })

  it('takes white space between stanzas for a sign of life', async () => {
    const { says, connection, session } = await bound()
    expect(await says(' \n ')).toBe('')
    await says(` <presence/>`)
    expect(session.received).toHaveLength(1)
    expect(connection.state).toBe('open')
  })

  it('goes on after STARTTLS as if it had begun anew', async () => {
    const { says, connection, service } = connect({ startTls: 'required' })
    expect(await says(opening)).toMatch(
      /<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required\/><\/starttls><\/stream:features>$/,
    )
    // What an attacker put behind the request is forgotten (RFC 6120 §5.4.3.3).
    expect(await says(`<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/><presence/>`)).toBe(
      `<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>`,
    )
    connection.handshake?.done()
    await settle()
    expect(await says(opening)).toMatch(/SCRAM-SHA-1-PLUS.*tls-exporter.*tls-server-end-point/)
    await says(auth)
    await says(opening + bind)
    expect(service.binds[0]?.info.connection).toBe('c2s_tls')
  })

  it('ends when the handshake fails', async () => {
    const { says, connection, client, service } = connect({ startTls: 'required' })
    await says(`${opening}<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>`)
    connection.handshake?.fail()
    await settle()
    client.closed()
    expect(service.negotiating.size).toBe(0)
    expect(service.wheel.size).toBe(0)
  })
})

describe('what the client may not do', () => {
  it.each([
    ['not XML', 'GET / HTTP/1.1\r\n', 'not-well-formed'],
    ['a mismatched tag', `${opening}<a></b>`, 'not-well-formed'],
    ['a comment', `${opening}<!-- hello -->`, 'restricted-xml'],
    [
      'an element too big',
      `${opening}<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>${'a'.repeat(11_000)}`,
      'policy-violation',
    ],
    ['another header', `${opening}${opening}`, 'policy-violation'],
    ['a stanza before authentication', `${opening}<message/>`, 'not-authorized'],
    ['an unknown host', opening.replace('example.org', 'nowhere.example'), 'host-unknown'],
  ])('%s', async (_name, text, condition) => {
    const { says, connection, service } = connect()
    const answer = await says(text)
    expect(answer).toMatch(/^<\?xml version='1\.0'\?><stream:stream /)
    expect(answer).toContain(`<stream:error><${condition} xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>`)
    expect(answer).toMatch(/<\/stream:error><\/stream:stream>$/)
    expect(connection.state).toBe('ended')
    expect(service.negotiating.size).toBe(0)
    expect(service.wheel.size).toBe(0)
  })

  it.each([
    ['foreign from', `<message from='mila@example.org' to='x@example.org'/>`, 'invalid-from'],
    ['no stanza', `<enable xmlns='urn:example:sm'/>`, 'unsupported-stanza-type'],
    ['another namespace', `<message xmlns='jabber:server'/>`, 'unsupported-stanza-type'],
    ['broken XML', `<message`.padEnd(10, '<'), 'not-well-formed'],
  ])('in a session: %s', async (_name, text, condition) => {
    const { says, connection, session } = await bound()
    expect(await says(text)).toMatch(new RegExp(`^<stream:error><${condition} .*</stream:error></stream:stream>$`))
    expect(connection.state).toBe('ended')
    expect(session.ends).toEqual([{ kind: 'lost' }])
    expect(session.received).toEqual([])
    expect(await says('<presence/>')).toBe('')
  })

  it.each([
    [`<message to='@'/>`, `<message`, 'jid-malformed'],
    [`<presence to='a b@c' id='p'/>`, `<presence`, 'jid-malformed'],
    [`<iq type='get'><a xmlns='b'/></iq>`, `<iq`, 'bad-request'],
    [`<iq type='got' id='1'><a xmlns='b'/></iq>`, `<iq`, 'bad-request'],
    [`<iq id='1'><a xmlns='b'/></iq>`, `<iq`, 'bad-request'],
    [`<iq type='set' id='1'/>`, `<iq`, 'bad-request'],
    [`<iq type='get' id='1'><a xmlns='b'/><a xmlns='b'/></iq>`, `<iq`, 'bad-request'],
  ])('%s is answered with an error, and the stream goes on', async (text, start, condition) => {
    const { says, connection, session } = await bound()
    const answer = await says(text)
    expect(answer.startsWith(start)).toBe(true)
    expect(answer).toContain(`type='error'`)
    expect(answer).toContain(`<${condition} `)
    expect(connection.state).toBe('open')
    expect(session.received).toEqual([])
  })

  it('an answer that is wrong is dropped', async () => {
    const { says, connection, session } = await bound()
    expect(await says(`<iq type='result'/><iq type='error' id='1' to='@'/>`)).toBe('')
    expect(session.received).toEqual([])
    expect(connection.state).toBe('open')
  })
})

describe('authentication', () => {
  it('is counted and told', async () => {
    const { says, service, connection } = connect()
    await says(opening)
    expect(await says(wrongAuth)).toContain('<not-authorized/>')
    expect(await says(wrongAuth + wrongAuth)).toContain('<policy-violation ')
    expect(connection.state).toBe('ended')
    expect(service.notes).toHaveLength(3)
    expect(service.notes[0]).toEqual({
      what: 'auth_failed',
      domain: 'example.org',
      mechanism: 'PLAIN',
      condition: 'not-authorized',
      user: expect.objectContaining({ full: 'lena@example.org' }),
      address: '192.0.2.1',
    })
  })

  it('lets modules answer before it', async () => {
    const { says, service } = connect()
    service.offerAnswer = { isTaken: true, replies: [el('iq', 'jabber:client', { type: 'result', id: 'r' })] }
    const register = `<iq type='get' id='r'><query xmlns='jabber:iq:register'/></iq>`
    expect(await says(`${opening}${register}${auth}`)).toMatch(/<iq type='result' id='r'\/><success /)
    expect(service.offers[0]).toMatchObject({
      user: undefined,
      domain: 'example.org',
      info: { address: '192.0.2.1' },
      isSecure: false,
    })
  })
})

describe('binding', () => {
  it('refused may be tried again', async () => {
    const { says, service } = connect()
    service.bindError = new StanzaError('not-allowed')
    await says(opening + auth + opening)
    expect(await says(bind)).toContain('<not-allowed ')
    service.bindError = undefined
    expect(await says(bind)).toContain('<jid>lena@example.org/phone</jid>')
  })

  it('is answered before anything is delivered', async () => {
    const { says, service } = connect()
    service.beforeBind = async (link) => link.send(asWire('<message/>'))
    await says(opening + auth + opening)
    expect(await says(bind)).toMatch(/<jid>.*<\/iq><message\/>$/)
  })

  it('of a connection that is gone ends at once', async () => {
    const { says, service, client } = connect()
    service.beforeBind = async () => client.closed()
    await says(opening + auth + opening)
    expect(await says(bind)).toBe('')
    expect(service.session?.ends).toEqual([{ kind: 'lost' }])
  })
})
