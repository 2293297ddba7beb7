import { describe, expect, it } from 'vitest'
import { defineModule, z } from '../../src/index.ts'
import { inboxResult } from '../../src/modules/inbox/api.ts'
import { el } from '../../src/xml/element.ts'
import type { Client } from '../support/client.ts'
import { change, conversationNs, counts, inboxNs, inboxOf, inboxQuery, notice, says } from '../support/conversations.ts'
import { ownServer } from '../support/own-server.ts'
import { SteppedClock } from '../support/stepped-clock.ts'
import type { XmlNode } from '../support/xml.ts'

const colours = defineModule({
  name: 'mod_colours',
  about: 'Adds to what inboxes show.',
  xeps: [],
  options: z.strictObject({}),
  setup({ on }) {
    on(inboxResult, 'main', ({ remote }) =>
      remote.local === 'red' ? el('colour', 'urn:test:colour', 'red') : undefined,
    )
  },
})

const clock = new SteppedClock()
const own = ownServer(
  `[modules.mod_inbox]
boxes = ["work"]
bin_ttl = 2
[modules.mod_mam]
pm = {}
[modules.mod_offline]
[modules.mod_colours]
`,
  { clock, modules: [colours] },
)

let count = 0
/** A user with conversations, the first of them the oldest; all are with others that do not exist. */
async function withConversations(...names: string[]): Promise<Client> {
  const client = await own.client(`alice${++count}`, 'pc')
  for (const name of names) await says(client, `${name}@elsewhere.example`, name)
  await client.drains()
  return client
}

/** The text of an error. */
const textOf = (answer: XmlNode) => answer.child('error')?.child('text', 'urn:ietf:params:xml:ns:xmpp-stanzas')?.text()

/** Lets time go by, after which no connection is left, and signs in again. */
async function later(client: Client, ms: number): Promise<Client> {
  clock.advance(ms)
  return own.client(client.bare.split('@')[0] as string, 'later')
}

const unread = (client: Client, name: string) => change(client, `${name}@elsewhere.example`, '<read>false</read>')
const moved = (client: Client, name: string, box: string) =>
  change(client, `${name}@elsewhere.example`, `<box>${box}</box>`)

