import { createHash } from 'node:crypto'
import { connect as dial } from 'node:net'
import { connect } from 'node:tls'
import { describe, expect, it } from 'vitest'
import type { Client } from '../support/client.ts'
import { trusted, twoServers } from '../support/federated.ts'
import type { XmlNode } from '../support/xml.ts'

const servers = twoServers({ ...trusted, tables: '[modules.mod_mam.pm]\n[modules.mod_carboncopy]\n' })
const on = 'urn:xmpp:mam:2'

/** Two who see each other's presence. */
async function friends(one: string, other: string): Promise<[Client, Client]> {
  const alice = await servers.a.client(one, 'x', { roster: true })
  const bob = await servers.b.client(other, 'y', { roster: true })
  const [a, b] = [`${one}@a.test`, `${other}@b.test`]
  alice.sends(`<presence type='subscribe' to='${b}'/>`)
  await until(bob, `type='subscribe'`)
  bob.sends(`<presence type='subscribed' to='${a}'/>`)
  bob.sends(`<presence type='subscribe' to='${a}'/>`)
  await until(alice, `type='subscribe'`)
  alice.sends(`<presence type='subscribed' to='${b}'/>`)
  await until(bob, `from='${a}/x'`)
  await until(alice, `from='${b}/y'`)
  return [alice, bob]
}

/** What comes with this text in it, whatever comes before. */
async function until(client: Client, text: string): Promise<string> {
  const written = (element: XmlNode) => String(element).replaceAll('"', "'")
  return written(await client.takes((element) => written(element).includes(text)))
}

