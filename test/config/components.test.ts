import { describe, expect, it } from 'vitest'
import { Jid } from '../../src/jid/jid.ts'
import { closeOf, dialTls } from '../net/support.ts'
import { PaperComponent } from '../support/component.ts'
import { FileServer } from '../support/file-server.ts'
import { until } from '../support/live-edge.ts'
import { PaperPeer } from '../support/paper-peer.ts'

const config = (listeners: string, more = '') => `
[general]
hosts = ["localhost"]
host_types = ["customers"]
default_server_domain = "localhost"
[services.service_domain_db]
[[listen.c2s]]
port = 0
ip_address = "127.0.0.1"
tls.mode = "starttls"
${listeners}
[auth.password]
scram_iterations = 4096
[modules.mod_presence]
[modules.mod_roster]
[modules.mod_disco]
[modules.mod_ping]
${more}
`
const listener = (options = '') => `[[listen.component]]
port = 0
ip_address = "127.0.0.1"
password = "secret"
${options}
`

const portOf = (server: FileServer, nth = 0) => server.address('component', nth).port
const metric = async ({ server }: FileServer, name: string, labels: Record<string, string> = {}) => {
  const values = await server.metrics.values()
  return values.find(
    (each) => each.name === name && Object.entries(labels).every(([key, value]) => each.labels[key] === value),
  )?.value
}

describe('domains that come while a component has their name', () => {
  it('core §10: a host that is added takes the name, and the component has to go', async () => {
    await using server = await FileServer.start(config(listener()))
    const component = await PaperComponent.connect(portOf(server), 'new.example')
    await server.server.commands.run('domain.addDomain', { domain: 'new.example', hostType: 'customers' })
    expect(await component.peer.hearsEnd()).toMatch(/<conflict .*<\/stream:stream>$/)
    expect(server.server.hostOf('new.example')).toBeDefined()
    const { peer, id } = await PaperComponent.open(portOf(server), 'new.example')
    peer.says(PaperComponent.proof(id))
    expect(await peer.hearsEnd()).toContain('<conflict ')
    await server.server.commands.run('domain.removeDomain', { domain: 'new.example', hostType: 'customers' })
    const again = await PaperComponent.connect(portOf(server), 'new.example')
    await again.leaves()
  })

  it('core §10: is_subdomain stands beside a domain that comes later, until that goes', async () => {
    await using server = await FileServer.start(config(listener()))
    const component = await PaperComponent.connect(portOf(server), 'chat', { attributes: ` is_subdomain='true'` })
    const alice = await server.client('alice')
    const ping = `<ping xmlns='urn:xmpp:ping'/>`
    await alice.asks(ping, 'get', { to: 'chat.new.example', refused: 'service-unavailable' })
    await server.server.commands.run('domain.addDomain', { domain: 'new.example', hostType: 'customers' })
    alice.sends(`<message to='chat.new.example' id='m1'><body>Hi</body></message>`)
    expect(await component.hears('</message>')).toContain(`to='chat.new.example'`)
    // Exactly this name is wanted by a host: it goes first, and the rest stays.
    await server.server.commands.run('domain.addDomain', { domain: 'chat.new.example', hostType: 'customers' })
    await alice.asks(ping, 'get', { to: 'chat.new.example' })
    alice.sends(`<message to='chat.localhost' id='m2'><body>Hi</body></message>`)
    expect(await component.hears('</message>')).toContain(`to='chat.localhost'`)
    for (const domain of ['chat.new.example', 'new.example']) {
      await server.server.commands.run('domain.removeDomain', { domain, hostType: 'customers' })
    }
    await alice.asks(ping, 'get', { to: 'chat.new.example', refused: 'service-unavailable' })
    await component.leaves()
  })

  it('core §10: a module that starts at a reload takes the name of its service', async () => {
    await using server = await FileServer.start(config(listener()))
    const component = await PaperComponent.connect(portOf(server), 'conference.localhost')
    await server.reload(config(listener(), '[modules.mod_muc]'))
    expect(await component.peer.hearsEnd()).toContain('<conflict ')
    const alice = await server.client('alice')
    const info = await alice.asks(`<query xmlns='http://jabber.org/protocol/disco#info'/>`, 'get', {
      to: 'conference.localhost',
    })
    expect(String(info)).toContain('conference')
  })
})

