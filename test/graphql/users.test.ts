import { beforeAll, describe, expect, it } from 'vitest'
import { codesOf, GraphqlServer } from '../support/graphql.ts'
import { type Case, fails, gives, operationNames, runCase } from '../support/graphql-cases.ts'

const names = 'last vcard private inbox auth_token muc muc_light'.split(' ')
const mam = '[modules.mod_mam]\npm = {}\nmuc = { host = "conference.@HOST@" }\n'
const keys = '[[modules.mod_keystore.keys]]\nname = "token_secret"\ntype = "ram"\n'
const graphql = new GraphqlServer(`${names.map((name) => `[modules.mod_${name}]`).join('\n')}\n${mam}${keys}`)

const me = 'alice@localhost'
const other = 'bob@localhost'
const resource = 'pc'
const mucDomain = 'conference.localhost'
const room = `tea@${mucDomain}`
const foreign = `club@${mucDomain}`
const lightDomain = 'muclight.localhost'
const light = `den@${lightDomain}`
const foreignLight = `lair@${lightDomain}`
const moment = '2026-01-02T03:04:05Z'
const card = { formattedName: 'Alice', nameComponents: {} }
const block = { entityType: 'USER', action: 'DENY', entity: other }

const cases: Case[] = [
  ['account.changePassword', { newPassword: '' }, fails('empty_password')],
  ['account.changePassword', { newPassword: 'secret' }, gives('Password changed')],
  ['inbox.flushBin', { days: 1 }, gives(0)],
  ['last.setLast', { timestamp: moment, status: 'gone' }, gives({ user: me, timestamp: moment, status: 'gone' })],
  ['last.getLast', {}, gives({ user: me, status: 'gone' })],
  ['last.getLast', { user: other }, fails('not_allowed')],
  ['session.listResources', {}, gives([resource])],
  ['session.countResources', {}, gives(1)],
  ['session.listSessions', {}, gives([{ user: `${me}/${resource}` }])],
  ['stanza.sendMessage', { to: other, body: 'hello' }, gives({ id: expect.any(String) })],
  ['stanza.sendMessage', { from: `${me}/x`, to: other, body: 'hello' }, gives({ id: expect.any(String) })],
  ['stanza.sendMessage', { from: other, to: me, body: 'forged' }, fails('invalid_sender')],
  ['stanza.sendMessageHeadLine', { to: other, body: 'news' }, gives({ id: expect.any(String) })],
  ['stanza.sendMessageHeadLine', { from: other, to: me, body: 'forged' }, fails('invalid_sender')],
  ['stanza.sendStanza', { stanza: `<message to='${other}' id='own'/>` }, gives({ id: 'own' })],
  ['stanza.sendStanza', { stanza: `<message from='${other}' to='${me}'/>` }, fails('invalid_sender')],
  ['stanza.getLastMessages', { with: other, limit: 1 }, gives({ limit: 1, stanzas: [{ sender: `${me}/x` }] })],
  ['roster.addContact', { contact: other, name: 'Bob' }, gives('Contact bob@localhost added successfully')],
  [
    'roster.addContacts',
    { contacts: [{ jid: 'c@d.example', name: '' }] },
    gives(['Contact c@d.example added successfully']),
  ],
  ['roster.listContacts', {}, gives([{ jid: other }, { jid: 'c@d.example' }])],
  ['roster.getContact', { contact: other }, gives({ jid: other, name: 'Bob' })],
  ['roster.getContact', { contact: 'x@y.example' }, fails('contact_not_found')],
  ['roster.subscription', { contact: other, action: 'INVITE' }, gives(expect.stringContaining('subscribe'))],
  ['roster.deleteContact', { contact: other }, gives('Contact bob@localhost deleted successfully')],
  ['roster.deleteContacts', { contacts: ['c@d.example'] }, gives(['Contact c@d.example deleted successfully'])],
  ['vcard.getVcard', {}, fails('vcard_not_found')],
  ['vcard.setVcard', { vcard: card }, gives({ formattedName: 'Alice' })],
  ['vcard.getVcard', { user: me }, gives({ formattedName: 'Alice' })],
  ['vcard.getVcard', { user: 'x@localhost' }, fails('user_not_found')],
  ['private.setPrivate', { elementString: "<a xmlns='urn:x'/>" }, gives("<a xmlns='urn:x'/>")],
  ['private.getPrivate', { element: 'a', nameSpace: 'urn:x' }, gives("<a xmlns='urn:x'/>")],
  ['token.requestToken', {}, gives({ access: expect.any(String) })],
  ['token.revokeToken', {}, gives('Revoked.')],
  ['httpUpload.getUrl', { filename: 'a', size: 1, timeout: 1 }, fails('deps_not_loaded')],
]

