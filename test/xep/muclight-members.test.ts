import { describe, expect, it } from 'vitest'
import { Jid } from '../../src/jid/jid.ts'
import { removeAccount } from '../../src/router/accounts.ts'
import { personalData } from '../../src/router/events.ts'
import type { Client } from '../support/client.ts'
import {
  affiliations,
  creation,
  freshLightRoom,
  isNotice,
  lightNs,
  lightService,
  makesRoom,
  occupantsOf,
  roomsOf,
  told,
} from '../support/light-rooms.ts'
import { type OwnServer, ownServer } from '../support/own-server.ts'

const names = ['lena', 'otto', 'mia', 'tom'] as const
let count = 0
/** Fresh users; `plain` takes the number off what is told of them. */
async function cast(own: OwnServer): Promise<Client[] & { 0: Client; 1: Client; 2: Client; 3: Client }> {
  count++
  return (await Promise.all(names.map((name) => own.client(`${name}${count}`, 'pc')))) as never
}
const plain = (text: string) => text.replaceAll(/\d+(?= )/g, '')
const changes = (client: Client, room: string, ...users: string[]) =>
  client.asks(affiliations(...users), 'set', { to: room })
const refused = (condition: string, client: Client, room: string, ...users: string[]) =>
  client.asks(affiliations(...users), 'set', { to: room, refused: condition })
const blocking = (items: string) => `<query xmlns='${lightNs}#blocking'>${items}</query>`

