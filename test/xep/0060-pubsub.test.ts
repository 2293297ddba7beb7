import { randomBytes } from 'node:crypto'
import { describe, expect } from 'vitest'
import type { Client } from '../support/client.ts'
import { create, detailOf, event, form, note, owner, PS, publish, pubsub } from '../support/pubsub.ts'
import { type Cast, story } from '../support/story.ts'

/** A name that no other story uses: the service is the same for all of them. */
const fresh = () => `node-${randomBytes(6).toString('hex')}`
const at = ({ server }: Pick<Cast, 'server'>) => `pubsub.${server.domain}`

/** Servers that tell the stories otherwise. The service of Prosody lets only administrators make nodes. */
const told = (ejabberd?: string) => ({
  leavesOut: { prosody: 'lets only administrators make nodes' },
  ...(ejabberd === undefined ? {} : { differs: { ejabberd } }),
})

const subscribe = (node: string, jid: string, options = '') =>
  pubsub(`<subscribe node='${node}' jid='${jid}'/>${options}`)
const items = (node: string, inner = '', attrs = '', rsm = '') =>
  pubsub(`<items node='${node}'${attrs}>${inner}</items>${rsm}`)

async function idsOf(client: Client, to: string, request: string): Promise<(string | undefined)[]> {
  const answer = await client.asks(request, 'get', { to })
  const list = answer.child('pubsub', PS.pubsub)?.child('items', PS.pubsub)
  return (list?.elements() ?? []).map((item) => item.attr('id'))
}

/** An own node at the service. */
async function newNode(client: Client, to: string, config?: Parameters<typeof create>[1]): Promise<string> {
  const node = fresh()
  await client.asks(create(node, config), 'set', { to })
  return node
}

