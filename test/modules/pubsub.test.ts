import { describe, expect, it } from 'vitest'
import { Jid } from '../../src/jid/jid.ts'
import { exportsUser, importsUser, personalData } from '../../src/router/events.ts'
import type { Host } from '../../src/router/host.ts'
import { type PushNotification, type PushOutcome, pushNotifications } from '../../src/router/push-events.ts'
import type { Element } from '../../src/xml/element.ts'
import type { Client } from '../support/client.ts'
import { ownServer } from '../support/own-server.ts'
import { announces, create, detailOf, event, form, note, owner, PS, publish, pubsub } from '../support/pubsub.ts'

const to = 'pubsub.localhost'
const subscribe = (node: string, jid: string, options = '') =>
  pubsub(`<subscribe node='${node}' jid='${jid}'/>${options}`)
const items = (node: string) => pubsub(`<items node='${node}'/>`)
const list = (node?: string) =>
  `<query xmlns='http://jabber.org/protocol/disco#items'${node === undefined ? '' : ` node='${node}'`}/>`
const headers = (...rows: [string, string][]) =>
  `<headers xmlns='http://jabber.org/protocol/shim'>${rows
    .map(([name, value]) => `<header name='${name}'>${value}</header>`)
    .join('')}</headers>`

async function befriended(one: Client, two: Client): Promise<void> {
  for (const [from, with_] of [
    [one, two],
    [two, one],
  ] as const) {
    from.sends(`<presence type='subscribe' to='${with_.bare}'/>`)
    await with_.finds(`<presence type='subscribe' from='${from.bare}'>{any}</presence>`)
    with_.sends(`<presence type='subscribed' to='${from.bare}'/>`)
    await from.finds(`<presence type='subscribed' from='${with_.bare}'>{any}</presence>`)
  }
}

describe('collections', () => {
  const its = ownServer(`[modules.mod_pubsub]\nplugins = ["dag"]\nnodetree = "dag"\n`)

  it('tells who is subscribed to a collection of what is below it, once, and names the collection', async () => {
    const [alice, bob] = [await its.client('alice', 'pc'), await its.client('bob', 'pc')]
    await alice.asks(create('top', { node_type: 'collection' }), 'set', { to })
    await alice.asks(create('middle', { node_type: 'collection', collection: 'top' }), 'set', { to })
    await bob.asks(subscribe('top', bob.bare), 'set', { to })
    await alice.asks(create('leaf', { collection: 'middle' }), 'set', { to })
    await alice.asks(create('other', { collection: ['top', 'middle'] }), 'set', { to })
    await bob.drains()
    await alice.asks(publish('leaf', note('1', 'one')), 'set', { to })
    await bob.receives(
      `<message type='headline' from='${to}'>${event('leaf', note('1', 'one'))}${headers(['Collection', 'top'])}</message>`,
    )
    await bob.asks(subscribe('other', bob.bare), 'set', { to })
    await alice.asks(publish('other', note('1', 'one')), 'set', { to })
    const both = await bob.finds(`<message type='headline' from='${to}'>{any}</message>`)
    expect(`${both.element}`).toMatch(/name='SubID'.*name='SubID'.*name='Collection'>top</)
    await bob.receivesNothing()
    const onlyNear = form(PS.subscribeOptions, { subscription_depth: '1' })
    await bob.asks(pubsub(`<options node='top' jid='${bob.bare}'>${onlyNear}</options>`), 'set', { to })
    await alice.asks(publish('leaf', note('2', 'two')), 'set', { to })
    await bob.receivesNothing()
  })

  it('tells of new nodes in a collection, lists them, and leaves them when it is deleted', async () => {
    const [alice, bob] = [await its.client('alice', 'b'), await its.client('bob', 'b')]
    await alice.asks(create('c1', { node_type: 'collection' }), 'set', { to })
    await bob.asks(subscribe('c1', bob.bare), 'set', { to })
    await alice.asks(create('n1', { collection: 'c1' }), 'set', { to })
    await bob.finds(
      `<message type='headline' from='${to}'><event xmlns='${PS.event}'><create node='n1'/></event></message>`,
    )
    await bob.drains()
    expect(`${await bob.asks(list('c1'), 'get', { to })}`).toContain(`node='n1'`)
    expect(`${await bob.asks(list(), 'get', { to })}`).not.toContain(`node='n1'`)
    await alice.asks(owner(`<delete node='c1'/>`), 'set', { to })
    expect(`${await bob.asks(list(), 'get', { to })}`).toContain(`node='n1'`)
    await alice.asks(publish('n1', note('1', 'x')), 'set', { to })
    await bob.receivesNothing()
  })

  it('refuses collections that are not there, of others, that are none, or that would hold themselves', async () => {
    const [alice, bob] = [await its.client('alice', 'c'), await its.client('bob', 'c')]
    await alice.asks(create('mine', { node_type: 'collection' }), 'set', { to })
    await alice.asks(create('below', { node_type: 'collection', collection: 'mine' }), 'set', { to })
    await alice.asks(create('plain'), 'set', { to })
    await alice.asks(create('x1', { collection: 'nowhere' }), 'set', { to, refused: 'item-not-found' })
    await bob.asks(create('x1', { collection: 'mine' }), 'set', { to, refused: 'forbidden' })
    await alice.asks(create('x1', { collection: 'plain' }), 'set', { to, refused: 'not-allowed' })
    const circle = owner(`<configure node='mine'>${form(PS.config, { collection: 'below' })}</configure>`)
    await alice.asks(circle, 'set', { to, refused: 'not-allowed' })
    const refused = await alice.asks(publish('mine', note('1', 'x')), 'set', { to, refused: 'not-allowed' })
    expect(detailOf(refused)).toBe('publish')
  })
})

