import { describe, expect, it } from 'vitest'
import { Jid } from '../../src/jid/jid.ts'
import { removeAccount } from '../../src/router/accounts.ts'
import { personalData } from '../../src/router/events.ts'
import type { Client } from '../support/client.ts'
import { conversationNs, counts, inboxNs, inboxOf, says } from '../support/conversations.ts'
import { type OwnServer, ownServer } from '../support/own-server.ts'
import { publish } from '../support/pubsub.ts'

const markers = 'urn:xmpp:chat-markers:0'
const hints = 'urn:xmpp:hints'
const mds = 'urn:xmpp:mds:displayed:0'

let count = 0
async function users(own: OwnServer, ...names: string[]): Promise<Client[]> {
  count++
  return Promise.all(names.map((name) => own.client(`${name}${count}`, 'pc')))
}

async function marks(client: Client, to: string, marker: string, more = ''): Promise<void> {
  const [type, id] = marker.split(' ')
  client.sends(`<message to='${to}' type='chat'>${more}<${type} xmlns='${markers}' id='${id}'/></message>`)
  await client.isHeard()
}

describe.each(['rdbms', 'rdbms_async'])('mod_inbox with backend %s', (backend) => {
  const own = ownServer(`[modules.mod_inbox]
backend = "${backend}"
boxes = ["work"]
[modules.mod_offline]
[modules.mod_carboncopy]
[modules.mod_caps]
[modules.mod_pubsub]
[modules.mod_mam]
pm = {}
`)

  it('is announced, and tells the fields of its form', async () => {
    const [alice] = (await users(own, 'alice')) as [Client]
    const info = await alice.asks(`<query xmlns='http://jabber.org/protocol/disco#info'/>`, 'get', { to: 'localhost' })
    expect(String(info)).toContain(`<feature var='${inboxNs}'`)
    const answer = await alice.asks(`<query xmlns='${inboxNs}'/>`)
    const fields = answer.child('query', inboxNs)?.child('x', 'jabber:x:data')?.elements() ?? []
    const all = (
      node: { elements(): { name: string; text(): string; elements(): { text(): string }[] }[] },
      name: string,
    ) => node.elements().filter((each) => each.name === name)
    expect(
      fields.map((field) => [
        field.attr('var'),
        field.attr('type'),
        all(field, 'value')
          .map((value) => value.text())
          .join(),
        all(field, 'option')
          .map((option) => option.elements()[0]?.text())
          .join(),
      ]),
    ).toEqual([
      ['FORM_TYPE', 'hidden', inboxNs, ''],
      ['start', 'text-single', '', ''],
      ['end', 'text-single', '', ''],
      ['hidden_read', 'text-single', 'false', ''],
      ['order', 'list-single', 'desc', 'asc,desc'],
      ['box', 'list-single', 'all', 'all,inbox,archive,bin,work'],
      ['archive', 'boolean', 'false', ''],
    ])
    const one = await alice.asks(`<query xmlns='${conversationNs}'/>`)
    const vars = one.child('query', conversationNs)?.child('x', 'jabber:x:data')?.elements() ?? []
    expect(vars.map((field) => field.attr('var'))).toEqual(['FORM_TYPE', 'box', 'archive', 'read', 'mute'])
  })

  it('counts on both sides of a chat, with the same message', async () => {
    const [alice, bob] = (await users(own, 'alice', 'bob')) as [Client, Client]
    await says(alice, bob.bare, 'one')
    await says(alice, bob.bare, 'two')
    const [mine, his] = [await inboxOf(alice), await inboxOf(bob, { name: 'query' })]
    expect(mine).toMatchObject({ count: 1, active: 0, unread: 0, bodies: ['two'] })
    expect(his).toMatchObject({ count: 1, active: 1, unread: 2, bodies: ['two'] })
    for (const { shown } of [mine, his]) {
      expect(shown[0]).toMatchObject({ from: alice.jid, to: bob.bare, box: 'inbox', archive: 'false', mute: '0' })
      expect(shown[0]?.stamp).toMatch(/\.\d{6}Z$/)
    }
    expect([mine.shown[0]?.read, his.shown[0]?.read]).toEqual(['true', 'false'])
    expect(his.first).toMatch(/^\d{16}\/[A-Za-z0-9+/=]+$/)
    expect(his.last).toBe(his.first)
    await says(bob, alice.bare, 'three')
    expect([await counts(alice), await counts(bob)]).toEqual([['three: 1'], ['three: 0']])
  })

  it('says where a message is in the archive of who received it', async () => {
    const [alice, bob] = (await users(own, 'alice', 'bob')) as [Client, Client]
    await says(alice, bob.bare, 'one')
    const { shown } = await inboxOf(bob)
    const message = shown[0]?.result.child('forwarded', 'urn:xmpp:forward:0')?.child('message', 'jabber:client')
    const stanzaId = message?.child('stanza-id', 'urn:xmpp:sid:0')
    expect(stanzaId?.attr('by')).toBe(bob.bare)
    const id = stanzaId?.attr('id') ?? ''
    await marks(bob, alice.bare, `displayed ${id}`)
    expect(await counts(bob)).toEqual(['one: 0'])
  })

  it('is read when the newest message is marked as displayed, by any client, and by nothing else', async () => {
    const [alice, bob] = (await users(own, 'alice', 'bob')) as [Client, Client]
    await says(alice, bob.bare, 'one')
    await says(alice, bob.bare, 'two')
    await alice.drains()
    await marks(bob, alice.bare, 'received two')
    await marks(bob, alice.bare, 'displayed one')
    await marks(bob, alice.bare, 'displayed ')
    expect(await counts(bob)).toEqual(['two: 2'])
    await says(alice, bob.bare, 'three')
    const tablet = await own.client(bob.bare.split('@')[0] as string, 'tablet')
    await alice.drains()
    await marks(tablet, alice.jid, 'displayed three', '<body>read</body>')
    expect(await counts(bob)).toEqual(['three: 0'])
    // Nothing but the marker itself reaches the other side, and it changes nothing there.
    expect((await alice.drains()).map((each) => each.child('displayed', markers)?.attr('id'))).toEqual(['three'])
    expect(await counts(alice)).toEqual(['three: 0'])
  })

  it('is read when its owner publishes how far, or a message tells the server to (XEP-0490)', async () => {
    const [alice, bob] = (await users(own, 'alice', 'bob')) as [Client, Client]
    const newest = async () => {
      const message = (await inboxOf(bob)).shown[0]?.result.child('forwarded', 'urn:xmpp:forward:0')?.elements()
      return (
        message
          ?.find(({ name }) => name === 'message')
          ?.child('stanza-id', 'urn:xmpp:sid:0')
          ?.attr('id') ?? ''
      )
    }
    const displayed = (id: string) =>
      `<displayed xmlns='${mds}'><stanza-id xmlns='urn:xmpp:sid:0' by='${bob.bare}' id='${id}'/></displayed>`
    const publishes = (chat: string, id: string) =>
      bob.asks(publish(mds, `<item id='${chat}'>${displayed(id)}</item>`), 'set')

    await says(alice, bob.bare, 'one')
    const first = await newest()
    await says(alice, bob.bare, 'two')
    await publishes(alice.bare, first)
    await publishes('nobody@localhost', await newest())
    await publishes('of no chat', await newest())
    expect(await counts(bob)).toEqual(['two: 2'])
    await publishes(alice.bare, await newest())
    expect(await counts(bob)).toEqual(['two: 0'])

    await says(alice, bob.bare, 'three')
    bob.sends(`<message to='${alice.bare}' type='chat'>${displayed(await newest())}</message>`)
    await bob.isHeard()
    await expect.poll(() => counts(bob)).toEqual(['three: 0'])
  })

  it('is read when its owner says so in the older way', async () => {
    const [alice, bob] = (await users(own, 'alice', 'bob')) as [Client, Client]
    await says(alice, bob.bare, 'one')
    const answer = await bob.asks(`<reset xmlns='${conversationNs}' jid='${alice.jid}'/>`, 'set')
    expect(answer.child('reset', conversationNs)).toBeDefined()
    expect(await counts(bob)).toEqual(['one: 0'])
    const refused = async (attributes: string) =>
      String(await bob.asks(`<reset xmlns='${conversationNs}' ${attributes}/>`, 'set', { refused: 'bad-request' }))
    expect(await refused('')).toContain('jid-required')
    expect(await refused(`jid='@'`)).toContain('invalid-jid')
  })

  it('has one conversation of a user with himself', async () => {
    const [alice] = (await users(own, 'alice')) as [Client]
    await says(alice, alice.bare, 'note')
    alice.sends(`<message><body>more</body></message>`)
    await alice.isHeard()
    expect(await counts(alice)).toEqual(['more: 1'])
  })

  it('has conversations with whoever a user writes to, and for nobody who does not exist', async () => {
    const [alice] = (await users(own, 'alice')) as [Client]
    for (const to of ['nobody@localhost', 'romeo@elsewhere.example']) await says(alice, to, to)
    expect((await inboxOf(alice)).bodies).toEqual(['romeo@elsewhere.example', 'nobody@localhost'])
    await own.server.registerUser(`nobody${count}`, 'secret')
    const nobody = await own.client(`nobody${count}`, 'pc')
    expect(await counts(nobody)).toEqual([])
  })

  it('counts for who is away, and not again when what was kept is delivered', async () => {
    const [alice, bob] = (await users(own, 'alice', 'bob')) as [Client, Client]
    await bob.leaves()
    await says(alice, bob.bare, 'one')
    await says(alice, bob.bare, 'two')
    const again = await own.client(bob.bare.split('@')[0] as string, 'phone')
    await again.receives(`<message><body>one</body>{any}</message>`)
    await again.receives(`<message><body>two</body>{any}</message>`)
    expect(await counts(again)).toEqual(['two: 2'])
  })

  it('counts once for all clients of an account, and not by copies', async () => {
    const [alice, bob] = (await users(own, 'alice', 'bob')) as [Client, Client]
    const tablet = await own.client(bob.bare.split('@')[0] as string, 'tablet')
    for (const client of [bob, tablet]) await client.asks(`<enable xmlns='urn:xmpp:carbons:2'/>`, 'set')
    await says(alice, bob.jid, 'one')
    await tablet.takes((each) => each.child('received', 'urn:xmpp:carbons:2') !== undefined)
    await says(bob, alice.bare, 'two')
    await says(alice, bob.bare, 'three')
    await tablet.isHeard()
    expect(await counts(bob)).toEqual(['three: 1'])
    expect(await counts(alice)).toEqual(['three: 0'])
  })

  it.each([
    ['no-store', `<body>x</body><no-store xmlns='${hints}'/>`, `type='chat'`],
    ['headline', `<body>x</body>`, `type='headline'`],
    ['error', `<body>x</body>`, `type='error'`],
    ['a chat state alone', `<composing xmlns='http://jabber.org/protocol/chatstates'/>`, `type='chat'`],
    ['delayed', `<body>x</body><delay xmlns='urn:xmpp:delay' stamp='2020-01-01T00:00:00Z'/>`, `type='chat'`],
    ['a result', `<body>x</body><result xmlns='urn:xmpp:mam:2'/>`, `type='chat'`],
    ['a notice', `<body>x</body><x xmlns='${conversationNs}'/>`, ''],
    ['a marker', `<displayed xmlns='${markers}' id='m'/>`, ''],
    ['fastened, but no retraction', `<apply-to xmlns='urn:xmpp:fasten:0' id='m'><x xmlns='y'/></apply-to>`, ''],
  ])('has no conversation because of a message that is %s', async (_, inner, type) => {
    const [alice, bob] = (await users(own, 'alice', 'bob')) as [Client, Client]
    alice.sends(`<message to='${bob.bare}' ${type} id='x'>${inner}</message>`)
    await alice.isHeard()
    expect([await counts(alice), await counts(bob)]).toEqual([[], []])
  })

  it.each([
    ['to be stored', `<store xmlns='${hints}'/>`, `type='chat'`],
    ['of type normal', `<body>x</body>`, ''],
    ['a retraction', `<retract xmlns='urn:xmpp:message-retract:1' id='m'/>`, `type='chat'`],
    [
      'a fastened retraction',
      `<apply-to xmlns='urn:xmpp:fasten:0' id='m'><retract xmlns='urn:xmpp:message-retract:0'/></apply-to>`,
      `type='chat'`,
    ],
  ])('has a conversation because of a message that is %s', async (_, inner, type) => {
    const [alice, bob] = (await users(own, 'alice', 'bob')) as [Client, Client]
    alice.sends(`<message to='${bob.bare}' ${type} id='x'>${inner}</message>`)
    await alice.isHeard()
    expect([await inboxOf(alice), await inboxOf(bob)]).toMatchObject([
      { count: 1, unread: 0 },
      { count: 1, unread: 1 },
    ])
  })

  it('survives a new start of the server', async () => {
    const [alice, bob] = (await users(own, 'alice', 'bob')) as [Client, Client]
    await says(alice, bob.bare, 'one')
    await own.restart()
    const again = await own.client(bob.bare.split('@')[0] as string, 'phone')
    expect(await counts(again)).toEqual(['one: 1'])
  })

  it('goes with the account, which can have what is kept of it before', async () => {
    const [alice, bob] = (await users(own, 'alice', 'bob')) as [Client, Client]
    await says(alice, bob.bare, 'one')
    await says(bob, 'nobody@localhost', 'two')
    await bob.asks(`<query xmlns='${conversationNs}' jid='nobody@localhost'><box>bin</box></query>`, 'set')
    const host = own.server.server.hostOf('localhost')
    if (host === undefined) throw new Error('there is no host')
    const user = Jid.parse(bob.bare)
    const data = await host.hooks.gather(personalData, { host, user })
    expect(data.find(({ name }) => name === 'inbox')?.rows).toMatchObject([
      {
        jid: alice.bare,
        unread_count: 1,
        content: expect.stringContaining('one'),
        timestamp: expect.stringMatching(/Z$/),
      },
      { jid: 'nobody@localhost', unread_count: 0, content: expect.stringContaining('two') },
    ])
    await says(alice, bob.bare, 'three')
    await removeAccount(host, user)
    const again = await own.client(bob.bare.split('@')[0] as string, 'phone')
    expect(await counts(again, { fields: { box: 'all' } })).toEqual([])
  })
})