describe('XEP-0060 §6 subscribers', () => {
  story(
    '§6.1 who subscribes is told what is published, until unsubscribing',
    told(),
    async ({ alice, bob, server }) => {
      const to = at({ server })
      const [pc, bobs] = [await alice.client('pc'), await bob.client('pc')]
      const node = await newNode(pc, to)
      const answer = await bobs.asks(subscribe(node, bob.jid), 'set', { to })
      const given = answer.child('pubsub', PS.pubsub)?.child('subscription', PS.pubsub)
      expect(given?.attr('subscription')).toBe('subscribed')
      const again = await bobs.asks(subscribe(node, bob.jid), 'set', { to })
      expect(again.child('pubsub', PS.pubsub)?.child('subscription', PS.pubsub)?.attr('subid')).toBe(
        given?.attr('subid'),
      )
      await pc.asks(publish(node, note('1', 'one')), 'set', { to })
      await bobs.receives(
        `<message type='headline' from='${to}' to='${bob.jid}'>${event(node, note('1', 'one'))}</message>`,
      )
      await bobs.asks(pubsub(`<unsubscribe node='${node}' jid='${bob.jid}'/>`), 'set', { to })
      await pc.asks(publish(node, note('2', 'two')), 'set', { to })
      await bobs.receivesNothing()
      const refused = await bobs.asks(pubsub(`<unsubscribe node='${node}' jid='${bob.jid}'/>`), 'set', {
        to,
        refused: 'unexpected-request',
      })
      expect(detailOf(refused)).toBe('not-subscribed')
    },
  )

  story('§6.1.3 errors: of others, of nodes that are not there, outcasts, closed nodes', told(), async (cast) => {
    const { alice, bob, carol } = cast
    const to = at(cast)
    const [pc, bobs] = [await alice.client('pc'), await bob.client('pc')]
    const refusal = async (node: string, jid: string, refused: string) =>
      detailOf(await bobs.asks(subscribe(node, jid), 'set', { to, refused }))
    const node = await newNode(pc, to)
    expect(await refusal(node, carol.jid, 'bad-request')).toBe('invalid-jid')
    await refusal(fresh(), bob.jid, 'item-not-found')
    const closed = await newNode(pc, to, { subscribe: '0' })
    expect(await refusal(closed, bob.jid, 'feature-not-implemented')).toBe('unsupported')
    const listed = await newNode(pc, to, { access_model: 'whitelist' })
    expect(await refusal(listed, bob.jid, 'not-allowed')).toBe('closed-node')
    const byPresence = await newNode(pc, to, { access_model: 'presence' })
    expect(await refusal(byPresence, bob.jid, 'not-authorized')).toBe('presence-subscription-required')
    const byGroup = await newNode(pc, to, { access_model: 'roster', roster_groups_allowed: ['friends'] })
    expect(await refusal(byGroup, bob.jid, 'not-authorized')).toBe('not-in-roster-group')
    const row = (affiliation: string) => `<affiliation jid='${bob.jid}' affiliation='${affiliation}'/>`
    for (const affiliation of ['outcast', 'publish-only']) {
      const change = owner(`<affiliations node='${node}'>${row(affiliation)}</affiliations>`)
      await pc.asks(change, 'set', { to })
      await refusal(node, bob.jid, 'forbidden')
    }
    await pc.asks(owner(`<affiliations node='${listed}'>${row('member')}</affiliations>`), 'set', { to })
    await bobs.asks(subscribe(listed, bob.jid), 'set', { to })
  })

  story('§8.6 an owner is asked, and allows or denies', told(), async (cast) => {
    const { alice, bob } = cast
    const to = at(cast)
    const [pc, bobs] = [await alice.client('pc'), await bob.client('pc')]
    const node = await newNode(pc, to, { access_model: 'authorize' })
    const answerWith = (allow: string) =>
      pc.sends(`<message to='${to}'>${form(PS.authorization, { node, subscriber_jid: bob.jid, allow })}</message>`)
    for (const [allow, state] of [
      ['0', 'none'],
      ['1', 'subscribed'],
    ] as const) {
      const answer = await bobs.asks(subscribe(node, bob.jid), 'set', { to })
      expect(`${answer}`).toContain(`subscription='pending'`)
      const pending = await bobs.asks(subscribe(node, bob.jid), 'set', { to, refused: 'not-authorized' })
      expect(detailOf(pending)).toBe('pending-subscription')
      await pc.finds(`<message from='${to}'><x xmlns='jabber:x:data' type='form'>{any}</x></message>`)
      answerWith(allow)
      const told = await bobs.finds(`<message from='${to}'><event xmlns='${PS.event}'>{any}</event></message>`)
      expect(`${told.element}`).toContain(`subscription='${state}'`)
      if (allow === '0') await bobs.asks(items(node), 'get', { to, refused: 'forbidden' })
    }
    await pc.asks(publish(node, note('1', 'one')), 'set', { to })
    await bobs.receives(`<message type='headline' from='${to}'>${event(node, note('1', 'one'))}</message>`)
    answerWith('1')
    await pc.finds(`<message type='error' from='${to}'>{any}</message>`)
  })

  story(
    '§6.3 options: nothing is delivered where that is not wanted',
    told('has no options of subscriptions here'),
    async (cast) => {
      const { alice, bob } = cast
      const to = at(cast)
      const [pc, bobs] = [await alice.client('pc'), await bob.client('pc')]
      const node = await newNode(pc, to)
      const options = (fields: Record<string, string>) => form(PS.subscribeOptions, fields)
      const asked = pubsub(`<options node='${node}' jid='${bob.jid}'/>`)
      expect(detailOf(await bobs.asks(asked, 'get', { to, refused: 'not-acceptable' }))).toBe('not-subscribed')
      const wrong = subscribe(node, bob.jid, `<options>${options({ nothing: '1' })}</options>`)
      expect(detailOf(await bobs.asks(wrong, 'set', { to, refused: 'bad-request' }))).toBe('invalid-options')
      await bobs.asks(subscribe(node, bob.jid, `<options>${options({ deliver: '0' })}</options>`), 'set', { to })
      await pc.asks(publish(node, note('1', 'one')), 'set', { to })
      await bobs.receivesNothing()
      expect(`${await bobs.asks(asked, 'get', { to })}`).toContain(`var='pubsub#deliver'`)
      const change = pubsub(`<options node='${node}' jid='${bob.jid}'>${options({ deliver: 'true' })}</options>`)
      await bobs.asks(change, 'set', { to })
      await pc.asks(publish(node, note('2', 'two')), 'set', { to })
      await bobs.receives(`<message type='headline' from='${to}'>${event(node, note('2', 'two'))}</message>`)
    },
  )

  story('§6.5 items: all, by id, the newest, in pages', told('gives the oldest items first'), async (cast) => {
    const { alice } = cast
    const to = at(cast)
    const pc = await alice.client('pc')
    const node = await newNode(pc, to)
    for (const id of ['a', 'b', 'c', 'd']) await pc.asks(publish(node, note(id, id)), 'set', { to })
    expect(await idsOf(pc, to, items(node))).toEqual(['d', 'c', 'b', 'a'])
    expect(await idsOf(pc, to, items(node, `<item id='a'/><item id='x'/><item id='c'/>`))).toEqual(['a', 'c'])
    expect(await idsOf(pc, to, items(node, '', ` max_items='2'`))).toEqual(['d', 'c'])
    await pc.asks(items(node, '', ` max_items='x'`), 'get', { to, refused: 'bad-request' })
    const set = (inner: string) => items(node, '', '', `<set xmlns='http://jabber.org/protocol/rsm'>${inner}</set>`)
    expect(await idsOf(pc, to, set('<max>2</max>'))).toEqual(['d', 'c'])
    expect(await idsOf(pc, to, set('<max>2</max><after>c</after>'))).toEqual(['b', 'a'])
    expect(await idsOf(pc, to, set('<max>2</max><before>b</before>'))).toEqual(['d', 'c'])
    expect(await idsOf(pc, to, set('<max>1</max><before/>'))).toEqual(['a'])
    expect(await idsOf(pc, to, set('<max>2</max><index>1</index>'))).toEqual(['c', 'b'])
    expect(`${await pc.asks(set('<max>0</max>'), 'get', { to })}`).toContain('<count>4</count>')
    await pc.asks(set('<after>x</after>'), 'get', { to, refused: 'item-not-found' })
    await pc.asks(publish(node, note('a', 'again')), 'set', { to })
    expect(await idsOf(pc, to, items(node))).toEqual(['a', 'd', 'c', 'b'])
    const order = `<order xmlns='urn:xmpp:order-by:1' field='creation'/>`
    expect(await idsOf(pc, to, items(node, '', '', order))).toEqual(['d', 'c', 'b', 'a'])
  })
})