const muc: Case[] = [
  ['muc.createInstantRoom', { room, nick: 'al' }, gives({ jid: room })],
  ['muc.changeRoomConfiguration', { room, config: { title: 'Tea' } }, gives({ title: 'Tea' })],
  ['muc.changeRoomConfiguration', { room: foreign, config: { title: 'Mine' } }, fails('not_allowed')],
  ['muc.getRoomConfig', { room }, gives({ title: 'Tea' })],
  ['muc.getRoomConfig', { room: foreign }, fails('not_allowed')],
  ['muc.listRooms', { mucDomain }, gives({ count: 1, rooms: [{ jid: room }] })],
  ['muc.enterRoom', { room, nick: 'al', resource }, gives(expect.any(String))],
  ['muc.listRoomUsers', { room }, gives([{ jid: `${me}/${resource}`, nick: 'al', role: 'MODERATOR' }])],
  ['muc.listRoomUsers', { room: foreign }, fails('not_allowed')],
  ['muc.listRoomAffiliations', { room }, gives([{ jid: me, affiliation: 'OWNER' }])],
  ['muc.listRoomAffiliations', { room: foreign }, fails('not_allowed')],
  ['muc.sendMessageToRoom', { room, body: 'hello' }, gives('Message sent successfully')],
  ['muc.sendMessageToRoom', { room: foreign, body: 'hello' }, fails('not_allowed')],
  ['muc.sendMessageToRoom', { room, body: 'hello', resource: 'none' }, fails('not_allowed')],
  ['muc.sendPrivateMessage', { room, toNick: 'al', body: 'psst', resource }, gives('Message sent successfully')],
  ['muc.getRoomMessages', { room, pageSize: 5 }, gives({ stanzas: [{ sender: `${room}/al` }] })],
  ['muc.getRoomMessages', { room: foreign }, fails('not_allowed')],
  ['muc.inviteUser', { room, recipient: other }, gives('Invitation sent successfully')],
  ['muc.inviteUser', { room: foreign, recipient: other }, fails('not_allowed')],
  ['muc.setUserAffiliation', { room, user: other, affiliation: 'MEMBER' }, gives(expect.any(String))],
  ['muc.setUserAffiliation', { room: foreign, user: me, affiliation: 'OWNER' }, fails('not_allowed')],
  ['muc.setUserRole', { room, nick: 'al', role: 'MODERATOR' }, gives(expect.any(String))],
  ['muc.setUserRole', { room: foreign, nick: 'boss', role: 'VISITOR' }, fails('not_allowed')],
  ['muc.kickUser', { room: foreign, nick: 'boss' }, fails('not_allowed')],
  ['muc.kickUser', { room, nick: 'none' }, fails('user_not_found')],
  ['muc.exitRoom', { room, nick: 'al', resource }, gives(expect.any(String))],
  ['muc.deleteRoom', { room: foreign }, fails('not_allowed')],
  ['muc.deleteRoom', { room }, gives('Room deleted successfully')],
]

