import { describe, expect, it } from 'vitest'
import type { Client } from '../support/client.ts'
import { change, counts, inboxOf } from '../support/conversations.ts'
import { affiliations, configuration, destruction, makesRoom } from '../support/light-rooms.ts'
import { type OwnServer, ownServer } from '../support/own-server.ts'
import { changes, enters, freshRoom, opens } from '../support/rooms.ts'

const markers = 'urn:xmpp:chat-markers:0'

let count = 0
async function users(own: OwnServer, ...names: string[]): Promise<Client[]> {
  count++
  return Promise.all(names.map((name) => own.client(`${name}${count}`, 'pc')))
}

async function speaks(client: Client, room: string, body: string): Promise<void> {
  client.sends(`<message to='${room}' type='groupchat' id='${body}'><body>${body}</body></message>`)
  await client.isHeard()
}

describe('mod_inbox with rooms that clients enter', () => {
  const own = ownServer(`[modules.mod_inbox]
groupchat = ["muc", "muclight"]
[modules.mod_muc]
host = "conference.@HOST@"
[modules.mod_mam]
muc = {}
`)

  async function room(owner: Client, ...affiliations: string[]): Promise<string> {
    const jid = freshRoom('localhost')
    await opens(owner, jid, { 'muc#roomconfig_persistentroom': '1' })
    if (affiliations.length > 0) await owner.asks(changes(...affiliations), 'set', { to: jid })
    return jid
  }

  it('counts for everybody who belongs to the room, inside or away, but for outcasts and other domains', async () => {
    const [alice, bob, carol, eve] = (await users(own, 'alice', 'bob', 'carol', 'eve')) as [
      Client,
      Client,
      Client,
      Client,
    ]
    const hall = await room(
      alice,
      ...[`jid='${bob.bare}' affiliation='member'`, `jid='${eve.bare}' affiliation='outcast'`],
      ...[`jid='nobody${count}@localhost' affiliation='member'`, `jid='romeo@elsewhere.example' affiliation='member'`],
    )
    await enters(carol, hall, 'carol')
    await bob.leaves()
    await speaks(alice, hall, 'one')
    await speaks(carol, hall, 'two')
    await speaks(alice, hall, 'three')
    await speaks(carol, hall, 'four')
    const again = await own.client(`bob${count}`, 'phone')
    expect(await counts(again)).toEqual(['four: 4'])
    expect(await counts(alice)).toEqual(['four: 1'])
    for (const client of [carol, eve]) expect(await counts(client)).toEqual([])
    const { shown } = await inboxOf(again)
    expect(shown[0]).toMatchObject({ from: `${hall}/carol`, to: again.bare })
    expect(String(shown[0]?.result)).toContain(`by='${hall}'`)
    await own.server.registerUser(`nobody${count}`, 'secret')
    expect(await counts(await own.client(`nobody${count}`, 'pc'))).toEqual([])
  })

  it('is read by markers for the id of the message and for that of the room', async () => {
    const [alice, bob] = (await users(own, 'alice', 'bob')) as [Client, Client]
    const hall = await room(alice, `jid='${bob.bare}' affiliation='member'`)
    await enters(bob, hall, 'bob')
    const marks = async (id: string) => {
      bob.sends(`<message to='${hall}' type='groupchat'><displayed xmlns='${markers}' id='${id}'/></message>`)
      await bob.isHeard()
    }
    await speaks(alice, hall, 'one')
    await marks('zero')
    expect(await counts(bob)).toEqual(['one: 1'])
    await marks('one')
    expect(await counts(bob)).toEqual(['one: 0'])
    await speaks(alice, hall, 'two')
    const { shown } = await inboxOf(bob)
    const id = /<stanza-id[^>]* id='([^']+)'/.exec(String(shown[0]?.result))?.[1] ?? ''
    expect(id).not.toBe('')
    await marks(id)
    expect([await counts(bob), await counts(alice)]).toEqual([['two: 0'], ['two: 0']])
  })

  it('has no conversation because of a subject, and private messages are with the room', async () => {
    const [alice, bob] = (await users(own, 'alice', 'bob')) as [Client, Client]
    const hall = await room(alice, `jid='${bob.bare}' affiliation='member'`)
    await enters(bob, hall, 'bob')
    alice.sends(`<message to='${hall}' type='groupchat'><subject>Tea</subject></message>`)
    await alice.isHeard()
    expect([await counts(alice), await counts(bob)]).toEqual([[], []])
    alice.sends(`<message to='${hall}/bob' type='chat' id='psst'><body>psst</body></message>`)
    await alice.isHeard()
    expect([await counts(alice), await counts(bob)]).toEqual([['psst: 0'], ['psst: 1']])
    await change(bob, hall, '<read>true</read>')
    expect(await counts(bob)).toEqual(['psst: 0'])
  })

  it('ends for who is put out, and for everybody when the room is gone', async () => {
    const [alice, bob, carol] = (await users(own, 'alice', 'bob', 'carol')) as [Client, Client, Client]
    const hall = await room(alice, `jid='${bob.bare}' affiliation='member'`, `jid='${carol.bare}' affiliation='admin'`)
    await speaks(alice, hall, 'one')
    await alice.asks(changes(`jid='${bob.bare}' affiliation='none'`), 'set', { to: hall })
    await alice.isHeard()
    expect([await counts(bob), await counts(carol)]).toEqual([[], ['one: 1']])
    await alice.asks(`<query xmlns='http://jabber.org/protocol/muc#owner'><destroy/></query>`, 'set', { to: hall })
    expect([await counts(carol), await counts(alice)]).toEqual([[], []])
  })
})

