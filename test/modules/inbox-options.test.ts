import { describe, expect, it } from 'vitest'
import { defineModule, z } from '../../src/index.ts'
import { Jid } from '../../src/jid/jid.ts'
import { type InboxApi, inboxApi } from '../../src/modules/inbox/api.ts'
import { options } from '../../src/modules/inbox/options.ts'
import { removeAccount } from '../../src/router/accounts.ts'
import { domainRemoved, exportsUser, importsUser } from '../../src/router/events.ts'
import type { Element } from '../../src/xml/element.ts'
import type { Client } from '../support/client.ts'
import { change, counts, inboxOf, says } from '../support/conversations.ts'
import { enable } from '../support/managed.ts'
import { type OwnServer, ownServer } from '../support/own-server.ts'

const markers = 'urn:xmpp:chat-markers:0'

let count = 0
async function users(own: OwnServer, ...names: string[]): Promise<Client[]> {
  count++
  return Promise.all(names.map((name) => own.client(`${name}${count}`, 'pc')))
}

function hostOf(own: OwnServer) {
  const host = own.server.server.hostOf('localhost')
  if (host === undefined) throw new Error('there is no host')
  return host
}

/** What push would ask. */
let unread: InboxApi['unread'] | undefined
const asker = defineModule({
  name: 'mod_asker',
  about: 'Asks inboxes as push does.',
  xeps: [],
  options: z.strictObject({}),
  setup({ find }) {
    unread = async (owner, remote) => (await find(inboxApi)?.unread(owner, remote)) ?? -1
  },
})

describe('options of mod_inbox', () => {
  const own = ownServer(
    `[modules.mod_inbox]
reset_markers = ["received", "acknowledged"]
max_result_limit = 2
delete_domain_limit = 2
[modules.mod_privacy]
[modules.mod_blocking]
[modules.mod_offline]
[modules.mod_stream_management]
resume_timeout = 1
[modules.mod_asker]
`,
    { modules: [asker] },
  )

  it.each(['inbox', 'archive', 'bin', 'all'])('refuse a box called %s', (name) => {
    expect(options.safeParse({ boxes: [name] }).success).toBe(false)
    expect(options.safeParse({ boxes: [`my ${name}`] }).success).toBe(true)
    expect(options.safeParse({ boxes: ['x', 'x'] }).success).toBe(false)
  })

  it('limit an answer, with and without a page that is asked for', async () => {
    const [alice] = (await users(own, 'alice')) as [Client]
    for (const name of ['a', 'b', 'c']) await says(alice, `${name}@elsewhere.example`, name)
    expect((await inboxOf(alice)).bodies).toEqual(['c', 'b'])
    expect((await inboxOf(alice, { set: '<max>9</max>' })).bodies).toEqual(['c', 'b'])
    expect((await inboxOf(alice, { set: '<max>1</max>' })).bodies).toEqual(['c'])
    expect((await inboxOf(alice, { set: '<before/>' })).bodies).toEqual(['b', 'a'])
  })

  it('say which markers mean that a conversation is read', async () => {
    const [alice, bob] = (await users(own, 'alice', 'bob')) as [Client, Client]
    for (const [type, left] of [
      ['displayed', 1],
      ['received', 0],
      ['acknowledged', 0],
    ] as const) {
      await says(alice, bob.bare, type)
      bob.sends(`<message to='${alice.bare}'><${type} xmlns='${markers}' id='${type}'/></message>`)
      await bob.isHeard()
      expect(await counts(bob)).toEqual([`${type}: ${left}`])
    }
  })

  it('count nothing that is blocked', async () => {
    const [alice, bob] = (await users(own, 'alice', 'bob')) as [Client, Client]
    await bob.asks(`<block xmlns='urn:xmpp:blocking'><item jid='${alice.bare}'/></block>`, 'set')
    await says(alice, bob.bare, 'one')
    expect(await counts(bob)).toEqual([])
  })

  it('count a message once that goes to another session because the first has ended', async () => {
    const [romeo, pc] = (await users(own, 'romeo', 'juliet')) as [Client, Client]
    const phone = await own.client(pc.bare.split('@')[0] as string, 'phone', { presence: false })
    await enable(phone)
    phone.sends('<presence><priority>1</priority></presence>')
    await phone.meets(phone.jid)
    romeo.sends(`<message to='${phone.jid}' type='chat' id='m1'><body>Hi</body></message>`)
    await phone.finds('<message><body>Hi</body>{any}</message>')
    phone.destroy()
    await pc.finds('<message><body>Hi</body>{any}</message>')
    expect(await counts(pc)).toEqual(['Hi: 1'])
  }, 30_000)

  it('take a conversation elsewhere, as often as one likes', async () => {
    const [alice, bob, carol] = (await users(own, 'alice', 'bob', 'carol')) as [Client, Client, Client]
    await says(alice, bob.bare, 'one')
    await change(bob, alice.bare, '<box>archive</box><mute>3600</mute>')
    const host = hostOf(own)
    const parts = await host.hooks.gather(exportsUser, { host, user: Jid.parse(bob.bare) })
    const elements: Element[] = []
    for (const part of parts) for await (const element of part.elements) elements.push(element)
    const mine = elements.filter(({ name }) => name === 'conversation')
    expect(mine).toHaveLength(1)
    const user = Jid.parse(carol.bare)
    const imported = (element: Element, isDryRun = false) =>
      host.hooks.run(importsUser, { host, user, element, container: undefined, isDryRun })
    const [element] = mine as [Element]
    expect(await imported(element, true)).toEqual({ kind: 'conversations', count: 1 })
    expect((await inboxOf(carol)).shown).toEqual([])
    for (let times = 0; times < 2; times++) await imported(element)
    const [shown] = (await inboxOf(carol)).shown
    expect(shown).toMatchObject({ body: 'one', unread: 1, box: 'archive', from: alice.jid, to: bob.bare })
    expect(shown?.mute).not.toBe('0')
    expect(shown?.stamp).toBe((await inboxOf(bob)).shown[0]?.stamp)
    await expect(imported(element.withAttrs({ jid: '@' }))).rejects.toThrow('not complete')
    await says(alice, carol.bare, 'two')
    await imported(element)
    expect(await counts(carol)).toEqual(['two: 2'])
  })

  it('forget a domain that is removed, few conversations at a time', async () => {
    const [alice, bob] = (await users(own, 'alice', 'bob')) as [Client, Client]
    for (const name of ['a', 'b', 'c', 'd', 'e']) await says(alice, `${name}@elsewhere.example`, name)
    await says(alice, bob.bare, 'one')
    const host = hostOf(own)
    await host.hooks.run(domainRemoved, { host, domain: 'localhost' })
    expect([await counts(alice), await counts(bob)]).toEqual([[], []])
  })

  it('tell push how many messages are unread, the one that has just come among them', async () => {
    const [alice, bob] = (await users(own, 'alice', 'bob')) as [Client, Client]
    await bob.leaves()
    await says(alice, bob.bare, 'one')
    await says(alice, bob.bare, 'two')
    expect(await unread?.(Jid.parse(bob.jid), Jid.parse(alice.jid))).toBe(2)
    await removeAccount(hostOf(own), Jid.parse(bob.bare))
    expect(await unread?.(Jid.parse(bob.jid), Jid.parse(alice.jid))).toBe(0)
  })
})