describe('XEP-0060 §7 publishers', () => {
  story('§7.1 errors of publishing', told('names no reason where there is no node'), async (cast) => {
    const { alice, bob } = cast
    const to = at(cast)
    const [pc, bobs] = [await alice.client('pc'), await bob.client('pc')]
    const node = await newNode(pc, to, { max_payload_size: '100' })
    const refusal = async (request: string, refused: string) => detailOf(await pc.asks(request, 'set', { to, refused }))
    expect(await refusal(pubsub(`<publish>${note('1', 'x')}</publish>`), 'bad-request')).toBe('nodeid-required')
    expect(await refusal(publish(node, ''), 'bad-request')).toBe('item-required')
    expect(await refusal(publish(node, note('1', 'x') + note('2', 'x')), 'bad-request')).toBe('invalid-payload')
    expect(await refusal(publish(node, `<item id='1'/>`), 'bad-request')).toBe('payload-required')
    expect(await refusal(publish(node, `<item><a xmlns='x'/><b xmlns='x'/></item>`), 'bad-request')).toBe(
      'invalid-payload',
    )
    expect(await refusal(publish(node, note('1', 'x'.repeat(200))), 'not-acceptable')).toBe('payload-too-big')
    expect(await refusal(publish(node, note('1', 'x'), { max_items: '1' }), 'feature-not-implemented')).toBe(
      'unsupported',
    )
    await bobs.asks(publish(node, note('1', 'x')), 'set', { to, refused: 'forbidden' })
    const bare = await newNode(pc, to, { deliver_payloads: '0', persist_items: '0' })
    expect(await refusal(publish(bare, note('1', 'x')), 'bad-request')).toBe('item-forbidden')
    await pc.asks(publish(bare, '<item/>'), 'set', { to })
    const made = await pc.asks(publish(fresh(), `<item><note xmlns='urn:note'/></item>`), 'set', { to })
    expect(`${made}`).toMatch(/<item id='[\w-]{10,}'\/>/)
  })

  story(
    '§7.1.2 beyond the limit the oldest items go, and that is told where it is wanted',
    told('keeps what a smaller limit would have go'),
    async (cast) => {
      const { alice, bob } = cast
      const to = at(cast)
      const [pc, bobs] = [await alice.client('pc'), await bob.client('pc')]
      const node = await newNode(pc, to, { max_items: '2', notify_retract: '1' })
      await bobs.asks(subscribe(node, bob.jid), 'set', { to })
      for (const id of ['a', 'b', 'c']) await pc.asks(publish(node, note(id, id)), 'set', { to })
      const got = await bobs.drains()
      expect(got.map((message) => `${message.child('event', PS.event)}`)).toEqual([
        ...['a', 'b', 'c'].map((id) => event(node, note(id, id))),
        event(node, `<retract id='a'/>`),
      ])
      await pc.asks(owner(`<configure node='${node}'>${form(PS.config, { max_items: '1' })}</configure>`), 'set', {
        to,
      })
      await bobs.receives(`<message type='headline' from='${to}'>${event(node, `<retract id='b'/>`)}</message>`)
      expect(await idsOf(pc, to, items(node))).toEqual(['c'])
      await pc.asks(owner(`<configure node='${node}'>${form(PS.config, { max_items: '11' })}</configure>`), 'set', {
        to,
        refused: 'not-acceptable',
      })
    },
  )

  story(
    '§7.2 items are taken back by owners and by who published them',
    told('tells of retractions unless it is asked not to'),
    async (cast) => {
      const { alice, bob, carol } = cast
      const to = at(cast)
      const [pc, bobs, carols] = [await alice.client('pc'), await bob.client('pc'), await carol.client('pc')]
      const node = await newNode(pc, to, { publish_model: 'open' })
      await carols.asks(subscribe(node, carol.jid), 'set', { to })
      await bobs.asks(publish(node, note('a', 'x')), 'set', { to })
      await bobs.asks(publish(node, note('b', 'x')), 'set', { to })
      const retract = (id: string, attrs = '') =>
        pubsub(`<retract node='${node}'${attrs}>${id === '' ? '' : `<item id='${id}'/>`}</retract>`)
      await carols.drains()
      await carols.asks(retract('a'), 'set', { to, refused: 'forbidden' })
      await bobs.asks(retract('a', ` notify='1'`), 'set', { to })
      await carols.receives(`<message type='headline' from='${to}'>${event(node, `<retract id='a'/>`)}</message>`)
      await pc.asks(retract('b'), 'set', { to })
      await carols.receivesNothing()
      await pc.asks(retract('b'), 'set', { to, refused: 'item-not-found' })
      expect(detailOf(await pc.asks(retract(''), 'set', { to, refused: 'bad-request' }))).toBe('item-required')
    },
  )
})

