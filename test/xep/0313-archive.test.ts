import { describe, expect } from 'vitest'
import { mam, query, search, talk } from '../support/archive.ts'
import { type StoryOptions, story } from '../support/story.ts'

const archiving: StoryOptions = { archiving: true }
const sid = 'urn:xmpp:sid:0'
const extended: StoryOptions = {
  archiving: true,
  leavesOut: { prosody: 'mam:2#extended came later than 0.12', ejabberd: 'has no such fields' },
}
/** Other servers give the end of the list no place and no count. */
const counted: StoryOptions = { archiving: true, leavesOut: { prosody: 'counts nothing', ejabberd: 'has no index' } }

const numbers = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, at) => String(from + at))

describe('XEP-0313 message archive', () => {
  story('§3 a message is in both archives, and tells the recipient its id', archiving, async ({ alice, bob }) => {
    const [pc, bobs] = [await alice.client('pc'), await bob.client('pc')]
    pc.sends(`<message to='${bobs.jid}' type='chat' id='m1'><body>Hi</body></message>`)
    const { element } = await bobs.receives(`<message id='m1'><body>Hi</body>{any}</message>`)
    const ids = element.elements().filter((node) => node.name === 'stanza-id' && node.ns === sid)
    expect(ids.map((node) => node.attr('by'))).toEqual([bob.jid])
    const [sent, received] = [await search(pc), await search(bobs)]
    expect(received.ids).toEqual([ids[0]?.attr('id')])
    expect(received.messages[0]?.attrs).toMatchObject({ from: pc.jid, to: bobs.jid, id: 'm1', type: 'chat' })
    expect(sent.bodies).toEqual(['Hi'])
    const delay = sent.results[0]?.elements()[0]?.child('delay', 'urn:xmpp:delay')
    expect(Math.abs(Date.parse(delay?.attr('stamp') ?? '') - Date.now())).toBeLessThan(60_000)
  })

  story('§3 a message for who is away is archived', archiving, async ({ alice, bob }) => {
    const pc = await alice.client('pc')
    pc.sends(`<message to='${bob.jid}' type='chat'><body>later</body></message>`)
    await pc.isHeard()
    const bobs = await bob.client('pc', { presence: false })
    expect((await search(bobs)).bodies).toEqual(['later'])
  })

  story(
    '§3.2 what somebody writes to himself is there once',
    { ...archiving, differs: { prosody: 'has it twice', ejabberd: 'has it twice' } },
    async ({ alice }) => {
      const [pc, phone] = [await alice.client('pc'), await alice.client('phone')]
      pc.sends(`<message to='${alice.jid}' type='chat'><body>note</body></message>`)
      await phone.receives(`<message><body>note</body>{any}</message>`)
      const found = await search(phone, { fields: { with: alice.jid } })
      expect(found.bodies).toEqual(['note'])
    },
  )

  story('§4.1 an empty archive', archiving, async ({ alice }) => {
    const found = await search(await alice.client('pc'))
    expect(found).toMatchObject({ ids: [], isComplete: true, first: undefined, last: undefined })
  })

  story(
    '§4.1 only the owner may ask',
    { ...archiving, differs: { prosody: 'has another error', ejabberd: 'shows an empty one' } },
    async ({ alice, bob }) => {
      const pc = await alice.client('pc')
      await pc.asks(query({}), 'set', { to: bob.jid, refused: 'forbidden' })
    },
  )

  story(
    '§4.1.1 with: by account and by resource',
    { ...archiving, differs: { prosody: 'looks at accounts only' } },
    async ({ alice, bob, carol }) => {
      const [pc, bobs, carols] = [await alice.client('pc'), await bob.client('pc'), await carol.client('pc')]
      const phone = await bob.client('phone')
      for (const [to, body] of [
        [bobs.jid, 'one'],
        [phone.jid, 'two'],
        [carols.jid, 'three'],
      ]) {
        pc.sends(`<message to='${to}' type='chat'><body>${body}</body></message>`)
      }
      carols.sends(`<message to='${pc.jid}' type='chat'><body>four</body></message>`)
      await carols.isHeard()
      await pc.receives(`<message><body>four</body>{any}</message>`)
      const about = async (address: string) => (await search(pc, { fields: { with: address } })).bodies
      expect(await about(bob.jid)).toEqual(['one', 'two'])
      expect(await about(phone.jid)).toEqual(['two'])
      expect((await about(carol.jid)).sort()).toEqual(['four', 'three'])
      expect(await about('nobody@nowhere.example')).toEqual([])
    },
  )

  story('§4.1.2 start and end', archiving, async ({ alice, bob }) => {
    const [pc, bobs] = [await alice.client('pc'), await bob.client('pc')]
    await talk(pc, bobs, 2)
    const { results, ids } = await search(pc)
    const [first = '', second = ''] = results.map(
      (result) => result.elements()[0]?.child('delay', 'urn:xmpp:delay')?.attr('stamp') ?? '',
    )
    if (first === second) return
    expect((await search(pc, { fields: { start: second } })).ids).toEqual(ids.slice(1))
    expect((await search(pc, { fields: { end: '2001-01-01T00:00:00Z' } })).ids).toEqual([])
    expect((await search(pc, { fields: { start: first, end: second } })).ids).toEqual(ids)
  })

  story('§4.1.3 between two ids', extended, async ({ alice, bob }) => {
    const [pc, bobs] = [await alice.client('pc'), await bob.client('pc')]
    await talk(pc, bobs, 15)
    const { ids } = await search(pc)
    const between = await search(pc, { fields: { 'after-id': ids[2] ?? '', 'before-id': ids[6] ?? '' } })
    expect(between).toMatchObject({ bodies: numbers(4, 6), count: '3', index: '0', isComplete: true })
    const rest = await search(pc, { fields: { 'after-id': ids[3] ?? '' }, set: '<max>5</max><before/>' })
    expect(rest).toMatchObject({ bodies: numbers(11, 15), count: '11', index: '6', isComplete: false })
    const from = await search(pc, { fields: { 'from-id': ids[3] ?? '', 'to-id': ids[4] ?? '' } })
    expect(from.bodies).toEqual(['4', '5'])
  })

  story('§4.1.4 messages by their ids, in the order asked', extended, async ({ alice, bob }) => {
    const [pc, bobs] = [await alice.client('pc'), await bob.client('pc')]
    await talk(pc, bobs, 3)
    const { ids } = await search(pc)
    const wanted = [ids[2] ?? '', ids[0] ?? '']
    expect((await search(pc, { fields: { ids: wanted } })).bodies).toEqual(['3', '1'])
    await pc.asks(query({ fields: { ids: [...wanted, '7'] } }), 'set', { refused: 'item-not-found' })
    await pc.receivesNothing()
  })

  story('§4.1.4 bounds that are not there, and ids that are none', extended, async ({ alice, bob }) => {
    const [pc, bobs] = [await alice.client('pc'), await bob.client('pc')]
    await talk(pc, bobs, 1)
    for (const name of ['after-id', 'before-id']) {
      await pc.asks(query({ fields: { [name]: '7' } }), 'set', { refused: 'item-not-found' })
    }
    const malformed: Record<string, string | string[]>[] = [
      { 'from-id': 'not-an-id!' },
      { ids: ['not-an-id!'] },
      { 'after-id': 'VVVVVVVVVVVVVVVV' },
    ]
    for (const fields of malformed) {
      await pc.asks(query({ fields }), 'set', { refused: 'not-acceptable' })
    }
    await pc.asks(query({ set: '<after>not-an-id!</after>' }), 'set', { refused: 'not-acceptable' })
    await pc.receivesNothing()
  })

  story('§4.1.6 the form, in the namespace that was asked in', extended, async ({ alice }) => {
    const pc = await alice.client('pc')
    const fieldsOf = async (ns: string) => {
      const form = (await pc.asks(`<query xmlns='${ns}'/>`)).child('query', ns)?.child('x', 'jabber:x:data')
      expect(form?.attr('type')).toBe('form')
      return form?.elements().map((field) => `${field.attr('var')} ${field.attr('type')}`)
    }
    expect(await fieldsOf(mam)).toEqual(
      expect.arrayContaining([
        ...['FORM_TYPE hidden', 'with jid-single', 'start text-single', 'end text-single', 'before-id text-single'],
        ...['after-id text-single', 'include-groupchat boolean', 'ids list-multi'],
        '{urn:xmpp:fulltext:0}fulltext text-single',
      ]),
    )
    expect(await fieldsOf('urn:xmpp:mam:1')).not.toContain('ids list-multi')
  })

  story('§4.1.6 a field that nobody knows', extended, async ({ alice }) => {
    const pc = await alice.client('pc')
    await pc.asks(query({ fields: { mood: 'lonely' } }), 'set', { refused: 'feature-not-implemented' })
  })

  story('§4.2 results and the end in the older namespace', extended, async ({ alice, bob }) => {
    const [pc, bobs] = [await alice.client('pc'), await bob.client('pc')]
    await talk(pc, bobs, 1)
    expect((await search(pc, { ns: 'urn:xmpp:mam:1' })).bodies).toEqual(['1'])
  })

  story('§4.3 paging forwards and backwards', archiving, async ({ alice, bob }) => {
    const [pc, bobs] = [await alice.client('pc'), await bob.client('pc')]
    await talk(pc, bobs, 15)
    const first = await search(pc, { set: '<max>5</max>' })
    expect(first).toMatchObject({ bodies: numbers(1, 5), isComplete: false })
    expect([first.first, first.last]).toEqual([first.ids[0], first.ids[4]])
    const second = await search(pc, { set: `<max>5</max><after>${first.last}</after>` })
    expect(second).toMatchObject({ bodies: numbers(6, 10), isComplete: false })
    const last = await search(pc, { set: '<max>5</max><before/>' })
    expect(last).toMatchObject({ bodies: numbers(11, 15), isComplete: false })
    const before = await search(pc, { set: `<max>5</max><before>${second.first}</before>` })
    expect(before).toMatchObject({ bodies: numbers(1, 5), isComplete: true })
    expect(await search(pc, { set: `<max>5</max><before>${before.first}</before>` })).toMatchObject({
      bodies: [],
      isComplete: true,
    })
  })

  story('XEP-0059 §2.6 counts and places', counted, async ({ alice, bob }) => {
    const [pc, bobs] = [await alice.client('pc'), await bob.client('pc')]
    await talk(pc, bobs, 15)
    expect(await search(pc, { set: '<max>5</max>' })).toMatchObject({ index: '0', count: '15' })
    expect(await search(pc, { set: '<max>5</max><before/>' })).toMatchObject({ index: '10', count: '15' })
    expect(await search(pc, { set: '<max>5</max><index>12</index>' })).toMatchObject({
      ...{ bodies: numbers(13, 15), index: '12', count: '15', isComplete: true },
    })
    expect(await search(pc, { set: '<max>5</max><index>20</index>' })).toMatchObject({ bodies: [], count: '15' })
    expect(await search(pc, { set: '<max>0</max>' })).toMatchObject({ bodies: [], count: '15', isComplete: false })
    expect(await search(pc, { set: '<limit>2</limit>' })).toMatchObject({ bodies: ['1', '2'] })
    expect(await search(pc, { set: '<max>2</max><after/>' })).toMatchObject({ bodies: ['1', '2'] })
  })

  story(
    '§4.3 a page that begins at a message of somebody else',
    { ...archiving, differs: { ejabberd: 'takes any number for an id' } },
    async ({ alice, bob, carol }) => {
      const [pc, bobs, carols] = [await alice.client('pc'), await bob.client('pc'), await carol.client('pc')]
      await talk(pc, bobs, 1)
      await talk(pc, carols, 1)
      await pc.asks(query({ set: '<max>5</max><after>7</after>' }), 'set', { refused: 'item-not-found' })
      const [id] = (await search(pc, { fields: { with: bob.jid } })).ids
      expect((await search(pc, { fields: { with: bob.jid }, set: `<after>${id}</after>` })).ids).toEqual([])
    },
  )

  story('§4.3 an id that the filter leaves out begins no page', extended, async ({ alice, bob, carol }) => {
    const [pc, bobs, carols] = [await alice.client('pc'), await bob.client('pc'), await carol.client('pc')]
    await talk(pc, bobs, 1)
    await talk(pc, carols, 1)
    const [id] = (await search(pc, { fields: { with: bob.jid } })).ids
    const other = { fields: { with: carol.jid }, set: `<before>${id}</before>` }
    await pc.asks(query(other), 'set', { refused: 'item-not-found' })
  })

  story('MongooseIM: simple questions count nothing', extended, async ({ alice, bob }) => {
    const [pc, bobs] = [await alice.client('pc'), await bob.client('pc')]
    await talk(pc, bobs, 5)
    const simple = (set: string) => search(pc, { fields: { simple: 'true' }, set })
    expect(await simple('<max>5</max>')).toMatchObject({ count: undefined, index: undefined, isComplete: true })
    expect(await simple('<max>4</max>')).toMatchObject({ bodies: numbers(1, 4), isComplete: false })
    expect(await simple('<max>0</max>')).toMatchObject({ bodies: [], count: undefined, isComplete: false })
  })

  story('§4.3.3 a flipped page', extended, async ({ alice, bob }) => {
    const [pc, bobs] = [await alice.client('pc'), await bob.client('pc')]
    await talk(pc, bobs, 7)
    const page = { set: '<max>5</max><before/>' }
    const [straight, flipped] = [await search(pc, page), await search(pc, { ...page, flip: true })]
    expect(flipped.ids).toEqual([...straight.ids].reverse())
    expect([flipped.first, flipped.last]).toEqual([straight.last, straight.first])
  })

  story('§5 metadata', extended, async ({ alice, bob }) => {
    const [pc, bobs] = [await alice.client('pc'), await bob.client('pc')]
    const ends = async () => (await pc.asks(`<metadata xmlns='${mam}'/>`)).child('metadata', mam)
    expect((await ends())?.children).toEqual([])
    await talk(pc, bobs, 3)
    const { ids, results } = await search(pc)
    const stamps = results.map((each) => each.elements()[0]?.child('delay', 'urn:xmpp:delay')?.attr('stamp'))
    expect((await ends())?.elements().map((end) => [end.name, end.attr('id'), end.attr('timestamp')])).toEqual([
      ['start', ids[0], stamps[0]],
      ['end', ids[2], stamps[2]],
    ])
  })

  story('§5.1.1 what has no content, and what is not to be stored', archiving, async ({ alice, bob }) => {
    const [pc, bobs] = [await alice.client('pc'), await bob.client('pc')]
    const send = (inner: string, type = 'chat') =>
      pc.sends(`<message to='${bob.jid}' type='${type}'>${inner}</message>`)
    send(`<composing xmlns='http://jabber.org/protocol/chatstates'/>`)
    send(`<body>secret</body><no-store xmlns='urn:xmpp:hints'/>`)
    send('<body>news</body>', 'headline')
    send('<body>kept</body>')
    await pc.isHeard()
    expect((await search(pc)).bodies).toEqual(['kept'])
    expect((await search(bobs)).bodies).toEqual(['kept'])
  })

  story('XEP-0334 hints, delays and results', extended, async ({ alice, bob }) => {
    const [pc, bobs] = [await alice.client('pc'), await bob.client('pc')]
    const send = (inner: string) => pc.sends(`<message to='${bob.jid}' type='chat'>${inner}</message>`)
    send(`<body>1</body><no-permanent-store xmlns='urn:xmpp:hints'/>`)
    send(`<body>2</body><delay xmlns='urn:xmpp:delay' stamp='2020-01-01T00:00:00Z'/>`)
    send(`<body>3</body><result xmlns='${mam}' id='1'/>`)
    send(`<body>4</body><store xmlns='urn:xmpp:hints'/><no-store xmlns='urn:xmpp:hints'/>`)
    send(`<x xmlns='urn:x'/><store xmlns='urn:xmpp:hints'/>`)
    send('<body/>')
    await pc.isHeard()
    const { messages } = await search(bobs)
    expect(messages.map((message) => message.elements().map(({ name }) => name))).toEqual([['x', 'store'], ['body']])
  })

  story('§7 what is announced', extended, async ({ alice, server }) => {
    const pc = await alice.client('pc')
    const featuresOf = async (to: string) => {
      const info = await pc.asks(`<query xmlns='http://jabber.org/protocol/disco#info'/>`, 'get', { to })
      return info.elements().flatMap((node) => node.elements().map((child) => child.attr('var')))
    }
    const expected = [
      ...['urn:xmpp:mam:1', mam, `${mam}#extended`, `${mam}#groupchat-field`, 'urn:xmpp:sid:0', 'urn:xmpp:fulltext:0'],
      ...['urn:xmpp:message-retract:0', 'urn:xmpp:message-retract:0#tombstone', 'urn:xmpp:message-retract:1'],
      ...['urn:xmpp:message-retract:1#tombstone', 'urn:esl:message-retract-by-stanza-id:0'],
    ]
    for (const to of [alice.jid, server.domain]) {
      const features = await featuresOf(to)
      expect(features).toEqual(expect.arrayContaining(expected))
      expect(features).not.toContain(`${mam}#groupchat-available`)
    }
  })

  story(
    'XEP-0359 §5 an id in the name of the recipient does not reach it',
    { ...archiving, differs: { prosody: 'lets it pass' } },
    async ({ alice, bob }) => {
      const [pc, bobs] = [await alice.client('pc'), await bob.client('pc')]
      const forged = `<stanza-id xmlns='${sid}' by='${bob.jid}' id='forged'/>`
      const foreign = `<stanza-id xmlns='${sid}' by='room@elsewhere.example' id='theirs'/>`
      for (const inner of ['<body>1</body>', `<x xmlns='urn:x'/>`]) {
        pc.sends(`<message to='${bobs.jid}' type='chat' id='m'>${inner}${forged}${foreign}</message>`)
        const { element } = await bobs.receives(`<message id='m'>{any}</message>`)
        const ids = element.elements().filter((node) => node.name === 'stanza-id')
        expect(ids.map((node) => node.attr('id'))).not.toContain('forged')
        expect(ids.map((node) => node.attr('id'))).toContain('theirs')
      }
    },
  )
})
