import { describe, expect, it } from 'vitest'
import { FakeService, type FakeSession, settle } from '../../../test/support/fake-client-service.ts'
import { PaperBosh, PaperPlace, paperTls } from '../../../test/support/paper-bosh.ts'
import type { C2sRules } from '../../protocol/c2s/rules.ts'
import { StreamError } from '../../stanza/stream-error.ts'
import { asWire } from '../../xml/wire.ts'

const auth = `<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>AGxlbmEAc2VjcmV0</auth>`
const bind = `<iq xmlns='jabber:client' type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>`
const message = `<message xmlns='jabber:client' to='mila@example.org'><body>Hi</body></message>`
const restart = { 'xmpp:restart': 'true' }

/** Lets answers go that are sent at the end of a turn. */
async function turn(): Promise<void> {
  await settle()
  await new Promise((resolve) => setImmediate(resolve))
  await settle()
}

async function connect(changes: Partial<C2sRules> = {}, place = new PaperPlace()) {
  const service = new FakeService({ framing: 'framed', ...changes })
  const bosh = await PaperBosh.open(service, {}, place)
  await turn()
  const says = async (content = '', attributes: Record<string, string> = {}, to = new PaperPlace()) => {
    const answered = await bosh.asks(content, attributes, to)
    await turn()
    return answered
  }
  return { service, bosh, says }
}

async function bound(changes: Partial<C2sRules> = {}) {
  const all = await connect(changes)
  await all.says(auth)
  await all.says('', restart)
  await all.says(bind)
  const { session } = all.service
  if (session === undefined) throw new Error('not bound')
  return { ...all, session: session as FakeSession }
}

describe('a stream in requests', () => {
  it('is negotiated', async () => {
    const { bosh, says, service } = await connect()
    expect(bosh.first.text).toMatch(
      /^<body [^>]*sid='a{40}' from='example.org' authid='1' xml:lang='en'><stream:features>/,
    )
    expect((await says(auth)).text).toBe(
      `<body xmlns='http://jabber.org/protocol/httpbind'><success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/></body>`,
    )
    expect((await says('', restart)).text).toMatch(/^<body [^>]*xmlns:stream=[^>]*><stream:features><bind /)
    expect((await says(bind)).text).toContain('<jid>lena@example.org/made</jid>')
    expect(service.binds[0]?.info).toMatchObject({ connection: 'bosh', address: '192.0.2.1', mechanism: 'PLAIN' })
    await says(message)
    expect(service.session?.received).toEqual([
      `<message from='lena@example.org/made' to='mila@example.org'><body>Hi</body></message>`,
    ])
  })

  it('has the domain and the language of the first one when it begins anew', async () => {
    const service = new FakeService({ framing: 'framed' })
    const bosh = await PaperBosh.open(service, { to: 'other.example', 'xml:lang': 'de' })
    await turn()
    expect(bosh.first.text).toContain(`from='other.example' authid='1' xml:lang='de'`)
    await bosh.asks(auth)
    await turn()
    const answer = await bosh.asks('', restart)
    await turn()
    expect(answer.text).toContain('<stream:features>')
  })

  it('ends when the way in takes too long', async () => {
    const { bosh, says, service } = await connect()
    service.clock.advance(6000)
    expect((await says()).text).toContain('<connection-timeout ')
    expect(bosh.table.size).toBe(0)
    expect(service.negotiating.size).toBe(0)
  })

  it('takes one element after another', async () => {
    const { says, session } = await bound()
    let done = (): void => {}
    session.busy = new Promise((resolve) => {
      done = resolve
    })
    await says(message + message)
    await says(message)
    expect(session.received).toHaveLength(1)
    session.busy = undefined
    done()
    await turn()
    expect(session.received).toHaveLength(3)
  })

  it('that sends more than it may has to wait', async () => {
    const { bosh, says, service, session } = await bound()
    service.rates = { before: 100, after: 100 }
    const slow = await PaperBosh.open(service)
    await turn()
    await slow.asks(auth)
    await turn()
    expect(slow.client.bufferedBytes).toBe(0)
    const restarted = await slow.asks('', restart)
    await turn()
    expect(restarted.text).toBeUndefined()
    service.clock.advance(4000)
    await turn()
    expect(restarted.text).toContain('<stream:features>')
    await says(message)
    expect(session.received).toHaveLength(1)
    expect(bosh.table.size).toBe(1)
  })
})

