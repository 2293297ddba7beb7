import { describe, expect, it } from 'vitest'
import type { Client } from '../support/client.ts'
import { ownServer } from '../support/own-server.ts'
import type { XmlNode } from '../support/xml.ts'

const ns = 'jabber:iq:search'
const forms = 'jabber:x:data'
const rsm = 'http://jabber.org/protocol/rsm'
const directory = 'vjud.localhost'
const info = `<query xmlns='http://jabber.org/protocol/disco#info'/>`
const items = `<query xmlns='http://jabber.org/protocol/disco#items'/>`

const people: Record<string, string> = {
  lena: '<FN>Lena Berg</FN><N><GIVEN>Lena</GIVEN><FAMILY>Berg</FAMILY></N><ORG><ORGNAME>Zoo</ORGNAME></ORG>',
  lars: '<FN>Lars Bergman</FN><N><GIVEN>Lars</GIVEN><FAMILY>Bergman</FAMILY></N><EMAIL><USERID>lars@b.example</USERID></EMAIL>',
  mona: '<FN>Mona  Lisa</FN><N><GIVEN>Mona</GIVEN><FAMILY>Lisa</FAMILY></N><ADR><LOCALITY>Париж</LOCALITY></ADR><EMAIL>mona@b.example</EMAIL>',
}

const field = (name: string, ...values: string[]) =>
  `<field var='${name}'>${values.map((value) => `<value>${value}</value>`).join('')}</field>`
const form = (fields: string, set = '') =>
  `<query xmlns='${ns}'><x xmlns='${forms}' type='submit'>${fields}</x>${set}</query>`
const page = (content: string) => `<set xmlns='${rsm}'>${content}</set>`

async function search(
  client: Client,
  fields: string,
  set = '',
): Promise<{ found: string[]; set: XmlNode; query: XmlNode }> {
  const query = (await client.asks(form(fields, set), 'set', { to: directory })).child('query', ns)
  const rows =
    query
      ?.child('x', forms)
      ?.elements()
      .filter((child) => child.name === 'item') ?? []
  const found = rows.map(
    (row) =>
      row
        .elements()
        .find((each) => each.attr('var') === 'jid')
        ?.child('value')
        ?.text() ?? '',
  )
  return {
    found: found.map((jid) => jid.split('@')[0] ?? ''),
    set: query?.child('set', rsm) as XmlNode,
    query: query as XmlNode,
  }
}

const texts = (set: XmlNode) => ({
  first: set.child('first')?.text(),
  index: set.child('first')?.attr('index'),
  last: set.child('last')?.text(),
  count: set.child('count')?.text(),
})

async function moveIn(own: ReturnType<typeof ownServer>): Promise<Client> {
  for (const [name, content] of Object.entries(people)) {
    const client = await own.client(name, 'pc', { presence: false })
    await client.asks(`<vCard xmlns='vcard-temp'>${content}</vCard>`, 'set')
    await client.leaves()
  }
  return own.client('seeker')
}