describe('people on two servers', () => {
  it('RFC 6121 §3: subscribe to each other, and see presence come and go', async () => {
    const [alice, bob] = await friends('alice', 'bob')
    alice.sends(`<presence><show>away</show></presence>`)
    expect(await until(bob, '<show>away</show>')).toContain('alice@a.test/x')
    alice.sends(`<presence type='unavailable'/>`)
    await until(bob, `type='unavailable'`)
  })

  it('RFC 6121 §4.3: who comes is told of those who are there, by probe', async () => {
    const [alice, bob] = await friends('anna', 'ben')
    alice.sends(`<presence type='unavailable'/>`)
    await until(bob, `type='unavailable'`)
    alice.sends('<presence/>')
    expect(await until(alice, `from='ben@b.test/y'`)).toContain('<presence')
    await until(bob, `from='anna@a.test/x'`)
  })

  it('RFC 6121 §3.3: end a subscription', async () => {
    const [alice, bob] = await friends('ada', 'bert')
    bob.sends(`<presence type='unsubscribed' to='ada@a.test'/>`)
    await until(alice, `type='unsubscribed'`)
    const roster = String(await alice.asks(`<query xmlns='jabber:iq:roster'/>`))
    expect(roster).toMatch(/subscription=['"]from['"]/)
  })

  it('XEP-0163: are told of what contacts elsewhere publish, if their capabilities want it', async () => {
    const [alice, bob] = await friends('amy', 'bill')
    const node = 'urn:example:mood'
    const info = `<identity category='client' type='pc'/><feature var='${node}+notify'/>`
    const ver = createHash('sha1').update(`client/pc//<${node}+notify<`).digest('base64')
    bob.sends(`<presence><c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='n' ver='${ver}'/></presence>`)
    const query = await until(bob, 'disco#info')
    const id = /id=['"]([^'"]+)['"]/.exec(query)?.[1]
    const from = /from=['"]([^'"]+)['"]/.exec(query)?.[1]
    bob.sends(
      `<iq type='result' id='${id}' to='${from}'><query xmlns='http://jabber.org/protocol/disco#info' node='n#${ver}'>${info}</query></iq>`,
    )
    // His own server asks as well, for itself.
    const second = await until(bob, 'disco#info')
    bob.sends(
      `<iq type='result' id='${/id=['"]([^'"]+)['"]/.exec(second)?.[1]}' to='${/from=['"]([^'"]+)['"]/.exec(second)?.[1]}'><query xmlns='http://jabber.org/protocol/disco#info' node='n#${ver}'>${info}</query></iq>`,
    )
    await bob.asks(`<ping xmlns='urn:xmpp:ping'/>`, 'get', { to: 'a.test' })
    await alice.asks(
      `<pubsub xmlns='http://jabber.org/protocol/pubsub'><publish node='${node}'><item id='1'><mood xmlns='${node}'>happy</mood></item></publish></pubsub>`,
      'set',
    )
    expect(await until(bob, '#event')).toContain('happy')
  })

  it('XEP-0313: keep what others write in their archives', async () => {
    const [alice, bob] = [await servers.a.client('carl', 'x'), await servers.b.client('cleo', 'y')]
    alice.sends(`<message to='cleo@b.test' id='m1' type='chat'><body>Remember</body></message>`)
    await until(bob, 'Remember')
    bob.sends(`<iq type='set' id='q'><query xmlns='${on}'/></iq>`)
    expect(await until(bob, '<result')).toContain('carl@a.test/x')
  })

  it('XEP-0191: block somebody elsewhere', async () => {
    const [alice, bob] = [await servers.a.client('dan', 'x'), await servers.b.client('dora', 'y')]
    await bob.asks(`<block xmlns='urn:xmpp:blocking'><item jid='dan@a.test'/></block>`, 'set')
    alice.sends(`<message to='dora@b.test' id='m1' type='chat'><body>Hi</body></message>`)
    await until(alice, `service-unavailable`)
  })

  it('XEP-0054: look at the vCard of somebody elsewhere', async () => {
    const [alice, bob] = [await servers.a.client('eli', 'x'), await servers.b.client('ella', 'y')]
    await bob.asks(`<vCard xmlns='vcard-temp'><FN>Ella</FN></vCard>`, 'set')
    expect(String(await alice.asks(`<vCard xmlns='vcard-temp'/>`, 'get', { to: 'ella@b.test' }))).toContain('Ella')
  })
})

describe('a room with people of two servers', () => {
  it('XEP-0045 §7: is entered, written in, and left', async () => {
    const [alice, bob] = [await servers.a.client('fay', 'x'), await servers.b.client('fred', 'y')]
    const room = 'hall@conference.a.test'
    const enter = (nick: string) =>
      `<presence to='${room}/${nick}'><x xmlns='http://jabber.org/protocol/muc'/></presence>`
    alice.sends(enter('fay'))
    await until(alice, `<subject`)
    await alice.asks(
      `<query xmlns='http://jabber.org/protocol/muc#owner'><x xmlns='jabber:x:data' type='submit'/></query>`,
      'set',
      { to: room },
    )
    bob.sends(enter('fred'))
    await until(bob, `<subject`)
    await until(alice, `${room}/fred`)
    bob.sends(`<message type='groupchat' to='${room}' id='g1'><body>Hello</body></message>`)
    expect(await until(alice, '<body>Hello')).toContain(`${room}/fred`)
    await until(bob, '<body>Hello')
    alice.sends(`<message type='groupchat' to='${room}' id='g2'><body>Welcome</body></message>`)
    expect(await until(bob, '<body>Welcome')).toContain(`${room}/fay`)
    bob.sends(`<presence type='unavailable' to='${room}/fred'/>`)
    await until(bob, `type='unavailable'`)
    await until(alice, `type='unavailable'`)
  })

  it('loses who disconnects', async () => {
    const [alice, bob] = [await servers.a.client('gus', 'x'), await servers.b.client('gwen', 'y')]
    const room = 'den@conference.a.test'
    const enter = (nick: string) =>
      `<presence to='${room}/${nick}'><x xmlns='http://jabber.org/protocol/muc'/></presence>`
    alice.sends(enter('gus'))
    await until(alice, `<subject`)
    await alice.asks(
      `<query xmlns='http://jabber.org/protocol/muc#owner'><x xmlns='jabber:x:data' type='submit'/></query>`,
      'set',
      { to: room },
    )
    bob.sends(enter('gwen'))
    await until(alice, `${room}/gwen`)
    bob.destroy()
    expect(await until(alice, `type='unavailable'`)).toContain(`${room}/gwen`)
  })
})

describe('a publish-subscribe service used from another server', () => {
  it('XEP-0060 §6, §7: is subscribed to, published to, and tells', async () => {
    const [alice, bob] = [await servers.a.client('hal', 'x'), await servers.b.client('hope', 'y')]
    const to = 'pubsub.a.test'
    const pubsub = (content: string) => `<pubsub xmlns='http://jabber.org/protocol/pubsub'>${content}</pubsub>`
    const open = `<configure><x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE'><value>http://jabber.org/protocol/pubsub#node_config</value></field><field var='pubsub#publish_model'><value>open</value></field></x></configure>`
    await alice.asks(pubsub(`<create node='news'/>${open}`), 'set', { to })
    await bob.asks(pubsub(`<subscribe node='news' jid='hope@b.test'/>`), 'set', { to })
    await alice.asks(pubsub(`<publish node='news'><item id='1'><e xmlns='urn:e'>first</e></item></publish>`), 'set', {
      to,
    })
    expect(await until(bob, '#event')).toContain('first')
    await bob.asks(pubsub(`<publish node='news'><item id='2'><e xmlns='urn:e'>second</e></item></publish>`), 'set', {
      to,
    })
    expect(await until(bob, '#event')).toContain('second')
    expect(String(await bob.asks(pubsub(`<items node='news'/>`), 'get', { to }))).toContain('first')
    await bob.asks(pubsub(`<unsubscribe node='news' jid='hope@b.test'/>`), 'set', { to })
  })
})

describe('capabilities of servers', () => {
  it('XEP-0115 §6.3, XEP-0390: stand in the features that other servers are shown', async () => {
    const header = `<?xml version='1.0'?><stream:stream xmlns='jabber:server' xmlns:stream='http://etherx.jabber.org/streams' from='b.test' to='a.test' version='1.0'>`
    const plain = dial(servers.a.s2sPort, '127.0.0.1')
    plain.write(`${header}<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>`)
    await new Promise<void>((resolve) => plain.on('data', (bytes) => String(bytes).includes('<proceed') && resolve()))
    plain.removeAllListeners('data')
    const secure = connect({ socket: plain, rejectUnauthorized: false })
    secure.write(header)
    let text = ''
    await new Promise<void>((resolve) =>
      secure.on('data', (bytes) => {
        text += bytes
        if (text.includes('</stream:features>')) resolve()
      }),
    )
    secure.destroy()
    expect(text).toMatch(/<c xmlns='http:\/\/jabber.org\/protocol\/caps'/)
    expect(text).toMatch(/<c xmlns='urn:xmpp:caps'/)
  })
})
