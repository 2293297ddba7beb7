import { fileURLToPath } from 'node:url'
import { afterEach, expect, it } from 'vitest'
import { LineProgram } from '../support/events.ts'
import { ownServer } from '../support/own-server.ts'
import { suiteNeeding } from '../support/services.ts'

const script = fileURLToPath(new URL('clients/slixmpp_component.py', import.meta.url))

suiteNeeding(['/usr/bin/python3'], 'slixmpp as a component', () => {
  const own = ownServer(`[[listen.component]]
port = 0
ip_address = "127.0.0.1"
password = "secret"
[modules.mod_muc]
`)
  const running: LineProgram[] = []
  afterEach(() => {
    for (const program of running.splice(0)) program.stop()
  })

  function start(name: string, password = 'secret'): LineProgram {
    const port = own.server.server.ports.find(({ kind }) => kind === 'component')?.port
    const program = new LineProgram('/usr/bin/python3', [script, name, password, '127.0.0.1', String(port)])
    running.push(program)
    return program
  }

  it('talks, is asked what it is, and asks what the server is', async () => {
    const gateway = start('gateway.localhost')
    await gateway.when('ready')
    const alice = await own.client('alice', 'x')
    alice.sends(`<message to='bob@gateway.localhost' type='chat' id='m1'><body>Grüße 🌅</body></message>`)
    await gateway.when('message', { from: 'alice@localhost/x', to: 'bob@gateway.localhost', body: 'Grüße 🌅' })
    gateway.tell({ do: 'say', from: 'bob@gateway.localhost/y', to: 'alice@localhost', body: 'Hello & <hi>' })
    const said = await alice.takes((element) => element.attr('from') === 'bob@gateway.localhost/y')
    expect(said.child('body')?.text()).toBe('Hello & <hi>')
    const info = `<query xmlns='http://jabber.org/protocol/disco#info'/>`
    expect(String(await alice.asks(info, 'get', { to: 'gateway.localhost' }))).toContain('Gateway')
    await alice.asks(`<query xmlns='jabber:iq:version'/>`, 'get', { to: 'gateway.localhost' })
    await alice.asks(`<ping xmlns='urn:xmpp:ping'/>`, 'get', { to: 'gateway.localhost' })
    gateway.tell({ do: 'ask', jid: 'localhost' })
    const { features } = await gateway.when('features')
    expect(features).toContain('urn:xmpp:ping')
  }, 60_000)

  it('has contacts, whose presence it sees, and people in rooms', async () => {
    const gateway = start('irc.localhost')
    await gateway.when('ready')
    const alice = await own.client('ann', 'x')
    alice.sends(`<presence to='friend@irc.localhost' type='subscribe'/>`)
    await gateway.when('asked', { jid: 'ann@localhost' })
    gateway.tell({ do: 'subscribe', from: 'friend@irc.localhost', to: 'ann@localhost' })
    await alice.takes((element) => element.attr('type') === 'subscribe')
    alice.sends(`<presence to='friend@irc.localhost' type='subscribed'/>`)
    await gateway.when('present', { jid: 'ann@localhost/x' })
    gateway.tell({ do: 'show', from: 'friend@irc.localhost/y', to: 'ann@localhost' })
    await alice.meets('friend@irc.localhost/y')

    const room = 'hall@conference.localhost'
    alice.sends(`<presence to='${room}/ann'><x xmlns='http://jabber.org/protocol/muc'/></presence>`)
    await alice.takes((element) => String(element).includes('<subject'))
    const settled = `<query xmlns='http://jabber.org/protocol/muc#owner'><x xmlns='jabber:x:data' type='submit'/></query>`
    await alice.asks(settled, 'set', { to: room })
    gateway.tell({ do: 'enter', from: 'friend@irc.localhost/y', room: `${room}/friend` })
    await gateway.when('entered', { jid: `${room}/friend`, to: 'friend@irc.localhost/y' })
    alice.sends(`<message to='${room}' type='groupchat' id='g1'><body>Hi all</body></message>`)
    await gateway.when('message', { from: `${room}/ann`, to: 'friend@irc.localhost/y', body: 'Hi all' })
    await alice.leaves()
    await gateway.when('gone', { jid: 'ann@localhost/x' })
  }, 60_000)

  it('is not let in with another password', async () => {
    const gateway = start('other.localhost', 'wrong')
    await gateway.when('failed', { why: 'not-authorized' })
  }, 60_000)
})
