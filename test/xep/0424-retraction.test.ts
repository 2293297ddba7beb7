import { describe, expect } from 'vitest'
import { search, talk } from '../support/archive.ts'
import type { Client } from '../support/client.ts'
import { type StoryOptions, story } from '../support/story.ts'
import { NS, type XmlNode } from '../support/xml.ts'

const archiving: StoryOptions = {
  archiving: true,
  leavesOut: { prosody: 'retracts nothing by itself', ejabberd: 'has no tombstones here' },
}
const now = 'urn:xmpp:message-retract:1'
const before = 'urn:xmpp:message-retract:0'
const byId = 'urn:esl:message-retract-by-stanza-id:0'
const origin = (id: string) => `<origin-id xmlns='urn:xmpp:sid:0' id='${id}'/>`

/** What is left of a message that was retracted. */
const tombstoneIn = (message: XmlNode | undefined) => message?.elements().find((node) => node.name === 'retracted')

async function retracts(client: Client, to: string, inner: string): Promise<void> {
  client.sends(`<message to='${to}' type='chat' id='r1'>${inner}</message>`)
  await client.isHeard()
}
const fastened = (id: string, ns: string) =>
  `<apply-to xmlns='urn:xmpp:fasten:0' id='${id}'><retract xmlns='${ns}'/></apply-to>`

describe('XEP-0424 retraction', () => {
  story('§5 a tombstone takes the place of the message in both archives', archiving, async ({ alice, bob }) => {
    const [pc, bobs] = [await alice.client('pc'), await bob.client('pc')]
    await talk(pc, bobs, 2)
    await retracts(pc, bob.jid, `<retract id='m1' xmlns='${now}'/><store xmlns='urn:xmpp:hints'/>`)
    for (const client of [pc, bobs]) {
      const { messages, bodies } = await search(client)
      expect(bodies).toEqual(['', '2', ''])
      const retracted = tombstoneIn(messages[0])
      expect(retracted?.ns).toBe(now)
      expect(retracted?.attr('id')).toBe('r1')
      expect(Math.abs(Date.parse(retracted?.attr('stamp') ?? '') - Date.now())).toBeLessThan(60_000)
      expect(messages[0]?.attrs).toMatchObject({ id: 'm1', from: pc.jid, type: 'chat' })
      expect(messages[0]?.elements()).toHaveLength(1)
      expect(messages[2]?.child('retract', now)).toBeDefined()
    }
  })

  story('§5 what is retracted is not found by its words any more', archiving, async ({ alice, bob }) => {
    const [pc, bobs] = [await alice.client('pc'), await bob.client('pc')]
    pc.sends(`<message to='${bobs.jid}' type='chat' id='m1'><body>treasure</body></message>`)
    const find = async () => (await search(bobs, { fields: { fulltext: 'treasure' } })).ids.length
    await bobs.receives('<message><body>treasure</body>{any}</message>')
    expect(await find()).toBe(1)
    await retracts(pc, bob.jid, `<retract id='m1' xmlns='${now}'/>`)
    expect(await find()).toBe(0)
  })

  story('§6 only who has sent a message can retract it', archiving, async ({ alice, bob, carol }) => {
    const [pc, bobs, carols] = [await alice.client('pc'), await bob.client('pc'), await carol.client('pc')]
    await talk(pc, bobs, 1)
    await retracts(bobs, alice.jid, `<retract id='m1' xmlns='${now}'/>`)
    await retracts(carols, bob.jid, `<retract id='m1' xmlns='${now}'/>`)
    await retracts(carols, alice.jid, `<retract id='m1' xmlns='${now}'/>`)
    expect((await search(bobs, { fields: { with: alice.jid } })).bodies).toEqual(['1', ''])
    expect((await search(pc, { fields: { with: bob.jid } })).bodies).toEqual(['1', ''])
  })

  story('§6 the newest message with the id is meant', archiving, async ({ alice, bob }) => {
    const [pc, bobs] = [await alice.client('pc'), await bob.client('pc')]
    await talk(pc, bobs, 1)
    pc.sends(`<message to='${bobs.jid}' type='chat' id='m1'><body>again</body></message>`)
    await retracts(pc, bob.jid, `<retract id='m1' xmlns='${now}'/>`)
    expect((await search(pc)).bodies).toEqual(['1', '', ''])
  })

  story('0.3: by the id of the origin', archiving, async ({ alice, bob }) => {
    const [pc, bobs] = [await alice.client('pc'), await bob.client('pc')]
    pc.sends(`<message to='${bobs.jid}' type='chat' id='m1'><body>oops</body>${origin('o1')}</message>`)
    await retracts(pc, bob.jid, fastened('o2', before))
    expect((await search(pc)).bodies).toEqual(['oops', ''])
    await retracts(pc, bob.jid, fastened('o1', before))
    for (const client of [pc, bobs]) {
      const retracted = tombstoneIn((await search(client)).messages[0])
      expect(retracted?.ns).toBe(before)
      expect(retracted?.child('origin-id', 'urn:xmpp:sid:0')?.attr('id')).toBe('o1')
    }
  })

  story('MongooseIM: by the id in the archive, where it is known by that id', archiving, async ({ alice, bob }) => {
    const [pc, bobs] = [await alice.client('pc'), await bob.client('pc')]
    pc.sends(`<message to='${bobs.jid}' type='chat' id='m1'><body>oops</body>${origin('o1')}</message>`)
    const [id = ''] = (await search(pc)).ids
    await retracts(pc, bob.jid, fastened('7', byId))
    await retracts(pc, bob.jid, fastened(id, byId))
    const [message] = (await search(pc)).messages
    const retracted = tombstoneIn(message)
    expect(retracted?.ns).toBe(byId)
    expect(retracted?.elements().map((node) => [node.name, node.attr('id'), node.attr('by')])).toEqual([
      ['stanza-id', id, alice.jid],
      ['origin-id', 'o1', undefined],
    ])
    expect((await search(bobs)).messages[0]?.child('body', NS.client)?.text()).toBe('oops')
  })

  story('a retraction without an id, or of nothing, changes nothing', archiving, async ({ alice, bob }) => {
    const [pc, bobs] = [await alice.client('pc'), await bob.client('pc')]
    await talk(pc, bobs, 1)
    await retracts(pc, bob.jid, `<retract xmlns='${now}'/>`)
    await retracts(pc, bob.jid, `<apply-to xmlns='urn:xmpp:fasten:0'><retract xmlns='${before}'/></apply-to>`)
    await retracts(pc, bob.jid, `<apply-to xmlns='urn:xmpp:fasten:0' id='m1'><external xmlns='urn:x'/></apply-to>`)
    await retracts(pc, bob.jid, fastened('not-an-id!', byId))
    expect((await search(pc)).bodies[0]).toBe('1')
  })
})
