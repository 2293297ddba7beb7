import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { Jid } from '../../src/jid/jid.ts'
import { defineModule } from '../../src/module/define.ts'
import { userSends } from '../../src/router/events.ts'
import type { Client } from '../support/client.ts'
import { lightService, makesRoom } from '../support/light-rooms.ts'
import { ownServer } from '../support/own-server.ts'

/** What has to be on disk before a message is acknowledged. */
let write: Promise<void> = Promise.resolve()
const slowDisk = defineModule({
  name: 'mod_slow_disk',
  about: 'Keeps messages, as slowly as the test says.',
  xeps: [],
  options: z.strictObject({}),
  setup({ on }) {
    on(userSends, 'store', ({ stanza }) => {
      stanza.causes(write)
      return undefined
    })
  },
})

describe('what users send by command', () => {
  const own = ownServer('[modules.mod_slow_disk]\n', { modules: [slowDisk] })

  it('is on disk when that is said, and where it is not, that is said', async () => {
    const [lena, otto] = [await own.client('lena', 'pc'), await own.client('otto', 'pc')]
    const send = (body: string) =>
      own.server.server.commands.run('stanza.sendMessage', { to: otto.bare, body }, { user: Jid.parse(lena.bare) })
    let written = (): void => {}
    write = new Promise((resolve) => {
      written = resolve
    })
    let isSaid = false
    const said = send('one').then(() => {
      isSaid = true
    })
    await otto.receives(`<message type='chat' from='${lena.bare}' id='{any}'><body>one</body></message>`)
    expect(isSaid).toBe(false)
    written()
    await said
    write = Promise.reject(new Error('the disk is full'))
    await expect(send('two')).rejects.toThrow('a write was refused')
    await otto.receives(`<message type='chat' from='${lena.bare}' id='{any}'><body>two</body></message>`)
  })
})

describe('commands that users give', () => {
  const own = ownServer(
    '[modules.mod_mam]\npm = {}\nmuc = { host = "muclight.@HOST@" }\n[modules.mod_muc_light]\n[modules.mod_privacy]\n',
  )
  let count = 0
  const three = () => {
    count++
    const names = ['lena', 'otto', 'mia'].map((name) => own.client(`${name}${count}`, 'pc'))
    return Promise.all(names) as Promise<Client[] & { 0: Client; 1: Client; 2: Client }>
  }
  const as = (user: { readonly bare: string }) => (name: string, input: object) =>
    own.server.server.commands.run(name, input, { user: Jid.parse(user.bare) })

  it('are for their own account, whether they name it or not', async () => {
    const [lena, otto] = await three()
    const contact = otto.bare
    await as(lena)('roster.addContact', { contact })
    await as(lena)('roster.subscription', { user: lena.bare, contact, action: 'INVITE' })
    expect(await as(lena)('roster.listContacts', {})).toMatchObject([{ jid: contact, ask: 'OUT' }])
    await expect(as(lena)('roster.listContacts', { user: contact })).rejects.toMatchObject({ code: 'not_allowed' })
    // Who asks is shown to whom he asks, though he is no contact yet.
    expect(await as(otto)('roster.listContacts', {})).toMatchObject([{ jid: lena.bare, ask: 'IN' }])
  })

  it('are not those of admins', async () => {
    const [lena] = await three()
    const error = { code: 'not_allowed' }
    await expect(as(lena)('account.listUsers', { domain: 'localhost' })).rejects.toMatchObject(error)
    await expect(as(lena)('session.kickUser', { user: lena.jid })).rejects.toMatchObject(error)
  })

  it('send in their own name only', async () => {
    const [lena, otto, mia] = await three()
    await as(lena)('stanza.sendMessage', { to: otto.bare, body: 'one' })
    await otto.receives(`<message type='chat' from='${lena.bare}' id='{any}'><body>one</body>{any}</message>`)
    await as(lena)('stanza.sendMessage', { from: lena.jid, to: otto.bare, body: 'two' })
    await otto.receives(`<message type='chat' from='${lena.jid}' id='{any}'><body>two</body>{any}</message>`)
    const input = { from: mia.bare, to: otto.bare, body: 'no' }
    await expect(as(lena)('stanza.sendMessage', input)).rejects.toMatchObject({ code: 'not_allowed' })
    const stanza = (from: string) =>
      `<message ${from} to='${otto.bare}' type='chat' id='s'><body>three</body></message>`
    await as(lena)('stanza.sendStanza', { stanza: stanza('') })
    await otto.receives(`<message type='chat' from='${lena.bare}' id='s'><body>three</body>{any}</message>`)
    const forged = as(lena)('stanza.sendStanza', { stanza: stanza(`from='${mia.bare}'`) })
    await expect(forged).rejects.toMatchObject({ code: 'invalid_sender' })
    await otto.isHeard()
  })

  it('show and change rooms to those who belong to them, by their rights', async () => {
    const [lena, otto, mia] = await three()
    const room = await makesRoom(lena, [otto])
    for (const name of ['getRoomConfig', 'listRoomUsers', 'getRoomMessages']) {
      await expect(as(mia)(`muc_light.${name}`, { room }), name).rejects.toMatchObject({ code: 'not_room_member' })
      expect(await as(otto)(`muc_light.${name}`, { room }), name).toBeTruthy()
    }
    const kick = (by: Client, user: Client) => as(by)('muc_light.kickUser', { room, user: user.bare })
    await expect(kick(mia, otto)).rejects.toMatchObject({ code: 'not_room_member' })
    await expect(kick(otto, lena)).rejects.toMatchObject({ code: 'not_allowed' })
    expect(await kick(lena, otto)).toBe('User kicked successfully')
    expect(await as(otto)('muc_light.listUserRooms', {})).toEqual([])
    expect(await as(lena)('muc_light.listUserRooms', {})).toEqual([room])
    expect(await as(lena)('muc_light.findService', { domain: 'localhost' })).toBe(lightService)
  })

  it('say how a message is to be marked, and mark others', async () => {
    const [lena, otto] = await three()
    const room = await makesRoom(lena, [otto])
    await as(lena)('muc_light.sendMessageToRoom', { room, id: 'm7', body: 'hello', markable: true })
    const markers = 'urn:xmpp:chat-markers:0'
    const from = `${room}/${lena.bare}`
    await otto.receives(
      `<message type='groupchat' from='${from}' id='m7'>{any}<body>hello</body><markable xmlns='${markers}'/></message>`,
    )
    await as(otto)('muc_light.sendMessageToRoom', { room, marker: { type: 'displayed', id: 'm7' } })
    const mark = await lena.takes((each) => each.attr('from') === `${room}/${otto.bare}`)
    expect(mark.child('displayed', markers)?.attr('id')).toBe('m7')
    await expect(as(lena)('muc_light.sendMessageToRoom', { room })).rejects.toMatchObject({ code: 'input_coercion' })
  })
})
