import { Attribute, Change } from 'ldapts'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { Client } from '../support/client.ts'
import { baseConfig } from '../support/own-server.ts'
import { type OwnTestServer, startTestServer } from '../support/server.ts'
import { suiteNeeding } from '../support/services.ts'
import { Slapd } from '../support/slapd.ts'

const photo = Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0x00, 0x80, 0xfe])

const settings = (slapd: Slapd, module: string) => `${baseConfig}${slapd.pool}
[modules.mod_vcard]
backend = "ldap"
${module}
`

suiteNeeding(['/usr/sbin/slapd'], 'vCards from a directory', () => {
  let slapd: Slapd
  const servers: OwnTestServer[] = []
  const clients: Client[] = []

  beforeAll(async () => {
    slapd = await Slapd.start()
    const lena = await slapd.addPerson('lena', 'x', {
      ...{ displayName: 'Lena Berg', sn: 'Berg', givenName: 'Lena', mail: 'lena@example.org', o: 'Example', l: 'Oslo' },
      telephoneNumber: '+47 1',
    })
    await slapd.change((client) =>
      client.modify(
        lena,
        new Change({ operation: 'add', modification: new Attribute({ type: 'jpegPhoto', values: [photo] }) }),
      ),
    )
    await slapd.addPerson('mila', 'x', { displayName: 'Mila Lund', sn: 'Lund', givenName: 'Mila', l: 'Oslo' })
    await slapd.addPerson('ghost', 'x', { displayName: 'Ghost', l: 'Oslo' })
  })
  afterAll(async () => {
    for (const client of clients) client.destroy()
    for (const server of servers) await server.stop()
    await slapd?.remove()
  })

  async function lenaWith(module = `ldap.base = "ou=Users,${slapd.base}"`): Promise<Client> {
    const server = await startTestServer({ config: settings(slapd, module) })
    servers.push(server)
    for (const name of ['lena', 'mila', 'other']) await server.registerUser(name, 'secret')
    const client = await Client.signIn(server, { local: 'lena', password: 'secret' }, 'home')
    clients.push(client)
    return client
  }

  const cardOf = (client: Client, to: string) => client.asks(`<vCard xmlns='vcard-temp'/>`, 'get', { to })

  /** The values that a search tells, a line for each user. */
  async function search(client: Client, fields: Record<string, string>, rsm = ''): Promise<string[]> {
    const filled = Object.entries(fields).map(([name, value]) => `<field var='${name}'><value>${value}</value></field>`)
    const form = `<x xmlns='jabber:x:data' type='submit'>${filled.join('')}</x>`
    const answer = await client.asks(`<query xmlns='jabber:iq:search'>${form}${rsm}</query>`, 'set', {
      to: 'vjud.localhost',
    })
    const x = answer
      .elements()[0]
      ?.elements()
      .find((node) => node.name === 'x')
    const items = x?.elements().filter((node) => node.name === 'item') ?? []
    return items.map((item) =>
      item
        .elements()
        .map((field) => field.elements()[0]?.text())
        .join('|'),
    )
  }

  it('are put together of attributes, with the photo as it is', async () => {
    const lena = await lenaWith()
    const answer = await cardOf(lena, 'lena@localhost')
    const card = answer.child('vCard', 'vcard-temp')
    const at = (...path: string[]) => path.reduce((node, name) => node?.child(name, 'vcard-temp'), card)?.text()
    expect([at('FN'), at('NICKNAME'), at('N', 'FAMILY'), at('N', 'GIVEN')]).toEqual([
      'Lena Berg',
      'lena',
      'Berg',
      'Lena',
    ])
    expect([at('ORG', 'ORGNAME'), at('ADR', 'LOCALITY'), at('TEL', 'NUMBER')]).toEqual(['Example', 'Oslo', '+47 1'])
    expect([at('EMAIL', 'USERID'), at('PHOTO', 'TYPE')]).toEqual(['lena@example.org', 'image/jpeg'])
    expect(at('PHOTO', 'BINVAL')).toBe(photo.toString('base64'))
    await lena.asks(`<vCard xmlns='vcard-temp'/>`, 'get', { to: 'other@localhost', refused: 'item-not-found' })
  })

  it('cannot be written', async () => {
    const lena = await lenaWith()
    await lena.asks(`<vCard xmlns='vcard-temp'><FN>x</FN></vCard>`, 'set', { refused: 'not-allowed' })
  })

  it('are found by one field or several, those that have an account', async () => {
    const lena = await lenaWith()
    expect(await search(lena, { l: 'Oslo' })).toEqual([
      'lena@localhost|Lena Berg|||||||Oslo|lena@example.org|Example|',
      'mila@localhost|Mila Lund|||||||Oslo|||',
    ])
    const found = async (fields: Record<string, string>) =>
      (await search(lena, fields)).map((line) => line.split('@')[0])
    expect(await found({ l: 'Oslo', givenName: 'Mila' })).toEqual(['mila'])
    expect(await found({ '%u': 'en' })).toEqual(['lena'])
    expect(await found({ sn: 'B*g' })).toEqual(['lena'])
    expect(await found({ sn: '(*)' })).toEqual([])
    expect(await found({})).toEqual([])
    expect(
      await search(lena, { l: 'Oslo' }, `<set xmlns='http://jabber.org/protocol/rsm'><max>1</max></set>`),
    ).toHaveLength(1)
  })

  it('are mapped as configured: fields, columns, names, what is told in base64', async () => {
    const lena = await lenaWith(`
matches = 1
ldap_base = "${slapd.base}"
ldap_filter = "(objectClass=inetOrgPerson)"
ldap_search_operator = "or"
ldap_deref = "always"
ldap_pool_tag = "default"
ldap_binary_search_fields = ["DESC"]
[[modules.mod_vcard.ldap_uids]]
attr = "uid"
format = "%u"
[[modules.mod_vcard.ldap_vcard_map]]
vcard_field = "FN"
ldap_pattern = "%s (%u@%d)"
ldap_field = "sn"
[[modules.mod_vcard.ldap_vcard_map]]
vcard_field = "DESC"
ldap_pattern = "%s"
ldap_field = "givenName"
[[modules.mod_vcard.ldap_search_fields]]
search_field = "Surname"
ldap_field = "sn"
[[modules.mod_vcard.ldap_search_fields]]
search_field = "City"
ldap_field = "l"
[[modules.mod_vcard.ldap_search_reported]]
search_field = "Name"
vcard_field = "FN"
[[modules.mod_vcard.ldap_search_reported]]
search_field = "About"
vcard_field = "DESC"
`)
    const form = await lena.asks(`<query xmlns='jabber:iq:search'/>`, 'get', { to: 'vjud.localhost' })
    expect(String(form)).toContain('Surname')
    expect(await search(lena, { sn: 'Lund', l: 'Bergen' })).toEqual([
      `mila@localhost|Lund (mila@localhost)|${Buffer.from('Mila').toString('base64')}`,
    ])
    expect(await search(lena, { sn: 'Lund', l: 'Oslo' })).toHaveLength(1)
  })

  it('are not told of while the directory is away', async () => {
    const lena = await lenaWith()
    await slapd.stop()
    await lena.asks(`<vCard xmlns='vcard-temp'/>`, 'get', { refused: 'internal-server-error' })
    await slapd.run()
    await expect.poll(async () => cardOf(lena, 'lena@localhost').then(String, String)).toContain('Lena Berg')
  })
})