describe('questions to an inbox', () => {
  it('are answered in order of time, the newest first unless asked otherwise', async () => {
    const alice = await withConversations('a', 'b', 'c')
    expect((await inboxOf(alice)).bodies).toEqual(['c', 'b', 'a'])
    expect((await inboxOf(alice, { fields: { order: 'desc' } })).bodies).toEqual(['c', 'b', 'a'])
    expect((await inboxOf(alice, { fields: { order: 'asc' } })).bodies).toEqual(['a', 'b', 'c'])
    await says(alice, 'a@elsewhere.example', 'again')
    expect((await inboxOf(alice)).bodies).toEqual(['again', 'c', 'b'])
  })

  it('name the request where they have no id of their own', async () => {
    const alice = await withConversations('a')
    alice.sends(`<iq type='set' id='i7'>${inboxQuery({})}</iq>`)
    const message = await alice.takes((each) => each.child('result', inboxNs) !== undefined)
    expect(message.child('result', inboxNs)?.attr('queryid')).toBe('i7')
    await alice.answerTo('i7')
  })

  it('can be for some times only, both ends included', async () => {
    const alice = await withConversations('a', 'b', 'c', 'd')
    const { shown } = await inboxOf(alice, { fields: { order: 'asc' } })
    const [, b, c] = shown.map(({ stamp }) => stamp) as [string, string, string, string]
    const between = (fields: Record<string, string>) => inboxOf(alice, { fields })
    expect((await between({ start: b })).bodies).toEqual(['d', 'c', 'b'])
    expect((await between({ end: c })).bodies).toEqual(['c', 'b', 'a'])
    expect((await between({ start: b, end: c, order: 'asc' })).bodies).toEqual(['b', 'c'])
    expect((await between({ start: c, end: b })).bodies).toEqual([])
    expect((await between({ start: '2990-01-01T00:00:00+02:00' })).bodies).toEqual([])
  })

  it('can leave out what is read, and name a box', async () => {
    const alice = await withConversations('a', 'b', 'c', 'd')
    await unread(alice, 'a')
    await unread(alice, 'b')
    await moved(alice, 'b', 'archive')
    await moved(alice, 'c', 'bin')
    await moved(alice, 'd', 'work')
    const asked = async (fields: Record<string, string>) => (await inboxOf(alice, { fields })).bodies
    expect(await asked({})).toEqual(['d', 'b', 'a'])
    expect(await asked({ box: 'all' })).toEqual(['d', 'c', 'b', 'a'])
    expect(await asked({ hidden_read: 'true' })).toEqual(['b', 'a'])
    expect(await asked({ hidden_read: 'false' })).toEqual(['d', 'b', 'a'])
    expect(await asked({ hidden_read: 'true', archive: 'true' })).toEqual(['b'])
    expect(await asked({ archive: 'false' })).toEqual(['a'])
    for (const box of ['inbox', 'archive', 'bin', 'work']) {
      const name = { inbox: 'a', archive: 'b', bin: 'c', work: 'd' }[box]
      expect(await asked({ box, archive: 'true' })).toEqual([name])
    }
    const { count: all, active, unread: sum } = await inboxOf(alice)
    expect([all, active, sum]).toEqual([3, 2, 2])
  })

  it.each([
    [{ start: 'yesterday' }, 'Invalid inbox form field value, field=start, value=yesterday'],
    [{ start: '2020-01-01T00:00:00' }, 'Invalid inbox form field value, field=start, value=2020-01-01T00:00:00'],
    [{ end: '' }, 'Invalid inbox form field value, field=end, value='],
    [{ order: 'up' }, 'Invalid inbox form field value, field=order, value=up'],
    [{ hidden_read: 'maybe' }, 'Invalid inbox form field value, field=hidden_read, value=maybe'],
    [{ archive: 'maybe' }, 'Invalid inbox form field value, field=archive, value=maybe'],
    [{ box: 'attic' }, 'Invalid inbox form field value, field=box, value=attic'],
    [{ colour: 'red' }, 'Unknown inbox form field=colour, value=red'],
    [{ toString: 'red' }, 'Unknown inbox form field=toString, value=red'],
    [{ start: 'x', order: 'y', end: 'z' }, 'Invalid inbox form field value, field=end, value=z'],
    [{ order: [] }, 'Invalid inbox form field value, field=order, value='],
    [{ order: ['asc', 'desc'] }, 'Invalid inbox form field value, field=order, value=asc,desc'],
  ])('are refused with %j', async (fields, text) => {
    const alice = await withConversations('a')
    const answer = await alice.asks(inboxQuery({ fields }), 'set', { refused: 'bad-request' })
    expect(textOf(answer)).toBe(text)
    expect(answer.child('error')?.attr('type')).toBe('modify')
    await alice.receivesNothing()
  })

  it.each([
    '<max>many</max>',
    '<max>-1</max>',
    '<before>x</before>',
    '<after>1/?</after>',
    '<after>12</after>',
    '<index>x</index>',
  ])('are refused with %s', async (set) => {
    const alice = await withConversations()
    const answer = await alice.asks(inboxQuery({ set }), 'set', { refused: 'bad-request' })
    expect(textOf(answer)).toBe('bad-request')
  })

  it('are not answered by position', async () => {
    const alice = await withConversations('a')
    const query = inboxQuery({ set: '<index>0</index>' })
    const answer = await alice.asks(query, 'set', { refused: 'feature-not-implemented' })
    expect(answer.child('error')?.attr('type')).toBe('cancel')
  })

  it('are answered page by page, forward and backward, in either order', async () => {
    const alice = await withConversations('a', 'b', 'c', 'd', 'e')
    const page = (set: string, order = 'desc') => inboxOf(alice, { set, fields: { order } })
    const first = await page('<max>2</max>')
    expect(first).toMatchObject({ bodies: ['e', 'd'], count: 2 })
    const second = await page(`<max>2</max><after>${first.last}</after>`)
    expect(second.bodies).toEqual(['c', 'b'])
    const third = await page(`<max>2</max><after>${second.last}</after>`)
    expect(third.bodies).toEqual(['a'])
    expect(await page(`<max>2</max><after>${third.last}</after>`)).toMatchObject({ bodies: [], first: undefined })
    expect((await page(`<max>2</max><before>${third.first}</before>`)).bodies).toEqual(['c', 'b'])
    expect((await page(`<max>9</max><before>${third.first}</before>`)).bodies).toEqual(['e', 'd', 'c', 'b'])
    expect((await page(`<before>${second.first}</before>`)).bodies).toEqual(['e', 'd'])
    expect((await page(`<max>2</max><before/>`)).bodies).toEqual(['b', 'a'])
    expect((await page(`<before/>`)).bodies).toEqual(['e', 'd', 'c', 'b', 'a'])
    expect((await page(`<max>2</max><after/>`)).bodies).toEqual(['e', 'd'])
    expect(await page(`<max>0</max>`)).toMatchObject({ bodies: [], count: 0, first: undefined, last: undefined })
    expect((await page(`<max>0</max><before/>`)).bodies).toEqual([])
    const up = await page('<max>2</max>', 'asc')
    expect(up.bodies).toEqual(['a', 'b'])
    expect((await page(`<max>2</max><after>${up.last}</after>`, 'asc')).bodies).toEqual(['c', 'd'])
    expect((await page('<max>2</max><before/>', 'asc')).bodies).toEqual(['d', 'e'])
  })

  it('are answered with what modules add', async () => {
    const alice = await withConversations('red', 'blue')
    const { shown } = await inboxOf(alice)
    expect(shown.map(({ result }) => result.child('colour', 'urn:test:colour')?.text())).toEqual([undefined, 'red'])
    const whole = await alice.asks(`<query xmlns='${conversationNs}' jid='red@elsewhere.example' complete='true'/>`)
    expect(whole.child('query', conversationNs)?.elements().at(-1)?.name).toBe('colour')
  })
})

