import { describe, expect } from 'vitest'
import type { Client } from '../support/client.ts'
import { befriend, sendSubscription } from '../support/friends.ts'
import { type StoryOptions, story } from '../support/story.ts'

const ns = 'jabber:iq:privacy'
const query = (inner: string) => `<query xmlns='${ns}'>${inner}</query>`
const chat = (to: string, id: string) => `<message type='chat' to='${to}' id='${id}'><body>${id}</body></message>`
const ofUs: StoryOptions = {
  leavesOut: {
    prosody: 'has no privacy lists',
    ejabberd: 'has items in another order, other errors, and no word for clients that have not asked',
  },
}
const bounce = (from: string, id: string, kind = 'message') =>
  `<${kind} type='error' from='${from}' id='${id}'><error type='cancel' {any}><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>{any}</error>{any}</${kind}>`

interface Rule {
  readonly action?: 'allow' | 'deny'
  readonly type?: string
  readonly value?: string
  readonly kinds?: readonly string[]
}

/** Items in the order in which they apply; `deny` unless they say otherwise. */
function items(...rules: readonly Rule[]): string {
  return rules
    .map(({ action = 'deny', type, value, kinds = [] }, index) => {
      const about = type === undefined ? '' : ` type='${type}' value='${value ?? ''}'`
      return `<item${about} action='${action}' order='${index + 1}'>${kinds.map((kind) => `<${kind}/>`).join('')}</item>`
    })
    .join('')
}

/** Sets a list and takes the word of it that comes. */
async function setList(client: Client, name: string, ...rules: readonly Rule[]): Promise<void> {
  await client.asks(query(`<list name='${name}'>${items(...rules)}</list>`), 'set')
  await client.finds(`<iq type='set' to='${client.jid}' id='{id}'>${query(`<list name='${name}'/>`)}</iq>`)
}

const use = (client: Client, what: 'active' | 'default', name?: string) =>
  client.asks(query(name === undefined ? `<${what}/>` : `<${what} name='${name}'/>`), 'set')

async function apply(client: Client, ...rules: readonly Rule[]): Promise<void> {
  await setList(client, 'test', ...rules)
  await use(client, 'active', 'test')
}

const overview = async (client: Client) => `${(await client.asks(query(''))).child('query', ns)}`

