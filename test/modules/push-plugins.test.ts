import { describe, expect, it } from 'vitest'
import type { Client } from '../support/client.ts'
import { acknowledges, enable, resume, unbound } from '../support/managed.ts'
import { disablePush, enablePush, notified } from '../support/push-app.ts'
import { chat, type PushServer, pushServer } from '../support/push-server.ts'

const propose = (to: string, inner = `<store xmlns='urn:xmpp:hints'/>`) =>
  `<message type='chat' to='${to}'>${inner}<propose xmlns='urn:xmpp:jingle-message:0' id='call-1'/></message>`

/** Somebody with stream management who has enabled a node, and the id of the stream. */
async function managed({ own }: PushServer, name: string, node: string): Promise<{ client: Client; id: string }> {
  const client = await own.client(name, node, { presence: false })
  const id = await enable(client)
  await client.asks(enablePush(node), 'set')
  client.sends('<presence/>')
  await client.meets(client.jid)
  acknowledges(client, 2)
  await client.isHeard()
  return { client, id }
}

/** Cuts the connection, and waits until the server knows. */
async function cut({ own }: PushServer, client: Client): Promise<void> {
  client.destroy()
  const sessions = () => own.server.server.hostOf('localhost')?.sessions.all() ?? []
  await expect
    .poll(() => [...sessions()].some(({ jid, isDetached }) => jid.full === client.jid && isDetached))
    .toBe(true)
}

describe('push for connections that are lost: the usual plugin', () => {
  const at = pushServer()
  it('notifies once, when the session has ended', async () => {
    const name = at.fresh('bob')
    const { client } = await managed(at, name, 'a')
    const alice = await at.sender()
    await cut(at, client)
    alice.sends(chat(client.bare, 'gap'))
    await alice.isHeard()
    expect(await at.toldOf()).toEqual([])
    await at.own.command('session.kickUser', { user: client.jid, reason: 'end' })
    expect(await at.toldOf()).toEqual(['a: gap'])
  })
})

describe('push for connections that are lost: the enhanced plugin', () => {
  const at = pushServer('plugin_module = "mod_event_pusher_push_plugin_enhanced"')

  it('notifies at once, only the service of that session, and not again at its end', async () => {
    const name = at.fresh('bob')
    const { client } = await managed(at, name, 'a')
    await client.asks(enablePush('b'), 'set')
    await client.asks(enablePush('a'), 'set')
    const alice = await at.sender()
    alice.sends(chat(client.bare, 'before'))
    await client.takes((each) => each.child('body') !== undefined)
    await cut(at, client)
    alice.sends(chat(client.bare, 'gap'))
    await alice.isHeard()
    expect(await at.toldOf()).toEqual(['a: before', 'a: gap'])
    await at.own.command('session.kickUser', { user: client.jid, reason: 'end' })
    // The other service has not been told yet: nobody is there now.
    expect(await at.toldOf()).toEqual(['a: before', 'a: gap', 'b: before', 'b: gap'])
  })

  it('a client that comes back has been notified once; what it disabled is not told', async () => {
    const name = at.fresh('bob')
    const { client, id } = await managed(at, name, 'a')
    const alice = await at.sender()
    await cut(at, client)
    alice.sends(chat(client.bare, 'gap'))
    await alice.isHeard()
    const again = await unbound({ server: at.own.server }, { local: name, password: 'secret' })
    await resume(again, id, 2)
    await again.finds(`<message><body>gap</body>{any}</message>`)
    await again.asks(disablePush(), 'set')
    again.destroy()
    await cut(at, Object.assign(again, { jid: client.jid }))
    alice.sends(chat(client.bare, 'later'))
    await alice.isHeard()
    expect(await at.toldOf()).toEqual(['a: gap'])
  })

  it('a carbon is no message to be notified of', async () => {
    const name = at.fresh('bob')
    const other = await at.own.client(name, 'pc')
    const { client } = await managed(at, name, 'a')
    await client.asks(`<enable xmlns='urn:xmpp:carbons:2'/>`, 'set')
    acknowledges(client, 4)
    await client.isHeard()
    await cut(at, client)
    const alice = await at.sender()
    alice.sends(chat(other.jid, 'for the other one'))
    await alice.isHeard()
    expect(await at.toldOf()).toEqual([])
  })
})

describe('push with hints', () => {
  const at = pushServer('plugin_module = "mod_event_pusher_push_plugin_hints"')

  it('what is not to be stored is not told; a call that is, is', async () => {
    const bob = await at.away(enablePush('n'))
    const alice = await at.sender()
    alice.sends(chat(bob.bare, 'fleeting', `<no-store xmlns='urn:xmpp:hints'/>`))
    alice.sends(propose(bob.bare, ''))
    alice.sends(propose(bob.bare))
    alice.sends(chat(bob.bare, 'usual'))
    expect(await at.toldOf()).toEqual(['n: propose', 'n: usual'])
    const call = notified.find(({ fields }) => fields['jingle-message'] !== undefined)
    expect(call?.fields).toEqual({
      FORM_TYPE: 'urn:xmpp:push:summary',
      'message-sender': alice.bare,
      'jingle-message': 'propose',
      'jingle-session-id': 'call-1',
    })
  })
})

describe('push with an inbox', () => {
  const at = pushServer('[modules.mod_inbox]')

  it('says how many messages of the conversation are unread, the one that it is about among them', async () => {
    const bob = await at.away(enablePush('n'))
    const [alice, carol] = [await at.sender(), await at.sender()]
    for (const [index, from] of [alice, alice, carol, alice].entries()) {
      from.sends(chat(bob.bare, `m${index}`))
      await expect.poll(() => notified.length).toBe(index + 1)
    }
    expect(notified.map(({ fields }) => fields['message-count'])).toEqual(['1', '2', '1', '3'])
  })
})