describe('one conversation', () => {
  const one = async (client: Client, name: string, attributes = '') => {
    const answer = await client.asks(`<query xmlns='${conversationNs}' jid='${name}@elsewhere.example'${attributes}/>`)
    const query = answer.child('query', conversationNs)
    return query?.elements().map((each) => `${each.name} ${each.text()}`.trim())
  }

  it('can be looked at', async () => {
    const alice = await withConversations('a')
    expect(await one(alice, 'a')).toEqual(['read true', 'box inbox', 'archive false', 'mute 0'])
    const whole = await alice.asks(`<query xmlns='${conversationNs}' jid='A@elsewhere.example/x' complete='true'/>`)
    const query = whole.child('query', conversationNs)
    expect(query?.attr('jid')).toBe('a@elsewhere.example')
    expect(String(query?.elements()[0])).toContain('<body>a</body>')
    const unknown = `<query xmlns='${conversationNs}' jid='b@elsewhere.example'/>`
    expect(textOf(await alice.asks(unknown, 'get', { refused: 'item-not-found' }))).toBe('Entry not found')
    const form = await alice.asks(`<query xmlns='${conversationNs}' jid='@'/>`)
    expect(form.child('query', conversationNs)?.child('x', 'jabber:x:data')).toBeDefined()
  })

  it('can be changed, and every client is told before the answer', async () => {
    const alice = await withConversations('a')
    const tablet = await own.client(alice.bare.split('@')[0] as string, 'tablet')
    await alice.drains()
    await tablet.drains()
    const properties = '<box>archive</box><mute>10</mute><read>false</read>'
    alice.sends(
      `<iq type='set' id='i7'><query xmlns='${conversationNs}' jid='a@elsewhere.example' queryid='c1'>${properties}</query></iq>`,
    )
    const mute = new Date(clock.now() + 10_000).toISOString().replace('Z', '000Z')
    for (const client of [alice, tablet]) {
      await client.receives(
        `<message from='${alice.jid}' to='${alice.bare}' id='i7'><x xmlns='${conversationNs}' jid='a@elsewhere.example' queryid='c1'><read>false</read><box>archive</box><archive>true</archive><mute>${mute}</mute></x></message>`,
      )
    }
    const answer = await alice.answerTo('i7')
    expect(answer.elements()).toEqual([])
    expect(await one(alice, 'a')).toEqual(['read false', 'box archive', 'archive true', `mute ${mute}`])
    clock.advance(10_001)
    expect(await one(alice, 'a')).toEqual(['read false', 'box archive', 'archive true', 'mute 0'])
    await change(alice, 'a@elsewhere.example', '<mute>60</mute>')
    await change(alice, 'a@elsewhere.example', '<mute>0</mute><archive>false</archive>')
    expect(await one(alice, 'a')).toEqual(['read false', 'box inbox', 'archive false', 'mute 0'])
    await change(alice, 'a@elsewhere.example', '<archive>true</archive><box>work</box>')
    expect(await one(alice, 'a')).toEqual(['read false', 'box work', 'archive false', 'mute 0'])
    await change(alice, 'a@elsewhere.example', '<mute>999999999999999</mute>')
    expect((await one(alice, 'a'))?.[3]).toMatch(/^mute 2255-/)
  })

  it('is unread once it is called so, or as much as it was', async () => {
    const alice = await withConversations('a')
    const bob = await own.client(`bob${count}`, 'pc')
    await unread(alice, 'a')
    await unread(alice, 'a')
    expect(await counts(alice)).toEqual(['a: 1'])
    for (const body of ['x', 'y', 'z']) await says(bob, alice.bare, body)
    await change(alice, bob.bare, '<read>false</read>')
    expect(await counts(alice)).toEqual(['z: 3', 'a: 1'])
    await change(alice, bob.bare, '<read>true</read>')
    expect(await counts(alice)).toEqual(['z: 0', 'a: 1'])
  })

  it.each([
    ['', '<read>true</read>', 'jid-required'],
    [`jid='@'`, '<read>true</read>', 'invalid-jid'],
    [`jid='a@elsewhere.example'`, '', 'no-property'],
    [`jid='a@elsewhere.example'`, '<box>all</box>', 'invalid-box'],
    [`jid='a@elsewhere.example'`, '<box>attic</box>', 'invalid-box'],
    [`jid='a@elsewhere.example'`, '<read>maybe</read>', 'bad-request'],
    [`jid='a@elsewhere.example'`, '<archive/>', 'bad-request'],
    [`jid='a@elsewhere.example'`, '<mute>-1</mute>', 'bad-request'],
    [`jid='a@elsewhere.example'`, '<colour>red</colour>', 'bad-request'],
    [`jid='b@elsewhere.example'`, '<read>true</read>', 'item-not-found'],
  ])('is not changed by %s%s', async (attributes, properties, text) => {
    const alice = await withConversations('a')
    const query = `<query xmlns='${conversationNs}' ${attributes}>${properties}</query>`
    const answer = await alice.asks(query, 'set', { refused: 'bad-request' })
    expect(textOf(answer)).toBe(text)
    expect(answer.child('error')?.attr('type')).toBe('modify')
    await alice.receivesNothing()
  })

  it('comes back from the archive with a new message, and from other boxes it does not', async () => {
    const alice = await withConversations()
    const bob = await own.client(`bob${count}`, 'pc')
    for (const box of ['archive', 'work', 'bin']) {
      await says(bob, alice.bare, 'before')
      await change(alice, bob.bare, `<box>${box}</box><read>true</read>`)
      await alice.drains()
      await says(bob, alice.bare, box)
      const { shown } = await inboxOf(alice, { fields: { box: 'all' } })
      expect(shown).toMatchObject([{ body: box, unread: 1, box: box === 'archive' ? 'inbox' : box }])
      if (box === 'archive') {
        const x = (await notice(alice)).child('x', conversationNs)
        expect(x?.attrs).toEqual({ jid: bob.bare })
        expect(x?.elements().map((each) => each.text())).toEqual(['false', 'inbox', 'false', '0'])
      }
      expect((await alice.drains()).filter((each) => each.child('x', conversationNs))).toEqual([])
    }
    // A message of the owner's does the same.
    await change(alice, bob.bare, '<box>archive</box>')
    await alice.drains()
    await says(alice, bob.bare, 'mine')
    expect(await counts(alice)).toEqual(['mine: 0'])
    expect((await notice(alice)).attr('from')).toBe(alice.bare)
  })

  it('is told of in notices that nobody keeps', async () => {
    const alice = await withConversations('a')
    await change(alice, 'a@elsewhere.example', '<archive>true</archive>')
    await alice.drains()
    const found = await alice.asks(`<query xmlns='urn:xmpp:mam:2' queryid='q'/>`, 'set')
    const archived = await alice.drains()
    expect(found).toBeDefined()
    expect(archived.map((each) => String(each)).filter((text) => text.includes('#conversation'))).toEqual([])
    expect(archived).toHaveLength(1)
    expect(await counts(alice)).toEqual(['a: 0'])
  })
})

