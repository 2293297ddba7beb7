import { describe, expect, it } from 'vitest'
import { PaperComponent } from '../support/component.ts'
import { ownServer } from '../support/own-server.ts'

const listener = `[[listen.component]]
port = 0
ip_address = "127.0.0.1"
password = "secret"
`

describe('an external component', () => {
  const own = ownServer(`${listener}[modules.mod_muc]\n[modules.mod_last]\n`)
  const port = () => own.server.server.ports.find(({ kind }) => kind === 'component')?.port ?? 0

  it('XEP-0114 §3: sends and receives stanzas of its domain, whoever in it they are from', async () => {
    const component = await PaperComponent.connect(port(), 'plays.localhost')
    const alice = await own.client('alice', 'x')
    alice.sends(`<message to='romeo@plays.localhost/balcony' id='m1' type='chat'><body>Hi</body></message>`)
    const heard = await component.hears('</message>')
    expect(heard).toBe(
      `<message from='alice@localhost/x' to='romeo@plays.localhost/balcony' id='m1' type='chat'><body>Hi</body></message>`,
    )
    component.says(
      `<message from='juliet@plays.localhost/x' to='alice@localhost/x' id='m2'><body>Hello</body></message>` +
        `<message xmlns='jabber:component:accept' from='plays.localhost' to='alice@localhost' id='m3'><body xmlns='jabber:component:accept'>Ho</body></message>`,
    )
    await alice.receives(
      `<message from='juliet@plays.localhost/x' to='alice@localhost/x' id='m2'><body>Hello</body></message>`,
    )
    await alice.receives(`<message from='plays.localhost' to='alice@localhost' id='m3'><body>Ho</body></message>`)
    await component.leaves()
  })

  it('RFC 6120 §10.1: keeps the order of what it sends and receives', async () => {
    const component = await PaperComponent.connect(port(), 'order.localhost')
    const alice = await own.client('ann', 'x')
    const count = 200
    for (let i = 0; i < count; i++) {
      component.says(`<message from='a@order.localhost' to='ann@localhost/x' id='c${i}'><body>${i}</body></message>`)
      alice.sends(`<message to='a@order.localhost' id='a${i}'><body>${i}</body></message>`)
    }
    for (let i = 0; i < count; i++) {
      await alice.receives(
        `<message from='a@order.localhost' to='ann@localhost/x' id='c${i}'><body>${i}</body></message>`,
      )
      expect(await component.hears('</message>')).toContain(`id='a${i}'`)
    }
    await component.leaves()
  })

  it('RFC 6120 §8.2.3: answers requests and has its own answered', async () => {
    const component = await PaperComponent.connect(port(), 'service.localhost')
    const alice = await own.client('bea', 'x')
    alice.sends(`<iq type='get' id='q1' to='service.localhost'><query xmlns='jabber:iq:version'/></iq>`)
    await component.hears(`<query xmlns='jabber:iq:version'/></iq>`)
    component.says(`<iq type='result' id='q1' from='service.localhost' to='bea@localhost/x'/>`)
    await alice.receives(`<iq type='result' id='q1' from='service.localhost' to='bea@localhost/x'/>`)
    component.says(
      `<iq type='get' id='q2' from='service.localhost' to='localhost'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>`,
    )
    expect(await component.hears('</iq>')).toMatch(
      /^<iq from='localhost' to='service.localhost' type='result' id='q2'>/,
    )
    component.says(`<iq type='get' id='q3' from='service.localhost' to='localhost'><x xmlns='urn:unknown'/></iq>`)
    expect(await component.hears('</iq>')).toContain('<service-unavailable')
    await component.leaves()
  })

  it('core §10: a route is gone with its component, at once', async () => {
    const alice = await own.client('cleo', 'x')
    const component = await PaperComponent.connect(port(), 'gone.localhost')
    alice.sends(`<message to='gone.localhost' id='m1'><body>Hi</body></message>`)
    await component.hears('</message>')
    await component.leaves()
    alice.sends(`<message to='gone.localhost' id='m2'><body>Hi</body></message>`)
    const back = await alice.takes((element) => element.attr('id') === 'm2')
    expect(String(back)).toContain('<service-unavailable')
    const again = await PaperComponent.connect(port(), 'gone.localhost')
    again.destroy()
  })

  it('RFC 6121 §3, §4: is a contact as others are, with subscriptions, presence and probes', async () => {
    const component = await PaperComponent.connect(port(), 'gateway.localhost')
    const alice = await own.client('dora', 'x')
    alice.sends(`<presence type='subscribe' to='friend@gateway.localhost' id='s1'/>`)
    expect(await component.hears('/>')).toMatch(/^<presence from='dora@localhost' to='friend@gateway.localhost'/)
    component.says(`<presence type='subscribed' from='friend@gateway.localhost' to='dora@localhost'/>`)
    component.says(`<presence type='subscribe' from='friend@gateway.localhost' to='dora@localhost'/>`)
    component.says(`<presence from='friend@gateway.localhost/phone' to='dora@localhost'/>`)
    await alice.takes((element) => element.attr('type') === 'subscribe')
    await alice.takes((element) => element.attr('from') === 'friend@gateway.localhost/phone')
    alice.sends(`<presence type='subscribed' to='friend@gateway.localhost'/>`)
    expect(await component.hears(`type='subscribed'/>`)).toContain(`from='dora@localhost'`)
    expect(await component.hears('/>')).toContain(`<presence from='dora@localhost/x' to='friend@gateway.localhost'`)
    const again = await own.client('dora', 'y')
    expect(await component.hears(`type='probe'/>`)).toContain(`from='dora@localhost/y' to='friend@gateway.localhost'`)
    component.says(`<presence type='probe' from='friend@gateway.localhost' to='dora@localhost'/>`)
    await component.hears(`from='dora@localhost/x'`)
    await again.leaves()
    expect(await component.hears(`type='unavailable'`)).toContain(`from='dora@localhost/y'`)
    await component.leaves()
  })

  it('XEP-0045: its users are in rooms of the server', async () => {
    const component = await PaperComponent.connect(port(), 'irc.localhost')
    const alice = await own.client('emma', 'x')
    const room = 'hall@conference.localhost'
    alice.sends(`<presence to='${room}/emma'><x xmlns='http://jabber.org/protocol/muc'/></presence>`)
    await alice.takes((element) => String(element).includes('<subject'))
    await alice.asks(
      `<query xmlns='http://jabber.org/protocol/muc#owner'><x xmlns='jabber:x:data' type='submit'/></query>`,
      'set',
      { to: room },
    )
    component.says(
      `<presence from='bob@irc.localhost/x' to='${room}/bob'><x xmlns='http://jabber.org/protocol/muc'/></presence>`,
    )
    await component.hears(`<status code='110'/>`)
    await component.hears('<subject/></message>')
    await alice.takes((element) => element.attr('from') === `${room}/bob`)
    component.says(
      `<message from='bob@irc.localhost/x' to='${room}' type='groupchat' id='g1'><body>Hi</body></message>`,
    )
    expect(await component.hears('</message>')).toContain(`to='bob@irc.localhost/x'`)
    const heard = await alice.takes((element) => element.attr('id') === 'g1')
    expect(heard.attr('from')).toBe(`${room}/bob`)
    await component.leaves()
  })

  it('talks with other components', async () => {
    const [one, other] = [
      await PaperComponent.connect(port(), 'one.example'),
      await PaperComponent.connect(port(), 'other.example'),
    ]
    one.says(`<message from='a@one.example' to='b@other.example' id='m1'><body>Hi</body></message>`)
    expect(await other.hears('</message>')).toBe(
      `<message from='a@one.example' to='b@other.example' id='m1'><body>Hi</body></message>`,
    )
    await one.leaves()
    other.says(`<message from='b@other.example' to='a@one.example' id='m2'><body>Hi</body></message>`)
    expect(await other.hears('</message>')).toContain('<service-unavailable')
    await other.leaves()
  })

  it('core §5.2: is told that there is no such account, as our own users are', async () => {
    const component = await PaperComponent.connect(port(), 'known.localhost')
    component.says(
      `<message from='known.localhost' to='nobody@localhost' id='m1' type='chat'><body>Hi</body></message>`,
    )
    expect(await component.hears('</message>')).toMatch(/from='nobody@localhost'.*type='error'.*<service-unavailable/)
    await component.leaves()
  })

  it('core §10, RFC 6120 §8: is told what is wrong with a stanza, which goes nowhere', async () => {
    const component = await PaperComponent.connect(port(), 'faulty.localhost')
    const alice = await own.client('fay', 'x')
    const from = `from='a@faulty.localhost'`
    const faults: [string, string][] = [
      [`<message to='fay@localhost' id='f1'><body>Hi</body></message>`, 'bad-request'],
      [`<message from='fay@localhost' to='fay@localhost' id='f2'><body>Hi</body></message>`, 'bad-request'],
      [`<message from='a@sub.faulty.localhost' to='fay@localhost' id='f3'><body>Hi</body></message>`, 'bad-request'],
      [`<message ${from} id='f4'><body>Hi</body></message>`, 'bad-request'],
      [`<message ${from} to='a b@@c' id='f5'><body>Hi</body></message>`, 'jid-malformed'],
      [`<iq ${from} to='fay@localhost/x' id='f6'><query xmlns='urn:x'/></iq>`, 'bad-request'],
      [`<iq ${from} to='fay@localhost/x' id='f7' type='get'/>`, 'bad-request'],
      [`<hello ${from} to='fay@localhost/x' id='f8'><body>Hi</body></hello>`, 'bad-request'],
      [`<r xmlns='urn:xmpp:sm:3' id='f9'/>`, 'bad-request'],
    ]
    for (const [stanza, condition] of faults) {
      component.says(stanza)
      const heard = await component.hears('</error>')
      expect(heard, stanza).toContain(`<${condition} `)
      expect(heard, stanza).toContain(`type='error'`)
      expect(heard, stanza).toContain(/id='f\d'/.exec(stanza)?.[0])
      await component.hears('>')
    }
    component.says(`<message ${from} type='error' id='e1'><body>Hi</body></message>`)
    component.says(`<message ${from} to='fay@localhost' id='m1'><body>Hi</body></message>`)
    await alice.receives(`<message ${from} to='fay@localhost' id='m1'><body>Hi</body></message>`)
    await component.leaves()
  })

  it('what it sends keeps the namespace that it has, and so does what comes', async () => {
    const component = await PaperComponent.connect(port(), 'spaces.localhost')
    const alice = await own.client('gaby', 'x')
    const carried = `<forwarded xmlns='urn:xmpp:forward:0'><message xmlns='jabber:client'><body>Old</body></message></forwarded>`
    alice.sends(
      `<message xmlns='jabber:client' to='spaces.localhost' id='m1'><body xmlns='jabber:client'>Hi</body>${carried}</message>`,
    )
    expect(await component.hears('</forwarded></message>')).toBe(
      `<message from='gaby@localhost/x' to='spaces.localhost' id='m1'><body>Hi</body>${carried}</message>`,
    )
    await component.leaves()
  })
})
