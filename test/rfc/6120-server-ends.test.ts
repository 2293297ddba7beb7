import { describe, expect, it } from 'vitest'
import { Federated, type FederatedServer, inTheClear, trusted } from '../support/federated.ts'
import { PaperPeer, PaperServer } from '../support/paper-peer.ts'

describe('a server that stops', () => {
  it('RFC 6120 §4.9.3.20: tells other servers, after its users have gone', async () => {
    const federated = new Federated()
    const paper = await PaperServer.start()
    const [server] = (await federated.start({ 'a.test': inTheClear }, [{ host: 'b.test', port: paper.port }])) as [
      FederatedServer,
    ]
    const alice = await server.client('alice', 'x')
    alice.sends(`<presence to='bob@b.test'/>`)
    const peer = await paper.accepts()
    await peer.hears(`to='b.test'`)
    peer.answers('b.test', 'a.test', 's', `<dialback xmlns='urn:xmpp:features:dialback'/>`)
    await peer.hears('</db:result>')
    peer.says(`<db:result from='b.test' to='a.test' type='valid'/>`)
    await peer.hears('<presence')
    const stopped = federated.stop()
    const last = await peer.hears('</stream:stream>')
    expect(last).toMatch(/type='unavailable'.*<system-shutdown/s)
    peer.end()
    await stopped
    await paper.stop()
  })

  it('is found again when it is back', async () => {
    const federated = new Federated()
    const [a, b] = (await federated.start({ 'a.test': trusted, 'b.test': trusted })) as [
      FederatedServer,
      FederatedServer,
    ]
    const [alice, bob] = [await a.client('alice', 'x'), await b.client('bob', 'y')]
    alice.sends(`<message to='bob@b.test' id='m1'><body>Hi</body></message>`)
    await bob.receives(`<message from='alice@a.test/x' to='bob@b.test' id='m1'><body>Hi</body></message>`)
    const back = await federated.restart(b)
    const again = await back.client('bob', 'y')
    alice.sends(`<message to='bob@b.test' id='m2'><body>Hi</body></message>`)
    await again.receives(`<message from='alice@a.test/x' to='bob@b.test' id='m2'><body>Hi</body></message>`)
    await federated.stop()
  })
})

describe('a server that is gone without a word', () => {
  it('XEP-0045 §14.1: its people leave the room when they are next to be told something', async () => {
    const federated = new Federated()
    const paper = await PaperServer.start()
    const [server] = (await federated.start({ 'a.test': inTheClear }, [{ host: 'b.test', port: paper.port }])) as [
      FederatedServer,
    ]
    const alice = await server.client('alice', 'x')
    const room = 'hall@conference.a.test'
    const joins = `<x xmlns='http://jabber.org/protocol/muc'/></presence>`
    alice.sends(`<presence to='${room}/alice'>${joins}`)
    await alice.takes((element) => String(element).includes('<subject'))
    const submit = `<query xmlns='http://jabber.org/protocol/muc#owner'><x xmlns='jabber:x:data' type='submit'/></query>`
    await alice.asks(submit, 'set', { to: room })
    const peer = await PaperPeer.connect(server.s2sPort)
    peer.opens('b.test', 'conference.a.test')
    await peer.hears('</stream:features>')
    peer.says(`<db:result from='b.test' to='conference.a.test'>k</db:result>`)
    const other = await paper.accepts()
    await other.hears(`to='b.test'`)
    other.answers('b.test', 'conference.a.test', 's', `<dialback xmlns='urn:xmpp:features:dialback'/>`)
    const [, id] = /id='([^']+)'/.exec(await other.hears('</db:verify>')) ?? []
    other.says(`<db:verify from='b.test' to='conference.a.test' id='${id}' type='valid'/>`)
    await peer.hears(`type='valid'/>`)
    peer.says(`<presence from='bob@b.test/y' to='${room}/bob'>${joins}`)
    await alice.takes((element) => element.attr('from') === `${room}/bob`)
    await paper.stop()
    alice.sends(`<message type='groupchat' to='${room}' id='g1'><body>Hello?</body></message>`)
    await alice.takes((element) => element.attr('from') === `${room}/bob` && element.attr('type') === 'unavailable')
    peer.destroy()
    await federated.stop()
  })
})

describe('a domain of ours', () => {
  it('has several connections to one server, where a rule allows them', async () => {
    const federated = new Federated()
    const rule = '[access]\nmax_s2s_connections = [{ acl = "all", value = 3 }]\n'
    const [a, b] = (await federated.start({
      'a.test': { ...trusted, outgoing: 'bidi = false', tables: rule },
      'b.test': { ...trusted, outgoing: 'bidi = false' },
    })) as [FederatedServer, FederatedServer]
    const bob = await b.client('bob', 'y')
    const names = ['anna', 'berta', 'carla', 'dora', 'emma', 'fanny', 'gerda', 'hanna', 'ida']
    for (const name of names) {
      const client = await a.client(name, 'x')
      client.sends(`<message to='bob@b.test' id='${name}'><body>Hi</body></message>`)
      await bob.receives(`<message from='${name}@a.test/x' to='bob@b.test' id='${name}'><body>Hi</body></message>`)
    }
    expect(a.server.federation.outgoing).toBe(3)
    await federated.stop()
  })
})