describe('the bin', () => {
  it('is emptied by its owner', async () => {
    const alice = await withConversations('a', 'b', 'c')
    for (const name of ['a', 'b']) await moved(alice, name, 'bin')
    const empty = async () => {
      const answer = await alice.asks(`<empty-bin xmlns='${inboxNs}'/>`, 'set')
      return answer.child('empty-bin', inboxNs)?.child('num')?.text()
    }
    expect(await empty()).toBe('2')
    expect(await empty()).toBe('0')
    expect((await inboxOf(alice, { fields: { box: 'all' } })).bodies).toEqual(['c'])
  })

  it('loses by itself what is older than its days', async () => {
    const alice = await withConversations('a', 'b')
    await moved(alice, 'a', 'bin')
    const soon = await later(alice, 86_400_000 * 2 - 3_600_000)
    const left = async (client: Client) => (await inboxOf(client, { fields: { box: 'all' } })).bodies
    expect(await left(soon)).toEqual(['b', 'a'])
    await says(soon, 'c@elsewhere.example', 'c')
    await moved(soon, 'c', 'bin')
    expect(await left(await later(soon, 3_600_000 * 2))).toEqual(['c', 'b'])
  })

  it('is flushed by commands, of one account, of all, and by its owner', async () => {
    const alice = await withConversations('a', 'b')
    const user = alice.bare
    await moved(alice, 'a', 'bin')
    expect(await own.command('inbox.flushUserBin', { user, days: 1 })).toBe(0)
    expect(await own.command('inbox.flushUserBin', { user })).toBe(1)
    await moved(alice, 'b', 'bin')
    const next = await later(alice, 86_400_001)
    expect(await own.command('inbox.flushBin', { caller: user, days: 1 })).toBe(1)
    await says(next, 'd@elsewhere.example', 'd')
    await moved(next, 'd', 'bin')
    expect(await own.command('inbox.flushDomainBin', { domain: 'localhost' })).toBeGreaterThan(0)
    expect(await own.command('inbox.flushGlobalBin', { hostType: 'localhost', days: 1 })).toBe(0)
    await expect(own.command('inbox.flushUserBin', { user: 'nobody@localhost' })).rejects.toThrow('no account')
    await expect(own.command('inbox.flushGlobalBin', { hostType: 'x' })).rejects.toThrow('host type')
  })
})