describe('XEP-0060 §8 owners', () => {
  story(
    '§8.1 nodes are made once, with a configuration or a name of the server',
    told('refuses fields that it does not know'),
    async (cast) => {
      const { alice, bob } = cast
      const to = at(cast)
      const [pc, bobs] = [await alice.client('pc'), await bob.client('pc')]
      const node = await newNode(pc, to, { title: 'Hello', unknown: 'x' })
      await bobs.asks(create(node), 'set', { to, refused: 'conflict' })
      await bobs.asks(create(fresh(), { max_items: 'many' }), 'set', { to, refused: 'not-acceptable' })
      const other = await bobs.asks(create(fresh(), undefined, 'pep'), 'set', {
        to,
        refused: 'feature-not-implemented',
      })
      expect(detailOf(other)).toBe('unsupported')
      const instant = await pc.asks(pubsub('<create/><configure/>'), 'set', { to })
      expect(instant.child('pubsub', PS.pubsub)?.child('create', PS.pubsub)?.attr('node')).toMatch(/.{10}/)
      await bobs.asks(owner(`<configure node='${node}'/>`), 'get', { to, refused: 'forbidden' })
      expect(`${await pc.asks(owner(`<configure node='${node}'/>`), 'get', { to })}`).toContain('<value>Hello</value>')
      expect(`${await bobs.asks(owner('<default/>'), 'get', { to })}`).toContain(`var='pubsub#access_model'`)
      const noForm = owner(`<configure node='${node}'/>`)
      await pc.asks(noForm, 'set', { to, refused: 'bad-request' })
      const cancel = owner(`<configure node='${node}'><x xmlns='jabber:x:data' type='cancel'/></configure>`)
      await pc.asks(cancel, 'set', { to })
    },
  )

  story(
    '§8.4 §8.5 who is subscribed hears of configuration, purge and deletion where that is wanted',
    told(),
    async (cast) => {
      const { alice, bob } = cast
      const to = at(cast)
      const [pc, bobs] = [await alice.client('pc'), await bob.client('pc')]
      const wanted = { notify_config: '1', notify_delete: '1', notify_retract: '1', notification_type: 'normal' }
      const node = await newNode(pc, to, wanted)
      await bobs.asks(subscribe(node, bob.jid), 'set', { to })
      await pc.asks(owner(`<configure node='${node}'>${form(PS.config, { title: 'New' })}</configure>`), 'set', { to })
      await bobs.finds(
        `<message from='${to}'><event xmlns='${PS.event}'><configuration node='${node}'>{any}</configuration></event></message>`,
      )
      await pc.asks(publish(node, note('a', 'x')), 'set', { to })
      await bobs.receives(`<message from='${to}'>${event(node, note('a', 'x'))}</message>`)
      await bobs.asks(owner(`<purge node='${node}'/>`), 'set', { to, refused: 'forbidden' })
      await pc.asks(owner(`<purge node='${node}'/>`), 'set', { to })
      await bobs.receives(`<message from='${to}'><event xmlns='${PS.event}'><purge node='${node}'/></event></message>`)
      await bobs.asks(owner(`<delete node='${node}'/>`), 'set', { to, refused: 'forbidden' })
      await pc.asks(owner(`<delete node='${node}'/>`), 'set', { to })
      await bobs.receives(`<message from='${to}'><event xmlns='${PS.event}'><delete node='${node}'/></event></message>`)
      await pc.asks(items(node), 'get', { to, refused: 'item-not-found' })
    },
  )

  story('§8.9 affiliations change, and there is always an owner', told('lets the last owner go'), async (cast) => {
    const { alice, bob } = cast
    const to = at(cast)
    const [pc, bobs] = [await alice.client('pc'), await bob.client('pc')]
    const node = await newNode(pc, to)
    const change = (...rows: string[]) => owner(`<affiliations node='${node}'>${rows.join('')}</affiliations>`)
    const row = (jid: string, affiliation: string) => `<affiliation jid='${jid}' affiliation='${affiliation}'/>`
    await pc.asks(change(row(alice.jid, 'none')), 'set', { to, refused: 'not-acceptable' })
    await pc.asks(change(row(bob.jid, 'king')), 'set', { to, refused: 'bad-request' })
    await pc.asks(change(row(bob.jid, 'publisher')), 'set', { to })
    await bobs.asks(publish(node, note('a', 'x')), 'set', { to })
    await bobs.asks(owner(`<affiliations node='${node}'/>`), 'get', { to, refused: 'forbidden' })
    await pc.asks(change(row(bob.jid, 'owner'), row(alice.jid, 'none')), 'set', { to })
    await pc.asks(owner(`<affiliations node='${node}'/>`), 'get', { to, refused: 'forbidden' })
    const answer = await bobs.asks(owner(`<affiliations node='${node}'/>`), 'get', { to })
    expect(`${answer}`).toContain(`<affiliations node='${node}'>${row(bob.jid, 'owner')}</affiliations>`)
    const own = await bobs.asks(pubsub(`<affiliations/>`), 'get', { to })
    expect(`${own}`).toContain(`<affiliation node='${node}' affiliation='owner'/>`)
  })

  story(
    '§8.8 an owner sets and ends subscriptions of others, who are told',
    told('refuses a state that there is not with another error'),
    async (cast) => {
      const { alice, bob } = cast
      const to = at(cast)
      const [pc, bobs] = [await alice.client('pc'), await bob.client('pc')]
      const node = await newNode(pc, to)
      const change = (jid: string, state: string) =>
        owner(`<subscriptions node='${node}'><subscription jid='${jid}' subscription='${state}'/></subscriptions>`)
      await pc.asks(change(bob.jid, 'subscribed'), 'set', { to })
      await bobs.finds(`<message from='${to}'>{any}</message>`)
      await pc.asks(publish(node, note('a', 'x')), 'set', { to })
      await bobs.receives(`<message type='headline' from='${to}'>${event(node, note('a', 'x'))}</message>`)
      const listed = await pc.asks(owner(`<subscriptions node='${node}'/>`), 'get', { to })
      const subscriptions = listed.child('pubsub', PS.owner)?.child('subscriptions', PS.owner)?.elements() ?? []
      expect(subscriptions.map((each) => [each.attr('jid'), each.attr('subscription')])).toEqual([
        [bob.jid, 'subscribed'],
      ])
      await pc.asks(change(bob.jid, 'none'), 'set', { to })
      await pc.asks(change(bob.jid, 'sometimes'), 'set', { to, refused: 'not-acceptable' })
      await bobs.asks(owner(`<subscriptions node='${node}'/>`), 'get', { to, refused: 'forbidden' })
    },
  )
})