describe('a tree of homes', () => {
  const its = ownServer(`[modules.mod_pubsub]\nplugins = ["hometree", "flat"]\n`)

  it('has nodes below the homes of their owners only, and they go with what is above them', async () => {
    const [alice, bob] = [await its.client('alice', 'pc'), await its.client('bob', 'pc')]
    const home = '/home/localhost/alice'
    await alice.asks(create('/elsewhere'), 'set', { to, refused: 'forbidden' })
    await bob.asks(create(home), 'set', { to, refused: 'forbidden' })
    await alice.asks(create(`${home}/a/b`), 'set', { to, refused: 'forbidden' })
    for (const path of [home, `${home}/a`, `${home}/a/b`]) await alice.asks(create(path), 'set', { to })
    await alice.asks(create('apart', undefined, 'flat'), 'set', { to })
    expect(`${await bob.asks(list('/home'), 'get', { to })}`).toContain(`node='/home/localhost'`)
    expect(`${await bob.asks(list('/home/localhost'), 'get', { to })}`).toContain(`node='${home}'`)
    expect(`${await bob.asks(list(home), 'get', { to })}`).toContain(`node='${home}/a'`)
    const top = `${await bob.asks(list(), 'get', { to })}`
    expect(top).toContain(`node='/home'`)
    expect(top).toContain(`node='apart'`)
    expect(top).not.toContain(`node='${home}'`)
    await alice.asks(owner(`<delete node='${home}/a'/>`), 'set', { to })
    await alice.asks(items(`${home}/a/b`), 'get', { to, refused: 'item-not-found' })
    await alice.asks(items(home), 'get', { to })
  })
})

describe('push nodes', () => {
  const its = ownServer(`[modules.mod_pubsub]\nplugins = ["flat", "push"]\n`)

  it('send what is published on, and tell what came of it', async () => {
    const alice = await its.client('alice', 'pc')
    const host = its.server.server.hostOf('localhost') as Host
    const pushed: PushNotification[] = []
    let outcome: PushOutcome = 'sent'
    host.hooks.join(pushNotifications, 'main', {
      module: 'test',
      handler: (event) => {
        pushed.push(event)
        return outcome
      },
    })
    await alice.asks(pubsub(`<create type='push'/>`), 'set', { to, refused: 'not-acceptable' })
    await alice.asks(create('device', undefined, 'push'), 'set', { to })
    const summary = form('', {}).replace('<value></value>', '<value>urn:xmpp:push:summary</value>')
    const notification = `<item><notification xmlns='urn:xmpp:push:0'>${summary.replace('</x>', `<field var='message-count'><value>2</value></field></x>`)}</notification></item>`
    const options = (names: readonly string[]) =>
      `<publish-options>${form(PS.publishOptions, {}).replace('</x>', `${names.map((name) => `<field var='${name}'><value>v</value></field>`).join('')}</x>`)}</publish-options>`
    const push = (item: string, names: readonly string[]) =>
      pubsub(`<publish node='device'>${item}</publish>${options(names)}`)
    await alice.asks(push(notification, ['device_id', 'service']), 'set', { to })
    expect(pushed).toMatchObject([{ fields: { 'message-count': '2' }, options: { device_id: 'v', service: 'v' } }])
    const refusal = async (request: string, refused: string) =>
      detailOf(await alice.asks(request, 'set', { to, refused }))
    expect(await refusal(push(notification, ['service']), 'conflict')).toBe('precondition-not-met')
    await refusal(push(note('1', 'x'), ['device_id', 'service']), 'bad-request')
    outcome = 'gone'
    expect(await refusal(push(notification, ['device_id', 'service']), 'not-acceptable')).toBe('device-not-registered')
    outcome = 'failed'
    expect(await refusal(push(notification, ['device_id', 'service']), 'bad-request')).toBe(
      'faild-to-submit-push-notification',
    )
  })
})

