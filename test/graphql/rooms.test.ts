import { beforeAll, describe, expect, it } from 'vitest'
import { GraphqlServer } from '../support/graphql.ts'
import { type Case, fails, gives, operationNames, runCase } from '../support/graphql-cases.ts'

const mam = '[modules.mod_mam]\npm = {}\nmuc = { host = "conference.@HOST@" }\n'
const graphql = new GraphqlServer(`[modules.mod_muc]\n[modules.mod_muc_light]\n${mam}`)
const user = 'alice@localhost'
const other = 'bob@localhost'
const nobody = 'nobody@localhost'
const client = `${user}/pc`
const mucDomain = 'conference.localhost'
const room = `tea@${mucDomain}`
const noRoom = `none@${mucDomain}`
const lightDomain = 'muclight.localhost'
const light = `den@${lightDomain}`
const noLight = `none@${lightDomain}`

const named = { title: 'Tea', membersOnly: false, maxUsers: 50, mayGetMemberList: ['moderator'], anonymous: false }
const muc: Case[] = [
  ['muc.createInstantRoom', { room, owner: user, nick: 'al' }, gives({ jid: room, private: false, usersNumber: 0 })],
  ['muc.createInstantRoom', { room, owner: user, nick: 'al' }, fails('could_not_create_room')],
  ['muc.createInstantRoom', { room: 'a@else.example', owner: user, nick: 'al' }, fails('muc_server_not_found')],
  ['muc.createInstantRoom', { room: noRoom, owner: nobody, nick: 'al' }, fails('user_not_found')],
  ['muc.getRoomConfig', { room }, gives({ title: '', persistent: true, password: '' })],
  ['muc.getRoomConfig', { room: noRoom }, fails('room_not_found')],
  ['muc.changeRoomConfiguration', { room, config: named }, gives(named)],
  ['muc.changeRoomConfiguration', { room, config: { passwordProtected: true } }, fails('bad_parameter')],
  ['muc.changeRoomConfiguration', { room, config: { mayGetMemberList: ['king'] } }, fails('bad_parameter')],
  ['muc.changeRoomConfiguration', { room: noRoom, config: {} }, fails('room_not_found')],
  [
    'muc.listRooms',
    { mucDomain, from: user },
    gives({ count: 1, index: 0, first: room, last: room, rooms: [{ jid: room, title: 'Tea' }] }),
  ],
  ['muc.listRooms', { mucDomain, from: user, index: 1 }, gives({ count: 1, first: null, rooms: [] })],
  ['muc.listRooms', { mucDomain, from: nobody }, fails('user_not_found')],
  ['muc.listRooms', { mucDomain: 'else.example', from: user }, fails('muc_server_not_found')],
  ['muc.enterRoom', { room, user: client, nick: 'al' }, gives('Entering room message sent successfully')],
  ['muc.enterRoom', { room: noRoom, user: client, nick: 'al' }, fails('room_not_found')],
  ['muc.listRoomUsers', { room }, gives([{ jid: client, nick: 'al', role: 'MODERATOR' }])],
  ['muc.listRoomUsers', { room: noRoom }, fails('room_not_found')],
  ['muc.sendMessageToRoom', { room, from: client, body: 'hello' }, gives('Message sent successfully')],
  ['muc.sendMessageToRoom', { room: noRoom, from: client, body: 'hello' }, fails('room_not_found')],
  ['muc.sendMessageToRoom', { room, from: `${other}/x`, body: 'hello' }, fails('not_allowed')],
  ['muc.sendPrivateMessage', { room, from: client, toNick: 'al', body: 'psst' }, gives('Message sent successfully')],
  ['muc.sendPrivateMessage', { room, from: client, toNick: 'none', body: 'psst' }, fails('user_not_found')],
  ['muc.getRoomMessages', { room, pageSize: 5 }, gives({ limit: 5, stanzas: [{ sender: `${room}/al` }] })],
  ['muc.getRoomMessages', { room: noRoom }, fails('room_not_found')],
  ['muc.inviteUser', { room, sender: user, recipient: other }, gives('Invitation sent successfully')],
  ['muc.inviteUser', { room: noRoom, sender: user, recipient: other }, fails('room_not_found')],
  ['muc.setUserAffiliation', { room, user: other, affiliation: 'MEMBER' }, gives('Affiliation set successfully')],
  ['muc.setUserAffiliation', { room, user, affiliation: 'NONE' }, fails('not_allowed')],
  ['muc.listRoomAffiliations', { room, affiliation: 'MEMBER' }, gives([{ jid: other, affiliation: 'MEMBER' }])],
  ['muc.listRoomAffiliations', { room: noRoom }, fails('room_not_found')],
  ['muc.setUserRole', { room, nick: 'al', role: 'MODERATOR' }, gives('Role set successfully')],
  ['muc.setUserRole', { room, nick: 'none', role: 'VISITOR' }, fails('user_not_found')],
  ['muc.exitRoom', { room, user: client, nick: 'al' }, gives('Exiting room message sent successfully')],
  ['muc.exitRoom', { room: noRoom, user: client, nick: 'al' }, fails('room_not_found')],
  ['muc.kickUser', { room, nick: 'al' }, fails('user_not_found')],
  ['muc.enterRoom', { room, user: client, nick: 'al' }, gives('Entering room message sent successfully')],
  ['muc.kickUser', { room, nick: 'al', reason: 'enough' }, gives('User kicked successfully')],
  ['muc.deleteRoom', { room, reason: 'over' }, gives('Room deleted successfully')],
  ['muc.deleteRoom', { room }, fails('room_not_found')],
]