describe('XEP-0016 managing lists', () => {
  story('§2.3 the feature is announced, there is nothing at first', ofUs, async ({ alice, server }) => {
    const pc = await alice.client('pc')
    const info = await pc.asks(`<query xmlns='http://jabber.org/protocol/disco#info'/>`, 'get', { to: server.domain })
    expect(`${info}`).toContain(`<feature var='${ns}'/>`)
    expect((await pc.asks(query(''))).child('query', ns)?.elements()).toEqual([])
  })

  story('§2.3 names of the lists, the active and the default one', ofUs, async ({ alice }) => {
    const pc = await alice.client('pc')
    await setList(pc, 'one', { type: 'jid', value: 'tybalt@example.com' })
    await setList(pc, 'two', { kinds: ['message'] })
    await use(pc, 'active', 'one')
    await use(pc, 'default', 'two')
    const text = await overview(pc)
    for (const part of [`<active name='one'/>`, `<default name='two'/>`, `<list name='one'/>`, `<list name='two'/>`])
      expect(text).toContain(part)
    await use(pc, 'active')
    await use(pc, 'default')
    expect(await overview(pc)).not.toMatch(/active|default/)
  })

  story('§2.3 a list comes back in its order', ofUs, async ({ alice }) => {
    const pc = await alice.client('pc')
    await pc.asks(
      query(
        `<list name='l'><item action='deny' order='9'/><item type='jid' value='A@Example.COM' action='allow' order='2'><message/><presence-in/></item></list>`,
      ),
      'set',
    )
    const answer = await pc.asks(query(`<list name='l'/>`))
    const list = answer.child('query', ns)?.child('list', ns)?.elements() ?? []
    expect(list.map((item) => item.attr('order'))).toEqual(['2', '9'])
    expect(list[0]?.attrs).toEqual({ type: 'jid', value: 'a@example.com', action: 'allow', order: '2' })
    expect(list[0]?.elements().map(({ name }) => name)).toEqual(['message', 'presence-in'])
    expect(list[1]?.elements()).toEqual([])
  })

  story('§2.3 a list that is not there; more than one, or none that has a name', ofUs, async ({ alice }) => {
    const pc = await alice.client('pc')
    await pc.asks(query(`<list name='none'/>`), 'get', { refused: 'item-not-found' })
    for (const bad of [`<list name='a'/><list name='b'/>`, '<list/>', `<active name='a'/>`, '<other/>'])
      await pc.asks(query(bad), 'get', { refused: 'bad-request' })
  })

  story('§2.4, §2.5 an unknown list cannot be made active or default', ofUs, async ({ alice }) => {
    const pc = await alice.client('pc')
    for (const what of ['active', 'default'])
      await pc.asks(query(`<${what} name='none'/>`), 'set', { refused: 'item-not-found' })
  })

  story('§2.5 the default list stays while another session uses it', ofUs, async ({ alice }) => {
    const [pc, phone] = [await alice.client('pc'), await alice.client('phone')]
    await setList(pc, 'one', { type: 'jid', value: 'tybalt@example.com' })
    await setList(pc, 'two', { type: 'jid', value: 'paris@example.com' })
    await use(pc, 'default', 'one')
    for (const other of [`<default name='two'/>`, '<default/>'])
      await pc.asks(query(other), 'set', { refused: 'conflict' })
    await use(phone, 'active', 'two')
    await use(pc, 'default', 'two')
  })

  story('§2.6 bad requests', ofUs, async ({ alice }) => {
    const pc = await alice.client('pc')
    const bad = [
      '',
      `<list>${items({})}</list>`,
      `<list name='a'>${items({})}</list><list name='b'/>`,
      `<list name='a'><thing/></list>`,
      '<other/>',
    ]
    for (const inner of bad) await pc.asks(query(inner), 'set', { refused: 'bad-request' })
  })

  story('§2.1 two items of one order are refused', ofUs, async ({ alice }) => {
    const pc = await alice.client('pc')
    const two = `<item action='deny' order='1'/><item type='subscription' value='both' action='allow' order='1'/>`
    await pc.asks(query(`<list name='a'>${two}</list>`), 'set', { refused: 'bad-request' })
  })

  story('mod_privacy: broken items are left out', ofUs, async ({ alice }) => {
    const pc = await alice.client('pc')
    const broken = [
      `action='maybe' order='1'`,
      `action='deny' order='-1'`,
      `action='deny' order='x'`,
      `order='2'`,
      `action='deny' order='3' type='jid' value='@'`,
      `action='deny' order='4' type='subscription' value='much'`,
      `action='deny' order='5' type='group' value=''`,
      `action='deny' order='6' type='moon' value='x'`,
    ].map((attributes) => `<item ${attributes}/>`)
    broken.push(`<item action='deny' order='7'><moon/></item>`)
    await pc.asks(query(`<list name='a'>${broken.join('')}<item action='deny' order='8'><iq/></item></list>`), 'set')
    const answer = await pc.asks(query(`<list name='a'/>`))
    expect(answer.child('query', ns)?.child('list', ns)?.elements()).toHaveLength(1)
  })

  story('§2.8 a list is removed, and every session that has sent presence is told', ofUs, async ({ alice }) => {
    const [pc, phone] = [await alice.client('pc'), await alice.client('phone')]
    const silent = await alice.client('silent', { presence: false })
    const word = (client: Client) => `<iq type='set' to='${client.jid}' id='{id}'>${query(`<list name='a'/>`)}</iq>`
    await setList(pc, 'a', { type: 'jid', value: 'tybalt@example.com' })
    await phone.receives(word(phone))
    await use(pc, 'active', 'a')
    await use(pc, 'active')
    await phone.receivesNothing()
    await pc.asks(query(`<list name='a'/>`), 'set')
    await pc.finds(word(pc))
    await phone.receives(word(phone))
    await silent.receivesNothing()
    await pc.asks(query(`<list name='a'/>`), 'get', { refused: 'item-not-found' })
    await pc.asks(query(`<list name='a'/>`), 'set', { refused: 'item-not-found' })
  })

  story('§2.8 a list that is the default one, or active elsewhere, is not removed', ofUs, async ({ alice }) => {
    const pc = await alice.client('pc')
    await setList(pc, 'a', { type: 'jid', value: 'tybalt@example.com' })
    await use(pc, 'default', 'a')
    await pc.asks(query(`<list name='a'/>`), 'set', { refused: 'conflict' })
    await use(pc, 'default')
    const phone = await alice.client('phone')
    await use(phone, 'active', 'a')
    await pc.asks(query(`<list name='a'/>`), 'set', { refused: 'conflict' })
  })

  story(
    'mod_privacy: who removes the active list of the session is reached by all until then',
    ofUs,
    async ({ alice, bob }) => {
      const [pc, bobs] = [await alice.client('pc'), await bob.client('pc')]
      await apply(pc, { kinds: ['message'] })
      await pc.asks(query(`<list name='test'/>`), 'set')
      await pc.finds(`<iq type='set' id='{id}'>${query(`<list name='test'/>`)}</iq>`)
      bobs.sends(chat(alice.jid, 'm1'))
      await pc.receives(`<message id='m1' from='${bobs.jid}' type='chat'>{any}</message>`)
    },
  )

  story('a request in an answer, or for somebody else, is none', ofUs, async ({ alice, bob }) => {
    const [pc, bobs] = [await alice.client('pc'), await bob.client('pc')]
    const list = query(`<list name='a'>${items({})}</list>`)
    for (const type of ['result', 'error']) pc.sends(`<iq type='${type}' id='r'>${list}</iq>`)
    pc.sends(`<iq type='set' id='s' to='${bobs.jid}'>${list}</iq>`)
    await bobs.receives(`<iq type='set' id='s' from='${pc.jid}' to='${bobs.jid}'>${list}</iq>`)
    pc.sends(`<iq type='set' id='t' to='${bob.jid}'>${list}</iq>`)
    expect((await pc.answerTo('t')).attr('type')).toBe('error')
    for (const client of [pc, bobs]) expect((await client.asks(query(''))).child('query', ns)?.elements()).toEqual([])
  })
})