describe('MUC Light: who belongs to a room', () => {
  const own = ownServer('[modules.mod_muc_light]\n')
  const open = async () => {
    const [lena, otto, mia, tom] = await cast(own)
    const room = await makesRoom(lena, [otto, tom])
    return { lena, otto, mia, tom, room, list: async () => plain(await occupantsOf(lena, room)) }
  }
  const hears = async (client: Client, room: string) => {
    const { users, versions } = await told(client, room)
    return [plain(users), ...versions]
  }

  it('changes; who stays is told of everything, who comes or goes of himself', async () => {
    const { lena, otto, mia, tom, room } = await open()
    await changes(lena, room, `${otto.bare} owner`, `${mia.bare} member`, `${tom.bare} none`)
    const all = ['lena member, otto owner, mia member, tom none', 'prev-version', 'version']
    expect(await hears(lena, room)).toEqual(all)
    expect(await hears(otto, room)).toEqual(all)
    expect(await hears(mia, room)).toEqual(['mia member', 'version'])
    expect(await hears(tom, room)).toEqual(['tom none'])
    await refused('item-not-found', tom, room, `${tom.bare} member`)
  })

  it('is for owners to change; members leave', async () => {
    const { lena, otto, mia, tom, room, list } = await open()
    for (const request of [`${mia.bare} member`, `${tom.bare} none`, `${otto.bare} owner`, `${lena.bare} member`]) {
      await refused('not-allowed', otto, room, request)
    }
    for (const request of [`${otto.bare} member`, `${mia.bare} none`, `${mia.bare} king`, '@@ member']) {
      await refused('bad-request', lena, room, request)
    }
    await refused('bad-request', lena, room, `${mia.bare} none`, `${mia.bare} member`)
    await refused('bad-request', lena, room)
    await changes(otto, room, `${otto.bare} none`)
    expect(await list()).toBe('lena owner, tom member')
  })

  it('has an owner after the last one has left, or wanted to be one no more', async () => {
    const { lena, otto, tom, room, list } = await open()
    await changes(lena, room, `${lena.bare} member`)
    expect(await hears(tom, room)).toEqual(['lena member, otto owner', 'prev-version', 'version'])
    await changes(otto, room, `${otto.bare} none`)
    expect(await hears(tom, room)).toEqual(['otto none, lena owner', 'prev-version', 'version'])
    await changes(lena, room, `${lena.bare} member`, `${tom.bare} none`)
    expect(await list()).toBe('lena owner')
    await refused('bad-request', lena, room, `${lena.bare} member`)
  })

  it('does not include who has blocked the room or who adds him, and nobody hears of it', async () => {
    const { lena, otto, mia, tom, room, list } = await open()
    await mia.asks(blocking(`<room action='deny'>${room}</room>`), 'set', { to: lightService })
    await changes(lena, room, `${mia.bare} member`)
    await mia.asks(blocking(`<room action='allow'>${room}</room><user action='deny'>${lena.bare}</user>`), 'set', {
      to: lightService,
    })
    await changes(lena, room, `${mia.bare} member`)
    for (const client of [lena, otto, mia]) await client.receivesNothing()
    const answer = await mia.asks(blocking(''), 'get', { to: lightService })
    expect(String(answer.child('query', `${lightNs}#blocking`)?.elements()[0])).toContain(`action='deny'`)
    const other = freshLightRoom()
    await lena.asks(creation('', `${mia.bare} member`, `${otto.bare} member`), 'set', { to: other })
    expect(plain(await occupantsOf(lena, other))).toBe('lena owner, otto member')
    await changes(lena, room, `${tom.bare} owner`)
    await changes(tom, room, `${mia.bare} member`)
    expect(await list()).toBe('lena member, otto member, tom owner, mia member')
    await mia.asks(
      blocking(`<user action='allow'>${lena.bare}</user><user action='allow'>never@blocked</user>`),
      'set',
      { to: lightService },
    )
    expect(
      (await mia.asks(blocking(''), 'get', { to: lightService })).child('query', `${lightNs}#blocking`)?.elements(),
    ).toEqual([])
    for (const wrong of [
      `<room action='deny'>ex.org</room>`,
      `<user action='maybe'>a@b</user>`,
      `<man action='deny'>a@b</man>`,
    ]) {
      await mia.asks(blocking(wrong), 'set', { to: lightService, refused: 'bad-request' })
    }
  })

  it('changes when an account is removed: it leaves every room, and what is kept of it is told before', async () => {
    const { lena, otto, tom, room, list } = await open()
    await lena.asks(blocking(`<room action='deny'>den@${lightService}</room>`), 'set', { to: lightService })
    const alone = await makesRoom(lena)
    const host = own.server.server.hostOf('localhost')
    if (host === undefined) throw new Error('not served')
    const user = Jid.parse(lena.bare)
    const data = await host.hooks.gather(personalData, { host, user })
    const rowsOf = (name: string) => data.find((each) => each.name === name)?.rows
    expect(rowsOf('muc_light')).toEqual(
      expect.arrayContaining([
        { room, role: 'owner' },
        { room: alone, role: 'owner' },
      ]),
    )
    expect(rowsOf('muc_light_blocking')).toEqual([{ kind: 'room', jid: `den@${lightService}` }])
    await removeAccount(host, user)
    for (const client of [otto, tom]) {
      expect(await hears(client, room)).toEqual(['lena none, otto owner', 'prev-version', 'version'])
    }
    expect(plain(await occupantsOf(otto, room))).toBe('otto owner, tom member')
    await makesRoom(otto, [], alone)
    const after = await host.hooks.gather(personalData, { host, user })
    expect(after.find((each) => each.name === 'muc_light')?.rows).toEqual([])
    expect(after.find((each) => each.name === 'muc_light_blocking')?.rows).toEqual([])
    void list
  })
})

