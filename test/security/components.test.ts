import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ComponentStream } from '../../src/edges/component/component-stream.ts'
import { componentOpening, PaperComponent } from '../support/component.ts'
import { LiveEdge, PaperConnection, until } from '../support/live-edge.ts'
import { ownServer } from '../support/own-server.ts'
import { PaperPeer } from '../support/paper-peer.ts'
import { SteppedClock } from '../support/stepped-clock.ts'

const listener = `[[listen.component]]
port = 0
ip_address = "127.0.0.1"
password = "secret"
max_stanza_size = 20_000
max_unauthenticated_size = 1000
`

describe('what a stranger can do on a port for components', () => {
  const own = ownServer(listener)
  const port = () => own.server.server.ports.find(({ kind }) => kind === 'component')?.port ?? 0

  /** What the server says to somebody who sends this and nothing else. */
  async function said(...texts: readonly string[]): Promise<string> {
    const peer = await PaperPeer.connect(port())
    for (const text of texts) peer.says(text)
    return peer.hearsEnd()
  }
  const opening = componentOpening('a.example')

  it('XEP-0114 §3: the password is not guessed twice on one connection, and an id is not given twice', async () => {
    const ids = new Set<string>()
    for (let i = 0; i < 3; i++) {
      const { peer, id } = await PaperComponent.open(port(), 'a.example')
      ids.add(id)
      peer.says(PaperComponent.proof(id, 'wrong') + PaperComponent.proof(id))
      expect(await peer.hearsEnd()).toMatch(/<not-authorized .*<\/stream:stream>$/)
    }
    expect(ids.size).toBe(3)
    expect([...ids].every((id) => id.length >= 16)).toBe(true)
  })

  it('core §10: a proof made for another stream is worth nothing', async () => {
    const [one, other] = [
      await PaperComponent.open(port(), 'a.example'),
      await PaperComponent.open(port(), 'a.example'),
    ]
    other.peer.says(PaperComponent.proof(one.id))
    expect(await other.peer.hearsEnd()).toContain('<not-authorized ')
    one.peer.destroy()
  })

  it('core §2.1: what is no XML, what is forbidden in it, and what is too large ends the stream', async () => {
    expect(await said('GET / HTTP/1.1\r\n\r\n')).toMatch(/<stream:stream .*<not-well-formed /)
    expect(await said(opening, '<a></b>')).toContain('<not-well-formed ')
    expect(await said('<!DOCTYPE x>')).toContain('<restricted-xml ')
    expect(await said(opening, `<handshake>${'0'.repeat(1100)}</handshake>`)).toContain('<policy-violation ')
    expect(await said(opening.replace(" to='a.example'", ` to='${'a'.repeat(5000)}'`))).toContain('<policy-violation ')
    expect(await said(opening, `<message to='alice@localhost'/>`)).toContain('<not-authorized ')
    expect(await said(opening.replace('component:accept', 'client'))).toContain('<invalid-namespace ')
    expect(await said(opening.replace(" to='a.example'", ''))).toContain('<host-unknown ')
    expect(await said(opening, opening)).toContain('<restricted-xml ')
  })

  it('core §2.1: a component whose stanza is too large loses its stream and its route', async () => {
    const component = await PaperComponent.connect(port(), 'large.localhost')
    const alice = await own.client('alice', 'x')
    component.says(
      `<message from='large.localhost' to='alice@localhost/x' id='m1'><body>${'x'.repeat(15_000)}</body></message>`,
    )
    await alice.takes((element) => element.attr('id') === 'm1')
    component.says(`<message from='large.localhost' to='alice@localhost'><body>${'x'.repeat(20_000)}</body></message>`)
    expect(await component.peer.hearsEnd()).toMatch(/<policy-violation .*<\/stream:stream>$/)
    await alice.asks(`<ping xmlns='urn:xmpp:ping'/>`, 'get', { to: 'large.localhost', refused: 'service-unavailable' })
    await alice.receivesNothing()
  })
})

