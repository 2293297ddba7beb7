import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { search } from '../support/archive.ts'
import type { Client } from '../support/client.ts'
import { inboxOf } from '../support/conversations.ts'
import { FileServer } from '../support/file-server.ts'
import { baseConfig } from '../support/own-server.ts'

const base = `${baseConfig.replace('"localhost"', '"shire.example", "rohan.example"')}
[modules.mod_offline]
[modules.mod_vcard]
[modules.mod_inbox]
[modules.mod_mam.pm]
[modules.mod_muc]
`
const isolated = `${base}[modules.mod_domain_isolation]\n`

const stanzas = 'urn:ietf:params:xml:ns:xmpp-stanzas'
const chat = (to: string, id: string) => `<message type='chat' to='${to}' id='${id}'><body>${id}</body></message>`
const filtered = (kind: string, from: string, id: string) =>
  `<${kind} type='error' from='${from}' id='${id}'><error type='cancel' code='503'><service-unavailable xmlns='${stanzas}'/><text xmlns='${stanzas}' {any}>Filtered by the domain isolation</text></error>{any}</${kind}>`

let server: FileServer
let [sam, rosie, grima]: Client[] = []

async function present(name: string, domain: string): Promise<Client> {
  const client = await server.client(name, server.address('c2s', 0, domain))
  await client.isPresent()
  client.peers = () => [sam, rosie, grima].filter((other) => other !== undefined)
  return client
}

beforeAll(async () => {
  server = await FileServer.start(isolated)
  sam = await present('sam', 'shire.example')
  rosie = await present('rosie', 'shire.example')
  grima = await present('grima', 'rohan.example')
})
afterAll(() => server[Symbol.asyncDispose]())

const cast = () => ({ sam: sam as Client, rosie: rosie as Client, grima: grima as Client })

describe('mod_domain_isolation', () => {
  it('lets messages pass within a domain', async () => {
    const { sam, rosie } = cast()
    rosie.sends(chat(sam.jid, 'm1'))
    await sam.receives(`<message from='${rosie.jid}' id='m1' type='chat'>{any}</message>`)
  })

  it('tells the sender that a message to another domain of the same kind has been filtered', async () => {
    const { sam, grima } = cast()
    for (const to of [sam.jid, sam.bare]) {
      grima.sends(chat(to, 'm1'))
      await grima.receives(filtered('message', to, 'm1'))
    }
    await sam.receivesNothing()
    await grima.receivesNothing()
  })

  it('leaves nothing behind for who is away', async () => {
    const { grima } = cast()
    await server.register('frodo', 'shire.example')
    grima.sends(chat('frodo@shire.example', 'm1'))
    await grima.receives(filtered('message', 'frodo@shire.example', 'm1'))
    const frodo = await present('frodo', 'shire.example')
    await frodo.receivesNothing()
    expect((await search(frodo)).ids).toEqual([])
    expect((await inboxOf(frodo, { fields: { box: 'all' } })).shown).toEqual([])
  })

  it('refuses IQs and presence likewise; errors and answers vanish', async () => {
    const { sam, grima } = cast()
    const ping = `<ping xmlns='urn:xmpp:ping'/>`
    for (const to of [sam.jid, sam.bare, 'shire.example']) {
      grima.sends(`<iq type='get' to='${to}' id='i1'>${ping}</iq>`)
      await grima.receives(filtered('iq', to, 'i1'))
    }
    for (const type of ['subscribe', 'unavailable']) {
      grima.sends(`<presence type='${type}' to='${sam.bare}' id='p1'/>`)
      await grima.finds(filtered('presence', sam.bare, 'p1'))
    }
    await grima.drains()
    grima.sends(`<iq type='result' to='${sam.jid}' id='i2'/>`)
    grima.sends(`<message type='error' to='${sam.jid}' id='e1'><body>x</body></message>`)
    await sam.receivesNothing()
    await grima.receivesNothing()
  })

  it('lets users reach the services of their own domain, and no others', async () => {
    const { grima } = cast()
    const search = `<query xmlns='jabber:iq:search'/>`
    await grima.asks(search, 'get', { to: 'vjud.rohan.example' })
    grima.sends(`<iq type='get' to='vjud.shire.example' id='s1'>${search}</iq>`)
    await grima.receives(filtered('iq', 'vjud.shire.example', 's1'))
    // What the service itself refuses it refuses in its own words.
    await grima.asks(`<x xmlns='urn:x'/>`, 'get', { to: 'vjud.rohan.example', refused: 'service-unavailable' })
  })

  it('lets users into the rooms of their own domain, and no others', async () => {
    const { rosie, grima } = cast()
    const enters = (room: string) =>
      `<presence to='${room}/me' id='e1'><x xmlns='http://jabber.org/protocol/muc'/></presence>`
    rosie.sends(enters('pub@conference.shire.example'))
    await rosie.finds(`<presence from='pub@conference.shire.example/me' {any}>{any}</presence>`)
    await rosie.finds(`<message from='pub@conference.shire.example' {any}><subject/></message>`)
    grima.sends(enters('pub@conference.shire.example'))
    await grima.finds(filtered('presence', 'pub@conference.shire.example/me', 'e1'))
    await rosie.receivesNothing()
  })

  it('ends when the module does', async () => {
    const { sam, grima } = cast()
    await server.reload(base)
    grima.sends(chat(sam.jid, 'm1'))
    await sam.finds(`<message from='${grima.jid}' id='m1' type='chat'>{any}</message>`)
    await server.reload(isolated)
    grima.sends(chat(sam.jid, 'm2'))
    await grima.finds(filtered('message', sam.jid, 'm2'))
  })
})

describe('a service that all domains share', () => {
  it('is a domain of its own, which a warning says', async () => {
    await using shared = await FileServer.start(
      isolated
        .replace('"shire.example", "rohan.example"', '"shire.example"')
        .replace('[modules.mod_vcard]', '[modules.mod_vcard]\nhost = "directory.example"'),
    )
    expect(shared.logged.join('\n')).toMatch(
      /service_isolated.*directory\.example|directory\.example.*service_isolated/,
    )
    const client = await shared.client('sam', shared.address('c2s', 0, 'shire.example'))
    const search = `<query xmlns='jabber:iq:search'/>`
    await client.asks(search, 'get', { to: 'directory.example', refused: 'service-unavailable' })
  })
})
