import { describe, expect, it } from 'vitest'
import { disablePush, enablePush, notified, refusals } from '../support/push-app.ts'
import { chat, pushServer } from '../support/push-server.ts'
import { enters, freshRoom, opens } from '../support/rooms.ts'

const ns = 'urn:xmpp:push:0'
const forms = 'jabber:x:data'
const options = 'http://jabber.org/protocol/pubsub#publish-options'

describe('XEP-0357 push notifications', () => {
  const { own, fresh, away, sender, toldOf, registered } = pushServer('max_subscriptions = 3')

  it('§3 the domain and accounts announce it', async () => {
    const alice = await sender()
    for (const to of ['localhost', alice.bare]) {
      const info = await alice.asks(`<query xmlns='http://jabber.org/protocol/disco#info'/>`, 'get', { to })
      expect(`${info}`).toContain(`var='${ns}'`)
    }
  })

  it('§5 enabling: with and without a form, of the account or the domain; the result is empty', async () => {
    const alice = await sender()
    for (const [to, request] of [
      [undefined, enablePush('a')],
      [alice.bare, enablePush('a', 'push.localhost', { service: 'fcm' })],
      ['localhost', enablePush('b', 'push.localhost/resource')],
    ] as const) {
      const result = await alice.asks(request, 'set', to === undefined ? {} : { to })
      expect(result.elements()).toEqual([])
    }
  })

  it.each([
    ['without an address', `<enable xmlns='${ns}' node='n'/>`],
    ['with an empty address', `<enable xmlns='${ns}' jid='' node='n'/>`],
    ['with no address', `<enable xmlns='${ns}' jid='a@@b' node='n'/>`],
    ['without a node', `<enable xmlns='${ns}' jid='push.localhost'/>`],
    ['with an empty node', `<enable xmlns='${ns}' jid='push.localhost' node=''/>`],
    ['with a form of another type', enablePush('n', undefined, {}).replace('submit', 'form')],
    ['with a form of another kind', enablePush('n', undefined, { FORM_TYPE: 'urn:other' })],
    [
      'with a form of no kind',
      `<enable xmlns='${ns}' jid='p.localhost' node='n'><x xmlns='${forms}' type='submit'/></enable>`,
    ],
    [
      'with a field of two values',
      enablePush('n', undefined, { a: '1' }).replace(`<value>1`, '<value>2</value><value>1'),
    ],
    ['with a field without value', enablePush('n', undefined, { a: '1' }).replace(`<value>1</value>`, '')],
    ['disabling without an address', `<disable xmlns='${ns}'/>`],
    ['disabling an empty node', disablePush('push.localhost', '')],
  ])('§5 refused: %s', async (_, request) => {
    const alice = await sender()
    const error = await alice.asks(request, 'set', { refused: 'bad-request' })
    expect(error.child('error')?.attr('type')).toBe('modify')
  })

  it('§5 to be asked with set, of oneself, and for so many services only', async () => {
    const [alice, bob] = [await sender(), await sender()]
    await alice.asks(enablePush('n'), 'get', { refused: 'not-allowed' })
    await alice.asks(enablePush('n'), 'set', { to: bob.bare, refused: 'forbidden' })
    for (const node of ['a', 'b', 'c', 'c']) await alice.asks(enablePush(node), 'set')
    await alice.asks(enablePush('d'), 'set', { refused: 'resource-constraint' })
    await alice.asks(disablePush('push.localhost', 'a'), 'set')
    await alice.asks(enablePush('d'), 'set')
  })

  it('§7 a message for somebody who is away is published in the name of the domain', async () => {
    const bob = await away(
      enablePush('plain'),
      enablePush('form', 'push.localhost', { device_id: '8877', service: 'fcm' }),
    )
    const alice = await sender()
    alice.sends(chat(bob.bare, 'hi &amp; ho'))
    await expect.poll(() => notified.length).toBe(2)
    const fields = {
      FORM_TYPE: 'urn:xmpp:push:summary',
      'message-count': '1',
      'last-message-sender': alice.bare,
      'last-message-body': 'hi & ho',
    }
    const told = [...notified].sort((a, b) => (a.node < b.node ? -1 : 1))
    expect(told).toEqual([
      {
        ...{ from: 'localhost', to: 'push.localhost', node: 'form', fields },
        options: { FORM_TYPE: options, device_id: '8877', service: 'fcm' },
      },
      { from: 'localhost', to: 'push.localhost', node: 'plain', fields, options: undefined },
    ])
  })

  it('§7 once enabled anew, with the form of then', async () => {
    const bob = await away(
      enablePush('n', 'push.localhost', { service: 'apns' }),
      enablePush('n', 'push.localhost', { service: 'fcm' }),
    )
    ;(await sender()).sends(chat(bob.bare, 'one'))
    expect(await toldOf()).toEqual(['n: one'])
    expect(notified[0]?.options).toMatchObject({ service: 'fcm' })
  })

  it('§7 nothing while a resource of theirs takes messages, whatever the others do', async () => {
    const bob = await own.client(fresh('bob'), 'phone')
    await bob.asks(enablePush('n'), 'set')
    const alice = await sender()
    alice.sends(chat(bob.bare, 'online'))
    alice.sends(chat(bob.jid, 'online too'))
    const name = bob.bare.split('@')[0] ?? ''
    const other = await own.client(name, 'pc', { presence: -1 })
    bob.sends(`<presence type='unavailable'/>`)
    await bob.isHeard()
    // Its priority is negative: it reads what is for it, but it does not count.
    alice.sends(chat(other.jid, 'to the one below'))
    alice.sends(chat(bob.bare, 'to the account'))
    await alice.isHeard()
    await other.isPresent(1)
    alice.sends(chat(bob.bare, 'online again'))
    await alice.isHeard()
    expect(await toldOf()).toEqual(['n: to the account', 'n: to the one below'])
  })

  it('§7 nothing of what is no message to read', async () => {
    const bob = await away(enablePush('n'))
    const alice = await sender()
    for (const message of [
      `<message type='normal' to='${bob.bare}'><body>normal</body></message>`,
      `<message to='${bob.bare}'><body>none</body></message>`,
      `<message type='headline' to='${bob.bare}'><body>headline</body></message>`,
      `<message type='chat' to='${bob.bare}'><body/></message>`,
      `<message type='chat' to='${bob.bare}'><composing xmlns='http://jabber.org/protocol/chatstates'/></message>`,
      `<message type='chat' to='${bob.bare}'><store xmlns='urn:xmpp:hints'/><propose xmlns='urn:xmpp:jingle-message:0' id='c'/></message>`,
      `<message type='chat' to='nobody-at-all@localhost'><body>nobody</body></message>`,
    ])
      alice.sends(message)
    await alice.isHeard()
    expect(await toldOf()).toEqual([])
  })

  it('§7 what is said in a room by the address of the occupant', async () => {
    const bob = await own.client(fresh('bob'), 'phone')
    await bob.asks(enablePush('n'), 'set')
    const alice = await sender()
    const room = freshRoom('localhost')
    await opens(alice, room, {}, 'Anna')
    await enters(bob, room, 'Bert')
    alice.sends(`<message type='groupchat' to='${room}'><body>online</body></message>`)
    await bob.takes((each) => each.child('body') !== undefined)
    bob.sends(`<presence><priority>-5</priority></presence>`)
    await bob.isHeard()
    alice.sends(`<message type='groupchat' to='${room}'><body>away</body></message>`)
    await bob.takes((each) => each.child('body') !== undefined)
    expect(await toldOf()).toEqual(['n: away'])
    expect(notified[0]?.fields).toMatchObject({ 'last-message-sender': `${room}/Anna` })
  })

  it('§6 disabled: a node, or all of a service, and no other', async () => {
    const bob = await away(enablePush('a'), enablePush('b'), enablePush('a', 'user@push.localhost'))
    const alice = await sender()
    const unknown = await bob.asks(disablePush('other.localhost'), 'set')
    expect(unknown.elements()).toEqual([])
    await bob.asks(disablePush('push.localhost', 'a'), 'set')
    alice.sends(chat(bob.bare, 'one'))
    await expect.poll(() => notified.length).toBe(2)
    expect(notified.map(({ to, node }) => `${to} ${node}`).sort()).toEqual([
      'push.localhost b',
      'user@push.localhost a',
    ])
    await bob.asks(disablePush('push.localhost'), 'set')
    alice.sends(chat(bob.bare, 'two'))
    expect(await toldOf()).toEqual(['a: one', 'a: two', 'b: one'])
  })

  it('§7 a service that cancels is told nothing more of this node; other errors do not matter', async () => {
    const bob = await away(enablePush('gone'), enablePush('busy'), enablePush('strange', 'push.example.net'))
    const alice = await sender()
    refusals.set('gone', 'item-not-found')
    refusals.set('busy', 'resource-constraint')
    alice.sends(chat(bob.bare, 'one'))
    expect(await toldOf()).toEqual(['busy: one', 'gone: one'])
    expect(await registered(bob.bare)).toEqual(['push.localhost busy {}', 'push.example.net strange {}'])
    alice.sends(chat(bob.bare, 'two'))
    expect(await toldOf()).toEqual(['busy: one', 'busy: two', 'gone: one'])
  })

  it('registrations outlive a restart, are shown to their owner, and go with the account', async () => {
    const bob = await away(enablePush('n', 'push.localhost', { device_id: '1' }))
    const user = bob.bare
    await own.restart()
    ;(await sender()).sends(chat(user, 'one'))
    expect(await toldOf()).toEqual(['n: one'])
    expect(await registered(user)).toEqual(['push.localhost n {"device_id":"1"}'])
    await own.command('account.removeUser', { user })
    expect(await registered(user)).toEqual([])
    const again = await own.client(user.split('@')[0] ?? '', 'phone', { presence: false })
    ;(await sender()).sends(chat(again.bare, 'two'))
    expect(await toldOf()).toEqual(['n: one'])
  })
})

describe('what notifications show', () => {
  const { away, sender } = pushServer('show_sender = false\nshow_body = false\nhidden_body = "Somebody wrote"')

  it('neither the sender nor the text, where that is not wanted', async () => {
    const bob = await away(enablePush('n'))
    ;(await sender()).sends(chat(bob.bare, 'secret'))
    await expect.poll(() => notified.length).toBe(1)
    expect(notified[0]?.fields).toEqual({
      FORM_TYPE: 'urn:xmpp:push:summary',
      'message-count': '1',
      'last-message-sender': 'localhost',
      'last-message-body': 'Somebody wrote',
    })
  })
})