describe('a component that says nothing, or reads nothing', () => {
  const clock = new SteppedClock()
  const own = ownServer(listener, { clock })
  const port = () => own.server.server.ports.find(({ kind }) => kind === 'component')?.port ?? 0

  it('state_timeout: has so long for its header, and again for its handshake', async () => {
    const silent = await PaperPeer.connect(port())
    const slow = await PaperComponent.open(port(), 'slow.localhost')
    const quick = await PaperComponent.connect(port(), 'quick.localhost')
    clock.advance(5001)
    expect(await silent.hearsEnd()).toMatch(/<stream:stream .*<connection-timeout /)
    expect(await slow.peer.hearsEnd()).toContain('<connection-timeout ')
    await quick.leaves()
  })

  it('core §8: stanzas come back when too much waits for it, then it is gone', async () => {
    const socket = connect(port(), '127.0.0.1')
    const gone = new Promise<void>((resolve) => socket.on('close', () => resolve()))
    socket.on('error', () => {})
    const header = await new Promise<string>((heard) => {
      socket.once('data', (bytes) => heard(String(bytes)))
      socket.write(componentOpening('deaf.localhost'))
    })
    socket.write(PaperComponent.proof(/\bid='([^']+)'/.exec(header)?.[1] ?? ''))
    await new Promise((heard) => socket.once('data', heard))
    socket.pause()
    const alice = await own.client('bea', 'x')
    let sent = 0
    const body = 'x'.repeat(15_000)
    const hasComeBack = () => alice.inbox.items.length > 0
    while (!hasComeBack() && sent < 4000) {
      for (let i = 0; i < 50; i++)
        alice.sends(`<message to='deaf.localhost' id='m${sent++}'><body>${body}</body></message>`)
      await alice.isHeard()
    }
    const back = await alice.takes(() => true)
    expect(String(back)).toContain('<resource-constraint')
    const limits = (await own.server.server.metrics.values()).filter(
      ({ name }) => name === 'component_limit_reached_count',
    )
    expect(limits).toMatchObject([{ labels: { limit: 'unread' }, value: 1 }])
    // Second by second, so that nobody else seems to take nothing.
    for (let i = 0; i < 20; i++) {
      await alice.isHeard()
      clock.advance(1000)
    }
    socket.resume()
    await gone
    await alice.asks(`<ping xmlns='urn:xmpp:ping'/>`, 'get', {
      to: 'deaf.localhost',
      refused: 'service-unavailable',
    })
  })
})

describe('a component that sends faster than it may', () => {
  const edge = new LiveEdge(
    `[shaper.slow]\nmax_rate = 2000\n[[listen.component]]\nport = 0\npassword = "secret"\nshaper = "slow"\n`,
  )
  beforeAll(() => edge.start())
  afterAll(() => edge.stop())

  it('core §8: is read from no further until it has waited; nothing is lost', async () => {
    await edge.register('alice', 'secret')
    const service = edge.components()
    const connection = new PaperConnection()
    connection.handler = ComponentStream.accept(service, connection)
    connection.says(componentOpening('fast.test'))
    const id = /\bid='([^']+)'/.exec(connection.written)?.[1] ?? ''
    connection.says(PaperComponent.proof(id))
    expect(connection.written).toContain('<handshake/>')
    expect(connection.isPaused).toBe(false)
    for (let i = 0; i < 5; i++) {
      connection.says(
        `<message from='fast.test' to='nobody@localhost' id='m${i}'><body>${'x'.repeat(500)}</body></message>`,
      )
    }
    expect(connection.isPaused).toBe(true)
    expect(await until(() => connection.written.includes(`id='m4'`))).toBe(true)
    expect(connection.isPaused).toBe(true)
    edge.clock.advance(2000)
    expect(connection.isPaused).toBe(false)
    connection.vanish()
    expect(service.open.size).toBe(0)
  })
})
