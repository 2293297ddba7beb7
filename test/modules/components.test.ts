import { describe, expect, it } from 'vitest'
import { PaperComponent } from '../support/component.ts'
import { ownServer } from '../support/own-server.ts'

const listener = `[[listen.component]]
port = 0
ip_address = "127.0.0.1"
password = "secret"
`
const portOf = ({ server }: ReturnType<typeof ownServer>) =>
  server.server.ports.find(({ kind }) => kind === 'component')?.port ?? 0

describe('components where domains are kept apart', () => {
  const own = ownServer(`${listener}[modules.mod_domain_isolation]\n`)

  it('mod_domain_isolation: are foreign, whatever they are called', async () => {
    const component = await PaperComponent.connect(portOf(own), 'gateway.localhost')
    const alice = await own.client('alice', 'x')
    alice.sends(`<message to='gateway.localhost' id='m1'><body>Hi</body></message>`)
    await component.hears('</message>')
    component.says(`<message from='gateway.localhost' to='alice@localhost' id='m2'><body>Ho</body></message>`)
    component.says(`<message from='gateway.localhost' to='gateway.localhost' id='m3'><body>Ho</body></message>`)
    expect(await component.hears('</message>')).toContain('Filtered by the domain isolation')
    expect(await component.hears('</message>')).toContain(`id='m3'`)
    await alice.receivesNothing()
    await component.leaves()
  })
})

describe('components and what modules do for accounts', () => {
  const own = ownServer(`${listener}[modules.mod_offline]
[modules.mod_mam]
[modules.mod_mam.pm]
[modules.mod_blocking]
[modules.mod_pubsub]
[modules.mod_muc_light]
`)

  it('what they say is archived, and kept for who is away', async () => {
    const component = await PaperComponent.connect(portOf(own), 'gateway.localhost')
    const before = await own.client('ann', 'x')
    await before.leaves()
    component.says(
      `<message from='bob@gateway.localhost' to='ann@localhost' type='chat' id='m1'><body>Hi</body></message>` +
        `<iq type='get' from='gateway.localhost' to='localhost' id='q1'><ping xmlns='urn:xmpp:ping'/></iq>`,
    )
    await component.hears(`id='q1'/>`)
    const alice = await own.client('ann', 'y', { presence: false })
    alice.sends('<presence/>')
    const kept = await alice.takes((element) => element.attr('id') === 'm1')
    expect(String(kept)).toContain('urn:xmpp:delay')
    const query = `<query xmlns='urn:xmpp:mam:2' queryid='a'/>`
    await alice.asks(query, 'set')
    const archived = await alice.takes(
      (element) => String(element).includes(`queryid="a"`) || String(element).includes(`queryid='a'`),
    )
    expect(String(archived)).toContain('bob@gateway.localhost')
    await component.leaves()
  })

  it('XEP-0191: they are blocked as others are', async () => {
    const component = await PaperComponent.connect(portOf(own), 'gateway.localhost')
    const alice = await own.client('bea', 'x')
    await alice.asks(`<block xmlns='urn:xmpp:blocking'><item jid='gateway.localhost'/></block>`, 'set')
    await alice.drains()
    component.says(
      `<message from='bob@gateway.localhost' to='bea@localhost' type='chat' id='m1'><body>Hi</body></message>`,
    )
    expect(await component.hears('</message>')).toContain('<service-unavailable')
    await alice.receivesNothing()
    await component.leaves()
  })

  it('XEP-0060: they subscribe to nodes', async () => {
    const component = await PaperComponent.connect(portOf(own), 'gateway.localhost')
    const alice = await own.client('cleo', 'x')
    const ns = `xmlns='http://jabber.org/protocol/pubsub'`
    await alice.asks(`<pubsub ${ns}><create node='news'/></pubsub>`, 'set', { to: 'pubsub.localhost' })
    component.says(
      `<iq type='set' from='gateway.localhost' to='pubsub.localhost' id='q1'><pubsub ${ns}><subscribe node='news' jid='gateway.localhost'/></pubsub></iq>`,
    )
    await component.hears(`subscription='subscribed'`)
    await alice.asks(
      `<pubsub ${ns}><publish node='news'><item id='i1'><x xmlns='urn:x'/></item></publish></pubsub>`,
      'set',
      {
        to: 'pubsub.localhost',
      },
    )
    expect(await component.hears('</message>')).toContain(`<item id='i1'`)
    await component.leaves()
  })

  it('XEP-MUC Light: their users belong to rooms', async () => {
    const component = await PaperComponent.connect(portOf(own), 'gateway.localhost')
    const alice = await own.client('dora', 'x')
    const create = `<query xmlns='urn:xmpp:muclight:0#create'><configuration/><occupants><user affiliation='member'>bob@gateway.localhost</user></occupants></query>`
    await alice.asks(create, 'set', { to: 'hall@muclight.localhost' })
    expect(await component.hears('</message>')).toContain(`to='bob@gateway.localhost'`)
    component.says(
      `<message from='bob@gateway.localhost' to='hall@muclight.localhost' type='groupchat' id='g1'><body>Hi</body></message>`,
    )
    const heard = await alice.takes((element) => element.attr('id') === 'g1')
    expect(heard.attr('from')).toBe('hall@muclight.localhost/bob@gateway.localhost')
    await component.leaves()
  })
})

describe('many components', () => {
  const own = ownServer(listener)

  it('are reached each under its name, and all are listed', async () => {
    const names = Array.from({ length: 200 }, (_, i) => `c${i}.localhost`)
    const components = await Promise.all(names.map((name) => PaperComponent.connect(portOf(own), name)))
    const alice = await own.client('alice', 'x')
    for (const name of names) alice.sends(`<message to='${name}' id='m-${name}'><body>Hi</body></message>`)
    for (const [index, component] of components.entries()) {
      expect(await component.hears('</message>')).toContain(`id='m-${names[index]}'`)
    }
    const items = await alice.asks(`<query xmlns='http://jabber.org/protocol/disco#items'/>`, 'get', {
      to: 'localhost',
    })
    const listed = items.elements().flatMap((list) => list.elements().map((item) => item.attr('jid') ?? ''))
    expect(listed.sort()).toEqual(names.sort())
    await Promise.all(components.map((component) => component.leaves()))
  })
})