describe('listeners for components', () => {
  it('are closed and opened by a reload; who is connected stays, with the settings of its time', async () => {
    await using server = await FileServer.start(config(listener()))
    const component = await PaperComponent.connect(portOf(server), 'stays.localhost')
    const { applied } = await server.reload(config(listener().replace('secret', 'changed')))
    expect(applied).toEqual(['listen.component[0].password'])
    const old = await PaperComponent.open(portOf(server), 'other.localhost')
    old.peer.says(PaperComponent.proof(old.id))
    expect(await old.peer.hearsEnd()).toContain('<not-authorized ')
    const other = await PaperComponent.connect(portOf(server), 'other.localhost', { password: 'changed' })
    await server.reload(config(''))
    expect(portOf(server)).toBe(0)
    const alice = await server.client('alice')
    for (const [name, each] of Object.entries({ stays: component, other })) {
      alice.sends(`<message to='${name}.localhost' id='m1'><body>Hi</body></message>`)
      expect(await each.hears('</message>')).toContain('Hi')
    }
    await component.leaves()
    await other.leaves()
  })

  it('core §9, RFC 6120 §4.9.3.20: tell everybody at a stop, after the users have gone', async () => {
    const server = await FileServer.start(config(listener()))
    const component = await PaperComponent.connect(portOf(server), 'last.localhost')
    const waiting = await PaperComponent.open(portOf(server), 'early.localhost')
    const alice = await server.client('alice')
    alice.sends(`<presence to='last.localhost'/>`)
    await component.hears('/>')
    await server[Symbol.asyncDispose]()
    expect(await component.peer.hearsEnd()).toMatch(/type='unavailable'.*<system-shutdown .*<\/stream:stream>$/)
    expect(await waiting.peer.hearsEnd()).toContain('<system-shutdown ')
  })

  it('core §10: a component whose connection breaks is gone as well, and its name can be had again', async () => {
    await using server = await FileServer.start(config(listener()))
    const component = await PaperComponent.connect(portOf(server), 'frail.localhost')
    component.destroy()
    expect(await until(() => server.logged.some((line) => line.includes('component_gone')))).toBe(true)
    const alice = await server.client('alice')
    await alice.asks(`<ping xmlns='urn:xmpp:ping'/>`, 'get', {
      to: 'frail.localhost',
      refused: 'service-unavailable',
    })
    const again = await PaperComponent.connect(portOf(server), 'frail.localhost')
    await again.leaves()
  })

  it('hidden_components: users see them all the same unless mod_disco says otherwise, also later', async () => {
    const hidden = config(listener('hidden_components = true'))
    await using server = await FileServer.start(hidden)
    const component = await PaperComponent.connect(portOf(server), 'shy.localhost')
    const alice = await server.client('alice')
    const items = () =>
      alice.asks(`<query xmlns='http://jabber.org/protocol/disco#items'/>`, 'get', { to: 'localhost' })
    expect(String(await items())).toContain('shy.localhost')
    const disco = '[modules.mod_disco]\n'
    await server.reload(hidden.replace(disco, `${disco}users_can_see_hidden_services = false\n`))
    expect(String(await items())).not.toContain('shy.localhost')
    await component.leaves()
  })

  it('RFC 6120 §4.9.3.17: max_connections and max_connections_per_address', async () => {
    const listeners = listener('max_connections = 1') + listener('max_connections_per_address = 1')
    await using server = await FileServer.start(config(listeners))
    for (const nth of [0, 1]) {
      const component = await PaperComponent.connect(portOf(server, nth), `one${nth}.localhost`)
      const peer = await PaperPeer.connect(portOf(server, nth))
      expect(await peer.hearsEnd()).toMatch(
        /<stream:stream .*from='localhost'.*<resource-constraint .*<\/stream:stream>$/,
      )
      component.destroy()
    }
  })

  it('tls: from the first byte', async () => {
    await using server = await FileServer.start(config(listener('tls = {}')))
    const { port } = server.address('component_tls')
    const socket = await dialTls({ port })
    let heard = ''
    socket.on('data', (bytes) => {
      heard += bytes
    })
    socket.write(
      `<stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams' to='a.example'><handshake>0</handshake>`,
    )
    await closeOf(socket)
    expect(heard).toMatch(/from='a.example' id='[^']+'>.*<not-authorized /)
    const plain = await PaperPeer.connect(port)
    plain.says('<stream:stream ')
    expect(await plain.hearsEnd()).not.toContain('stream')
  })

  it('proxy_protocol: the address is that of the header', async () => {
    await using server = await FileServer.start(config(listener('proxy_protocol = true')))
    const peer = await PaperPeer.connect(portOf(server))
    peer.says('PROXY TCP4 192.0.2.77 127.0.0.1 4711 8888\r\n')
    peer.says(
      `<stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams' to='a.example'><handshake>0</handshake>`,
    )
    expect(await peer.hearsEnd()).toContain('<not-authorized ')
    expect(server.logged.join('')).toMatch(/component_auth_failed.*192\.0\.2\.77/)
  })

  it('ops §4: count what fails, bytes and stanzas, and show what passes to whoever looks', async () => {
    await using server = await FileServer.start(config(listener()))
    const { peer } = await PaperComponent.open(portOf(server), 'a.example')
    peer.says(PaperComponent.proof('wrong'))
    await peer.hearsEnd()
    expect(await metric(server, 'component_auth_failed_count')).toBe(1)
    const component = await PaperComponent.connect(portOf(server), 'a.example')
    const seen: string[] = []
    const end = server.server.tap.look(
      Jid.parse('a.example'),
      ({ direction, text }) => void seen.push(direction + text),
    )
    const alice = await server.client('alice')
    alice.sends(`<message to='a.example' id='m1'><body>Hi</body></message>`)
    await component.hears('</message>')
    component.says(`<message from='a.example' to='alice@localhost' id='m2' type='headline'><body>Ho</body></message>`)
    component.says(`<iq type='get' from='a.example' to='localhost' id='q1'><ping xmlns='urn:xmpp:ping'/></iq>`)
    await component.hears(`id='q1'`)
    end()
    expect(seen.map((each) => each.slice(0, each.indexOf(' ')))).toEqual([
      'out<message',
      'in<message',
      'in<iq',
      'out<iq',
    ])
    const labels = { connection_type: 'component', host_type: 'localhost' }
    expect(await metric(server, 'xmpp_element_in_message_count', labels)).toBe(1)
    expect(await metric(server, 'xmpp_element_out_stanza_count', labels)).toBe(2)
    const { connection_type } = labels
    expect(await metric(server, 'tcp_data_in_byte_size', { connection_type })).toBeGreaterThan(200)
    expect(await metric(server, 'tcp_data_out_byte_size', { connection_type })).toBeGreaterThan(200)
    expect(server.logged.join('')).toMatch(/component_registered.*a\.example/)
    await component.leaves()
  })
})
