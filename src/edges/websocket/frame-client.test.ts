import { describe, expect, it } from 'vitest'
import { FakeService, FakeTransport, settle } from '../../../test/support/fake-client-service.ts'
import type { FrameConnection } from '../../net/connection.ts'
import type { C2sRules } from '../../protocol/c2s/rules.ts'
import { StreamError } from '../../stanza/stream-error.ts'
import { asWire, type Wire } from '../../xml/wire.ts'
import { FrameClient } from './frame-client.ts'

/** Keeps frames while it is paused, as the real one does. */
class FakeConnection extends FakeTransport implements FrameConnection {
  readonly frames: string[] = []
  readonly held: string[] = []
  client: FrameClient | undefined = undefined

  override write(text: Wire): void {
    if (this.state === 'open') this.frames.push(text)
  }

  override resumeReading(): void {
    super.resumeReading()
    while (!this.isPaused && this.held.length > 0) this.deliver(this.held.shift() ?? '')
  }

  deliver(frame: string): void {
    if (this.isPaused) this.held.push(frame)
    else this.client?.frame(Buffer.from(frame), Buffer.byteLength(frame))
  }
}

const opening = `<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='example.org' version='1.0'/>`
const closing = `<close xmlns='urn:ietf:params:xml:ns:xmpp-framing'/>`
const auth = `<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>AGxlbmEAc2VjcmV0</auth>`
const bind = `<iq xmlns='jabber:client' type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>`
const message = `<message xmlns='jabber:client' to='mila@example.org'><body>Hi</body></message>`

function connect(changes: Partial<C2sRules> = {}) {
  const service = new FakeService({ framing: 'framed', ...changes })
  const connection = new FakeConnection()
  const client = FrameClient.accept(service, connection)
  connection.client = client
  const says = async (...frames: string[]): Promise<string[]> => {
    for (const frame of frames) connection.deliver(frame)
    await settle()
    return connection.frames.splice(0)
  }
  return { service, connection, client, says }
}

async function bound() {
  const all = connect()
  await all.says(opening, auth, opening, bind)
  if (all.service.session === undefined) throw new Error('not bound')
  return { ...all, session: all.service.session }
}

describe('a stream over WebSocket', () => {
  it('is negotiated in frames that stand by themselves', async () => {
    const { says, service } = connect()
    expect(await says(opening)).toEqual([
      `<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' id='1' from='example.org' version='1.0' xml:lang='en'/>`,
      `<stream:features xmlns:stream='http://etherx.jabber.org/streams'><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>SCRAM-SHA-1</mechanism><mechanism>PLAIN</mechanism></mechanisms><register xmlns='http://jabber.org/features/iq-register'/></stream:features>`,
    ])
    expect(await says(auth)).toEqual([`<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>`])
    expect(await says(opening)).toHaveLength(2)
    expect(await says(bind)).toEqual([
      `<iq xmlns='jabber:client' type='result' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><jid>lena@example.org/made</jid></bind></iq>`,
    ])
    expect(service.binds[0]?.info.connection).toBe('ws')
    await says(message)
    expect(service.session?.received).toEqual([
      `<message from='lena@example.org/made' to='mila@example.org'><body>Hi</body></message>`,
    ])
  })

  it('may be pipelined', async () => {
    const { says, service, connection } = connect()
    await says(opening, auth, opening, bind, message, message, closing)
    expect(service.session?.received).toHaveLength(2)
    expect(service.session?.ends).toEqual([{ kind: 'closed' }])
    expect(connection.state).toBe('ended')
  })

  it('ends by close, answered in kind', async () => {
    const { says, connection, session } = await bound()
    expect(await says(closing)).toEqual([closing])
    expect(connection.state).toBe('ended')
    expect(session.ends).toEqual([{ kind: 'closed' }])
    const early = connect()
    await early.says(opening)
    expect(await early.says(closing)).toEqual([closing])
  })

  it('offers no channel binding, even over TLS', async () => {
    const service = new FakeService({ framing: 'framed' })
    const connection = new FakeConnection()
    connection.isSecure = true
    connection.client = FrameClient.accept(service, connection)
    connection.deliver(opening)
    expect(connection.frames[1]).not.toMatch(/PLUS|sasl-channel-binding/)
  })
})

describe('what the client may not do', () => {
  it.each([
    [
      'a stream header',
      `<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='example.org' version='1.0'>`,
      'policy-violation',
    ],
    ['two elements', `${opening}${opening}`, 'not-well-formed'],
    ['text', 'hello', 'not-well-formed'],
    ['nothing', '', 'not-well-formed'],
    ['a stanza first', message, 'bad-format'],
  ])('%s', async (_name, frame, condition) => {
    const { says, connection } = connect()
    const [open, error, close] = await says(frame)
    expect(open).toMatch(/^<open /)
    expect(error).toMatch(
      new RegExp(
        `^<stream:error xmlns:stream='http://etherx.jabber.org/streams'><${condition} xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>`,
      ),
    )
    expect(close).toBe(closing)
    expect(connection.state).toBe('ended')
  })

  it('open a stream inside a session', async () => {
    const { says, session } = await bound()
    expect((await says(opening))[0]).toContain('<policy-violation ')
    expect(session.ends).toEqual([{ kind: 'lost' }])
  })

  it('STARTTLS', async () => {
    const { says } = connect()
    await says(opening)
    expect(await says(`<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>`)).toEqual([
      `<failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>`,
      closing,
    ])
  })

  it('send too much at once', async () => {
    const { client, connection, session } = await bound()
    client.tooLarge()
    expect(connection.frames[0]).toContain('<policy-violation ')
    expect(session.ends).toEqual([{ kind: 'lost' }])
  })

  it('forget the namespace of its stanzas', async () => {
    const { says } = await bound()
    expect((await says(`<message to='mila@example.org'/>`))[0]).toContain('<unsupported-stanza-type ')
  })
})

describe('a session over WebSocket', () => {
  it('gets its stanzas in order', async () => {
    const { says, session, connection } = await bound()
    let done = (): void => {}
    session.busy = new Promise((resolve) => {
      done = resolve
    })
    await says(message, message, message)
    expect(session.received).toHaveLength(1)
    expect(connection.isPaused).toBe(true)
    session.busy = undefined
    done()
    await settle()
    expect(session.received).toHaveLength(3)
    expect(connection.isPaused).toBe(false)
  })

  it('is lost when the connection goes without close', async () => {
    const { client, session } = await bound()
    client.closed()
    expect(session.ends[0]).toEqual({ kind: 'lost' })
  })

  it('is ended by the server with an error and close', async () => {
    const { client, connection } = await bound()
    client.send(asWire(`<message xmlns='jabber:client'/>`))
    client.close(new StreamError('conflict'))
    expect(connection.frames.slice(1)).toEqual([
      `<stream:error xmlns:stream='http://etherx.jabber.org/streams'><conflict xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>`,
      closing,
    ])
  })

  it('that sends more than it may has to wait', async () => {
    const service = new FakeService({ framing: 'framed' })
    service.rates = { before: 100, after: 100 }
    const connection = new FakeConnection()
    connection.client = FrameClient.accept(service, connection)
    connection.deliver(opening)
    connection.deliver(auth)
    await settle()
    expect(connection.isPaused).toBe(true)
    connection.deliver(opening)
    expect(connection.held).toHaveLength(1)
    service.clock.advance(5000)
    expect(connection.held).toHaveLength(0)
  })
})