describe('the full profile', () => {
  const its = ownServer(
    `[modules.mod_pubsub_old]\nplugins = ["flat", "pep"]\nitem_publisher = true\nmax_subscriptions_node = 2\naccess_createnode = "makers"\n` +
      `[access]\nmakers = [{acl = "notbob", value = "allow"}]\n[acl]\nnotbob = [{user_regexp = "^[^b]"}]\n`,
  )

  it('says whom to answer, and who has published', async () => {
    const [alice, phone] = [await its.client('alice', 'pc'), await its.client('alice', 'phone')]
    await announces(phone, 'urn:tune+notify')
    await phone.drains()
    await alice.asks(publish('urn:tune', note('1', 'x')), 'set')
    const item = `<item id='1' publisher='${alice.jid}'><note xmlns='urn:note'>x</note></item>`
    await phone.receives(
      `<message type='headline' from='${alice.bare}'>${event('urn:tune', item)}` +
        `<addresses xmlns='http://jabber.org/protocol/address'><address type='replyto' jid='${alice.jid}'/></addresses></message>`,
    )
    const broken = publish('urn:tune', note('2', 'x'), {}).replace(`type='submit'`, `type='form'`)
    expect(detailOf(await alice.asks(broken, 'set', { refused: 'conflict' }))).toBe('precondition-not-met')
    await phone.asks(pubsub('<dance/>'), 'set', { refused: 'feature-not-implemented' })
  })

  it('lets only who may make nodes, and so many subscribe', async () => {
    const alice = await its.client('alice', 'a')
    const others = [await its.client('bob', 'a'), await its.client('carol', 'a'), await its.client('dave', 'a')]
    const [bob, carol, dave] = others as [Client, Client, Client]
    await bob.asks(create('his'), 'set', { to, refused: 'forbidden' })
    await bob.asks(publish('his', note('1', 'x')), 'set', { to, refused: 'item-not-found' })
    await alice.asks(create('few'), 'set', { to })
    for (const client of [bob, carol]) await client.asks(subscribe('few', client.bare), 'set', { to })
    const refused = await dave.asks(subscribe('few', dave.bare), 'set', { to, refused: 'not-allowed' })
    expect(detailOf(refused)).toBe('closed-node')
  })

  it('has a command that asks an owner again', async () => {
    const [alice, carol] = [await its.client('alice', 'b'), await its.client('carol', 'b')]
    await alice.asks(create('asked', { access_model: 'authorize' }), 'set', { to })
    await carol.asks(subscribe('asked', carol.bare), 'set', { to })
    await alice.finds(`<message from='${to}'>{any}</message>`)
    const command = (inner = '') =>
      `<command xmlns='http://jabber.org/protocol/commands' node='${PS.pubsub}#get-pending'>${inner}</command>`
    expect(`${await alice.asks(command(), 'set', { to })}`).toContain('<option><value>asked</value></option>')
    const filled = form(`${PS.pubsub}#subscribe_authorization`, { node: 'asked' })
    expect(`${await alice.asks(command(filled), 'set', { to })}`).toContain(`status='completed'`)
    const again = await alice.finds(`<message from='${to}'>{any}</message>`)
    expect(`${again.element}`).toContain(carol.bare)
    await carol.asks(command(filled), 'set', { to, refused: 'forbidden' })
  })
})

