import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Client } from '../support/client.ts'
import { Federated, type FederatedServer, inTheClear, trusted } from '../support/federated.ts'
import { PaperPeer, PaperServer } from '../support/paper-peer.ts'

const federated = new Federated()
let paper: PaperServer
let clear: FederatedServer
let secure: FederatedServer
let alice: Client

beforeAll(async () => {
  paper = await PaperServer.start()
  const numbers = Array.from({ length: 12 }, (_, i) => i)
  const hosts = ['evil.test', 'good.test', ...numbers.map((i) => `e${i}.test`), ...numbers.map((i) => `f${i}.test`)]
  const others = hosts.map((host) => ({ host, port: paper.port }))
  ;[clear, secure] = (await federated.start(
    {
      'a.test': {
        ...inTheClear,
        listen: 'max_connections_per_address = 40\nmax_stanza_size = 20_000\nstate_timeout = 1000',
      },
      's.test': trusted,
    },
    others,
  )) as [FederatedServer, FederatedServer]
  alice = await clear.client('alice', 'x')
})
afterAll(async () => {
  await federated.stop()
  await paper.stop()
})

async function connects(from: string, to = 'a.test'): Promise<PaperPeer> {
  const peer = await PaperPeer.connect(clear.s2sPort)
  peer.opens(from, to)
  await peer.hears('</stream:features>')
  return peer
}

/** A stream on which a domain has been proven. */
async function proven(domain: string, to = 'a.test'): Promise<PaperPeer> {
  const peer = await connects(domain, to)
  peer.says(`<db:result from='${domain}' to='${to}'>k</db:result>`)
  const authority = await paper.accepts()
  await authority.hears(`to='${domain}'`)
  authority.answers(domain, to, 's', `<dialback xmlns='urn:xmpp:features:dialback'/>`)
  const [, id] = /id='([^']+)'/.exec(await authority.hears('</db:verify>')) ?? []
  authority.says(`<db:verify from='${domain}' to='${to}' id='${id}' type='valid'/>`)
  await peer.hears(`type='valid'/>`)
  return peer
}

const message = (from: string, to: string) => `<message from='${from}' to='${to}' id='m'><body>Hi</body></message>`

describe('another server that lies', () => {
  it.each([
    ['about who sends: another domain', message('bob@good.test', 'alice@a.test')],
    ['about who sends: one of ours', message('bob@a.test', 'alice@a.test')],
    ['about who sends: a part of its own', message('bob@sub.evil.test', 'alice@a.test')],
    ['about who gets it: a domain of ours that it has not asked for', message('bob@evil.test', 'x@pubsub.a.test')],
    ['about who gets it: somebody elsewhere', message('bob@evil.test', 'bob@good.test')],
  ])('%s, ends its stream (core §9.1)', async (_what, stanza) => {
    const peer = await proven('evil.test')
    peer.says(stanza)
    await peer.hears('<invalid-from')
    await peer.hearsEnd()
    await alice.receivesNothing()
  })

  it.each([
    ['no sender', `<message to='alice@a.test'><body>Hi</body></message>`],
    ['no recipient', `<message from='bob@evil.test'><body>Hi</body></message>`],
    ['a sender that is none', `<message from='@@' to='alice@a.test'><body>Hi</body></message>`],
  ])('%s, ends its stream (RFC 6120 §4.9.3.7)', async (_what, stanza) => {
    const peer = await proven('evil.test')
    peer.says(stanza)
    await peer.hears('<improper-addressing')
    await peer.hearsEnd()
  })

  it('proof of one domain is none of another on the same stream', async () => {
    const peer = await proven('evil.test')
    peer.says(`<db:result from='e11.test' to='a.test'>k</db:result>`)
    const authority = await paper.accepts()
    await authority.hears(`to='e11.test'`)
    peer.says(message('bob@e11.test', 'alice@a.test'))
    await peer.hears('<invalid-from')
    await alice.receivesNothing()
    authority.destroy()
  })

  it('an answer about a key that somebody else gives is none', async () => {
    const victim = await connects('e10.test')
    victim.says(`<db:result from='e10.test' to='a.test'>k</db:result>`)
    const authority = await paper.accepts()
    await authority.hears(`to='e10.test'`)
    authority.answers('e10.test', 'a.test', 's', `<dialback xmlns='urn:xmpp:features:dialback'/>`)
    const [, id] = /id='([^']+)'/.exec(await authority.hears('</db:verify>')) ?? []
    // On a stream of its own, and for another domain than was asked.
    const evil = await connects('evil.test')
    evil.says(`<db:verify from='e10.test' to='a.test' id='${id}' type='valid'/>`)
    await evil.hears('<invalid-xml')
    authority.says(`<db:verify from='evil.test' to='a.test' id='${id}' type='valid'/>`)
    authority.says(`<db:verify from='e10.test' to='a.test' id='${id}' type='invalid'/>`)
    await victim.hears(`type='invalid'/>`)
  })

  it('an answer about a key that comes before TLS, from whoever stands in between, is none', async () => {
    const evil = await PaperPeer.connect(secure.s2sPort)
    evil.opens('good.test', 's.test')
    await evil.hears('</stream:features>')
    evil.says(`<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>`)
    await evil.hears('<proceed')
    await evil.startTls()
    evil.opens('good.test', 's.test')
    const [, id] = /id='([^']+)'/.exec(await evil.hears('</stream:features>')) ?? []
    evil.says(`<db:result from='good.test' to='s.test'>k</db:result>`)
    const between = await paper.accepts()
    await between.hears(`to='good.test'`)
    between.answers('good.test', 's.test', 's', `<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>`)
    between.says(`<db:verify from='good.test' to='s.test' id='${id}' type='valid'/>`)
    expect(await evil.hears('</db:result>')).toContain(`type='error'`)
  })

  it('what comes with STARTTLS is forgotten (RFC 6120 §5.4.3.3)', async () => {
    const peer = await PaperPeer.connect(secure.s2sPort)
    peer.opens('evil.test', 's.test')
    await peer.hears('</stream:features>')
    peer.says(
      `<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/><stream:stream xmlns='jabber:server' to='s.test' version='1.0'><x/>`,
    )
    await peer.hears('<proceed')
    await peer.startTls()
    peer.opens('evil.test', 's.test')
    const heard = await peer.hears('</stream:features>')
    expect(heard.match(/<stream:stream/g)).toHaveLength(1)
    expect(heard).not.toContain('stream:error')
  })

  it('nothing is taken before TLS where that is required, nor its word for who it is', async () => {
    for (const said of [
      message('bob@evil.test', 'x@s.test'),
      `<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>${Buffer.from('evil.test').toString('base64')}</auth>`,
    ]) {
      const peer = await PaperPeer.connect(secure.s2sPort)
      peer.opens('evil.test', 's.test')
      expect(await peer.hears('</stream:features>')).not.toContain('mechanisms')
      peer.says(said)
      expect(await peer.hearsEnd()).toMatch(/<not-authorized|<policy-violation/)
    }
  })

  it('a certificate of nobody is no proof', async () => {
    const peer = await PaperPeer.connect(secure.s2sPort)
    peer.opens('evil.test', 's.test')
    await peer.hears('</stream:features>')
    peer.says(`<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>`)
    await peer.hears('<proceed')
    await peer.startTls()
    peer.opens('evil.test', 's.test')
    expect(await peer.hears('</stream:features>')).not.toContain('EXTERNAL')
    peer.says(`<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>=</auth>`)
    await peer.hears('<not-authorized')
  })
})