const shown = { jid: light, name: 'Den', subject: 'cosy', participants: [{ jid: user, affiliation: 'OWNER' }] }
const block = { entityType: 'USER', action: 'DENY', entity: other }
const lightRooms: Case[] = [
  [
    'muc_light.createRoom',
    { mucDomain: lightDomain, name: 'Den', owner: user, subject: 'cosy', id: 'den' },
    gives(shown),
  ],
  [
    'muc_light.createRoom',
    { mucDomain: lightDomain, name: 'Den', owner: user, subject: 'cosy', id: 'den' },
    fails('already_exists'),
  ],
  ['muc_light.createRoom', { mucDomain: lightDomain, name: 'x', owner: nobody, subject: '' }, fails('user_not_found')],
  [
    'muc_light.createRoom',
    { mucDomain: 'else.example', name: 'x', owner: user, subject: '' },
    fails('muc_server_not_found'),
  ],
  [
    'muc_light.createRoom',
    { mucDomain: lightDomain, owner: user, options: [{ key: 'x', value: 'y' }] },
    fails('validation_error'),
  ],
  ['muc_light.getRoomConfig', { room: light }, gives(shown)],
  ['muc_light.getRoomConfig', { room: noLight }, fails('room_not_found')],
  ['muc_light.changeRoomConfiguration', { room: light, owner: user, name: 'Lair' }, gives({ ...shown, name: 'Lair' })],
  ['muc_light.changeRoomConfiguration', { room: light, owner: other, name: 'x' }, fails('not_room_member')],
  ['muc_light.inviteUser', { room: light, sender: user, recipient: other }, gives('User invited successfully')],
  ['muc_light.inviteUser', { room: light, sender: user, recipient: nobody }, fails('user_not_found')],
  [
    'muc_light.listRoomUsers',
    { room: light },
    gives([
      { jid: user, affiliation: 'OWNER' },
      { jid: other, affiliation: 'MEMBER' },
    ]),
  ],
  ['muc_light.listRoomUsers', { room: noLight }, fails('room_not_found')],
  ['muc_light.listUserRooms', { user }, gives([light])],
  ['muc_light.listUserRooms', { user: nobody }, fails('user_not_found')],
  [
    'muc_light.listRooms',
    { mucDomain: lightDomain },
    gives({ count: 1, nextPage: false, rooms: [{ jid: light, usersNumber: 2 }] }),
  ],
  ['muc_light.listRooms', { mucDomain: 'else.example' }, fails('muc_server_not_found')],
  ['muc_light.sendMessageToRoom', { room: light, from: user, body: 'hello' }, gives('Message sent successfully')],
  ['muc_light.sendMessageToRoom', { room: light, from: nobody, body: 'hello' }, fails('user_not_found')],
  ['muc_light.getRoomMessages', { room: light, pageSize: 9 }, fails('deps_not_loaded')],
  ['muc_light.getRoomMessages', { room: noLight }, fails('room_not_found')],
  ['muc_light.kickUser', { room: light, user: other }, gives('User kicked successfully')],
  ['muc_light.kickUser', { room: light, user: other }, fails('not_room_member')],
  ['muc_light.setBlockingList', { user, items: [block] }, gives('User blocking list updated successfully')],
  ['muc_light.setBlockingList', { user: nobody, items: [block] }, fails('user_not_found')],
  ['muc_light.getBlockingList', { user }, gives([block])],
  ['muc_light.getBlockingList', { user: nobody }, fails('user_not_found')],
  ['muc_light.deleteRoom', { room: light }, gives('Room deleted successfully')],
  ['muc_light.deleteRoom', { room: light }, fails('room_not_found')],
]

const all = [...muc, ...lightRooms]

describe('operations on rooms', () => {
  beforeAll(async () => {
    await graphql.own.client('alice', 'pc')
    await graphql.own.server.registerUser('bob', 'secret')
  })

  it.each(all.map((each) => [each[0], each] as const))('%s', (_name, each) => runCase(graphql, each))

  it('none of them is left out', () => {
    const used = all.map(([name]) => name)
    expect(operationNames('admin', ['muc', 'muc_light']).filter((name) => !used.includes(name))).toEqual([])
  })
})

describe('the archive of MUC Light rooms', () => {
  const archived = new GraphqlServer(`[modules.mod_muc_light]\n[modules.mod_mam]\nmuc = { host = "muclight.@HOST@" }\n`)

  it('is shown', async () => {
    await archived.own.server.registerUser('alice', 'secret')
    const made: Case = [
      'muc_light.createRoom',
      { mucDomain: lightDomain, owner: user, id: 'den' },
      gives({ jid: light }),
    ]
    await runCase(archived, made)
    const said = { room: light, from: user, body: 'hello' }
    await runCase(archived, ['muc_light.sendMessageToRoom', said, gives('Message sent successfully')])
    const stanzas = expect.arrayContaining([expect.objectContaining({ stanza: expect.stringContaining('hello') })])
    await runCase(archived, ['muc_light.getRoomMessages', { room: light }, gives({ limit: 50, stanzas })])
  })
})