describe('XEP-0016 what is kept back', () => {
  const rulesAboutBob = (bob: string): [string, Rule][] => [
    ['jid', { type: 'jid', value: bob, kinds: ['message'] }],
    ['subscription', { type: 'subscription', value: 'none', kinds: ['message'] }],
    ['all', { kinds: ['message'] }],
  ]
  for (const [index, how] of ['an address', 'a subscription', 'nobody in particular'].entries()) {
    story(`§2.9 messages, by ${how}; presence goes on`, ofUs, async ({ alice, bob }) => {
      const [pc, bobs] = [await alice.client('pc'), await bob.client('pc')]
      await apply(pc, rulesAboutBob(bob.jid)[index]?.[1] ?? {})
      bobs.sends(chat(pc.jid, 'm1'))
      await bobs.receives(bounce(pc.jid, 'm1'))
      bobs.sends(`<presence to='${pc.jid}'/>`)
      await pc.receives(`<presence from='${bobs.jid}' to='${pc.jid}'>{any}</presence>`)
      pc.sends(chat(bobs.jid, 'm2'))
      await bobs.receives(`<message id='m2' from='${pc.jid}' type='chat'>{any}</message>`)
    })
  }

  story('§2.9 messages of a group of the roster, from the moment somebody is in it', ofUs, async ({ alice, bob }) => {
    const [pc, bobs] = [await alice.client('pc'), await bob.client('pc')]
    await apply(pc, { type: 'group', value: 'Enemies', kinds: ['message'] })
    bobs.sends(chat(pc.jid, 'm1'))
    await pc.receives(`<message id='m1' from='${bobs.jid}' type='chat'>{any}</message>`)
    const roster = `<query xmlns='jabber:iq:roster'><item jid='${bob.jid}'><group>Enemies</group></item></query>`
    await pc.asks(roster, 'set')
    bobs.sends(chat(pc.jid, 'm2'))
    await bobs.receives(bounce(pc.jid, 'm2'))
  })

  story('§2.9 a groupchat message vanishes, an error passes', ofUs, async ({ alice, bob }) => {
    const [pc, bobs] = [await alice.client('pc'), await bob.client('pc')]
    await apply(pc, { kinds: ['message'] })
    bobs.sends(`<message type='groupchat' to='${pc.jid}'><body>x</body></message>`)
    bobs.sends(`<message type='error' to='${pc.jid}' id='e'><body>x</body></message>`)
    await pc.receives(`<message type='error' id='e' from='${bobs.jid}'>{any}</message>`)
    await pc.receivesNothing()
    await bobs.receivesNothing()
  })

  story('§2.10 presence of a friend', ofUs, async (cast) => {
    await befriend(cast, cast.alice, cast.bob)
    const [pc, bobs] = [await cast.alice.client('pc'), await cast.bob.client('pc')]
    await pc.meets(bobs.jid)
    await apply(pc, { type: 'jid', value: cast.bob.jid, kinds: ['presence-in'] })
    bobs.sends(`<presence><show>away</show></presence>`)
    await bobs.drains()
    await pc.receivesNothing()
    bobs.sends(chat(pc.jid, 'm1'))
    await pc.receives(`<message id='m1' from='${bobs.jid}' type='chat'>{any}</message>`)
  })

  story('§2.11 own presence, from the moment the list is active, and when it is edited', ofUs, async (cast) => {
    const { alice, bob } = cast
    await befriend(cast, alice, bob)
    const [pc, bobs] = [await alice.client('pc'), await bob.client('pc')]
    await bobs.meets(pc.jid)
    await setList(pc, 'test', { type: 'jid', value: bob.jid, kinds: ['presence-out'] })
    await use(pc, 'active', 'test')
    const gone = `<presence type='unavailable' from='${pc.jid}' to='${bob.jid}'>{any}</presence>`
    await bobs.finds(gone)
    await bobs.drains()
    pc.sends(`<presence><show>away</show></presence>`)
    await bobs.receivesNothing()
    await setList(pc, 'test', { type: 'jid', value: 'tybalt@example.com' })
    await bobs.finds(`<presence from='${pc.jid}'><show>away</show>{any}</presence>`)
    await setList(pc, 'test', { type: 'subscription', value: 'both', kinds: ['presence-out'] })
    await bobs.finds(gone)
  })

  story('§2.12 IQs: questions are answered with an error, answers vanish', ofUs, async ({ alice, bob }) => {
    const [pc, bobs] = [await alice.client('pc'), await bob.client('pc')]
    await apply(pc, { type: 'jid', value: bob.jid, kinds: ['iq'] })
    for (const type of ['get', 'set']) {
      bobs.sends(`<iq type='${type}' id='i' to='${pc.jid}'><x xmlns='urn:x'/></iq>`)
      await bobs.receives(bounce(pc.jid, 'i', 'iq'))
    }
    for (const type of ['result', 'error'])
      bobs.sends(`<iq type='${type}' id='i' to='${pc.jid}'><x xmlns='urn:x'/></iq>`)
    bobs.sends(chat(pc.jid, 'm1'))
    await pc.receives(`<message id='m1' from='${bobs.jid}' type='chat'>{any}</message>`)
    await pc.receivesNothing()
  })

  story('§2.13 everything of somebody, in both directions', ofUs, async ({ alice, bob }) => {
    const [pc, bobs] = [await alice.client('pc'), await bob.client('pc')]
    await apply(pc, { type: 'jid', value: bob.jid })
    pc.sends(chat(bobs.jid, 'm1'))
    await pc.receives(
      `<message type='error' from='${bobs.jid}' id='m1'><error type='cancel' {any}><not-acceptable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>{any}</message>`,
    )
    bobs.sends(`<presence type='subscribe' to='${alice.jid}'/>`)
    bobs.sends(`<presence to='${pc.jid}'/>`)
    await pc.receivesNothing()
    await bobs.drains()
    await bobs.receivesNothing()
  })

  story('§2.2 the first rule that is about it decides: friends only', ofUs, async (cast) => {
    const { alice, bob } = cast
    const [pc, bobs] = [await alice.client('pc', { roster: true }), await bob.client('pc', { roster: true })]
    await apply(pc, { action: 'allow', type: 'subscription', value: 'both' }, { kinds: ['message'] })
    bobs.sends(chat(pc.jid, 'm1'))
    await bobs.finds(bounce(pc.jid, 'm1'))
    sendSubscription(pc, 'subscribe', bob)
    await bobs.finds(`<presence type='subscribe' from='${alice.jid}'>{any}</presence>`)
    sendSubscription(bobs, 'subscribed', alice)
    sendSubscription(bobs, 'subscribe', alice)
    await pc.finds(`<presence type='subscribe' from='${bob.jid}'>{any}</presence>`)
    sendSubscription(pc, 'subscribed', bob)
    await cast.settle()
    bobs.sends(chat(pc.jid, 'm2'))
    await pc.finds(`<message id='m2' from='${bobs.jid}' type='chat'>{any}</message>`)
  })

  story(
    '§2.2 the default list is for who is away, and for sessions without an active one',
    ofUs,
    async ({ alice, bob }) => {
      const [pc, bobs] = [await alice.client('pc'), await bob.client('pc')]
      await setList(pc, 'quiet', { type: 'jid', value: bob.jid, kinds: ['message'] })
      await setList(pc, 'open', { type: 'jid', value: 'tybalt@example.com' })
      await use(pc, 'default', 'quiet')
      bobs.sends(chat(alice.jid, 'm1'))
      await bobs.receives(bounce(alice.jid, 'm1'))
      const phone = await alice.client('phone')
      await use(phone, 'active', 'open')
      bobs.sends(chat(phone.jid, 'm2'))
      await phone.finds(`<message id='m2' from='${bobs.jid}' type='chat'>{any}</message>`)
      bobs.sends(chat(alice.jid, 'm3'))
      await phone.finds(`<message id='m3' from='${bobs.jid}' type='chat'>{any}</message>`)
      bobs.sends(chat(pc.jid, 'm4'))
      await bobs.receives(bounce(pc.jid, 'm4'))
      await pc.drains()
      await phone.leaves()
      await pc.leaves()
      bobs.sends(chat(alice.jid, 'm5'))
      await bobs.receives(bounce(alice.jid, 'm5'))
      const later = await alice.client('later')
      await later.receivesNothing()
    },
  )

  story(
    'XEP-0191 §5 a block holds whichever list is active, and shows among them',
    ofUs,
    async ({ alice, bob, carol }) => {
      const [pc, bobs, carols] = [await alice.client('pc'), await bob.client('pc'), await carol.client('pc')]
      await apply(pc, { action: 'allow' })
      const item = (jid: string) => `<item jid='${jid}'/>`
      await pc.asks(`<block xmlns='urn:xmpp:blocking'>${item(bob.jid)}</block>`, 'set')
      bobs.sends(chat(alice.jid, 'm1'))
      await bobs.receives(bounce(alice.jid, 'm1'))
      expect(await overview(pc)).toContain(`<list name='blocking'/>`)
      await pc.drains()
      const rule: Rule = { type: 'jid', value: carol.jid }
      await pc.asks(query(`<list name='blocking'>${items(rule)}</list>`), 'set')
      await pc.receives(
        `<iq type='set' id='{id}' to='${pc.jid}'><unblock xmlns='urn:xmpp:blocking'>${item(bob.jid)}</unblock></iq>`,
      )
      await pc.receives(
        `<iq type='set' id='{id}' to='${pc.jid}'><block xmlns='urn:xmpp:blocking'>${item(carol.jid)}</block></iq>`,
      )
      carols.sends(chat(alice.jid, 'm2'))
      await carols.receives(bounce(alice.jid, 'm2'))
      await pc.asks(query(`<list name='blocking'>${items({ ...rule, kinds: ['iq'] })}</list>`), 'set', {
        refused: 'not-acceptable',
      })
      await pc.asks(query(`<list name='blocking'/>`), 'set')
      await pc.asks(query(`<list name='blocking'/>`), 'set', { refused: 'item-not-found' })
    },
  )

  story('XEP-0126 §3 invisible to everybody, then visible again', ofUs, async (cast) => {
    const { alice, bob } = cast
    await befriend(cast, alice, bob)
    const bobs = await bob.client('pc')
    const pc = await alice.client('pc', { presence: false })
    await pc.asks(query(`<list name='invisible'>${items({ kinds: ['presence-out'] })}</list>`), 'set')
    await pc.asks(query(`<list name='visible'>${items({ action: 'allow', kinds: ['presence-out'] })}</list>`), 'set')
    await use(pc, 'active', 'invisible')
    await pc.isPresent()
    await bobs.receivesNothing()
    bobs.sends(`<presence type='probe' to='${alice.jid}'/>`)
    await bobs.receivesNothing()
    await use(pc, 'active', 'visible')
    pc.sends('<presence/>')
    await bobs.meets(pc.jid)
  })
})
