import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Client } from '../support/client.ts'
import { Federated, type FederatedServer, inTheClear } from '../support/federated.ts'
import { type PaperPeer, PaperServer } from '../support/paper-peer.ts'
import { SteppedClock } from '../support/stepped-clock.ts'

const federated = new Federated()
const clock = new SteppedClock()
let paper: PaperServer
let silent: PaperServer
let server: FederatedServer
let alice: Client

beforeAll(async () => {
  paper = await PaperServer.start()
  silent = await PaperServer.start()
  const hosts = ['b.test', 'c.test', 'd.test', 'e.test', 'f.test', 'g.test', 'h.test']
  const others = [
    ...hosts.map((host) => ({ host, port: paper.port })),
    { host: 'silent.test', port: silent.port },
    { host: 'closed.test', port: 1 },
    { host: 'denied.test', port: paper.port },
    { host: 'sub.a.test', port: paper.port },
    { host: 'sub.routed.test', port: paper.port },
  ]
  const options = {
    ...inTheClear,
    domains: ['routed.test'],
    s2s: 'host_policy = [{ host = "denied.test", policy = "deny" }]',
    outgoing: 'state_timeout = 500\nqueue_limit = 4\nmax_retry_delay = 8\nstream_timeout = 60_000',
    tables: '[[host_config]]\nhost = "routed.test"\ngeneral.route_subdomains = "s2s"\n',
    clock,
  }
  ;[server] = (await federated.start({ 'a.test': options }, others)) as [FederatedServer]
  alice = await server.client('alice', 'x')
})
afterAll(async () => {
  await federated.stop()
  await paper.stop()
  await silent.stop()
})

/** Lets somebody of ours prove who we are, by dialback that is believed. */
async function believes(peer: PaperPeer, domain: string, features = ''): Promise<void> {
  await peer.hears(`to='${domain}'`)
  peer.answers(domain, 'a.test', 's1', `<dialback xmlns='urn:xmpp:features:dialback'/>${features}`)
  await peer.hears('</db:result>')
  peer.says(`<db:result from='${domain}' to='a.test' type='valid'/>`)
}

const message = (to: string, id: string) => `<message to='${to}' id='${id}' type='chat'><body>Hi</body></message>`
/** The error that a message comes back with. */
async function refused(id: string, condition: string): Promise<void> {
  const back = await alice.takes((element) => element.attr('id') === id)
  expect(String(back)).toContain(`<${condition} xmlns=`)
}