describe('what comes and goes with people', () => {
  const its = ownServer('[modules.mod_pubsub]\n[modules.mod_private]\n')

  it('keeps nodes, items and subscriptions over a restart', async () => {
    const [alice, bob] = [await its.client('anna', 'pc'), await its.client('ben', 'pc')]
    await alice.asks(create('lasting'), 'set', { to })
    await bob.asks(subscribe('lasting', bob.bare), 'set', { to })
    await alice.asks(publish('lasting', note('1', 'x')), 'set', { to })
    await alice.asks(publish('urn:tune', note('1', 'x'), { max_items: '3', access_model: 'open' }), 'set')
    await its.restart()
    const [again, bobs] = [await its.client('anna', 'pc'), await its.client('ben', 'pc')]
    await again.asks(publish('lasting', note('2', 'y')), 'set', { to })
    await bobs.finds(`<message type='headline' from='${to}'>${event('lasting', note('2', 'y'))}</message>`)
    expect(`${await bobs.asks(items('urn:tune'), 'get', { to: again.bare })}`).toContain(note('1', 'x'))
    expect(`${await again.asks(items('lasting'), 'get', { to })}`).toContain(note('1', 'x'))
  })

  it('sends the last item when presence is approved, and ends subscriptions when that is taken back', async () => {
    const [alice, bob] = [await its.client('amy', 'pc'), await its.client('bill', 'pc')]
    await alice.asks(publish('urn:tune', note('1', 'x')), 'set')
    await announces(bob, 'urn:tune+notify')
    await bob.drains()
    await befriended(alice, bob)
    await bob.finds(`<message type='headline' from='${alice.bare}'>{any}</message>`)
    await bob.asks(subscribe('urn:tune', bob.jid), 'set', { to: alice.bare })
    alice.sends(`<presence type='unsubscribed' to='${bob.bare}'/>`)
    const over = `<subscription node='urn:tune' jid='${bob.jid}' subscription='none'/>`
    await bob.finds(`<message from='${alice.bare}'><event xmlns='${PS.event}'>${over}</event></message>`)
    await bob.drains()
    await alice.asks(publish('urn:tune', note('2', 'x')), 'set')
    await alice.isHeard()
    await bob.receivesNothing()
  })

  it('takes back what was to last as long as somebody is there', async () => {
    const [alice, bob] = [await its.client('ada', 'pc'), await its.client('bo', 'pc')]
    const config = { purge_offline: '1', notify_retract: '1', publish_model: 'open' }
    await bob.asks(create('here', config), 'set', { to })
    await bob.asks(subscribe('here', bob.bare), 'set', { to })
    await alice.asks(publish('here', note('1', 'x')), 'set', { to })
    await bob.drains()
    await alice.leaves()
    await bob.finds(`<message type='headline' from='${to}'>${event('here', `<retract id='1'/>`)}</message>`)
  })

  it('tells what it has of somebody, and forgets all of it with the account', async () => {
    const [alice, bob] = [await its.client('abby', 'pc'), await its.client('bert', 'pc')]
    await alice.asks(publish('urn:tune', note('1', 'x'), { access_model: 'open' }), 'set')
    await bob.asks(create('his'), 'set', { to })
    await alice.asks(subscribe('his', alice.bare), 'set', { to })
    const host = its.server.server.hostOf('localhost') as Host
    const told = await host.hooks.gather(personalData, { host, user: Jid.parse(alice.bare) })
    const group = (name: string) => told.find((one) => one.name === name)?.rows
    expect(group('pubsub_items')).toEqual([
      { node_id: 'urn:tune', item_id: '1', publisher_jid: alice.jid, payload: `<note xmlns='urn:note'>x</note>` },
    ])
    expect(group('pubsub_nodes')).toEqual([{ node_id: 'urn:tune', access_model: 'open' }])
    expect(group('pubsub_subscriptions')).toEqual([{ service_jid: to, node_id: 'his', subscriber_jid: alice.bare }])
    await its.command('account.removeUser', { user: alice.bare })
    await bob.asks(items('urn:tune'), 'get', { to: alice.bare, refused: 'item-not-found' })
    expect(`${await bob.asks(owner(`<subscriptions node='his'/>`), 'get', { to })}`).not.toContain(alice.bare)
  })

  it('writes nodes out with what is in them, and reads them back, once or twice (XEP-0227)', async () => {
    const alice = await its.client('ally', 'pc')
    for (const id of ['1', '2'])
      await alice.asks(publish('urn:kept', note(id, 'x'), { access_model: 'whitelist', max_items: '5' }), 'set')
    const host = its.server.server.hostOf('localhost') as Host
    const documents: Element[] = []
    for (const { container, elements } of await host.hooks.gather(exportsUser, { host, user: Jid.parse(alice.bare) })) {
      const children: Element[] = []
      for await (const child of elements) children.push(child)
      if (container?.name === 'pubsub') documents.push(container.withChildren(children))
    }
    const copy = await its.client('copy', 'pc')
    const user = Jid.parse(copy.bare)
    const counts: unknown[] = []
    for (const isDryRun of [true, false, false]) {
      for (const element of documents)
        counts.push(await host.hooks.run(importsUser, { host, user, element, container: undefined, isDryRun }))
      if (isDryRun) await copy.asks(items('urn:kept'), 'get', { refused: 'item-not-found' })
    }
    expect(counts.slice(0, 2)).toEqual([
      { kind: 'nodes', count: 1 },
      { kind: 'items', count: 2 },
    ])
    const answer = await copy.asks(items('urn:kept'))
    expect(`${answer}`).toContain(note('1', 'x') + note('2', 'x'))
    const shown = `${await copy.asks(owner(`<configure node='urn:kept'/>`))}`
    expect(shown).toMatch(/pubsub#access_model'[^>]*><value>whitelist</)
    await alice.asks(items('urn:kept'), 'get', { to: copy.bare, refused: 'not-allowed' })
  })

  it('gives the last item to who signs in, where the service is asked to', async () => {
    const [alice, bob] = [await its.client('alan', 'pc'), await its.client('bea', 'pc')]
    await alice.asks(create('greeting', { send_last_published_item: 'on_sub_and_presence' }), 'set', { to })
    await bob.asks(subscribe('greeting', bob.bare), 'set', { to })
    await alice.asks(publish('greeting', note('1', 'x')), 'set', { to })
    await bob.leaves()
    const again = await its.client('bea', 'pc')
    const found = await again.finds(`<message type='headline' from='${to}' to='${again.jid}'>{any}</message>`)
    expect(`${found.element}`).toContain(`<delay xmlns='urn:xmpp:delay' from='${alice.jid}'`)
  })

  it('tells only who is there, where that is wanted', async () => {
    const [alice, bob] = [await its.client('art', 'pc'), await its.client('bud', 'pc')]
    await alice.asks(create('present', { presence_based_delivery: '1' }), 'set', { to })
    await bob.asks(subscribe('present', bob.jid), 'set', { to })
    await alice.asks(publish('present', note('1', 'x')), 'set', { to })
    await bob.finds(`<message type='headline' from='${to}'>{any}</message>`)
    bob.sends(`<presence type='unavailable'/>`)
    await bob.drains()
    await alice.asks(publish('present', note('2', 'x')), 'set', { to })
    await bob.receivesNothing()
  })
})

describe('the light profile', () => {
  const its = ownServer('[modules.mod_pubsub]\nmax_items_per_node = 2\n')

  it('is strict about what it is sent', async () => {
    const alice = await its.client('alice', 'pc')
    await alice.asks(create('urn:a', { nothing: '1' }), 'set', { refused: 'bad-request' })
    expect((await alice.asks(create('urn:a'), 'set')).child('pubsub', PS.pubsub)).toBeUndefined()
    await alice.asks(pubsub('<create/>'), 'set', { refused: 'not-acceptable' })
    await alice.asks(pubsub('<dance/>'), 'set', { refused: 'bad-request' })
    await alice.asks(publish('urn:a', note('1', 'x') + note('2', 'x')), 'set', { refused: 'bad-request' })
    for (const attrs of [`max_items='0'`, `max_items='-1'`, `max_items='x'`])
      await alice.asks(pubsub(`<items node='urn:a' ${attrs}/>`), 'get', { refused: 'bad-request' })
    const both = pubsub(`<items node='urn:a' max_items='1'><item id='1'/></items>`)
    await alice.asks(both, 'get', { refused: 'bad-request' })
    const retract = (attrs: string, inner = '') =>
      pubsub(`<retract node='urn:a' ${attrs}><item id='1'>${inner}</item></retract>`)
    await alice.asks(retract(`notify='maybe'`), 'set', { refused: 'bad-request' })
    await alice.asks(retract('', '<x xmlns="x"/>'), 'set', { refused: 'bad-request' })
  })

  it('keeps so many items, the oldest first', async () => {
    const alice = await its.client('alice', 'b')
    for (const id of ['1', '2', '3']) await alice.asks(publish('urn:b', note(id, 'x')), 'set')
    const answer = `${await alice.asks(items('urn:b'))}`
    expect([...answer.matchAll(/item id='(\d)'/g)].map((found) => found[1])).toEqual(['2', '3'])
  })

  it('tells a client once that is subscribed and wants to hear', async () => {
    const [alice, phone] = [await its.client('alice', 'c'), await its.client('alice', 'phone')]
    await announces(phone, 'urn:c+notify')
    await alice.asks(create('urn:c'), 'set')
    await phone.asks(subscribe('urn:c', phone.bare), 'set')
    await phone.drains()
    await alice.drains()
    await alice.asks(publish('urn:c', note('1', 'x')), 'set')
    await phone.receives(`<message type='headline' from='${alice.bare}'>{any}</message>`)
    await phone.receivesNothing()
  })
})
