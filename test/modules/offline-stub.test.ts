import { describe, expect, it } from 'vitest'
import { search } from '../support/archive.ts'
import { type OwnServer, ownServer } from '../support/own-server.ts'

describe('mod_offline_stub', () => {
  const chat = (to: string) => `<message to='${to}' type='chat' id='m1'><body>hi</body></message>`
  /** Somebody who writes, and the address of somebody who is away. */
  const pair = async (own: OwnServer) => {
    const bob = await own.client('bob', 'pc')
    await bob.leaves()
    return [await own.client('alice', 'pc'), bob.bare] as const
  }
  const on = ownServer('[modules.mod_offline_stub]\n')
  const off = ownServer('')

  it('says nothing where nobody is there, but that an account does not exist', async () => {
    const [alice, bob] = await pair(on)
    alice.sends(chat(bob))
    await alice.receivesNothing()
    alice.sends(chat('nobody@localhost'))
    await alice.receives(`<message type='error' from='nobody@localhost' {any}>{any}</message>`)
    alice.sends(`<message to='${bob}' type='groupchat' id='g'><body>hi</body></message>`)
    await alice.receives(`<message type='error' id='g' {any}>{any}</message>`)
  })

  it('is not needed for an error', async () => {
    const [alice, bob] = await pair(off)
    for (const to of [bob, 'nobody@localhost']) {
      alice.sends(chat(to))
      await alice.receives(
        `<message type='error' from='${to}' {any}>{any}<error type='cancel' {any}><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>{any}</error></message>`,
      )
    }
  })
  const archiving = ownServer('[modules.mod_offline_stub]\n[modules.mod_mam.pm]\n')

  it('leaves to the archive what is sent to who is away', async () => {
    const [alice, bob] = await pair(archiving)
    alice.sends(chat(bob))
    await alice.receivesNothing()
    const later = await archiving.client('bob', 'later')
    await later.receivesNothing()
    expect((await search(later)).bodies).toEqual(['hi'])
  })
})
