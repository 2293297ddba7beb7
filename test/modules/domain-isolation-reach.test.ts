import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Jid } from '../../src/jid/jid.ts'
import { registerAccount } from '../../src/router/accounts.ts'
import { Client } from '../support/client.ts'
import { baseConfig } from '../support/own-server.ts'
import { enablePush, notified, pushApp } from '../support/push-app.ts'
import { type OwnTestServer, startTestServer } from '../support/server.ts'

const hosts = `hosts = ["localhost", "rohan.example"]
host_types = ["customers"]
default_server_domain = "localhost"`

const config = `${baseConfig.replace('hosts = ["localhost"]', hosts)}
[modules.mod_offline]
[modules.mod_domain_isolation]
[services.service_domain_db]

[[host_config]]
host = "localhost"
[host_config.modules.mod_presence]
[host_config.modules.mod_roster]
[host_config.modules.mod_ping]
[host_config.modules.mod_offline]
[host_config.modules.mod_domain_isolation]
[host_config.modules.mod_event_pusher.push]
[host_config.modules.mod_test_push_app]
`
const stanzas = 'urn:ietf:params:xml:ns:xmpp-stanzas'
const chat = (to: string, id: string) => `<message type='chat' to='${to}' id='${id}'><body>${id}</body></message>`
const refused = (from: string, id: string) =>
  `<message type='error' from='${from}' id='${id}'><error {any}><service-unavailable xmlns='${stanzas}'/><text xmlns='${stanzas}' {any}>Filtered by the domain isolation</text></error>{any}</message>`

let server: OwnTestServer
const clients: Client[] = []

async function client(local: string, domain: string): Promise<Client> {
  const host = server.server.hostOf(domain)
  if (host === undefined) throw new Error(`${domain} is not served`)
  await registerAccount(host, Jid.of(local, domain), 'secret')
  const signedIn = await Client.signIn({ ...server, domain }, { local, password: 'secret' }, 'pc')
  clients.push(signedIn)
  await signedIn.isPresent()
  return signedIn
}

beforeAll(async () => {
  server = await startTestServer({ config, modules: [pushApp] })
  for (const domain of ['red.example', 'blue.example']) {
    await server.server.commands.run('domain.addDomain', { domain, hostType: 'customers' })
  }
})
afterAll(async () => {
  for (const each of clients) each.destroy()
  await server.stop()
})

describe('mod_domain_isolation', () => {
  it('keeps domains of one host type from each other too', async () => {
    const [one, other, blue] = [
      await client('one', 'red.example'),
      await client('other', 'red.example'),
      await client('one', 'blue.example'),
    ]
    one.sends(chat(other.jid, 'm1'))
    await other.receives(`<message from='${one.jid}' id='m1' type='chat'>{any}</message>`)
    for (const to of [blue.jid, blue.bare]) {
      one.sends(chat(to, 'm2'))
      await one.finds(refused(to, 'm2'))
    }
    await blue.isHeard()
    expect(await blue.drains()).toEqual([])
  })

  it('notifies nobody of what has been filtered', async () => {
    const [friend, away, grima] = [
      await client('friend', 'localhost'),
      await client('away', 'localhost'),
      await client('grima', 'rohan.example'),
    ]
    await away.asks(enablePush('node'), 'set')
    away.sends(`<presence type='unavailable'/>`)
    await away.isHeard()
    grima.sends(chat(away.bare, 'foreign'))
    await grima.finds(refused(away.bare, 'foreign'))
    friend.sends(chat(away.bare, 'own'))
    await friend.isHeard()
    await expect.poll(() => notified.length).toBeGreaterThan(0)
    expect(notified.map(({ fields }) => fields['last-message-body'])).toEqual(['own'])
  })
})
