import { describe, expect, it } from 'vitest'
import type { Client } from '../support/client.ts'
import { acknowledges, enable, handled, nextBody, resume, sm, unbound } from '../support/managed.ts'
import { ownServer } from '../support/own-server.ts'

const chat = (to: string, body: string) => `<message to='${to}' type='chat' id='${body}'><body>${body}</body></message>`

describe('stream management and an orderly restart', () => {
  const own = ownServer('[modules.mod_offline]\n[modules.mod_stream_management]\n')
  const back = (local: string) => unbound({ server: own.server }, { local, password: 'secret' })
  const closed = async (client: Client) => {
    const { element } = await client.finds('<stream:error>{any}</stream:error>')
    expect(String(element)).toContain('system-shutdown')
  }

  it('goes on after it, with what was not acknowledged, in order and once', async () => {
    const [alice, bob] = [await own.client('alice', 'phone', { presence: false }), await own.client('bob', 'pc')]
    const id = await enable(alice)
    alice.sends('<presence><priority>3</priority></presence>')
    alice.sends(chat(bob.jid, 'mine'))
    expect(await handled(alice)).toBe(2)
    for (const body of ['1', '2', '3']) bob.sends(chat('alice@localhost', body))
    for (const body of ['1', '2', '3']) expect(await nextBody(alice)).toBe(body)
    // Presence and one message.
    acknowledges(alice, 2)
    await alice.isHeard()
    await own.restart()
    await closed(alice)
    const again = await back('alice')
    expect(await resume(again, id, 2)).toBe(3)
    for (const body of ['2', '3']) expect(await nextBody(again)).toBe(body)
    // It is available as it was, and has its old address.
    const other = await own.client('bob', 'other')
    other.sends(chat('alice@localhost', '4'))
    expect(await nextBody(again)).toBe('4')
    expect(await own.command('session.listSessions', { domain: 'localhost' })).toEqual(
      expect.arrayContaining([expect.objectContaining({ priority: 3 })]),
    )
    acknowledges(again, 5)
    again.send(`<r xmlns='${sm}'/>`)
    await again.finds(`<a xmlns='${sm}' h='3'/>`)
    again.destroy()
  })

  it('keeps for it what comes before its client does', async () => {
    const carol = await own.client('carol', 'phone', { presence: false })
    const id = await enable(carol)
    carol.sends('<presence/>')
    await carol.meets(carol.jid)
    await own.restart()
    const bob = await own.client('bob', 'later')
    bob.sends(chat('carol@localhost', 'hello'))
    await bob.isHeard()
    await own.restart()
    const again = await back('carol')
    await resume(again, id, 1)
    expect(await nextBody(again)).toBe('hello')
    again.destroy()
  })

  it('sends what a stream that cannot be resumed has left its usual way', async () => {
    const [dave, bob] = [await own.client('dave', 'phone'), await own.client('bob', 'last')]
    dave.send(`<enable xmlns='${sm}'/>`)
    await dave.finds(`<enabled xmlns='${sm}'/>`)
    bob.sends(chat('dave@localhost', 'left'))
    expect(await nextBody(dave)).toBe('left')
    await own.restart()
    const again = await own.client('dave', 'next')
    expect(await nextBody(again)).toBe('left')
  })
})
