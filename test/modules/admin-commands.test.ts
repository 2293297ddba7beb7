import { describe, expect, it } from 'vitest'
import { search } from '../support/archive.ts'
import { ownServer } from '../support/own-server.ts'

const own = ownServer(`[modules.mod_mam]
pm = {}
[modules.mod_carboncopy]
[modules.mod_privacy]
[modules.mod_vcard]
[modules.mod_time]
`)
const { client, command } = own
const domain = 'localhost'

describe('stanzas that are sent in the name of users', () => {
  it('reach whom they are for, other clients of the sender, and both archives', async () => {
    const [alice, bob] = [await client('alice'), await client('bob')]
    const [from, to] = [`${alice.bare}/script`, bob.bare]
    await alice.asks(`<enable xmlns='urn:xmpp:carbons:2'/>`, 'set')
    const { id } = (await command('stanza.sendMessage', { from, to, body: 'by command' })) as { id: string }
    await bob.receives(`<message type='chat' from='${from}' id='${id}'><body>by command</body>{any}</message>`)
    await alice.receives(`<message from='${alice.bare}'>{any}</message>`)
    for (const each of [alice, bob]) expect((await search(each)).bodies).toEqual(['by command'])
    await command('stanza.sendMessageHeadLine', { from, to, subject: 'News', body: 'Today' })
    await bob.receives(`<message type='headline'><subject>News</subject><body>Today</body>{any}</message>`)
    const stanza = `<message from='${from}' to='${bob.jid}' id='own'><x xmlns='urn:x'/></message>`
    expect(await command('stanza.sendStanza', { stanza })).toEqual({ id: 'own' })
    await bob.receives(`<message from='${from}' id='own'><x xmlns='urn:x'/></message>`)
  })

  it('are refused where something is wrong with them', async () => {
    const bob = await client('bob')
    const refusals = [
      ['stanza.sendMessage', { from: `nobody@${domain}`, to: bob.bare, body: '' }, 'unknown_user'],
      ['stanza.sendMessage', { from: domain, to: bob.bare, body: '' }, 'unknown_user'],
      ['stanza.sendStanza', { stanza: `<message to='${bob.bare}'/>` }, 'no_sender'],
      ['stanza.sendStanza', { stanza: `<message from='${bob.bare}'/>` }, 'no_recipient'],
      ['stanza.sendStanza', { stanza: `<message from='@' to='${bob.bare}'/>` }, 'invalid_sender'],
      ['stanza.sendStanza', { stanza: `<message from='${bob.bare}' to='@'/>` }, 'invalid_recipient'],
      ['stanza.sendStanza', { stanza: '<other/>' }, 'input_coercion'],
      ['stanza.sendStanza', { stanza: '<message>' }, 'input_coercion'],
    ] as const
    for (const [name, input, code] of refusals) await expect(command(name, input), code).rejects.toMatchObject({ code })
  })

  it('go the way of what the client itself sends', async () => {
    const carla = await client('carla')
    const send = (stanza: string, user = carla.jid) => command('session.sendStanza', { user, stanza })
    await send(`<message from='someone@elsewhere.example' to='${carla.jid}' id='own'><body>to myself</body></message>`)
    await carla.receives(`<message from='${carla.jid}' id='own'><body>to myself</body>{any}</message>`)
    await send(`<presence><priority>9</priority></presence>`)
    await carla.receives(`<presence from='${carla.jid}'><priority>9</priority></presence>`)
    await expect(send('<presence/>', `${carla.bare}/absent`)).rejects.toMatchObject({ code: 'no_session' })
    for (const none of ['<other/>', `<iq type='get'/>`, `<iq id='x'/>`, `<iq id='x' type='ask'/>`])
      await expect(send(none)).rejects.toMatchObject({ code: 'input_coercion' })
    await expect(send(`<message to='@'/>`)).rejects.toMatchObject({ code: 'invalid_recipient' })
  })

  it('presence is that of the session', async () => {
    const carol = await client('carol')
    const user = carol.jid
    await command('session.setPresence', { user, type: 'AVAILABLE', show: 'DND', status: 'At work', priority: 7 })
    await carol.receives(
      `<presence from='${user}'><show>dnd</show><status>At work</status><priority>7</priority></presence>`,
    )
    expect(await command('session.listUsersWithStatus', { domain, status: 'dnd' })).toEqual([
      { user, priority: 7, text: 'At work' },
    ])
    await expect(command('session.setPresence', { user: carol.bare, type: 'AVAILABLE' })).rejects.toMatchObject({
      code: 'empty_resource',
    })
    const absent = { user: `${carol.bare}/absent`, type: 'AVAILABLE' }
    await expect(command('session.setPresence', absent)).rejects.toMatchObject({ code: 'no_session' })
  })
})

