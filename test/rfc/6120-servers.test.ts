import { connect } from 'node:net'
import { describe, expect, it } from 'vitest'
import { Jid } from '../../src/jid/jid.ts'
import type { FederatedServer } from '../support/federated.ts'
import { trusted, twoServers } from '../support/federated.ts'

describe('two servers with certificates', () => {
  const servers = twoServers(trusted)

  it('RFC 6120 §5, §6 and XEP-0178: speak TLS, prove their domains by certificate, and messages go both ways', async () => {
    const alice = await servers.a.client('alice', 'phone')
    const bob = await servers.b.client('bob', 'desk')
    alice.sends(`<message to='bob@b.test' id='m1' type='chat'><body>Hi</body></message>`)
    await bob.receives(
      `<message from='alice@a.test/phone' to='bob@b.test' id='m1' type='chat'><body>Hi</body></message>`,
    )
    bob.sends(`<message to='alice@a.test/phone' id='m2' type='chat'><body>Hello</body></message>`)
    await alice.receives(
      `<message from='bob@b.test/desk' to='alice@a.test/phone' id='m2' type='chat'><body>Hello</body></message>`,
    )
  })

  it('RFC 6120 §10.1: keep the order of what one sends to another', async () => {
    const [alice, bob] = [await servers.a.client('ann', 'x'), await servers.b.client('bert', 'x')]
    for (let i = 0; i < 200; i++) alice.sends(`<message to='bert@b.test' id='n${i}'><body>${i}</body></message>`)
    for (let i = 0; i < 200; i++) {
      await bob.receives(`<message from='ann@a.test/x' to='bert@b.test' id='n${i}'><body>${i}</body></message>`)
    }
  })

  it('RFC 6120 §8.2.3: answer requests of each other, and errors come back', async () => {
    const [alice] = [await servers.a.client('cora', 'x'), await servers.b.client('cole', 'x')]
    await alice.asks(`<ping xmlns='urn:xmpp:ping'/>`, 'get', { to: 'b.test' })
    const info = await alice.asks(`<query xmlns='http://jabber.org/protocol/disco#info'/>`, 'get', { to: 'b.test' })
    expect(String(info)).toContain('urn:xmpp:ping')
    await alice.asks(`<x xmlns='urn:unknown'/>`, 'get', { to: 'b.test', refused: 'service-unavailable' })
    await alice.asks(`<x xmlns='urn:unknown'/>`, 'get', { to: 'cole@b.test/none', refused: 'service-unavailable' })
  })

  it('core §5.2: strangers are not told which accounts there are', async () => {
    const alice = await servers.a.client('dora', 'x')
    alice.sends(`<message to='nobody@b.test' id='m1' type='chat'><body>Hi</body></message>`)
    await alice.asks(`<ping xmlns='urn:xmpp:ping'/>`, 'get', { to: 'b.test' })
    await alice.receivesNothing()
  })

  it('the language of the sender is kept, and its namespaces', async () => {
    const [alice, bob] = [await servers.a.client('eve', 'x'), await servers.b.client('earl', 'x')]
    alice.sends(
      `<message xmlns='jabber:client' xml:lang='de' to='earl@b.test/x' id='m1'><body xmlns='jabber:client'>Grüße</body></message>`,
    )
    await bob.receives(
      `<message xml:lang='de' from='eve@a.test/x' to='earl@b.test/x' id='m1'><body>Grüße</body></message>`,
    )
  })

  it('shows what goes between servers to whoever looks', async () => {
    const [alice, bob] = [await servers.a.client('flo', 'x'), await servers.b.client('fritz', 'x')]
    const seen: string[] = []
    const end = servers.a.server.tap.look(
      Jid.parse('b.test'),
      ({ direction, text }) => void seen.push(`${direction} ${text}`),
    )
    alice.sends(`<message to='fritz@b.test' id='m1'><body>Hi</body></message>`)
    await bob.receives(`<message from='flo@a.test/x' to='fritz@b.test' id='m1'><body>Hi</body></message>`)
    bob.sends(`<message to='flo@a.test' id='m2'><body>Hello</body></message>`)
    await alice.receives(`<message from='fritz@b.test/x' to='flo@a.test' id='m2'><body>Hello</body></message>`)
    end()
    expect(seen.filter((text) => text.includes('fritz@b.test'))).toEqual([
      `out <message from='flo@a.test/x' to='fritz@b.test' id='m1'><body>Hi</body></message>`,
      `in <message from='fritz@b.test/x' to='flo@a.test' id='m2'><body>Hello</body></message>`,
    ])
  })

  it('counts what goes between servers', async () => {
    const values = await servers.a.server.metrics.values()
    const of = (name: string, labels: Record<string, string>) =>
      values.find(
        (each) => each.name === name && Object.entries(labels).every(([key, value]) => each.labels[key] === value),
      )?.value
    const s2s = { connection_type: 's2s' }
    expect(of('s2s_connections_count', { direction: 'out' })).toBe(1)
    expect(of('xmpp_element_out_message_count', { ...s2s, host_type: 'a.test' })).toBeGreaterThan(200)
    expect(of('xmpp_element_in_iq_count', { ...s2s, host_type: 'a.test' })).toBeGreaterThan(2)
    expect(of('tls_data_out_byte_size', s2s)).toBeGreaterThan(10_000)
    const stats = (await servers.a.server.commands.run('stat.globalStats', {})) as Record<string, number>
    expect(stats['outgoingS2S']).toBe(1)
    const theirs = (await servers.b.server.commands.run('stat.globalStats', {})) as Record<string, number>
    expect(theirs['incomingS2S']).toBe(1)
  })
})

