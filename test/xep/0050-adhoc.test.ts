import { describe, expect, it } from 'vitest'
import { defineModule, z } from '../../src/index.ts'
import { adhocCommands } from '../../src/modules/adhoc/api.ts'
import { StanzaError } from '../../src/stanza/stanza-error.ts'
import { command, commandsNs, formsNs, submitted } from '../support/adhoc.ts'
import { befriend } from '../support/friends.ts'
import { ownServer } from '../support/own-server.ts'
import { story } from '../support/story.ts'
import type { XmlNode } from '../support/xml.ts'

const INFO = 'http://jabber.org/protocol/disco#info'
const ITEMS = 'http://jabber.org/protocol/disco#items'
const info = (node?: string) => `<query xmlns='${INFO}'${node === undefined ? '' : ` node='${node}'`}/>`
const items = (node?: string) => `<query xmlns='${ITEMS}'${node === undefined ? '' : ` node='${node}'`}/>`
const noPing = { leavesOut: { prosody: 'its list has no command ping' } }

function commandOf(answer: XmlNode): XmlNode {
  const found = answer.child('command', commandsNs)
  if (found === undefined) throw new Error('no command in the answer')
  return found
}

describe('XEP-0050', () => {
  story('§2.1 the server has commands', async ({ alice, server }) => {
    const pc = await alice.client('pc')
    expect(`${await pc.asks(info(), 'get', { to: server.domain })}`).toContain(`<feature var='${commandsNs}'/>`)
    const list = `${await pc.asks(info(commandsNs), 'get', { to: server.domain })}`
    expect(list).toMatch(/category='automation'[^>]*type='command-list'|type='command-list'[^>]*category='automation'/)
  })

  story('§2.2 the list of commands', noPing, async ({ alice, server }) => {
    const pc = await alice.client('pc')
    const list = (await pc.asks(items(commandsNs), 'get', { to: server.domain })).child('query', ITEMS)
    expect(list?.elements().map((item) => item.attr('node'))).toContain('ping')
    const one = `${await pc.asks(info('ping'), 'get', { to: server.domain })}`
    expect(one).toContain("type='command-node'")
    expect(one).toContain(`<feature var='${commandsNs}'/>`)
    expect((await pc.asks(items('ping'), 'get', { to: server.domain })).child('query', ITEMS)?.elements()).toEqual([])
  })

  story('§2.4.1 a command that answers at once', noPing, async ({ alice, server }) => {
    const pc = await alice.client('pc')
    const answer = commandOf(await pc.asks(command('ping', { action: 'execute' }), 'set', { to: server.domain }))
    expect(answer.attr('status')).toBe('completed')
    expect(answer.attr('sessionid')).not.toBe('')
    expect(answer.child('note')?.text()).toBe('Pong')
  })

  story(
    'mod_adhoc: the session of the request comes back',
    { leavesOut: { ...noPing.leavesOut, ejabberd: 'makes a session of its own' } },
    async ({ alice, server }) => {
      const pc = await alice.client('pc')
      const asked = command('ping', { action: 'execute', sessionid: 'mine' })
      expect(commandOf(await pc.asks(asked, 'set', { to: server.domain })).attr('sessionid')).toBe('mine')
    },
  )

  story(
    '§4.4 item-not-found: no such command',
    { differs: { prosody: 'answers service-unavailable' } },
    async ({ alice, server }) => {
      const pc = await alice.client('pc')
      const refusal = await pc.asks(command('no:such'), 'set', { to: server.domain, refused: 'item-not-found' })
      expect(commandOf(refusal).attr('node')).toBe('no:such')
    },
  )

  story(
    'mod_adhoc: bad-request: get, and what a command cannot do',
    { leavesOut: { ...noPing.leavesOut, ejabberd: 'answers otherwise' } },
    async ({ alice, server }) => {
      const pc = await alice.client('pc')
      await pc.asks(command('ping'), 'get', { to: server.domain, refused: 'bad-request' })
      const refusal = await pc.asks(command('ping', { action: 'next' }), 'set', {
        to: server.domain,
        refused: 'bad-request',
      })
      expect(`${refusal}`).toContain('<bad-action')
      const unknown = await pc.asks(command('ping', { action: 'fly' }), 'set', {
        to: server.domain,
        refused: 'bad-request',
      })
      expect(`${unknown}`).toContain('<malformed-action')
    },
  )

  story(
    'mod_adhoc: the commands of an account are for those who know it',
    { leavesOut: { prosody: 'accounts have no commands', ejabberd: 'accounts have no commands' } },
    async (cast) => {
      const { alice, bob, carol } = cast
      await befriend(cast, alice, bob)
      const [bobs, carols] = [await bob.client('pc'), await carol.client('pc')]
      expect(`${await bobs.asks(info(), 'get', { to: alice.jid })}`).toContain(`<feature var='${commandsNs}'/>`)
      expect(`${await bobs.asks(info(commandsNs), 'get', { to: alice.jid })}`).toContain("type='command-list'")
      await carols.asks(info(commandsNs), 'get', { to: alice.jid, refused: 'service-unavailable' })
      await carols.asks(command('x'), 'set', { to: alice.jid, refused: 'service-unavailable' })
      await bobs.asks(command('x'), 'set', { to: bob.jid, refused: 'item-not-found' })
    },
  )
})

