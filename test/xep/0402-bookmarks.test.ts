import { describe, expect } from 'vitest'
import type { Client } from '../support/client.ts'
import { befriend } from '../support/friends.ts'
import { announces, event, PS, publish, pubsub } from '../support/pubsub.ts'
import { story } from '../support/story.ts'

const ns = 'urn:xmpp:bookmarks:1'
const options = {
  persist_items: 'true',
  max_items: 'max',
  send_last_published_item: 'never',
  access_model: 'whitelist',
}
const bookmark = (room: string, inner = '', attrs = '') =>
  `<item id='${room}'><conference xmlns='${ns}'${attrs}>${inner}</conference></item>`
const extension = `<extensions><mark xmlns='urn:mark'/></extensions>`
const storage = (inner: string) => `<storage xmlns='storage:bookmarks'>${inner}</storage>`
const kept = (inner: string) => `<query xmlns='jabber:iq:private'>${inner}</query>`
const teas = `<conference jid='tea@muc.example' name='Tea' autojoin='true'><nick>Me</nick></conference>`
const without = 'has no such conversion without further modules'
const differs = { differs: { ejabberd: without, prosody: 'converts in another way' } }

async function oldBookmarks(client: Client): Promise<string> {
  return `${(await client.asks(kept(storage('')))).child('query', 'jabber:iq:private')?.elements()[0]}`
}
async function rooms(client: Client): Promise<(string | undefined)[]> {
  const answer = await client.asks(pubsub(`<items node='${ns}'/>`))
  const list = answer.child('pubsub', PS.pubsub)?.child('items', PS.pubsub)
  return (list?.elements() ?? []).map((item) => item.attr('id')).sort()
}

describe('XEP-0402', () => {
  story(
    '§3.3 rooms are kept one by one, for the account alone, and its other clients are told',
    { differs: { prosody: 'names who has published an item', ejabberd: 'takes no limit of items from who publishes' } },
    async (cast) => {
      const { alice, bob } = cast
      await befriend(cast, alice, bob)
      const [pc, phone, bobs] = [await alice.client('pc'), await alice.client('phone'), await bob.client('pc')]
      for (const client of [phone, bobs]) await announces(client, `${ns}+notify`)
      for (const client of [pc, phone, bobs]) await client.drains()
      const item = bookmark('tea@muc.example', '<nick>Me</nick>', ` autojoin='true'`)
      await pc.asks(publish(ns, item, options), 'set')
      await phone.receives(`<message type='headline' from='${alice.jid}'>${event(ns, item)}</message>`)
      await pc.asks(publish(ns, bookmark('milk@muc.example'), options), 'set')
      expect(await rooms(pc)).toEqual(['milk@muc.example', 'tea@muc.example'])
      await phone.drains()
      await pc.asks(pubsub(`<retract node='${ns}' notify='true'><item id='tea@muc.example'/></retract>`), 'set')
      await phone.receives(
        `<message type='headline' from='${alice.jid}'>${event(ns, `<retract id='tea@muc.example'/>`)}</message>`,
      )
      await bobs.receivesNothing()
      await bobs.asks(pubsub(`<items node='${ns}'/>`), 'get', { to: alice.jid, refused: 'not-allowed' })
    },
  )

  story('a client that says nothing of access does not show its rooms to contacts', differs, async (cast) => {
    const { alice, bob } = cast
    await befriend(cast, alice, bob)
    const [pc, bobs] = [await alice.client('pc'), await bob.client('pc')]
    await pc.asks(publish(ns, bookmark('tea@muc.example')), 'set')
    await bobs.asks(pubsub(`<items node='${ns}'/>`), 'get', { to: alice.jid, refused: 'not-allowed' })
  })

  story(
    '#compat what is published is in private XML, and what is stored there is published',
    differs,
    async ({ alice }) => {
      const [pc, phone] = [await alice.client('pc'), await alice.client('phone')]
      await announces(phone, `${ns}+notify`)
      const url = `<url url='https://example.org' name='Page'/>`
      await pc.asks(kept(storage(url + teas)), 'set')
      expect(await rooms(pc)).toEqual(['tea@muc.example'])
      expect(await oldBookmarks(pc)).toBe(storage(url + teas))
      const item = bookmark('tea@muc.example', `<nick>Me</nick>${extension}`, ` name='Tea' autojoin='true'`)
      await pc.asks(publish(ns, item, options), 'set')
      await pc.asks(publish(ns, bookmark('milk@muc.example'), options), 'set')
      expect(await oldBookmarks(pc)).toBe(storage(`${url}${teas}<conference jid='milk@muc.example'/>`))
      await phone.drains()
      await pc.asks(kept(storage(`${teas}<conference jid='new@muc.example'/>`)), 'set')
      const told = (await phone.drains()).map((message) => `${message.child('event', PS.event)}`)
      expect(told).toEqual([
        event(ns, bookmark('new@muc.example').replace('></conference>', '/>')),
        event(ns, `<retract id='milk@muc.example'/>`),
      ])
      const answer = await pc.asks(pubsub(`<items node='${ns}'><item id='tea@muc.example'/></items>`))
      expect(`${answer}`).toContain(extension)
    },
  )

  story(
    '#compat-pep the one item of the older node and the rooms are the same',
    { differs: { ejabberd: without } },
    async ({ alice }) => {
      const pc = await alice.client('pc')
      const old = async () => `${await pc.asks(pubsub(`<items node='storage:bookmarks'/>`))}`
      await pc.asks(publish('storage:bookmarks', `<item id='current'>${storage(teas)}</item>`), 'set')
      expect(await rooms(pc)).toEqual(['tea@muc.example'])
      await pc.asks(publish(ns, bookmark('milk@muc.example'), options), 'set')
      expect(await old()).toContain(`<conference jid='milk@muc.example'/>`)
      await pc.asks(pubsub(`<retract node='${ns}'><item id='tea@muc.example'/></retract>`), 'set')
      expect(await old()).not.toContain('tea@muc.example')
      const info = await pc.asks(`<query xmlns='http://jabber.org/protocol/disco#info'/>`, 'get', { to: alice.jid })
      for (const feature of ['#compat', '#compat-pep']) expect(`${info}`).toContain(`var='${ns}${feature}'`)
    },
  )
})
