import { describe, expect, it } from 'vitest'
import { errorOf } from '../support/client.ts'
import {
  affiliations,
  configuration,
  creation,
  destruction,
  freshLightRoom,
  isNotice,
  lightNs,
  lightService,
  makesRoom,
  occupantsOf,
  roomsOf,
  says,
  told,
} from '../support/light-rooms.ts'
import { ownServer } from '../support/own-server.ts'

const schema = `
[[modules.mod_muc_light.config_schema]]
field = "roomname"
string_value = "Untitled"
[[modules.mod_muc_light.config_schema]]
field = "subject"
string_value = ""
[[modules.mod_muc_light.config_schema]]
field = "color"
value = "brown"
type = "binary"
[[modules.mod_muc_light.config_schema]]
field = "seats"
integer_value = 4
[[modules.mod_muc_light.config_schema]]
field = "all_can_configure"
boolean_value = false
`
const info = `<query xmlns='http://jabber.org/protocol/disco#info'/>`

describe('MUC Light: rooms', () => {
  const own = ownServer(`[modules.mod_muc_light]${schema}`)
  let count = 0
  const cast = async () => {
    count++
    return Promise.all([
      own.client(`lena${count}`, 'pc'),
      own.client(`otto${count}`, 'pc'),
      own.client(`mia${count}`, 'pc'),
    ])
  }

  it('are made by name; everybody is told of himself, with the id of the request, before it is answered', async () => {
    const [lena, otto] = await cast()
    const room = freshLightRoom()
    lena.sends(
      `<iq type='set' id='c1' to='${room}'>${creation('<roomname>The den</roomname>', `${otto.bare} member`)}</iq>`,
    )
    for (const [client, affiliation] of [
      [lena, 'owner'],
      [otto, 'member'],
    ] as const) {
      await client.receives(
        `<message type='groupchat' id='c1' from='${room}' to='${client.bare}'><x xmlns='${lightNs}#affiliations'><version>{version}</version><user affiliation='${affiliation}'>${client.bare}</user></x><body/></message>`,
      )
    }
    await lena.receives(`<iq type='result' id='c1' from='${room}' to='${lena.jid}'/>`)
    expect((await roomsOf(lena)).items[0]?.attrs).toMatchObject({
      jid: room,
      name: 'The den',
      version: expect.stringMatching(/^\d+$/),
    })
    expect(await occupantsOf(otto, room)).toMatch(/^lena\d+ owner, otto\d+ member$/)
  })

  it('are made with a name of the service', async () => {
    const [lena] = await cast()
    const answer = await lena.asks(creation(), 'set', { to: lightService })
    expect(answer.attr('from')).toBe(lightService)
    const notice = await lena.takes((each) => each.name === 'message')
    expect(notice.attr('from')).toMatch(/^[^@]+@muclight\.localhost$/)
    expect(await occupantsOf(lena, notice.attr('from') ?? '')).toMatch(/^lena\d+ owner$/)
  })

  it('are made by one other who owns them', async () => {
    const [lena, otto] = await cast()
    const room = freshLightRoom()
    await lena.asks(creation('', `${otto.bare} owner`), 'set', { to: room })
    expect(await occupantsOf(lena, room)).toMatch(/^lena\d+ member, otto\d+ owner$/)
  })

  it('are not made where something is wrong', async () => {
    const [lena, otto, mia] = await cast()
    const taken = await makesRoom(lena)
    await otto.asks(creation(), 'set', { to: taken, refused: 'conflict' })
    const wrong = [
      creation('<flavour>salt</flavour>'),
      creation('<seats>many</seats>'),
      creation('', `${otto.bare} member`, `${otto.bare} member`),
      creation('', `${lena.bare} member`),
      creation('', `${otto.bare} none`),
      creation('', `${otto.bare} owner`, `${mia.bare} owner`),
      creation('', `${otto.bare} king`),
      creation('', `a@@b member`),
      creation('', `den@${lightService} member`),
    ]
    for (const request of wrong) {
      const room = freshLightRoom()
      await lena.asks(request, 'set', { to: room, refused: 'bad-request' })
      await lena.asks(affiliations(), 'get', { to: room, refused: 'item-not-found' })
    }
    await otto.receivesNothing()
    expect((await roomsOf(lena)).items).toHaveLength(1)
  })

  it('send what one says to all clients of all members, from the bare address in the room', async () => {
    const [lena, otto, mia] = await cast()
    const second = await own.client(`lena${count}`, 'phone')
    const room = await makesRoom(lena, [otto])
    for (const client of [lena, second]) await client.drains()
    otto.sends(`<message to='${room}' type='groupchat' id='m7'><body>Hello</body><x xmlns='urn:x'>y</x></message>`)
    for (const client of [lena, second, otto]) {
      await client.receives(
        `<message from='${room}/${otto.bare}' to='${client.bare}' type='groupchat' id='m7'><body>Hello</body><x xmlns='urn:x'>y</x></message>`,
      )
    }
    await mia.receivesNothing()
    otto.sends(`<message to='${room}' type='groupchat'><body>No id</body></message>`)
    expect((await lena.takes((each) => each.child('body')?.text() === 'No id')).attr('id')).toBeTruthy()
  })

  it('know nobody who does not belong to them, and no presence', async () => {
    const [lena, otto] = await cast()
    const room = await makesRoom(lena)
    const refuses = async (message: string, condition: string) => {
      otto.sends(message)
      const answer = await otto.takes((each) => each.attr('type') === 'error')
      expect(errorOf(answer)).toBe(condition)
      expect(answer.child('body')).toBeUndefined()
    }
    await refuses(`<message to='${room}' type='groupchat'><body>x</body></message>`, 'item-not-found')
    await refuses(`<message to='${freshLightRoom()}' type='groupchat'><body>x</body></message>`, 'item-not-found')
    await refuses(`<message to='${room}/x' type='groupchat'><body>x</body></message>`, 'bad-request')
    await refuses(`<message to='${room}' type='chat'><body>x</body></message>`, 'bad-request')
    await refuses(`<message to='${lightService}' type='groupchat'><body>x</body></message>`, 'bad-request')
    for (const request of [affiliations(), configuration(''), `<query xmlns='${lightNs}#info'/>`]) {
      const answer = await otto.asks(request, 'get', { to: room, refused: 'item-not-found' })
      expect(answer.elements().map(({ name }) => name)).toEqual(['error'])
    }
    for (const request of [affiliations(`${otto.bare} member`), destruction, configuration('<subject>x</subject>')]) {
      await otto.asks(request, 'set', { to: room, refused: 'item-not-found' })
    }
    await lena.asks(`<query xmlns='urn:unknown'/>`, 'get', { to: room, refused: 'feature-not-implemented' })
    await lena.asks(`<query xmlns='urn:unknown'/>`, 'get', { to: lightService, refused: 'feature-not-implemented' })
    await lena.asks(info, 'get', { to: `${room}/x`, refused: 'bad-request' })
    lena.sends(`<presence to='${room}/nick'><x xmlns='http://jabber.org/protocol/muc'/></presence>`)
    lena.sends(`<message to='${room}' type='error'><body>x</body></message>`)
    await lena.receivesNothing()
  })

  it('are configured by their owner; others change the subject, or all where the room says so', async () => {
    const [lena, otto] = await cast()
    const room = await makesRoom(lena, [otto])
    await lena.asks(configuration('<color>red</color><color>blue</color><seats/>'), 'set', { to: room })
    const notice = await otto.takes((each) => isNotice(each, room, 'configuration'))
    const x = notice.child('x', `${lightNs}#configuration`)
    expect(x?.elements().map(({ name }) => name)).toEqual(['prev-version', 'version', 'color'])
    expect(x?.child('color')?.text()).toBe('blue')
    await otto.asks(configuration('<color>green</color>'), 'set', { to: room, refused: 'not-allowed' })
    await otto.asks(configuration('<subject>Soup</subject><color>green</color>'), 'set', {
      to: room,
      refused: 'not-allowed',
    })
    await otto.asks(configuration('<subject>Soup</subject>'), 'set', { to: room })
    await lena.asks(configuration('<all_can_configure>true</all_can_configure>'), 'set', { to: room })
    await otto.asks(configuration('<seats>7</seats>'), 'set', { to: room })
    for (const wrong of ['', '<version>1</version>', '<all_can_configure>1</all_can_configure>', '<salt>1</salt>']) {
      await lena.asks(configuration(wrong), 'set', { to: room, refused: 'bad-request' })
    }
    const answer = await lena.asks(configuration(''), 'get', { to: room })
    const query = answer.child('query', `${lightNs}#configuration`)
    const settings = (query?.elements() ?? []).map((each) => `${each.name} ${each.text()}`)
    expect(settings.slice(1)).toEqual([
      'roomname Untitled',
      'subject Soup',
      'color blue',
      'seats 7',
      'all_can_configure true',
    ])
  })

  it('are not told again to who has this version', async () => {
    const [lena, otto] = await cast()
    const room = await makesRoom(lena, [otto])
    for (const kind of ['configuration', 'affiliations', 'info']) {
      const asks = async (version: string) =>
        (
          await otto.asks(`<query xmlns='${lightNs}#${kind}'><version>${version}</version></query>`, 'get', {
            to: room,
          })
        ).elements()
      const [query] = await asks('')
      const version = query?.child('version')?.text() ?? ''
      expect(await asks(version)).toEqual([])
      expect(await asks('other')).toHaveLength(1)
      if (kind === 'info') {
        expect(query?.elements().map(({ name }) => name)).toEqual(['version', 'configuration', 'occupants'])
        expect(query?.child('occupants')?.elements()).toHaveLength(2)
        expect(query?.child('configuration')?.child('color')?.text()).toBe('brown')
      }
    }
  })

  it('end when their owner says so, or the last one has left', async () => {
    const [lena, otto] = await cast()
    const room = await makesRoom(lena, [otto])
    await otto.asks(destruction, 'set', { to: room, refused: 'not-allowed' })
    await lena.asks(destruction, 'set', { to: room })
    for (const client of [lena, otto]) {
      await client.finds(
        `<message from='${room}' to='${client.bare}' type='groupchat'><x xmlns='${lightNs}#destroy'/><x xmlns='${lightNs}#affiliations'><user affiliation='none'>${client.bare}</user></x><body/></message>`,
      )
    }
    await lena.asks(affiliations(), 'get', { to: room, refused: 'item-not-found' })
    await makesRoom(otto, [], room)
    await otto.asks(affiliations(`${otto.bare} none`), 'set', { to: room })
    expect(await told(otto, room)).toMatchObject({ users: expect.stringMatching(/^otto\d+ none$/), versions: [] })
    says(otto, room, 'anybody?')
    expect(errorOf(await otto.takes((each) => each.attr('type') === 'error'))).toBe('item-not-found')
    expect((await roomsOf(otto)).items).toEqual([])
  })

  it('are still there after a restart', async () => {
    const [lena, otto] = await cast()
    const room = await makesRoom(lena, [otto])
    await otto.asks(configuration('<subject>Soup</subject>'), 'set', { to: room })
    await own.restart()
    const again = await own.client(`otto${count}`, 'pc')
    expect(await occupantsOf(again, room)).toMatch(/^lena\d+ owner, otto\d+ member$/)
    const query = (await again.asks(configuration(''), 'get', { to: room })).child('query', `${lightNs}#configuration`)
    expect(query?.child('subject')?.text()).toBe('Soup')
  })
})