describe('rosters by command', () => {
  const contacts = (user: string) => command('roster.listContacts', { user })

  it('contacts are added, shown and removed; clients are told', async () => {
    const dora = await client('dora')
    const user = dora.bare
    await dora.asks(`<query xmlns='jabber:iq:roster'/>`)
    const shown = { jid: 'c1@elsewhere.example', name: 'One', groups: ['Friends'], subscription: 'NONE', ask: 'NONE' }
    await command('roster.addContact', { user, contact: shown.jid, name: 'One', groups: ['Friends'] })
    await dora.receives(`<iq type='set'><query xmlns='jabber:iq:roster'>{any}</query></iq>`)
    expect(await command('roster.getContact', { user, contact: shown.jid })).toEqual(shown)
    const many = [{ jid: 'c2@elsewhere.example', name: 'Two' }]
    expect(await command('roster.addContacts', { user, contacts: many })).toEqual([
      'Contact c2@elsewhere.example added successfully',
    ])
    const item = { user, contact: 'c3@elsewhere.example', name: '', groups: [], subscription: 'BOTH' }
    await command('roster.addItem', item)
    expect(await command('roster.getContact', { user, contact: item.contact })).toMatchObject({ subscription: 'BOTH' })
    await command('roster.deleteContact', { user, contact: shown.jid })
    const rest = ['c2@elsewhere.example', 'c9@elsewhere.example', 'c3@elsewhere.example']
    expect(await command('roster.deleteContacts', { user, contacts: rest })).toEqual([
      'Contact c2@elsewhere.example deleted successfully',
      'Given contact does not exist',
      'Contact c3@elsewhere.example deleted successfully',
    ])
    expect(await contacts(user)).toEqual([])
    const code = 'contact_not_found'
    await expect(command('roster.getContact', { user, contact: shown.jid })).rejects.toMatchObject({ code })
    await expect(command('roster.deleteContact', { user, contact: shown.jid })).rejects.toMatchObject({ code })
    const nobody = { user: `nobody@${domain}`, contact: shown.jid }
    await expect(command('roster.addContact', nobody)).rejects.toMatchObject({ code: 'user_not_exist' })
  })

  it('users ask, agree, decline and end it', async () => {
    const [erin, frank] = [await client('erin'), await client('frank')]
    const [user, contact] = [erin.bare, frank.bare]
    await command('roster.subscription', { user, contact, action: 'INVITE' })
    await frank.finds(`<presence type='subscribe' from='${user}'/>`)
    await command('roster.subscription', { user: contact, contact: user, action: 'ACCEPT' })
    await erin.finds(`<presence type='subscribed' from='${contact}'/>`)
    expect(await command('roster.getContact', { user, contact })).toMatchObject({ subscription: 'TO' })
    await command('roster.subscription', { user, contact, action: 'CANCEL' })
    await frank.finds(`<presence type='unsubscribe' from='${user}'/>`)
    expect(await command('roster.getContact', { user, contact })).toMatchObject({ subscription: 'NONE' })
  })

  it('users become contacts of each other, and part again', async () => {
    const [a, b, c] = [await client('gina'), await client('hans'), await client('iris')].map(({ bare }) => bare)
    const pair = { userA: a, userB: b }
    // What the other one answers comes by itself.
    const has = (user: string | undefined, expected: readonly object[]) =>
      expect.poll(() => contacts(user ?? '')).toMatchObject(expected)
    await command('roster.setMutualSubscription', { ...pair, action: 'CONNECT' })
    await has(a, [{ jid: b, subscription: 'BOTH', ask: 'NONE' }])
    await has(b, [{ jid: a, subscription: 'BOTH', ask: 'NONE' }])
    await command('roster.setMutualSubscription', { ...pair, action: 'DISCONNECT' })
    expect([await contacts(a ?? ''), await contacts(b ?? '')]).toEqual([[], []])
    const given = [a, b, c].map((jid) => ({ jid, name: `${jid}`.slice(0, 4) }))
    await command('roster.subscribeToAll', { user: given[0], contacts: given.slice(1) })
    await has(a, [
      { jid: b, name: 'hans', subscription: 'BOTH' },
      { jid: c, name: 'iris', subscription: 'BOTH' },
    ])
    const strange = [...given, { jid: `nobody@${domain}`, name: 'x' }]
    const told = (await command('roster.subscribeAllToAll', { contacts: strange })) as string[]
    expect(told).toHaveLength(6)
    expect(told.filter((each) => each.endsWith('Given user does not exist'))).toHaveLength(3)
    await has(c, [
      { jid: a, name: 'gina' },
      { jid: b, name: 'hans' },
    ])
  })
})

