import { describe, expect } from 'vitest'
import type { Client } from '../support/client.ts'
import { changes, enters, freshRoom, itemOf, opens, userNs } from '../support/rooms.ts'
import { story } from '../support/story.ts'
import type { XmlNode } from '../support/xml.ts'

const mavNs = 'urn:xmpp:muc:affiliations:1'
const mav = (since?: string) => `<mav xmlns='${mavNs}'${since === undefined ? '' : ` since='${since}'`}/>`
const ours = { prosody: 'not loaded', ejabberd: 'not there' }
/** A room in which members know each other. */
const privateRoom = {
  'muc#roomconfig_membersonly': '1',
  'muc#roomconfig_whois': 'anyone',
  'muc#roomconfig_persistentroom': '1',
}

const versionOf = (element: XmlNode | undefined) => element?.child('x', userNs)?.child('mav', mavNs)?.attrs
const listOf = (message: XmlNode | undefined) => {
  const items = (message?.child('x', userNs)?.elements() ?? []).filter(({ name }) => name === 'item')
  return Object.fromEntries(items.map((item) => [item.attr('jid') ?? '', item.attr('affiliation')]))
}

/** Enters, and gives what was said of the affiliations, and the version of the own presence. */
async function comes(client: Client, room: string, since?: string) {
  // Who becomes a member is invited.
  await client.drains()
  const seen = await enters(client, room, client.resource, mav(since))
  const told = seen.filter((each) => versionOf(each) !== undefined && each.name === 'message')
  const own = seen.findLast((each) => each.name === 'presence')
  return { first: seen[0], told, version: versionOf(own)?.['until'] }
}

async function goes(client: Client, room: string): Promise<void> {
  client.sends(`<presence type='unavailable' to='${room}/${client.resource}'/>`)
  await client.takes((each) => each.attr('type') === 'unavailable')
}

describe('XEP-0463: versions of affiliations', () => {
  story(
    '§5.2.1 all of them before any presence, then nothing new, then what has changed',
    { leavesOut: ours },
    async ({ alice, bob, carol, server }) => {
      const [owner, guest] = [await alice.client('pc'), await bob.client('second')]
      const room = freshRoom(server.domain)
      await opens(owner, room, privateRoom)
      const info = await guest.asks(`<query xmlns='http://jabber.org/protocol/disco#info'/>`, 'get', { to: room })
      expect(String(info)).toContain(`<feature var='${mavNs}'/>`)
      await owner.asks(changes(`affiliation='member' jid='${bob.jid}'`), 'set', { to: room })
      const once = await comes(guest, room)
      expect(once.told).toEqual([once.first])
      expect(versionOf(once.first)).toEqual({ until: once.version })
      expect(listOf(once.first)).toEqual({ [alice.jid]: 'owner', [bob.jid]: 'member' })
      await goes(guest, room)
      const again = await comes(guest, room, once.version)
      expect(again).toMatchObject({ told: [], version: once.version })
      await goes(guest, room)
      const set = (item: string) => owner.asks(changes(item), 'set', { to: room })
      await set(`affiliation='member' jid='${carol.jid}'`)
      await set(`affiliation='none' jid='${carol.jid}'`)
      await set(`affiliation='admin' jid='friend@${server.domain}'`)
      const third = await comes(guest, room, again.version)
      expect(third.told).toHaveLength(1)
      expect(versionOf(third.first)).toEqual({ since: again.version, until: third.version })
      expect(listOf(third.first)).toEqual({ [carol.jid]: 'none', [`friend@${server.domain}`]: 'admin' })
      await goes(guest, room)
      const lost = await comes(guest, room, 'never heard of')
      expect(versionOf(lost.first)).toEqual({ until: third.version })
    },
  )

  story(
    '§5.2.2 each change says from which version to which, of who is inside and of who is not',
    { leavesOut: ours },
    async ({ alice, bob, carol, server }) => {
      const [owner, guest] = [await alice.client('pc'), await bob.client('second')]
      const room = freshRoom(server.domain)
      await opens(owner, room, privateRoom)
      await owner.asks(changes(`affiliation='member' jid='${bob.jid}'`), 'set', { to: room })
      const { version } = await comes(guest, room)
      await owner.drains()
      await owner.asks(changes(`affiliation='admin' jid='${bob.jid}'`), 'set', { to: room })
      const own = await guest.takes((each) => itemOf(each)?.attr('affiliation') === 'admin')
      expect(versionOf(own)?.['since']).toBe(version)
      const seen = await owner.takes((each) => itemOf(each)?.attr('affiliation') === 'admin')
      expect(versionOf(seen)).toEqual(versionOf(own))
      await owner.asks(changes(`affiliation='outcast' jid='${carol.jid}'`), 'set', { to: room })
      const told = await guest.takes((each) => each.name === 'message')
      expect(listOf(told)).toEqual({ [carol.jid]: 'outcast' })
      expect(versionOf(told)?.['since']).toBe(versionOf(own)?.['until'])
      // Who has not asked for it hears no more than before.
      await owner.receivesNothing()
    },
  )

  story(
    '§5.2.3 who may not read the lists is refused, and outcasts are for those who may read theirs',
    { leavesOut: ours },
    async ({ alice, bob, carol, server }) => {
      const [owner, guest] = [await alice.client('pc'), await bob.client('second')]
      const open = freshRoom(server.domain)
      await opens(owner, open)
      const { first, version } = await comes(guest, open)
      expect(first?.attrs).toMatchObject({ type: 'error', from: open })
      expect(String(first)).toContain('<forbidden')
      expect(version).toBeUndefined()
      const room = freshRoom(server.domain)
      await opens(owner, room, privateRoom)
      await owner.asks(changes(`affiliation='member' jid='${bob.jid}'`), 'set', { to: room })
      await owner.asks(changes(`affiliation='outcast' jid='${carol.jid}'`), 'set', { to: room })
      expect(listOf((await comes(guest, room)).first)).toEqual({ [alice.jid]: 'owner', [bob.jid]: 'member' })
    },
  )

  story(
    '§5.2.2 in an anonymous room who knows the lists hears whom a change is about, others do not',
    { leavesOut: ours },
    async ({ alice, bob, carol, server }) => {
      const [owner, guest, third] = [await alice.client('pc'), await bob.client('second'), await carol.client('third')]
      const room = freshRoom(server.domain)
      await opens(owner, room, { 'muc#roomconfig_getmemberlist': ['participant'] })
      await enters(third, room, 'third')
      const { version } = await comes(guest, room)
      await owner.drains()
      await owner.asks(changes(`affiliation='member' jid='${carol.jid}'`), 'set', { to: room })
      const shown = await guest.takes((each) => itemOf(each)?.attr('affiliation') === 'member')
      expect(versionOf(shown)).toBeUndefined()
      const told = await guest.takes((each) => each.name === 'message')
      expect(listOf(told)).toEqual({ [carol.jid]: 'member' })
      expect(versionOf(told)?.['since']).toBe(version)
    },
  )
})
