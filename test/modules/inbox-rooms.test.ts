import { describe, expect, it } from 'vitest'
import { Jid } from '../../src/jid/jid.ts'
import { isForMember } from '../../src/router/notes.ts'
import { Stanza } from '../../src/stanza/stanza.ts'
import { el } from '../../src/xml/element.ts'
import type { Client } from '../support/client.ts'
import { change, counts, inboxOf } from '../support/conversations.ts'
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

/** What MUC Light sends to members, by a stand-in that routes it as mod_muc_light does. */
async function lightly(
  own: OwnServer,
  room: string,
  to: readonly Client[],
  { nick = '', id = 'm', ...what }: Light,
): Promise<void> {
  const host = own.server.server.hostOf('localhost')
  const from = Jid.parse(nick === '' ? room : `${room}/${nick}`)
  const { affiliations = [], body } = what
  const ns = 'urn:xmpp:muclight:0#affiliations'
  const listed = affiliations.map(([client, affiliation]) => el('user', ns, { affiliation }, client.bare))
  const x = listed.length === 0 ? [] : [el('x', ns, el('version', ns, 'v'), listed)]
  for (const client of to) {
    const message = Stanza.make(
      'message',
      { type: 'groupchat', id, from, to: Jid.parse(client.bare) },
      ...x,
      el('body', 'jabber:client', body ?? ''),
    )
    await host?.router.route(message.with(isForMember, true))
  }
}

interface Light {
  readonly nick?: string
  readonly id?: string
  readonly body?: string
  readonly affiliations?: readonly (readonly [Client, 'owner' | 'member' | 'none'])[]
}

describe.each([
  ['rdbms', true, true],
  ['rdbms_async', true, true],
  ['rdbms', false, false],
])(
  'mod_inbox with rooms that accounts belong to (%s, aff_changes %s, remove_on_kicked %s)',
  (backend, countsChanges, removes) => {
    const own = ownServer(`[modules.mod_inbox]
backend = "${backend}"
aff_changes = ${countsChanges}
remove_on_kicked = ${removes}
`)
    const room = 'hall@muclight.localhost'

    it('counts what others say', async () => {
      const [alice, bob] = (await users(own, 'alice', 'bob')) as [Client, Client]
      await bob.leaves()
      await lightly(own, room, [alice, bob], { nick: alice.bare, body: 'one' })
      await lightly(own, room, [alice, bob], { nick: alice.bare, body: 'two' })
      const again = await own.client(`bob${count}`, 'phone')
      expect([await counts(alice), await counts(again)]).toEqual([['two: 0'], ['two: 2']])
      await lightly(own, room, [alice, again], { nick: again.bare, body: 'three' })
      expect([await counts(alice), await counts(again)]).toEqual([['three: 1'], ['three: 0']])
      // A marker goes to the room, the copies of it change nothing.
      alice.sends(`<message to='${room}' type='groupchat'><displayed xmlns='${markers}' id='m'/></message>`)
      await alice.isHeard()
      expect(await counts(alice)).toEqual(['three: 0'])
    })

    it('counts being taken in, and what happens to others does not', async () => {
      const [alice, bob] = (await users(own, 'alice', 'bob')) as [Client, Client]
      await lightly(own, room, [alice], { affiliations: [[alice, 'owner']], id: 'made' })
      await lightly(own, room, [alice], { affiliations: [[bob, 'member']], id: 'added' })
      expect(await counts(alice)).toEqual(countsChanges ? [': 1'] : [])
      alice.sends(`<message to='${room}' type='groupchat'><displayed xmlns='${markers}' id='made'/></message>`)
      await alice.isHeard()
      expect(await counts(alice)).toEqual(countsChanges ? [': 0'] : [])
    })

    it('ends for who is put out, or goes on with the message that says so', async () => {
      const [alice, bob] = (await users(own, 'alice', 'bob')) as [Client, Client]
      await lightly(own, room, [alice, bob], { nick: alice.bare, body: 'one' })
      await lightly(own, room, [alice, bob], { affiliations: [[bob, 'none']] })
      await bob.isHeard()
      expect(await counts(alice)).toEqual(['one: 0'])
      const left = await inboxOf(bob, { fields: { box: 'all' } })
      if (!removes) expect(left.shown).toMatchObject([{ body: 'one', unread: 1, box: 'inbox' }])
      else if (backend === 'rdbms') expect(left.shown).toEqual([])
      else expect(left.shown).toMatchObject([{ unread: 2, box: 'bin' }])
    })

    it('counts nothing that only looks as if it came from such a room', async () => {
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
`)

  it('has no conversations with them', async () => {
    const [alice, bob] = (await users(own, 'alice', 'bob')) as [Client, Client]
    await lightly(own, 'hall@muclight.localhost', [alice], { nick: bob.bare, body: 'one' })
    const hall = freshRoom('localhost')
    await opens(alice, hall)
    await speaks(alice, hall, 'two')
    expect(await counts(alice)).toEqual([])
  })
})