describe.each([
  ['rdbms', true, true],
  ['rdbms_async', true, true],
  ['rdbms', true, false],
  ['rdbms', false, false],
])(
  'mod_inbox with rooms that accounts belong to (%s, aff_changes %s, remove_on_kicked %s)',
  (backend, countsChanges, removes) => {
    const own = ownServer(`[modules.mod_inbox]
backend = "${backend}"
aff_changes = ${countsChanges}
remove_on_kicked = ${removes}
[modules.mod_muc_light]
[modules.mod_mam.muc]
host = "muclight.@HOST@"
`)
    const everything = { fields: { box: 'all' } }
    const displays = async (client: Client, room: string, id: string | undefined) => {
      client.sends(`<message to='${room}' type='groupchat'><displayed xmlns='${markers}' id='${id}'/></message>`)
      await client.isHeard()
    }
    const lastOf = async (client: Client) => {
      const { shown } = await inboxOf(client)
      return shown[0]?.result.child('forwarded', 'urn:xmpp:forward:0')?.child('message', 'jabber:client')
    }
    /** What somebody has whose taking in counts as a message. */
    const taken = (count: number) => (countsChanges ? count : 0)

    it('count what others say, for who is there and who is not', async () => {
      const [alice, bob] = (await users(own, 'alice', 'bob')) as [Client, Client]
      const hall = await makesRoom(alice, [bob])
      await bob.leaves()
      await speaks(alice, hall, 'one')
      await speaks(alice, hall, 'two')
      const again = await own.client(`bob${count}`, 'phone')
      expect([await counts(alice), await counts(again)]).toEqual([['two: 0'], [`two: ${2 + taken(1)}`]])
      await speaks(again, hall, 'three')
      expect([await counts(alice), await counts(again)]).toEqual([['three: 1'], ['three: 0']])
      const message = await lastOf(alice)
      expect(message?.attrs).toMatchObject({ from: `${hall}/${again.bare}`, to: alice.bare, id: 'three' })
      const stanzaId = message?.elements().find((each) => each.attr('by') === hall)
      await displays(alice, hall, 'two')
      expect(await counts(alice)).toEqual(['three: 1'])
      await displays(alice, hall, stanzaId?.attr('id'))
      expect([await counts(alice), await counts(again)]).toEqual([['three: 0'], ['three: 0']])
    })

    it('count being taken in, and what happens to others or to settings does not', async () => {
      const [alice, bob, carol] = (await users(own, 'alice', 'bob', 'carol')) as [Client, Client, Client]
      const hall = await makesRoom(alice, [bob])
      await alice.asks(affiliations(`${carol.bare} member`), 'set', { to: hall })
      await alice.asks(configuration('<roomname>Hall</roomname>'), 'set', { to: hall })
      for (const client of [alice, bob, carol]) {
        await client.isHeard()
        expect(await counts(client)).toEqual(countsChanges ? [': 1'] : [])
      }
      await displays(bob, hall, (await lastOf(bob))?.attr('id'))
      expect(await counts(bob)).toEqual(countsChanges ? [': 0'] : [])
    })

    it('end for who is put out, or go on with the message that says so', async () => {
      const [alice, bob] = (await users(own, 'alice', 'bob')) as [Client, Client]
      const hall = await makesRoom(alice, [bob])
      await speaks(alice, hall, 'one')
      await alice.asks(affiliations(`${bob.bare} none`), 'set', { to: hall })
      expect(await counts(alice)).toEqual(['one: 0'])
      const { shown } = await inboxOf(bob, everything)
      const inbox = backend === 'rdbms' ? [] : [{ unread: 3, box: 'bin' }]
      const kept = countsChanges ? [{ body: '', unread: 3, box: 'inbox' }] : [{ body: 'one', unread: 1, box: 'inbox' }]
      expect(shown).toHaveLength(removes ? inbox.length : 1)
      expect(shown).toMatchObject(removes ? inbox : kept)
    })

    it('end for everybody with the room', async () => {
      const [alice, bob] = (await users(own, 'alice', 'bob')) as [Client, Client]
      const hall = await makesRoom(alice, [bob])
      await speaks(alice, hall, 'one')
      await alice.asks(destruction, 'set', { to: hall })
      for (const client of [alice, bob]) {
        expect((await inboxOf(client)).shown).toHaveLength(removes ? 0 : 1)
      }
    })

    it('count nothing that only looks as if it came from such a room', async () => {
      const [alice, bob] = (await users(own, 'alice', 'bob')) as [Client, Client]
      alice.sends(`<message to='${bob.bare}' type='groupchat' id='x'><body>x</body></message>`)
      await alice.isHeard()
      expect(await counts(bob)).toEqual([])
    })
  },
)

describe('mod_inbox without rooms', () => {
  const own = ownServer(`[modules.mod_inbox]
groupchat = []
[modules.mod_muc]
[modules.mod_muc_light]
`)

  it('has no conversations with them', async () => {
    const [alice, bob] = (await users(own, 'alice', 'bob')) as [Client, Client]
    const [hall, yard] = [freshRoom('localhost'), await makesRoom(alice, [bob])]
    await opens(alice, hall)
    for (const room of [hall, yard]) await speaks(alice, room, 'one')
    expect([await counts(alice), await counts(bob)]).toEqual([[], []])
  })
})