/** Asks for a colour, then for a size; fails for what is red. */
const painter = defineModule({
  name: 'mod_painter',
  about: 'For tests.',
  xeps: [],
  options: z.strictObject({}),
  setup({ on }) {
    const colour = { var: 'colour', type: 'text-single', isRequired: true } as const
    const size = { var: 'size', type: 'list-single', options: [{ value: 'big' }, { value: 'small' }] } as const
    on(adhocCommands, 'main', ({ at }) => [
      {
        node: `paint-${at}`,
        name: 'Paint',
        isFor: ({ from }) => from.local !== 'bob',
        run: () => ({
          form: { title: 'Colour', fields: [colour] },
          isFollowed: true,
          next(first) {
            if (first.value('colour') === 'red') throw new StanzaError('not-acceptable')
            return {
              form: { title: 'Size', fields: [size] },
              next: (second) => ({
                note: { type: 'info', text: `${second.value('size')} and ${first.value('colour')}` },
              }),
            }
          },
        }),
      },
    ])
  },
})

describe('XEP-0050 commands of several steps', () => {
  const own = ownServer('[modules.mod_painter]\n[modules.mod_adhoc]\nreport_commands_node = true\n', {
    modules: [painter],
  })
  const to = 'localhost'
  const node = 'paint-server'

  async function begin(name = 'alice', resource = 'pc') {
    const pc = await own.client(name, resource)
    const asked = commandOf(await pc.asks(command(node), 'set', { to }))
    const sessionid = asked.attr('sessionid') ?? ''
    const goOn = (action: string, fields?: Record<string, string>) =>
      pc.asks(command(node, { action, sessionid }, fields === undefined ? '' : submitted(fields)), 'set', { to })
    const refused = (condition: string, action: string, fields?: Record<string, string>) =>
      pc.asks(command(node, { action, sessionid }, fields === undefined ? '' : submitted(fields)), 'set', {
        to,
        refused: condition,
      })
    return { pc, asked, sessionid, goOn, refused }
  }

  it('§2.4.2 goes from form to form', async () => {
    const { asked, goOn } = await begin()
    expect(asked.attr('status')).toBe('executing')
    expect(`${asked.child('actions')}`).toContain("execute='next'")
    expect(
      asked
        .child('actions')
        ?.elements()
        .map(({ name }) => name),
    ).toEqual(['next'])
    const second = commandOf(await goOn('next', { colour: 'blue' }))
    expect(
      second
        .child('actions')
        ?.elements()
        .map(({ name }) => name),
    ).toEqual(['complete', 'prev'])
    const last = commandOf(await goOn('complete', { size: 'big' }))
    expect(last.attr('status')).toBe('completed')
    expect(last.child('note')?.text()).toBe('big and blue')
  })

  it('§2.4.2 goes back and forth; execute is what the form says', async () => {
    const { goOn, refused } = await begin()
    await goOn('execute', { colour: 'blue' })
    const first = commandOf(await goOn('prev'))
    expect(first.child('x', formsNs)?.child('title')?.text()).toBe('Colour')
    await refused('bad-request', 'prev')
    await refused('bad-request', 'complete', { colour: 'green' })
    await goOn('', { colour: 'green' })
    expect(
      commandOf(await goOn('execute', { size: 'small' }))
        .child('note')
        ?.text(),
    ).toBe('small and green')
  })

  it('§2.4.3 gives up, and the session is over', async () => {
    const { goOn, refused } = await begin()
    expect(commandOf(await goOn('cancel')).attr('status')).toBe('canceled')
    expect(`${await refused('bad-request', 'next', { colour: 'blue' })}`).toContain('<bad-sessionid')
  })

  it('§4.4 bad-payload: what does not fit the form; it can be mended', async () => {
    const { goOn, refused } = await begin()
    expect(`${await refused('bad-request', 'next')}`).toContain('<bad-payload')
    expect(`${await refused('bad-request', 'next', { colour: '' })}`).toContain('<bad-payload')
    await refused('not-acceptable', 'next', { colour: 'red' })
    await goOn('next', { colour: 'blue' })
    expect(`${await refused('bad-request', 'complete', { size: 'huge' })}`).toContain('<bad-payload')
    await goOn('complete', { size: 'big' })
  })

  it('§3.3 nobody else goes on with it, not even another resource', async () => {
    const { sessionid } = await begin()
    const phone = await own.client('alice', 'phone')
    const theft = command(node, { action: 'next', sessionid }, submitted({ colour: 'blue' }))
    expect(`${await phone.asks(theft, 'set', { to, refused: 'bad-request' })}`).toContain('<bad-sessionid')
  })

  it('§2.3 forbidden: neither shown nor run', async () => {
    const bob = await own.client('bob', 'pc')
    expect(`${await bob.asks(items(commandsNs), 'get', { to })}`).not.toContain(node)
    await bob.asks(info(node), 'get', { to, refused: 'forbidden' })
    await bob.asks(command(node), 'set', { to, refused: 'forbidden' })
  })

  it('mod_adhoc: report_commands_node shows the list, once, of server and account', async () => {
    const pc = await own.client('alice', 'pc')
    for (const jid of [to, pc.bare]) {
      const found = (await pc.asks(items(), 'get', { to: jid })).child('query', ITEMS)?.elements() ?? []
      expect(found.filter((item) => item.attr('node') === commandsNs).map((item) => item.attr('jid'))).toEqual([jid])
    }
    expect(`${await pc.asks(items(commandsNs), 'get', { to: pc.bare })}`).toContain("node='paint-account'")
  })
})
