import { describe, expect, it } from 'vitest'
import type { Client } from '../support/client.ts'
import { ownServer } from '../support/own-server.ts'

const services = ['conference.localhost', 'muclight.localhost', 'pubsub.localhost', 'vjud.localhost']

describe('mod_disco with contact addresses and further domains', () => {
  const { client } = ownServer(`[modules.mod_disco]
extra_domains = ["gateway.example", "vjud.localhost"]
[[modules.mod_disco.server_info]]
name = "abuse-addresses"
urls = ["mailto:abuse@localhost"]
[[modules.mod_disco.server_info]]
name = "admin-addresses"
urls = ["mailto:admin@localhost", "xmpp:admin@localhost"]
modules = ["mod_muc"]
[[modules.mod_disco.server_info]]
name = "support-addresses"
urls = ["mailto:support@localhost"]
modules = ["mod_disco", "mod_pubsub", "mod_vcard"]
[[modules.mod_disco.server_info]]
name = "sales-addresses"
urls = ["mailto:sales@localhost"]
modules = ["mod_nobody"]
[modules.mod_muc]
[modules.mod_muc_light]
[modules.mod_caps]
[modules.mod_pubsub]
[modules.mod_vcard]
`)

  /** The fields of the contact form of a service with their values, in their order. */
  async function contacts(asker: Client, to: string): Promise<Record<string, string[]>> {
    const info = await asker.asks(`<query xmlns='http://jabber.org/protocol/disco#info'/>`, 'get', { to })
    const forms = info.elements().flatMap((query) => query.elements().filter(({ ns }) => ns === 'jabber:x:data'))
    const fields = forms.map((form) =>
      form.elements().map((field) => [field.attr('var') ?? '', field.elements().map((value) => value.text())] as const),
    )
    const own = fields.filter(([type]) => type?.[1][0] === 'http://jabber.org/network/serverinfo')
    expect(own).toHaveLength(1)
    return Object.fromEntries(own.flat().slice(1))
  }

  it('shows a field in the answers of the modules that it is for', async () => {
    const alice = await client('alice')
    const everywhere = { 'abuse-addresses': ['mailto:abuse@localhost'] }
    const forMuc = { 'admin-addresses': ['mailto:admin@localhost', 'xmpp:admin@localhost'] }
    const forSome = { 'support-addresses': ['mailto:support@localhost'] }
    expect(await contacts(alice, 'localhost')).toEqual({ ...everywhere, ...forSome })
    expect(await contacts(alice, 'conference.localhost')).toEqual({ ...everywhere, ...forMuc })
    expect(await contacts(alice, 'muclight.localhost')).toEqual(everywhere)
    expect(await contacts(alice, 'pubsub.localhost')).toEqual({ ...everywhere, ...forSome })
    expect(await contacts(alice, 'vjud.localhost')).toEqual({ ...everywhere, ...forSome })
  })

  it('lists services and further domains, each once, under the name that its module gives it', async () => {
    const alice = await client('alice')
    const items = await alice.asks(`<query xmlns='http://jabber.org/protocol/disco#items'/>`, 'get', {
      to: 'localhost',
    })
    const listed = items.elements().flatMap((query) => query.elements())
    expect(listed.map((item) => item.attr('jid')).sort()).toEqual([...services, 'gateway.example'].sort())
    const named = listed.filter((item) => item.attr('name') !== undefined).map((item) => item.attr('jid'))
    expect(named.sort()).toEqual(expect.arrayContaining(['pubsub.localhost', 'vjud.localhost']))
  })
})
