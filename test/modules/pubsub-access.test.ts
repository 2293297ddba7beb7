import { describe, expect, it } from 'vitest'
import type { Client } from '../support/client.ts'
import { ownServer } from '../support/own-server.ts'
import { announces, create, event, form, note, owner, PS, publish, pubsub } from '../support/pubsub.ts'

const to = 'pubsub.localhost'
const subscribe = (node: string, jid: string, options = '') =>
  pubsub(`<subscribe node='${node}' jid='${jid}'/>${options}`)
const configure = (node: string, config: Readonly<Record<string, string>>) =>
  owner(`<configure node='${node}'>${form(PS.config, config)}</configure>`)
const affiliate = (node: string, jid: string, affiliation: string) =>
  owner(`<affiliations node='${node}'><affiliation jid='${jid}' affiliation='${affiliation}'/></affiliations>`)

/** The message that tells of the end of a subscription (XEP-0060 §13.14). */
const over = (from: string, node: string, jid: string) =>
  `<message from='${from}'><event xmlns='${PS.event}'>` +
  `<subscription node='${node}' jid='${jid}' subscription='none'/></event></message>`

async function contacts(one: Client, two: Client): Promise<void> {
  one.sends(`<presence type='subscribe' to='${two.bare}'/>`)
  await two.finds(`<presence type='subscribe' from='${one.bare}'>{any}</presence>`)
  two.sends(`<presence type='subscribed' to='${one.bare}'/>`)
  await one.finds(`<presence type='subscribed' from='${two.bare}'>{any}</presence>`)
}

const group = (contact: string, name: string) =>
  `<query xmlns='jabber:iq:roster'><item jid='${contact}'><group>${name}</group></item></query>`

describe('access that is taken back', () => {
  const its = ownServer('[modules.mod_pubsub]\nmax_subscriptions_node = 3\nplugins = ["flat", "pep"]\n')

  it('ends subscriptions with another access model, and of who is taken off its list, and tells them', async () => {
    const [alice, bob, carol] = [
      await its.client('alice', 'a'),
      await its.client('bob', 'a'),
      await its.client('carol', 'a'),
    ]
    await alice.asks(create('club'), 'set', { to })
    for (const client of [bob, carol]) await client.asks(subscribe('club', client.bare), 'set', { to })
    await alice.asks(affiliate('club', carol.bare, 'member'), 'set', { to })
    await alice.asks(configure('club', { title: 'Club' }), 'set', { to })
    for (const client of [bob, carol]) await client.receivesNothing()
    await alice.asks(configure('club', { access_model: 'whitelist' }), 'set', { to })
    await bob.receives(over(to, 'club', bob.bare))
    await alice.asks(publish('club', note('1', 'x')), 'set', { to })
    await carol.receives(`<message type='headline' from='${to}'>${event('club', note('1', 'x'))}</message>`)
    await alice.asks(affiliate('club', carol.bare, 'none'), 'set', { to })
    await carol.receives(over(to, 'club', carol.bare))
    await alice.asks(publish('club', note('2', 'x')), 'set', { to })
    for (const client of [bob, carol]) await client.receivesNothing()
  })

  it('leaves those waiting for an answer, and owners, where they are', async () => {
    const [alice, bob, carol] = [
      await its.client('alice2', 'b'),
      await its.client('bob2', 'b'),
      await its.client('carol2', 'b'),
    ]
    await alice.asks(create('quiet'), 'set', { to })
    await alice.asks(affiliate('quiet', carol.bare, 'owner'), 'set', { to })
    for (const client of [bob, carol]) await client.asks(subscribe('quiet', client.jid), 'set', { to })
    await alice.asks(configure('quiet', { access_model: 'authorize' }), 'set', { to })
    await alice.asks(publish('quiet', note('1', 'x')), 'set', { to })
    for (const client of [bob, carol])
      await client.receives(`<message type='headline' from='${to}'>${event('quiet', note('1', 'x'))}</message>`)
    await alice.asks(configure('quiet', { access_model: 'presence' }), 'set', { to })
    await bob.receives(over(to, 'quiet', bob.jid))
    await carol.receivesNothing()
  })

  it('ends subscriptions of a contact who is moved out of the groups that are let in', async () => {
    const [alice, bob] = [await its.client('alice3', 'c'), await its.client('bob3', 'c')]
    await contacts(bob, alice)
    await alice.asks(group(bob.bare, 'friends'), 'set')
    const access = { access_model: 'roster', roster_groups_allowed: 'friends' }
    await alice.asks(create('urn:close', access), 'set')
    await bob.asks(subscribe('urn:close', bob.jid), 'set', { to: alice.bare })
    await bob.drains()
    await alice.asks(group(bob.bare, 'others'), 'set')
    await bob.receives(over(alice.bare, 'urn:close', bob.jid))
    await announces(bob, 'urn:close+notify')
    await bob.drains()
    await alice.asks(publish('urn:close', note('1', 'x')), 'set')
    await bob.receivesNothing()
  })

  it('tells clients that want to hear no more once the node is closed to them', async () => {
    const [alice, dave] = [await its.client('alice4', 'd'), await its.client('dave4', 'd')]
    await contacts(dave, alice)
    await announces(dave, 'urn:life+notify')
    await alice.asks(publish('urn:life', note('1', 'x')), 'set')
    await dave.finds(`<message type='headline' from='${alice.bare}'>{any}</message>`)
    await dave.drains()
    // Sent in one piece: what was published before is told by the rules of then, what comes after by those of now.
    const closing = alice.asks(configure('urn:life', { access_model: 'whitelist' }), 'set')
    const secret = alice.asks(publish('urn:life', note('2', 'x')), 'set')
    await Promise.all([closing, secret])
    await dave.receivesNothing()
    const again = await its.client('dave4', 'again')
    await announces(again, 'urn:life+notify')
    await again.drains()
    await alice.asks(publish('urn:life', note('3', 'x')), 'set')
    await again.receivesNothing()
  })

  it('sends no last item to who wants none', async () => {
    const [alice, erin] = [await its.client('alice5', 'e'), await its.client('erin5', 'e')]
    await alice.asks(create('loud', { send_last_published_item: 'on_sub_and_presence' }), 'set', { to })
    await alice.asks(publish('loud', note('1', 'x')), 'set', { to })
    const options = `<options>${form(PS.subscribeOptions, { deliver: '0' })}</options>`
    await erin.asks(subscribe('loud', erin.bare, options), 'set', { to })
    await erin.receivesNothing()
    await erin.leaves()
    const again = await its.client('erin5', 'again')
    await again.receivesNothing()
  })

  it('lets owners add no more subscribers than there may be', async () => {
    const alice = await its.client('alice6', 'f')
    await alice.asks(create('small'), 'set', { to })
    const row = (name: string) => `<subscription jid='${name}@localhost' subscription='subscribed'/>`
    const add = (...names: string[]) => owner(`<subscriptions node='small'>${names.map(row).join('')}</subscriptions>`)
    await alice.asks(add('x1', 'x2'), 'set', { to })
    await alice.asks(add('x3', 'x4'), 'set', { to, refused: 'not-acceptable' })
    const listed = `${await alice.asks(owner(`<subscriptions node='small'/>`), 'get', { to })}`
    expect(listed.match(/<subscription /g)).toHaveLength(3)
  })
})