describe('cards by command', () => {
  it('every field goes in and comes out, and stands in the card where it belongs', async () => {
    const jana = await client('jana')
    const user = jana.bare
    await expect(command('vcard.getVcard', { user })).rejects.toMatchObject({ code: 'vcard_not_found' })
    const vcard = {
      formattedName: 'Jana Example',
      nameComponents: { family: 'Example', givenName: 'Jana' },
      nickname: ['jj'],
      address: [{ tags: ['HOME', 'PREF'], street: 'Long Street 1', country: 'NZ' }],
      label: [{ tags: [], line: ['Long Street 1', 'NZ'] }],
      telephone: [{ tags: ['CELL'], number: '123' }],
      photo: [{ type: 'image/png', binValue: 'AAAA' }],
      org: [{ orgname: 'Club', orgunit: ['Sun', 'Moon'] }],
      agent: [{ vcard: { formattedName: 'Agent', nameComponents: {} } }, { extValue: 'xmpp:agent@localhost' }],
      sortString: ['Example'],
      class: [{ tags: ['PUBLIC'] }],
    }
    const stored = await command('vcard.setVcard', { user, vcard })
    expect(stored).toMatchObject(vcard)
    expect(await command('vcard.getVcard', { user })).toEqual(stored)
    const card = String((await jana.asks(`<vCard xmlns='vcard-temp'/>`)).child('vCard', 'vcard-temp'))
    expect(card).toContain('<N><FAMILY>Example</FAMILY><GIVEN>Jana</GIVEN></N>')
    expect(card).toContain('<ADR><HOME/><PREF/><STREET>Long Street 1</STREET><CTRY>NZ</CTRY></ADR>')
    expect(card).toContain('<ORG><ORGNAME>Club</ORGNAME><ORGUNIT>Sun</ORGUNIT><ORGUNIT>Moon</ORGUNIT></ORG>')
    await command('vcard.setField', { user, name: 'n', subname: 'family', content: ['Other'] })
    expect(await command('vcard.getField', { user, name: 'N', subname: 'FAMILY' })).toEqual(['Other'])
    expect(await command('vcard.getField', { user, name: 'N', subname: 'GIVEN' })).toEqual(['Jana'])
    expect(await command('vcard.getField', { user, name: 'NICKNAME' })).toEqual(['jj'])
    await expect(command('vcard.getVcard', { user: `nobody@${domain}` })).rejects.toMatchObject({
      code: 'user_not_found',
    })
  })
})

describe('accounts by command', () => {
  it('who is banned is out, and does not come in again', async () => {
    const kurt = await client('kurt')
    const answer = await command('account.banUser', { user: kurt.bare, reason: 'spam' })
    expect(answer).toEqual({ jid: kurt.bare, message: `User ${kurt.bare} successfully banned with reason: spam` })
    await kurt.receivesStreamError('conflict')
    const check = await command('account.checkPassword', { user: kurt.bare, password: 'secret' })
    expect(check).toMatchObject({ correct: false })
    const none = { user: `nobody@${domain}`, reason: '' }
    await expect(command('account.banUser', none)).rejects.toMatchObject({ code: 'user_does_not_exist' })
  })

  it('hashes of passwords that are kept as keys cannot be checked', async () => {
    const lena = await client('lena')
    const ask = { user: lena.bare, passwordHash: '', hashMethod: 'md5' }
    await expect(command('account.checkPasswordHash', ask)).rejects.toMatchObject({ code: 'wrong_user' })
    const other = { ...ask, hashMethod: 'crc' }
    await expect(command('account.checkPasswordHash', other)).rejects.toMatchObject({ code: 'wrong_method' })
  })
})

describe('metrics by command', () => {
  it('are found by segments of their names', async () => {
    const mona = await client('mona')
    await mona.isHeard()
    const name = ['_', 'sm_session', 'count']
    const sessions = await command('metric.getMetrics', { name: [domain, 'sm_session'] })
    expect(sessions).toContainEqual({ name: [domain, ...name.slice(1)], type: 'gauge', value: expect.any(Number) })
    const [shown] = (await command('metric.getMetrics', { name })) as { value: number }[]
    const dict = [{ key: 'value', value: shown?.value }]
    expect(await command('metric.getMetricsAsDicts', { name })).toEqual([{ name: [domain, ...name.slice(1)], dict }])
    expect(await command('metric.getMetricsAsDicts', { name, keys: ['other'] })).toMatchObject([{ dict: [] }])
    const words = ['_', 'xmpp_element_in', 'stanza_count']
    expect(await command('metric.getMetrics', { name: words })).toEqual([
      { name: [domain, ...words.slice(1), 'connection_type=c2s'], type: 'spiral', count: expect.any(Number) },
    ])
    const histograms = (await command('metric.getMetrics', { name: ['global'] })) as { type: string }[]
    expect(histograms.find(({ type }) => type === 'histogram')).toMatchObject({
      n: expect.any(Number),
      mean: expect.any(Number),
    })
    const cluster = (await command('metric.getClusterMetricsAsDicts', { name })) as unknown[]
    expect(cluster).toMatchObject([{ result: [{ dict }] }])
    const strange = { name, nodes: ['elsewhere'] }
    await expect(command('metric.getClusterMetricsAsDicts', strange)).rejects.toMatchObject({ code: 'not_found' })
  })

  it('services are told', async () => {
    expect(await command('server.globalInfo', {})).toEqual({ services: [], internalDatabases: [] })
  })
})