describe('MUC Light: what options allow', () => {
  const own = ownServer(`[modules.mod_muc_light]
all_can_invite = true
promote_on_last_owner_leave = false
rooms_per_user = 2
max_occupants = 3
rooms_in_rosters = true
blocking = false
`)

  it('members add members, and no more', async () => {
    const [lena, otto, mia, tom] = await cast(own)
    const room = await makesRoom(lena, [otto])
    await refused('not-allowed', otto, room, `${mia.bare} owner`)
    await refused('not-allowed', otto, room, `${lena.bare} none`)
    await changes(otto, room, `${mia.bare} member`)
    expect(plain(await occupantsOf(lena, room))).toBe('lena owner, otto member, mia member')
    await refused('bad-request', lena, room, `${tom.bare} member`)
    await lena.asks(creation('', ...[otto, mia, tom].map(({ bare }) => `${bare} member`)), 'set', {
      ...{ to: freshLightRoom(), refused: 'bad-request' },
    })
  })

  it('the last owner cannot leave', async () => {
    const [lena, otto] = await cast(own)
    const room = await makesRoom(lena, [otto])
    await refused('bad-request', lena, room, `${lena.bare} none`)
    await changes(lena, room, `${lena.bare} none`, `${otto.bare} owner`)
    expect(plain(await occupantsOf(otto, room))).toBe('otto owner')
    const host = own.server.server.hostOf('localhost')
    if (host === undefined) throw new Error('not served')
    const other = await makesRoom(otto, [lena])
    await removeAccount(host, Jid.parse(otto.bare))
    expect(plain(await occupantsOf(lena, other))).toBe('lena owner')
  })

  it('users belong to so many rooms and no more, those that they make and those that they are added to', async () => {
    const [lena, otto, mia] = await cast(own)
    const rooms = [await makesRoom(lena, [otto]), await makesRoom(lena)]
    await lena.asks(creation(), 'set', { to: freshLightRoom(), refused: 'bad-request' })
    const own1 = await makesRoom(otto)
    await changes(lena, rooms[1] ?? '', `${otto.bare} member`, `${mia.bare} member`)
    expect(plain(await occupantsOf(lena, rooms[1] ?? ''))).toBe('lena owner, mia member')
    await changes(otto, own1, `${otto.bare} none`)
    await changes(lena, rooms[1] ?? '', `${otto.bare} member`)
    expect(plain(await occupantsOf(lena, rooms[1] ?? ''))).toBe('lena owner, mia member, otto member')
    const [tom] = [await own.client(`tom${count}`, 'phone')]
    const ids = ['a', 'b', 'c', 'd'].map((id) => `${id}${count}`)
    for (const id of ids) tom.sends(`<iq type='set' id='${id}' to='${freshLightRoom()}'>${creation()}</iq>`)
    const answers = await Promise.all(ids.map((id) => tom.answerTo(id)))
    expect(answers.filter((each) => each.attr('type') === 'result')).toHaveLength(2)
  })

  it('rooms stand in rosters, with their version', async () => {
    const [lena] = await cast(own)
    const room = await makesRoom(lena)
    const [item] = await lena.roster()
    expect(item?.attrs).toMatchObject({ jid: room, name: 'Untitled', subscription: 'to' })
    expect(item?.child('group')?.text()).toBe(lightNs)
    expect(item?.child('version', '')?.text()).toMatch(/^\d+$/)
    const info = `<query xmlns='http://jabber.org/protocol/disco#info'/>`
    await lena.asks(info, 'get', { to: lena.bare })
    await lena.asks(affiliations(`${lena.bare} none`), 'set', { to: room })
    expect(await lena.roster()).toEqual([])
  })

  it('nothing can be blocked', async () => {
    const [lena] = await cast(own)
    await lena.asks(blocking(''), 'get', { to: lightService, refused: 'bad-request' })
    await lena.asks(blocking(`<room action='deny'>a@b</room>`), 'set', { to: lightService, refused: 'bad-request' })
  })
})

describe('MUC Light: rooms of equals, and of several owners', () => {
  const equal = ownServer('[modules.mod_muc_light]\nequal_occupants = true\nall_can_configure = true\n')
  const several = ownServer('[modules.mod_muc_light]\nallow_multiple_owners = true\n')

  it('nobody owns a room of equals', async () => {
    const [lena, otto] = await cast(equal)
    const room = await makesRoom(lena, [otto])
    expect(plain(await occupantsOf(lena, room))).toBe('lena member, otto member')
    await refused('not-allowed', lena, room, `${lena.bare} owner`)
    await lena.asks(`<query xmlns='${lightNs}#destroy'/>`, 'set', { to: room, refused: 'not-allowed' })
    await otto.asks(`<query xmlns='${lightNs}#configuration'><roomname>Ours</roomname></query>`, 'set', { to: room })
    expect((await roomsOf(lena)).items[0]?.attr('name')).toBe('Ours')
  })

  it('several own one', async () => {
    const [lena, otto, mia] = await cast(several)
    const room = freshLightRoom()
    await lena.asks(creation('', `${otto.bare} owner`, `${mia.bare} owner`), 'set', { to: room })
    expect(plain(await occupantsOf(lena, room))).toBe('lena owner, otto owner, mia owner')
    await lena.asks(affiliations(`${lena.bare} none`), 'set', { to: room })
    expect(plain(await occupantsOf(mia, room))).toBe('otto owner, mia owner')
  })
})