describe('XEP-0055', () => {
  const own = ownServer(
    `[modules.mod_vcard]
[[modules.mod_disco.server_info]]
name = "abuse-addresses"
urls = ["mailto:abuse@localhost"]
modules = ["mod_vcard"]
`.replace('[[modules.mod_disco', '\n[[modules.mod_disco'),
  )
  let seeker: Client

  it('the directory is listed, describes itself, and has a card', async () => {
    seeker = await moveIn(own)
    expect(`${await seeker.asks(items, 'get', { to: 'localhost' })}`).toContain(`jid='${directory}'`)
    const about = (await seeker.asks(info, 'get', { to: directory })).child(
      'query',
      'http://jabber.org/protocol/disco#info',
    )
    expect(about?.child('identity')?.attrs).toEqual({ category: 'directory', type: 'user', name: 'vCard User Search' })
    const features = about
      ?.elements()
      .filter((child) => child.name === 'feature')
      .map((child) => child.attr('var'))
    expect(features).toEqual(['http://jabber.org/protocol/disco#info', ns, 'vcard-temp'])
    expect(`${about}`).toContain('mailto:abuse@localhost')
    expect(`${await seeker.asks(info, 'get', { to: 'localhost' })}`).not.toContain('mailto:abuse@localhost')
    expect((await seeker.asks(items, 'get', { to: directory })).elements()[0]?.elements()).toEqual([])
    expect(
      (await seeker.asks(`<vCard xmlns='vcard-temp'/>`, 'get', { to: directory })).elements()[0]?.child('FN'),
    ).toBeDefined()
  })

  it('the directory refuses what it does not know', async () => {
    for (const query of [info, items, `<vCard xmlns='vcard-temp'/>`]) {
      await seeker.asks(query, 'set', { to: directory, refused: 'not-allowed' })
    }
    await seeker.asks(`<query xmlns='jabber:iq:version'/>`, 'get', { to: directory, refused: 'service-unavailable' })
    await seeker.asks(info, 'get', { to: `somebody@${directory}`, refused: 'service-unavailable' })
    await seeker.asks(info, 'get', { to: `${directory}/resource`, refused: 'service-unavailable' })
    seeker.sends(`<message to='${directory}' id='m1'><body>Hi</body></message>`)
    await seeker.receives(`<message type='error' from='${directory}' id='m1'>{any}</message>`)
  })

  it('§2.1 the form has a field for everything that can be searched for', async () => {
    const query = (await seeker.asks(`<query xmlns='${ns}'/>`, 'get', { to: directory })).child('query', ns)
    expect(query?.child('instructions')).toBeDefined()
    const x = query?.child('x', forms)
    expect(x?.child('title')?.text()).toBe(`Search users in ${directory}`)
    const fields = x?.elements().filter((child) => child.attr('type') === 'text-single')
    expect(fields?.map((each) => `${each.attr('var')}: ${each.attr('label')}`)).toEqual([
      'user: User',
      'fn: Full Name',
      'first: First Name',
      'middle: Middle Name',
      'last: Family Name',
      'nick: Nickname',
      'bday: Birthday',
      'ctry: Country',
      'locality: City',
      'email: Email',
      'orgname: Organization Name',
      'orgunit: Organization Unit',
    ])
  })

  it('§2.1 finds by a whole value, by its beginning, by several, whatever the case', async () => {
    expect((await search(seeker, field('last', 'Berg'))).found).toEqual(['lena'])
    expect((await search(seeker, field('last', 'bERG*'))).found).toEqual(['lars', 'lena'])
    expect((await search(seeker, field('last', 'berg*') + field('first', 'LARS'))).found).toEqual(['lars'])
    expect((await search(seeker, field('fn', 'mona lisa'))).found).toEqual(['mona'])
    expect((await search(seeker, field('locality', 'ПАРИЖ'))).found).toEqual(['mona'])
    expect((await search(seeker, field('email', 'Lars@B.*'))).found).toEqual(['lars'])
    expect((await search(seeker, field('email', 'mona@b.example'))).found).toEqual(['mona'])
    expect((await search(seeker, field('user', 'le*'))).found).toEqual(['lena'])
  })

  it('finds nothing for unknown values, several values, or no field', async () => {
    for (const fields of [
      '',
      field('last', 'Nobody'),
      field('last', ''),
      field('shoe', '39'),
      field('last', 'Berg', 'Lisa'),
      field('fn', '\ue000'),
    ]) {
      const { found, set } = await search(seeker, fields)
      expect(found).toEqual([])
      expect(texts(set)).toEqual({ count: '0' })
    }
  })

  it('shows what the cards say, in columns', async () => {
    const { query } = await search(seeker, field('user', 'lena'))
    const x = query.child('x', forms)
    expect(x?.child('title')?.text()).toBe(`Search Results for ${directory}`)
    const reported = x?.child('reported')?.elements()
    expect(reported?.map((each) => each.attr('label'))).toEqual([
      'Jabber ID',
      'Full Name',
      'Name',
      'Middle Name',
      'Family Name',
      'Nickname',
      'Birthday',
      'Country',
      'City',
      'Email',
      'Organization Name',
      'Organization Unit',
    ])
    const row = x
      ?.elements()
      .find((child) => child.name === 'item')
      ?.elements()
    const shown = Object.fromEntries(row?.map((each) => [each.attr('var'), each.child('value')?.text()]) ?? [])
    expect(shown).toMatchObject({ jid: 'lena@localhost', fn: 'Lena Berg', last: 'Berg', orgname: 'Zoo', nick: '' })
  })

  it('XEP-0059 pages through the result', async () => {
    const all = field('fn', '*')
    const [lars, lena, mona] = ['lars@localhost', 'lena@localhost', 'mona@localhost']
    const one = async (content: string) => texts((await search(seeker, all, page(content))).set)
    expect(await one('<max>1</max>')).toEqual({ first: lars, last: lars, index: '0', count: '3' })
    expect(await one(`<max>1</max><after>${lars}</after>`)).toEqual({ first: lena, last: lena, index: '1', count: '3' })
    expect(await one('<max>2</max><before/>')).toEqual({ first: lena, last: mona, index: '1', count: '3' })
    expect(await one(`<max>5</max><before>${mona}</before>`)).toEqual({
      first: lars,
      last: lena,
      index: '0',
      count: '3',
    })
    expect(await one('<max>1</max><index>2</index>')).toEqual({ first: mona, last: mona, index: '2', count: '3' })
    expect(await one('<max>0</max>')).toEqual({ count: '3' })
    expect(await one(`<max>1</max><after>${mona}</after>`)).toEqual({ count: '3' })
  })

  it('refuses malformed forms', async () => {
    const wrong = [
      `<query xmlns='${ns}'/>`,
      `<query xmlns='${ns}'><x xmlns='urn:other' type='submit'/></query>`,
      `<query xmlns='${ns}'><x xmlns='${forms}' type='form'/></query>`,
      `<query xmlns='${ns}'><x xmlns='${forms}'/></query>`,
      form(field('fn', '*'), page('<max>x</max>')),
    ]
    for (const query of wrong) await seeker.asks(query, 'set', { to: directory, refused: 'bad-request' })
  })

  it('forgets those who are removed, and shows a changed card', async () => {
    await own.command('account.removeUser', { user: 'lars@localhost' })
    expect((await search(seeker, field('last', 'berg*'))).found).toEqual(['lena'])
    await seeker.asks(`<vCard xmlns='vcard-temp'><N><FAMILY>Bergström</FAMILY></N></vCard>`, 'set')
    expect((await search(seeker, field('last', 'berg*'))).found).toEqual(['lena', 'seeker'])
    await seeker.asks(`<vCard xmlns='vcard-temp'/>`, 'set')
    expect((await search(seeker, field('last', 'berg*'))).found).toEqual(['lena'])
  })
})

describe('XEP-0055 with matches = 1', () => {
  const own = ownServer('[modules.mod_vcard]\nmatches = 1\nhost = "people.@HOST@"\n')

  it('finds one user, under the address that was chosen', async () => {
    const seeker = await moveIn(own)
    const query = form(field('fn', '*'))
    const found = (await seeker.asks(query, 'set', { to: 'people.localhost' })).child('query', ns)
    expect(found?.child('set', rsm)?.child('count')?.text()).toBe('1')
  })
})

describe('XEP-0055 with matches = "infinity"', () => {
  const own = ownServer('[modules.mod_vcard]\nmatches = "infinity"\n')

  it('finds everybody', async () => {
    expect((await search(await moveIn(own), field('fn', '*'))).found).toEqual(['lars', 'lena', 'mona'])
  })
})