describe('RFC 6120 §13.7.2.2: certificates that are for servers only', () => {
  const only = { ...trusted, extensions: ['extendedKeyUsage=serverAuth'], s2s: 'dialback = false' }

  describe('of both', () => {
    const strict = { ...only, tls: `${trusted.tls}\nverify_mode = "peer"` }
    const servers = twoServers(only, strict)

    it('prove who connects, where certificates are the only way, and where one is required', async () => {
      const [alice, bob] = [await servers.a.client('alice', 'x'), await servers.b.client('bob', 'x')]
      await alice.asks(`<ping xmlns='urn:xmpp:ping'/>`, 'get', { to: 'b.test' })
      await bob.asks(`<ping xmlns='urn:xmpp:ping'/>`, 'get', { to: 'a.test' })
    })
  })

  describe('of an authority that the other does not know', () => {
    const own = 'mode = "starttls_required"\ncertfile = "cert.pem"\nkeyfile = "key.pem"'
    const servers = twoServers({ ...only, tls: own }, only)

    it('prove nothing', async () => {
      const bob = await servers.b.client('bob', 'x')
      await bob.asks(`<ping xmlns='urn:xmpp:ping'/>`, 'get', { to: 'a.test', refused: 'remote-server-not-found' })
    })
  })

  describe('of an authority that the other does not know, where there is dialback', () => {
    const own = 'mode = "starttls_required"\ncertfile = "cert.pem"\nkeyfile = "key.pem"'
    const { extensions } = only
    const servers = twoServers({ ...trusted, extensions, tls: own }, { ...trusted, extensions })

    it('leave the proof to dialback', async () => {
      const bob = await servers.b.client('bob', 'x')
      await bob.asks(`<ping xmlns='urn:xmpp:ping'/>`, 'get', { to: 'a.test' })
    })
  })
})

describe('a stream between servers that is not as it should be', () => {
  const servers = twoServers(trusted)
  const opening = (rest: string, content = 'jabber:server') =>
    `<?xml version='1.0'?><stream:stream xmlns='${content}' xmlns:stream='http://etherx.jabber.org/streams' ${rest}>`

  it.each([
    ['to nobody', opening(`version='1.0'`), 'improper-addressing'],
    ['to a domain that is not here', opening(`to='c.test' version='1.0'`), 'host-unknown'],
    ['of a client', opening(`to='a.test' version='1.0'`, 'jabber:client'), 'invalid-namespace'],
    ['of the time before versions', opening(`to='a.test'`), 'invalid-xml'],
    [
      'with a stanza before TLS',
      `${opening(`to='a.test' version='1.0'`)}<message to='x@a.test' from='y@b.test'/>`,
      'not-authorized',
    ],
    [
      'that is too large before proof',
      `${opening(`to='a.test' version='1.0'`)}<x>${'x'.repeat(20_000)}`,
      'policy-violation',
    ],
    ['that is not XML', `${opening(`to='a.test' version='1.0'`)}</wrong>`, 'not-well-formed'],
  ])('RFC 6120 §4.9.3: %s', async (_what, said, condition) => {
    expect(await answerTo(servers.a, said)).toContain(`<${condition} xmlns='urn:ietf:params:xml:ns:xmpp-streams'`)
  })
})

/** What a server says until it closes. */
function answerTo({ s2sPort }: FederatedServer, said: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(s2sPort, '127.0.0.1', () => socket.write(said))
    let text = ''
    socket.on('data', (bytes) => {
      text += bytes
    })
    socket.once('error', reject)
    socket.once('close', () => resolve(text))
  })
}
