import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Federated, type FederatedServer, inTheClear, trusted, twoServers } from '../support/federated.ts'
import { PaperPeer, PaperServer } from '../support/paper-peer.ts'

async function talk(a: FederatedServer, b: FederatedServer): Promise<void> {
  const [alice, bob] = [await a.client('alice', 'phone'), await b.client('bob', 'desk')]
  alice.sends(`<message to='bob@b.test' id='m1'><body>Hi</body></message>`)
  await bob.receives(`<message from='alice@a.test/phone' to='bob@b.test' id='m1'><body>Hi</body></message>`)
  bob.sends(`<message to='alice@a.test/phone' id='m2'><body>Hello</body></message>`)
  await alice.receives(`<message from='bob@b.test/desk' to='alice@a.test/phone' id='m2'><body>Hello</body></message>`)
}

describe('XEP-0220: two servers without TLS', () => {
  const servers = twoServers(inTheClear)

  it('§2.1 prove their domains to each other, and a message goes each way', () => talk(servers.a, servers.b))
})

describe('XEP-0220: two servers with certificates that nobody vouches for', () => {
  const servers = twoServers({ outgoingTls: 'verify_mode = "none"' })

  it('§2.1 prove their domains over TLS all the same, where that is allowed', () => talk(servers.a, servers.b))
})

describe('XEP-0220: a server that insists on certificates', () => {
  const servers = twoServers({ outgoingTls: 'verify_mode = "none"' }, { outgoingTls: '' })

  it('is told nothing by whom it does not believe, and tells nothing to', async () => {
    const [alice, bob] = [await servers.a.client('alice', 'x'), await servers.b.client('bob', 'y')]
    const ping = `<ping xmlns='urn:xmpp:ping'/>`
    await bob.asks(ping, 'get', { to: 'a.test', refused: 'remote-server-not-found' })
    // Our key is asked about over a connection that is not believed either.
    await alice.asks(ping, 'get', { to: 'b.test', refused: 'remote-server-not-found' })
  })
})

describe('XEP-0220: a server that takes no dialback', () => {
  const servers = twoServers(
    { ...trusted, outgoingTls: 'cacertfile = "ca.pem"' },
    { ...trusted, s2s: 'dialback = false' },
  )

  it('refuses who has no certificate', async () => {
    const alice = await servers.a.client('alice', 'x')
    await alice.asks(`<ping xmlns='urn:xmpp:ping'/>`, 'get', { to: 'b.test', refused: 'remote-server-not-found' })
  })
})

