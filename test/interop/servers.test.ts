import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Client } from '../support/client.ts'
import { DnsServer } from '../support/dns-server.ts'
import { Federated, type FederatedServer, trusted } from '../support/federated.ts'
import { type FederatedPeer, startFederatedPeer } from '../support/federated-peers.ts'
import type { PeerName } from '../support/peers.ts'
import { freePorts, suiteNeeding } from '../support/services.ts'
import type { XmlNode } from '../support/xml.ts'

/** What comes with this text in it, whatever comes before. */
async function until(client: Client, text: string): Promise<string> {
  const written = (element: XmlNode) => String(element).replaceAll('"', "'")
  return written(await client.takes((element) => written(element).includes(text)))
}

function told(name: PeerName, by: 'certificate' | 'dialback'): void {
  describe(`${name}, known by ${by}`, () => {
    const federated = new Federated()
    let dns: DnsServer
    let ours: FederatedServer
    let theirs: FederatedPeer

    beforeAll(async () => {
      dns = await DnsServer.start({})
      const [s2sPort = 0] = await freePorts(1)
      const options =
        by === 'certificate'
          ? trusted
          : { tls: trusted.tls.replace(/cacertfile.*/, ''), outgoingTls: 'verify_mode = "none"' }
      const known = [`${name}.test`, `conference.${name}.test`].map((host) => ({ host, port: s2sPort }))
      ;[ours] = (await federated.start({ 'a.test': options }, known)) as [FederatedServer]
      // ejabberd asks the system for addresses.
      const srv = [[0, 0, ours.s2sPort, 'localhost']] as const
      dns.zone = {
        srv: Object.fromEntries(
          ['a.test', 'conference.a.test', 'pubsub.a.test'].map((domain) => [`_xmpp-server._tcp.${domain}`, srv]),
        ),
      }
      const { authority } = federated
      const place = { domain: 'a.test', port: ours.s2sPort }
      theirs = await startFederatedPeer(name, { authority, known: place, dns: dns.address, s2sPort, by })
    }, 120_000)
    afterAll(async () => {
      await theirs?.stop()
      await federated.stop()
      await dns?.stop()
    })

    it('takes messages, and sends them', async () => {
      const [alice, bob] = [await ours.client('alice', 'x'), await theirs.client('bob', 'y')]
      alice.sends(`<message to='bob@${theirs.domain}' id='m1' type='chat'><body>Hi</body></message>`)
      expect(await until(bob, `id='m1'`)).toContain(`from='alice@a.test/x'`)
      bob.sends(`<message to='alice@a.test/x' id='m2' type='chat'><body>Hello</body></message>`)
      expect(await until(alice, `id='m2'`)).toContain(`from='bob@${theirs.domain}/y'`)
    })

    it('speaks first', async () => {
      const [alice, bob] = [await ours.client('anna', 'x'), await theirs.client('bert', 'y')]
      bob.sends(`<message to='anna@a.test' id='m1' type='chat'><body>Hi</body></message>`)
      await until(alice, `id='m1'`)
      expect(ours.server.federation.incoming + ours.server.federation.outgoing).toBeGreaterThan(0)
    })

    it('answers requests, and asks', async () => {
      const [alice, bob] = [await ours.client('ada', 'x'), await theirs.client('ben', 'y')]
      await alice.asks(`<ping xmlns='urn:xmpp:ping'/>`, 'get', { to: theirs.domain })
      const info = await bob.asks(`<query xmlns='http://jabber.org/protocol/disco#info'/>`, 'get', { to: 'a.test' })
      expect(String(info)).toContain('urn:xmpp:ping')
    })

    it('sees presence of contacts, and shows it', async () => {
      const [alice, bob] = [await ours.client('amy', 'x', { roster: true }), await theirs.client('bill', 'y')]
      alice.sends(`<presence type='subscribe' to='bill@${theirs.domain}'/>`)
      await until(bob, `type='subscribe'`)
      bob.sends(`<presence type='subscribed' to='amy@a.test'/>`)
      bob.sends(`<presence type='subscribe' to='amy@a.test'/>`)
      await until(alice, `from='bill@${theirs.domain}/y'`)
      alice.sends(`<presence type='subscribed' to='bill@${theirs.domain}'/>`)
      await until(bob, `from='amy@a.test/x'`)
      alice.sends(`<presence><show>away</show></presence>`)
      await until(bob, '<show>away')
      bob.sends(`<presence type='unavailable'/>`)
      await until(alice, `type='unavailable'`)
    })

    it('enters rooms of ours, and has us in its own', async () => {
      const [alice, bob] = [await ours.client('cleo', 'x'), await theirs.client('carl', 'y')]
      const enter = (room: string, nick: string) =>
        `<presence to='${room}/${nick}'><x xmlns='http://jabber.org/protocol/muc'/></presence>`
      for (const [host, guest, room] of [
        [alice, bob, 'hall@conference.a.test'],
        [bob, alice, `den@conference.${theirs.domain}`],
      ] as const) {
        host.sends(enter(room, 'host'))
        await until(host, '<subject')
        const submit = `<query xmlns='http://jabber.org/protocol/muc#owner'><x xmlns='jabber:x:data' type='submit'/></query>`
        await host.asks(submit, 'set', { to: room })
        guest.sends(enter(room, 'guest'))
        await until(host, `${room}/guest`)
        await until(guest, '<subject')
        guest.sends(`<message type='groupchat' to='${room}' id='g-${room}'><body>Hello</body></message>`)
        await until(host, '<body>Hello')
      }
    })

    it('tells errors as errors', async () => {
      const alice = await ours.client('dora', 'x')
      alice.sends(`<iq type='get' id='e1' to='nobody@${theirs.domain}/none'><ping xmlns='urn:xmpp:ping'/></iq>`)
      expect(await until(alice, `id='e1'`)).toContain(`type='error'`)
    })
  })
}

suiteNeeding(['prosody', 'openssl'], 'Prosody as another server', () => {
  told('prosody', 'certificate')
  told('prosody', 'dialback')
})

suiteNeeding(['erl', 'openssl'], 'ejabberd as another server', () => {
  told('ejabberd', 'certificate')
  told('ejabberd', 'dialback')
})
