import { describe, expect, it } from 'vitest'
import { search } from '../support/archive.ts'
import type { Client } from '../support/client.ts'
import { ownServer } from '../support/own-server.ts'

const carbons = 'urn:xmpp:carbons:2'
const stanzas = 'urn:ietf:params:xml:ns:xmpp-stanzas'

describe('a message between two of whom one has blocked the other', () => {
  const { client } = ownServer(`[modules.mod_blocking]
[modules.mod_privacy]
[modules.mod_carboncopy]
[modules.mod_offline]
[modules.mod_mam.pm]
`)
  let count = 0

  /** Two devices of who blocks, and one of who is blocked; everybody wants copies. */
  async function cast(): Promise<Record<'pc' | 'phone' | 'blocked', Client>> {
    count++
    const blocked = await client(`blocked${count}`, 'pc')
    const [pc, phone] = [await client(`blocker${count}`, 'pc'), await client(`blocker${count}`, 'phone')]
    for (const each of [pc, phone, blocked]) await each.asks(`<enable xmlns='${carbons}'/>`, 'set')
    await pc.asks(`<block xmlns='urn:xmpp:blocking'><item jid='${blocked.bare}'/></block>`, 'set')
    for (const each of [pc, phone, blocked]) await each.drains()
    return { pc, phone, blocked }
  }
  const chat = (to: string) => `<message type='chat' to='${to}' id='m1'><body>hi</body></message>`
  const refused = (from: string, condition: string) =>
    `<message type='error' id='m1' from='${from}' {any}>{any}<error {any}><${condition} xmlns='${stanzas}'/>{any}</error>{any}</message>`

  it('comes to no device, whichever was meant, and is in no archive of the blocker', async () => {
    const { pc, phone, blocked } = await cast()
    for (const to of [pc.jid, pc.bare]) {
      blocked.sends(chat(to))
      await blocked.finds(refused(to, 'service-unavailable'))
    }
    await pc.receivesNothing()
    await phone.receivesNothing()
    expect((await search(pc)).ids).toEqual([])
  })

  it('is not kept for a blocker who is away', async () => {
    const { pc, phone, blocked } = await cast()
    await phone.leaves()
    await pc.leaves()
    blocked.sends(chat(pc.bare))
    await blocked.finds(refused(pc.bare, 'service-unavailable'))
    const later = await client(pc.bare.split('@')[0] ?? '', 'later')
    await later.receivesNothing()
    expect((await search(later)).ids).toEqual([])
  })

  it('does not leave the blocker either: in no archive, and not copied', async () => {
    const { pc, phone, blocked } = await cast()
    pc.sends(chat(blocked.bare))
    await pc.finds(refused(blocked.bare, 'not-acceptable'))
    await phone.receivesNothing()
    await blocked.receivesNothing()
    expect([(await search(pc)).ids, (await search(blocked)).ids]).toEqual([[], []])
  })

  it('is there once where it is allowed, with the id of the archive, and its copies are nowhere', async () => {
    const { pc, phone, blocked } = await cast()
    await pc.asks(`<unblock xmlns='urn:xmpp:blocking'><item jid='${blocked.bare}'/></unblock>`, 'set')
    for (const each of [pc, phone, blocked]) await each.drains()
    blocked.sends(chat(pc.jid))
    const { element } = await pc.finds(`<message><body>hi</body>{any}</message>`)
    const copy = (await phone.finds(`<message><received xmlns='${carbons}'>{any}</received>{any}</message>`)).element
    const id = element
      .elements()
      .find(({ name }) => name === 'stanza-id')
      ?.attr('id')
    expect(`${copy}`).toContain(`id='${id}'`)
    expect((await search(pc)).ids).toEqual([id])
    expect((await search(blocked)).bodies).toEqual(['hi'])
  })
})