describe('XEP-0220: a receiving server', () => {
  const federated = new Federated()
  let paper: PaperServer
  let server: FederatedServer

  beforeAll(async () => {
    paper = await PaperServer.start()
    const others = ['one.test', 'two.test', 'three.test', 'liar.test', 'spam.test'].map((host) => ({
      host,
      port: paper.port,
    }))
    const s2s = 'host_policy = [{ host = "spam.test", policy = "deny" }]'
    ;[server] = (await federated.start({ 'a.test': { ...inTheClear, s2s } }, [
      ...others,
      { host: 'closed.test', port: 1 },
    ])) as [FederatedServer]
  })
  afterAll(async () => {
    await federated.stop()
    await paper.stop()
  })

  async function connects(from: string, to = 'a.test'): Promise<PaperPeer> {
    const peer = await PaperPeer.connect(server.s2sPort)
    peer.opens(from, to)
    await peer.hears('</stream:features>')
    return peer
  }

  /** The authoritative server says so of the next key that it is asked about. */
  async function vouches(domain: string, type: string, local = 'a.test'): Promise<string> {
    const authority = await paper.accepts()
    await authority.hears(`to='${domain}'`)
    authority.answers(domain, local, 's2', `<dialback xmlns='urn:xmpp:features:dialback'/>`)
    const asked = await authority.hears('</db:verify>')
    const [, id] = /id='([^']+)'/.exec(asked) ?? []
    authority.says(`<db:verify from='${domain}' to='${local}' id='${id}' type='${type}'/>`)
    await authority.hears('</stream:stream>')
    return asked
  }

  it('§2.1.1 asks the authoritative server about the key of this stream, and takes stanzas then', async () => {
    const alice = await server.client('alice', 'x')
    const peer = await connects('one.test')
    peer.says(`<db:result from='one.test' to='a.test'>the key</db:result>`)
    expect(await vouches('one.test', 'valid')).toContain('>the key<')
    await peer.hears(`<db:result from='a.test' to='one.test' type='valid'/>`)
    peer.says(`<message from='bob@one.test/y' to='alice@a.test' id='m1'><body>Hi</body></message>`)
    await alice.receives(`<message from='bob@one.test/y' to='alice@a.test' id='m1'><body>Hi</body></message>`)
    // §2.3: a further pair on the same stream.
    peer.says(`<db:result from='two.test' to='conference.a.test'>another</db:result>`)
    await vouches('two.test', 'valid', 'conference.a.test')
    await peer.hears(`<db:result from='conference.a.test' to='two.test' type='valid'/>`)
    peer.says(`<iq type='get' id='i1' from='c@two.test/z' to='conference.a.test'><ping xmlns='urn:xmpp:ping'/></iq>`)
    const answering = await paper.accepts()
    await answering.hears(`from='conference.a.test'`)
  })

  it('§2.1.2 closes the stream of a liar', async () => {
    const peer = await connects('liar.test')
    peer.says(`<db:result from='liar.test' to='a.test'>stolen</db:result>`)
    await vouches('liar.test', 'invalid')
    await peer.hears(`type='invalid'/></stream:stream>`)
  })

  it.each([
    ['a domain that is not here', 'one.test', 'c.test', 'item-not-found'],
    ['whom a policy forbids', 'spam.test', 'a.test', 'policy-violation'],
    ['a server that cannot be asked', 'closed.test', 'a.test', 'remote-server-not-found'],
    ['a domain of our own', 'conference.a.test', 'a.test', 'policy-violation'],
  ])('§2.4 refuses %s', async (_what, from, to, condition) => {
    const peer = await connects(from)
    peer.says(`<db:result from='${from}' to='${to}'>k</db:result>`)
    expect(await peer.hears('</db:result>')).toContain(`<${condition} xmlns=`)
    peer.destroy()
  })

  it('asks about the key of a server that still looks into ours', async () => {
    const alice = await server.client('ada', 'x')
    alice.sends(`<message to='bob@three.test' id='m1'><body>Hi</body></message>`)
    const receiving = await paper.accepts()
    await receiving.hears(`to='three.test'`)
    receiving.answers('three.test', 'a.test', 's3', `<dialback xmlns='urn:xmpp:features:dialback'/>`)
    await receiving.hears('</db:result>')
    const peer = await connects('three.test')
    peer.says(`<db:result from='three.test' to='a.test'>k3</db:result>`)
    const [, id] = /id='([^']+)'/.exec(await receiving.hears('>k3</db:verify>')) ?? []
    receiving.says(`<db:verify from='three.test' to='a.test' id='${id}' type='valid'/>`)
    await peer.hears(`type='valid'/>`)
    receiving.says(`<db:result from='three.test' to='a.test' type='valid'/>`)
    await receiving.hears(`id='m1'`)
  })

  it('§2.2.2 says as the authoritative server which keys are its own', async () => {
    const alice = await server.client('anna', 'x')
    alice.sends(`<message to='bob@two.test' id='m1'><body>Hi</body></message>`)
    const receiving = await paper.accepts()
    await receiving.hears(`to='two.test'`)
    receiving.answers('two.test', 'a.test', 'stream-1', `<dialback xmlns='urn:xmpp:features:dialback'/>`)
    const [, key] = /<db:result from='a.test' to='two.test'>([^<]+)</.exec(await receiving.hears('</db:result>')) ?? []
    const peer = await connects('two.test')
    const ask = async (id: string, from = 'two.test', to = 'a.test') => {
      peer.says(`<db:verify from='${from}' to='${to}' id='${id}'>${key}</db:verify>`)
      const [, type] = /type='(\w+)'/.exec(await peer.hears('>')) ?? []
      return type
    }
    expect(await ask('stream-1')).toBe('valid')
    // The same key is no proof on another stream, to another server, or for another domain.
    expect(await ask('stream-2')).toBe('invalid')
    expect(await ask('stream-1', 'one.test')).toBe('invalid')
    expect(await ask('stream-1', 'two.test', 'conference.a.test')).toBe('invalid')
    receiving.says(`<db:result from='two.test' to='a.test' type='valid'/>`)
    await receiving.hears(`id='m1'`)
  })
})
