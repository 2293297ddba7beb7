import { describe, expect, it } from 'vitest'
import { FakeService, settle } from '../../../test/support/fake-client-service.ts'
import { auth, bind, bound, connect, opening } from '../../../test/support/tcp-driver.ts'
import { StreamError } from '../../stanza/stream-error.ts'
import { asWire } from '../../xml/wire.ts'

describe('stanzas in a session', () => {
  it('are stamped with the address of the client', async () => {
    const { says, session } = await bound()
    await says(
      `<message/><presence from='lena@example.org'/><iq from='LENA@example.org/phone' type='get' id='1'><a xmlns='b'/></iq>`,
    )
    expect(session.received).toEqual([
      `<message from='lena@example.org/phone' to='lena@example.org'/>`,
      `<presence from='lena@example.org/phone'/>`,
      `<iq from='lena@example.org/phone' to='lena@example.org' type='get' id='1'><a xmlns='b'/></iq>`,
    ])
  })

  it('get the language of the stream', async () => {
    const { says, service } = connect()
    await says(opening + auth)
    await says(opening.replace(' to=', ` xml:lang='de' to=`) + bind)
    await says(`<message/><message xml:lang='fr'/>`)
    expect(service.session?.received).toEqual([
      `<message from='lena@example.org/phone' to='lena@example.org' xml:lang='de'/>`,
      `<message from='lena@example.org/phone' to='lena@example.org' xml:lang='fr'/>`,
    ])
  })

  it('wait for the one before', async () => {
    const { says, session, connection } = await bound()
    let done = (): void => {}
    session.busy = new Promise((resolve) => {
      done = resolve
    })
    await says(`<message id='1'/><message id='2'/>`)
    await says(`<message id='3'/>`)
    expect(session.received).toHaveLength(1)
    expect(connection.isPaused).toBe(false)
    session.busy = undefined
    done()
    await settle()
    expect(session.received.map((text) => /id='(\d)'/.exec(text)?.[1])).toEqual(['1', '2', '3'])
  })

  it('are not read far ahead of the one that takes long', async () => {
    const { client, session, connection } = await bound()
    let done = (): void => {}
    session.busy = new Promise((resolve) => {
      done = resolve
    })
    const many = Buffer.from(`<message id='1'/>`.repeat(2000))
    client.data(many, many.length)
    expect(connection.isPaused).toBe(true)
    session.busy = undefined
    done()
    await settle()
    expect(session.received).toHaveLength(2000)
    expect(connection.isPaused).toBe(false)
  })

  it('go on after one that failed', async () => {
    const { says, session, service } = await bound()
    session.busy = Promise.reject(new Error('a handler failed'))
    await says(`<message id='1'/>`)
    session.busy = undefined
    await says(`<message id='2'/>`)
    expect(session.received).toHaveLength(2)
    expect(service.notes.at(-1)).toMatchObject({ what: 'client_stream_fault' })
  })

  it('a fault of ours ends the stream, not the server', async () => {
    const { says, session, service, connection } = await bound()
    session.receive = () => {
      throw new Error('a bug')
    }
    expect(await says(`<message/>`)).toContain('<internal-server-error ')
    expect(connection.state).toBe('ended')
    expect(service.notes.at(-1)).toMatchObject({ what: 'client_stream_fault' })
  })

  it('a session IQ is granted at any time', async () => {
    const { says, session } = await bound()
    const iq = `<iq type='set' id='s'><session xmlns='urn:ietf:params:xml:ns:xmpp-session'/></iq>`
    expect(await says(iq)).toBe(`<iq from='lena@example.org' to='lena@example.org/phone' type='result' id='s'/>`)
    expect(session.received).toEqual([])
  })

  it('a client that skips the session IQ loses nothing', async () => {
    const { says, session } = await bound({ awaitsSessionIq: true })
    await says(`<presence/><message/>`)
    expect(session.received).toHaveLength(2)
  })
})

describe('the end', () => {
  it('comes when a state lasts too long', async () => {
    const { service, connection } = connect()
    service.clock.advance(5300)
    expect(connection.take()).toMatch(/^<\?xml.*<stream:error><connection-timeout .*<\/stream:stream>$/)
    expect(connection.state).toBe('ended')
  })

  it('does not come to a session that is silent', async () => {
    const { service, connection } = await bound({ awaitsSessionIq: true })
    service.clock.advance(3_600_000)
    expect(connection.state).toBe('open')
    expect(service.wheel.size).toBe(0)
    expect(service.negotiating.size).toBe(1)
  })

  it('by the session: with an error or orderly, once', async () => {
    const { client, connection } = await bound()
    client.close(new StreamError('conflict', 'Replaced by new connection'))
    client.close()
    client.send(asWire('<message/>'))
    expect(connection.take()).toMatch(
      /^<stream:error><conflict [^>]*><text .*Replaced by new connection<\/text><\/stream:error><\/stream:stream>$/,
    )
    const orderly = await bound()
    orderly.client.close()
    expect(orderly.connection.take()).toBe('</stream:stream>')
  })

  it('by the server: for those without a session too', async () => {
    const { service, connection, says } = connect()
    await says(opening)
    for (const client of [...service.negotiating]) client.stop(new StreamError('system-shutdown'))
    expect(connection.take()).toContain('<system-shutdown ')
    expect(service.negotiating.size).toBe(0)
  })

  it('by a connection that breaks is a loss', async () => {
    const { client, session } = await bound()
    client.closed()
    client.closed()
    expect(session.ends[0]).toEqual({ kind: 'lost' })
  })

  it('by a client that does not read is bounded', async () => {
    const { client, connection, service, session } = await bound()
    client.send(asWire('<message/>'))
    connection.bufferedBytes = 1001
    client.send(asWire('<message/>'))
    expect(connection.take()).toContain('<resource-constraint ')
    expect(connection.state).toBe('ended')
    expect(session.ends).toEqual([{ kind: 'lost' }])
    expect(service.notes.at(-1)).toEqual({ what: 'client_does_not_read', address: '192.0.2.1', bytes: 1001 })
  })
})

describe('traffic limits', () => {
  it('stop reading until what came is paid for', async () => {
    const service = new FakeService()
    service.rates = { before: 1000, after: 100 }
    const { says, connection } = connect({}, service)
    await says(opening)
    expect(connection.isPaused).toBe(false)
    await says(' '.repeat(1000))
    expect(connection.isPaused).toBe(true)
    service.clock.advance(opening.length)
    expect(connection.isPaused).toBe(false)
  })

  it('change when the user is known', async () => {
    const service = new FakeService()
    service.rates = { before: Number.POSITIVE_INFINITY, after: 100 }
    const { says, connection } = await bound({}, service)
    service.clock.advance(10_000)
    await says(' '.repeat(200))
    expect(connection.isPaused).toBe(true)
    service.clock.advance(1000)
    expect(connection.isPaused).toBe(false)
  })
})