const lightRooms: Case[] = [
  ['muc_light.createRoom', { mucDomain: lightDomain, name: 'Den', subject: '', id: 'den' }, gives({ jid: light })],
  ['muc_light.getRoomConfig', { room: light }, gives({ participants: [{ jid: me, affiliation: 'OWNER' }] })],
  ['muc_light.getRoomConfig', { room: foreignLight }, fails('not_room_member')],
  ['muc_light.changeRoomConfiguration', { room: light, name: 'Nest' }, gives({ name: 'Nest' })],
  ['muc_light.changeRoomConfiguration', { room: foreignLight, name: 'Nest' }, fails('not_room_member')],
  ['muc_light.listRooms', {}, gives([light])],
  ['muc_light.inviteUser', { room: light, recipient: other }, gives('User invited successfully')],
  ['muc_light.inviteUser', { room: foreignLight, recipient: me }, fails('not_room_member')],
  ['muc_light.listRoomUsers', { room: light }, gives([{ jid: me }, { jid: other }])],
  ['muc_light.listRoomUsers', { room: foreignLight }, fails('not_room_member')],
  ['muc_light.sendMessageToRoom', { room: light, body: 'hello' }, gives('Message sent successfully')],
  ['muc_light.sendMessageToRoom', { room: foreignLight, body: 'hello' }, fails('not_room_member')],
  ['muc_light.getRoomMessages', { room: foreignLight }, fails('not_room_member')],
  ['muc_light.getRoomMessages', { room: light }, fails('deps_not_loaded')],
  ['muc_light.kickUser', { room: light, user: other }, gives('User kicked successfully')],
  ['muc_light.kickUser', { room: foreignLight, user: other }, fails('not_room_member')],
  ['muc_light.setBlockingList', { items: [block] }, gives(expect.any(String))],
  ['muc_light.getBlockingList', {}, gives([block])],
  ['muc_light.deleteRoom', { room: foreignLight }, fails('not_room_member')],
  ['muc_light.kickUser', { room: light }, gives('User kicked successfully')],
]

const all = [...cases, ...muc, ...lightRooms]

describe('what users do with their own accounts', () => {
  beforeAll(async () => {
    await graphql.own.client('alice', resource)
    await graphql.own.client('bob', 'pc')
    const { own } = graphql
    await own.command('muc.createInstantRoom', { room: foreign, owner: other, nick: 'bob' })
    const hidden = { membersOnly: true, public: false }
    await own.command('muc.changeRoomConfiguration', { room: foreign, config: hidden })
    await own.command('muc.enterRoom', { room: foreign, user: `${other}/pc`, nick: 'boss' })
    const lair = { mucDomain: lightDomain, name: 'Lair', subject: '', owner: other, id: 'lair' }
    await own.command('muc_light.createRoom', lair)
  })

  it.each(all.map((each) => [each[0], each] as const))('%s', (_name, each) => runCase(graphql, each, `${me}:secret`))

  it('begins with who they are', async () => {
    const query = '{ checkAuth { username authStatus } }'
    const mine = await graphql.ask('user', query, { as: `${me}:secret` })
    expect(mine.data).toEqual({ checkAuth: { username: 'alice', authStatus: 'AUTHORIZED' } })
    const none = await graphql.ask('user', query)
    expect(none.data).toEqual({ checkAuth: { username: null, authStatus: 'UNAUTHORIZED' } })
    const refused = await graphql.ask('user', '{ session { countResources } }')
    expect([refused.status, codesOf(refused)]).toEqual([401, ['no_permissions']])
  })

  it('ends with their account', async () => {
    await runCase(graphql, ['account.unregister', {}, gives(`User ${me} successfully unregistered`)], `${me}:secret`)
    const gone = await graphql.ask('user', '{ checkAuth { username } }', { as: `${me}:secret` })
    expect([gone.status, codesOf(gone)]).toEqual([401, ['wrong_credentials']])
  })

  it('is tried whole', () => {
    const categories = [
      'account',
      'inbox',
      'last',
      'muc',
      'muc_light',
      'session',
      'stanza',
      'roster',
      'vcard',
      'private',
    ]
    const used = [...all.map(([name]) => name), 'account.unregister']
    const missing = operationNames('user', [...categories, 'httpUpload', 'token']).filter(
      (name) => !used.includes(name),
    )
    expect(missing).toEqual([])
  })
})