const discoInfo = 'http://jabber.org/protocol/disco#info'
const discoItems = 'http://jabber.org/protocol/disco#items'

describe('XEP-0060 §5 discovery', () => {
  story('the service, its nodes and their items', told('does not announce pages'), async (cast) => {
    const { alice, server } = cast
    const to = at(cast)
    const pc = await alice.client('pc')
    const node = await newNode(pc, to, { title: 'Hello' })
    await pc.asks(publish(node, note('a', 'x')), 'set', { to })
    const info = (name?: string) =>
      `<query xmlns='http://jabber.org/protocol/disco#info'${name === undefined ? '' : ` node='${name}'`}/>`
    const list = (name?: string) => info(name).replace('#info', '#items')
    const described = await pc.asks(info(), 'get', { to })
    const service = `${described}`
    const identity = described.child('query', discoInfo)?.child('identity', discoInfo)
    expect(['category', 'type', 'name'].map((name) => identity?.attr(name))).toEqual([
      'pubsub',
      'service',
      'Publish-Subscribe',
    ])
    for (const feature of ['', '#publish', '#subscribe', '#access-open', '#rsm'])
      expect(service).toContain(`<feature var='${PS.pubsub}${feature}'/>`)
    expect(`${await pc.asks(info(node), 'get', { to })}`).toContain(`<identity category='pubsub' type='leaf'`)
    await pc.asks(info(fresh()), 'get', { to, refused: 'item-not-found' })
    expect(`${await pc.asks(list(), 'get', { to })}`).toContain(`<item jid='${to}' node='${node}' name='Hello'/>`)
    expect(`${await pc.asks(list(node), 'get', { to })}`).toContain(`<item jid='${to}' name='a'/>`)
    const account = `${await pc.asks(info(), 'get', { to: alice.jid })}`
    expect(account).toContain(`<identity category='pubsub' type='pep'/>`)
    expect(account).toContain(`<feature var='${PS.pubsub}#publish-options'/>`)
    expect(`${await pc.asks(list(), 'get', { to: server.domain })}`).toContain(`jid='${to}'`)
    await pc.asks(pubsub('<dance/>'), 'set', { to, refused: 'feature-not-implemented' })
  })

  story(
    '§5.2 §5.5 nodes and items are listed in pages (XEP-0059)',
    told('does not page lists of nodes'),
    async (cast) => {
      const { alice } = cast
      const to = at(cast)
      const pc = await alice.client('pc')
      const nodes: string[] = []
      for (let index = 0; index < 3; index += 1) nodes.push(await newNode(pc, to))
      const page = async (inner: string, node = '') => {
        const set = `<set xmlns='http://jabber.org/protocol/rsm'>${inner}</set>`
        const where = node === '' ? '' : ` node='${node}'`
        const answer = await pc.asks(`<query xmlns='${discoItems}'${where}>${set}</query>`, 'get', { to })
        const query = answer.child('query', discoItems)
        const listed = query?.elements().filter(({ name }) => name === 'item') ?? []
        const result = query?.child('set', 'http://jabber.org/protocol/rsm')
        return {
          names: listed.map((item) => item.attr('node') ?? item.attr('name') ?? ''),
          last: result?.child('last')?.text() ?? '',
          count: Number(result?.child('count')?.text()),
        }
      }
      const all = await page('<max>1000</max>')
      expect(all.count).toBe(all.names.length)
      expect(all.names).toEqual(expect.arrayContaining(nodes))
      const seen: string[] = []
      for (let part = await page('<max>2</max>'); part.names.length > 0; ) {
        expect(part.names.length).toBeLessThanOrEqual(2)
        seen.push(...part.names)
        part = await page(`<max>2</max><after>${part.last}</after>`)
      }
      expect(seen).toEqual(all.names)
      expect(await page('<max>0</max>')).toMatchObject({ names: [], count: all.count })

      const [node = ''] = nodes
      for (const id of ['a', 'b', 'c']) await pc.asks(publish(node, note(id, id)), 'set', { to })
      expect(await page('<max>2</max>', node)).toEqual({ names: ['c', 'b'], last: 'b', count: 3 })
      expect((await page('<max>2</max><after>b</after>', node)).names).toEqual(['a'])
      expect((await page('', node)).names).toEqual(['c', 'b', 'a'])
      expect((await page('<max>1</max><before/>', node)).names).toEqual(['a'])
    },
  )
})