describe('MUC Light: service discovery', () => {
  const own = ownServer('[modules.mod_muc_light]\nrooms_per_page = 2\n')

  it('the domain names the service, which says what it is', async () => {
    const [lena] = await cast(own)
    const items = await lena.asks(`<query xmlns='http://jabber.org/protocol/disco#items'/>`, 'get', { to: 'localhost' })
    expect(String(items)).toContain(`jid='${lightService}'`)
    expect(String(items)).toContain(`node='${lightNs}'`)
    for (const to of [lightService, freshLightRoom()]) {
      const answer = await lena.asks(`<query xmlns='http://jabber.org/protocol/disco#info'/>`, 'get', { to })
      const query = answer.child('query', 'http://jabber.org/protocol/disco#info')
      expect(query?.child('identity')?.attrs).toMatchObject({ category: 'conference', type: 'text', name: 'MUC Light' })
      expect(query?.elements().map((each) => each.attr('var'))).toContain(lightNs)
    }
  })

  it('everybody finds the own rooms, in parts', async () => {
    const [lena, otto] = await cast(own)
    const [a, b, c] = ['a', 'b', 'c'].map((name) => `${name}-${count}@${lightService}`) as [string, string, string]
    expect(await roomsOf(lena)).toEqual({ items: [], count: undefined, index: undefined })
    for (const room of [b, c, a]) await makesRoom(lena, [], room)
    await makesRoom(otto)
    const page = async (set = '') => {
      const { items, count: all, index } = await roomsOf(lena, set)
      return [items.map((item) => item.attr('jid')), all, index]
    }
    expect(await page()).toEqual([[a, b], '3', '0'])
    expect(await page('<max>10</max>')).toEqual([[a, b], '3', '0'])
    expect(await page('<max>1</max>')).toEqual([[a], '3', '0'])
    expect(await page(`<max>1</max><after>${a}</after>`)).toEqual([[b], '3', '1'])
    expect(await page('<max>1</max><before/>')).toEqual([[c], '3', '2'])
    expect(await page(`<max>1</max><before>${c}</before>`)).toEqual([[b], '3', '1'])
    expect(await page('<max>1</max><index>2</index>')).toEqual([[c], '3', '2'])
    expect(await page('<max>0</max>')).toEqual([[], '3', undefined])
    for (const set of [`<after>z@${lightService}</after>`, '<before>x</before>', '<index>3</index>', '<max>-1</max>']) {
      const request = `<query xmlns='http://jabber.org/protocol/disco#items'><set xmlns='http://jabber.org/protocol/rsm'>${set}</set></query>`
      await lena.asks(request, 'get', { to: lightService, refused: 'item-not-found' })
    }
  })

  it('a room changes its version each time', async () => {
    const [lena, otto] = await cast(own)
    const room = await makesRoom(lena, [otto])
    const version = async () => (await roomsOf(lena)).items[0]?.attr('version')
    const seen = [await version()]
    await lena.asks(`<query xmlns='${lightNs}#configuration'><subject>x</subject></query>`, 'set', { to: room })
    const notice = await otto.takes((each) => isNotice(each, room, 'configuration'))
    const x = notice.child('x', `${lightNs}#configuration`)
    expect(x?.child('prev-version')?.text()).toBe(seen[0])
    seen.push(await version())
    expect(x?.child('version')?.text()).toBe(seen[1])
    await lena.asks(affiliations(`${otto.bare} none`), 'set', { to: room })
    seen.push(await version())
    expect(new Set(seen).size).toBe(3)
  })
})
