// A whole XMPP server inside another program, in memory and on free ports: for tests, or for an app that brings its own.
//   npx tsx examples/embedded-server.ts
import { client, xml } from '@xmpp/client'
import { createServer, el, Jid } from 'meerkat'
import notes from './modules/notes.ts'

const server = createServer({
  inMemory: true,
  freePorts: true,
  log: false,
  modules: [notes],
  config: {
    general: { hosts: ['localhost'] },
    listen: { c2s: [{ port: 5222, ip_address: '127.0.0.1' }] },
    modules: { mod_roster: {}, mod_disco: {}, mod_notes: { max_notes: 10 } },
  },
})
await server.start()
await server.registerUser('alice@localhost', 'secret')

const alice = client({
  service: `xmpp://127.0.0.1:${server.port('c2s')}`,
  domain: 'localhost',
  username: 'alice',
  password: 'secret',
})
const greeted = new Promise<string>((resolve) => {
  alice.on('stanza', (stanza) => {
    if (stanza.is('message')) resolve(stanza.getChildText('body') ?? '')
  })
})
await alice.start()
await alice.send(xml('presence'))
await alice.iqCaller.set(xml('note', { xmlns: 'urn:example:notes:0', title: 'milk' }, 'two litres'))

server.send(
  'message',
  { from: Jid.parse('localhost'), to: Jid.parse('alice@localhost'), type: 'headline' },
  el('body', 'jabber:client', 'Welcome'),
)
console.log('alice was told:', await greeted)
console.log('her notes:', await server.command('notes.listNotes', { user: 'alice@localhost' }))

await alice.stop()
await server.close()