describe('another server that wants too much', () => {
  it('has a limit of streams for one pair of domains', async () => {
    const peers: PaperPeer[] = []
    for (let i = 0; i < 10; i++) peers.push(await proven('e0.test'))
    const last = await connects('e0.test')
    last.says(`<db:result from='e0.test' to='a.test'>k</db:result>`)
    const authority = await paper.accepts()
    await authority.hears(`to='e0.test'`)
    authority.answers('e0.test', 'a.test', 's', `<dialback xmlns='urn:xmpp:features:dialback'/>`)
    const [, id] = /id='([^']+)'/.exec(await authority.hears('</db:verify>')) ?? []
    authority.says(`<db:verify from='e0.test' to='a.test' id='${id}' type='valid'/>`)
    await last.hears('<resource-constraint')
    for (const peer of peers) peer.destroy()
  })

  it('has a limit of keys that are looked into at a time', async () => {
    const peer = await connects('evil.test')
    for (let i = 0; i < 11; i++) peer.says(`<db:result from='f${i}.test' to='a.test'>k</db:result>`)
    expect(await peer.hears('</db:result>')).toContain('<resource-constraint')
    peer.destroy()
    for (let i = 0; i < 10; i++) (await paper.accepts()).destroy()
  })

  it('has a limit of stanzas, small before it is known', async () => {
    const peer = await connects('evil.test')
    peer.says(`<db:result from='evil.test' to='a.test'>${'k'.repeat(20_000)}`)
    await peer.hears('<policy-violation')
    const known = await proven('evil.test')
    known.says(`<message from='bob@evil.test' to='alice@a.test'><body>${'x'.repeat(30_000)}`)
    await known.hears('<policy-violation')
  })

  it('has a limit of time until it is known', async () => {
    const peer = await connects('evil.test')
    await peer.hears('<connection-timeout')
  })

  it('has a limit of connections from one address', async () => {
    const peers = await Promise.all(Array.from({ length: 45 }, () => PaperPeer.connect(clear.s2sPort)))
    const refused = await Promise.any(peers.map((peer) => peer.hears('<resource-constraint')))
    expect(refused).toContain('<stream:error>')
    for (const peer of peers) peer.destroy()
  })
})
