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
})