describe('a session in requests', () => {
  it('is lost when nobody asks any more', async () => {
    const { bosh, service, session } = await bound()
    // The request for the binding has been answered.
    service.clock.advance(30_100)
    expect(session.ends).toEqual([{ kind: 'lost' }])
    expect(bosh.table.size).toBe(0)
    expect(bosh.table.wheel.size).toBe(0)
  })

  it('is closed by the client', async () => {
    const { bosh, says, session } = await bound()
    const answer = await says(message, { type: 'terminate' })
    expect(answer.text).toBe(`<body xmlns='http://jabber.org/protocol/httpbind' type='terminate'/>`)
    expect(session.received).toHaveLength(1)
    expect(session.ends[0]).toEqual({ kind: 'closed' })
    expect(bosh.table.size).toBe(0)
  })

  it('that the client has not begun is lost when the stream ends', async () => {
    const { says, session } = await bound({ awaitsSessionIq: true })
    await says('', { type: 'terminate' })
    expect(session.ends).toEqual([{ kind: 'lost' }])
  })

  it('is ended by the server, with what is still to be said', async () => {
    const { bosh, says } = await bound()
    bosh.client.send(asWire(`<message xmlns='jabber:client'/>`))
    bosh.client.close(new StreamError('conflict'))
    const { text } = await says()
    expect(text).toMatch(
      /type='terminate' condition='remote-stream-error'><message xmlns='jabber:client'\/><stream:error>/,
    )
    expect(bosh.table.size).toBe(0)
  })

  it('is ended by a request that is out of turn', async () => {
    const { bosh, says, session } = await bound()
    expect((await says('', { rid: '7' })).text).toContain(`condition='item-not-found'`)
    expect(session.ends[0]).toEqual({ kind: 'lost' })
    expect(bosh.table.size).toBe(0)
  })

  it('holds only so much for a client that does not ask', async () => {
    const { bosh, service } = await bound()
    const large = asWire(`<message xmlns='jabber:client'>${'x'.repeat(600)}</message>`)
    for (let i = 0; i < 3; i++) bosh.client.send(large)
    expect(service.notes.map(({ what }) => what)).toContain('client_does_not_read')
    expect(bosh.client.bufferedBytes).toBe(0)
  })

  it('tells when the client has caught up', async () => {
    const { bosh, says, service } = await bound()
    ;(service as { maxBufferedBytes: number }).maxBufferedBytes = 1e6
    bosh.client.send(asWire(`<message xmlns='jabber:client'>${'x'.repeat(70_000)}</message>`))
    let isRead = false
    void bosh.client.whenRead()?.then(() => {
      isRead = true
    })
    await turn()
    expect(isRead).toBe(false)
    await says()
    expect(isRead).toBe(true)
  })

  it('has the address of the latest request', async () => {
    const { says, service } = await bound()
    await says('', {}, new PaperPlace('192.0.2.99'))
    expect(service.binds[0]?.info.address).toBe('192.0.2.99')
  })
})

describe('requests of the same session', () => {
  it.each([
    [undefined, undefined, true],
    [undefined, paperTls(), false],
    [paperTls(), undefined, false],
    [paperTls(), paperTls(), true],
    [paperTls('a'), paperTls('a'), true],
    [paperTls('a'), paperTls('b'), false],
    [paperTls('a'), paperTls(), false],
  ])('come with the same protection (%#)', async (first, later, isOne) => {
    const { bosh } = await connect({}, new PaperPlace('192.0.2.1', first))
    expect(bosh.client.isOf(new PaperPlace('192.0.2.2', later))).toBe(isOne)
  })

  it('are found by the whole of their id', async () => {
    const { bosh } = await connect()
    const sid = 'a'.repeat(40)
    expect(bosh.table.find(sid)).toBe(bosh.client)
    for (const wrong of ['a'.repeat(39), `${sid}a`, `${'a'.repeat(39)}b`, '', 'a'.repeat(16)]) {
      expect(bosh.table.find(wrong)).toBeUndefined()
    }
  })

  it('offer no channel binding, even over TLS', async () => {
    const { bosh } = await connect({}, new PaperPlace('192.0.2.1', paperTls()))
    expect(bosh.first.text).not.toMatch(/PLUS|sasl-channel-binding/)
  })
})