describe('stanzas to other servers', () => {
  it('core §9.2: wait for the connection, in their order, and then go at once', async () => {
    for (const id of ['1', '2', '3']) alice.sends(message('bob@b.test', id))
    const peer = await paper.accepts()
    await believes(peer, 'b.test')
    const heard = await peer.hears(`id='3'`)
    expect(heard.indexOf(`id='1'`)).toBeLessThan(heard.indexOf(`id='2'`))
    expect(heard).toContain(
      `<message from='alice@a.test/x' to='bob@b.test' id='1' type='chat'><body>Hi</body></message>`,
    )
    alice.sends(message('bob@b.test', '4'))
    await peer.hears(`id='4'`)
    expect(paper.connections).toBe(1)
  })

  it('core §9.2: come back when too many wait', async () => {
    for (const id of ['1', '2', '3', '4', '5']) alice.sends(message('bob@c.test', `q${id}`))
    await refused('q5', 'resource-constraint')
    const peer = await paper.accepts()
    await believes(peer, 'c.test')
    await peer.hears(`id='q4'`)
  })

  it('RFC 6120 §8.3.3.15: come back when nobody is there, and at once while that is remembered', async () => {
    alice.sends(message('bob@closed.test', 'n1'))
    await refused('n1', 'remote-server-not-found')
    alice.sends(message('bob@closed.test', 'n2'))
    await refused('n2', 'remote-server-not-found')
  })

  it('RFC 6120 §8.3.3.16: come back when nobody answers', async () => {
    alice.sends(message('bob@silent.test', 't1'))
    await (await silent.accepts()).hears('<stream:stream')
    clock.advance(1000)
    await refused('t1', 'remote-server-timeout')
  })

  it('core §9.2: are tried again after a while, later each time', async () => {
    const attempt = async (id: string) => {
      alice.sends(message('bob@d.test', id))
      const peer = await paper.accepts()
      await peer.hears('<stream:stream')
      peer.destroy()
      await refused(id, 'remote-server-not-found')
    }
    await attempt('r1')
    alice.sends(message('bob@d.test', 'r2'))
    await refused('r2', 'remote-server-not-found')
    clock.advance(1000)
    await attempt('r3')
    clock.advance(2000)
    await attempt('r4')
    clock.advance(4000)
    alice.sends(message('bob@d.test', 'r5'))
    const peer = await paper.accepts()
    await believes(peer, 'd.test')
    await peer.hears(`id='r5'`)
  })

  it('core §9.2: do not come back where that is not to be: presence, errors, results', async () => {
    alice.sends(`<presence to='bob@closed.test'/>`)
    alice.sends(`<message to='bob@closed.test' type='error' id='e1'/>`)
    alice.sends(`<iq to='bob@closed.test' type='result' id='e2'/>`)
    alice.sends(message('bob@closed.test', 'e3'))
    await refused('e3', 'remote-server-not-found')
    await alice.receivesNothing()
  })

  it('core §9.2: are refused by policy, and where they have strayed', async () => {
    const before = paper.connections
    alice.sends(message('bob@denied.test', 'p1'))
    await refused('p1', 'service-unavailable')
    alice.sends(message('bob@sub.a.test', 'p2'))
    await refused('p2', 'service-unavailable')
    expect(paper.connections).toBe(before)
    alice.sends(message('bob@sub.routed.test', 'p3'))
    const peer = await paper.accepts()
    await peer.hears(`to='sub.routed.test'`)
    peer.destroy()
    await refused('p3', 'remote-server-not-found')
  })

  it('XEP-0220 §2.1.2: come back when our key is not believed', async () => {
    alice.sends(message('bob@e.test', 'k1'))
    const peer = await paper.accepts()
    await peer.hears(`to='e.test'`)
    peer.answers('e.test', 'a.test', 's1', `<dialback xmlns='urn:xmpp:features:dialback'/>`)
    await peer.hears('</db:result>')
    peer.says(`<db:result from='e.test' to='a.test' type='invalid'/>`)
    await refused('k1', 'remote-server-not-found')
    await peer.hears('</stream:stream>')
  })

  it('XEP-0478: come back when they are larger than the other server takes', async () => {
    alice.sends(message('bob@f.test', 'l1'))
    const peer = await paper.accepts()
    const limits = `<limits xmlns='urn:xmpp:stream-limits:0'><max-bytes>400</max-bytes></limits>`
    await believes(peer, 'f.test', limits)
    await peer.hears(`id='l1'`)
    alice.sends(`<message to='bob@f.test' id='l2'><body>${'x'.repeat(500)}</body></message>`)
    await refused('l2', 'policy-violation')
    alice.sends(message('bob@f.test', 'l3'))
    await peer.hears(`id='l3'`)
  })

  it('core §9.2: the stream is closed after long silence, and opened again when needed', async () => {
    alice.sends(message('bob@g.test', 'i1'))
    const first = await paper.accepts()
    await believes(first, 'g.test')
    await first.hears(`id='i1'`)
    clock.advance(61_000)
    await first.hears('</stream:stream>')
    first.end()
    await first.hearsEnd()
    alice.sends(message('bob@g.test', 'i2'))
    const second = await paper.accepts()
    await believes(second, 'g.test')
    await second.hears(`id='i2'`)
  })

  it('RFC 6120 §4.4: the other server may close the stream, and is answered', async () => {
    alice.sends(message('bob@h.test', 'c1'))
    const peer = await paper.accepts()
    await believes(peer, 'h.test')
    await peer.hears(`id='c1'`)
    peer.says('</stream:stream>')
    await peer.hears('</stream:stream>')
  })

  it('RFC 6120 §8.1.1.2: nothing comes back over a stream that goes one way', async () => {
    alice.sends(message('bob@c.test', 'o2'))
    const peer = await paper.accepts()
    await believes(peer, 'c.test')
    await peer.hears(`id='o2'`)
    peer.says(`<message from='bob@c.test' to='alice@a.test' id='back'><body>Hi</body></message>`)
    await peer.hears('<invalid-from')
    await alice.receivesNothing()
  })
})
