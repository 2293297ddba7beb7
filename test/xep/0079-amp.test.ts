import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { defineModule } from '../../src/module/define.ts'
import { accountReceives } from '../../src/router/events.ts'
import { StanzaError } from '../../src/stanza/stanza-error.ts'
import { search } from '../support/archive.ts'
import type { Client } from '../support/client.ts'
import { ownServer } from '../support/own-server.ts'

const amp = 'http://jabber.org/protocol/amp'
const stanzas = 'urn:ietf:params:xml:ns:xmpp-stanzas'

const rule = (condition: string, value: string, action: string) =>
  `<rule condition='${condition}' value='${value}' action='${action}'/>`

function sends(client: Client, to: string, rules: string, id = 'm1'): void {
  client.sends(`<message to='${to}' type='chat' id='${id}'><body>hi</body><amp xmlns='${amp}'>${rules}</amp></message>`)
}

/** The one notification or error with what it carries. */
const report = (client: Client, status: string, to: string, inner: string) =>
  `<amp xmlns='${amp}' status='${status}' to='${to}' from='${client.jid}'>${inner}</amp>`
const notified = (client: Client, to: string, inner: string) =>
  client.receives(
    `<message id='m1' from='localhost' to='${client.jid}'>${report(client, 'notify', to, inner)}</message>`,
  )
const bounced = (client: Client, to: string) =>
  client.receives(
    `<message type='error' id='m1' from='${to}' {any}><body>hi</body><error type='cancel' {any}><service-unavailable xmlns='${stanzas}'/>{any}</error></message>`,
  )
const plain = (client: Client, from: Client) =>
  client.receives(`<message from='${from.jid}' type='chat' id='m1' {any}><body>hi</body></message>`)

let count = 0
/** Names of its own for each test. */
const fresh = (name: string) => `${name}${++count}`

describe('XEP-0079 with nothing that stores', () => {
  const own = ownServer(`[modules.mod_amp]
[modules.mod_csi]
`)
  const two = async () => [await own.client(fresh('alice'), 'pc'), await own.client(fresh('bob'), 'pc')] as const
  const absent = async () => (await own.client(fresh('carol'), 'pc', { presence: false })).leaves()

  it('§2.1.1 is announced, with what it supports', async () => {
    const [alice] = await two()
    for (const ns of ['http://jabber.org/features/amp', 'http://jabber.org/feature/amp']) {
      expect(alice.features.child('amp', ns)).toBeDefined()
    }
    const featuresOf = async (node: string) => {
      const query = `<query xmlns='http://jabber.org/protocol/disco#info'${node}/>`
      const info = await alice.asks(query, 'get', { to: 'localhost' })
      return info
        .elements()[0]
        ?.elements()
        .filter(({ name }) => name === 'feature')
        .map((child) => child.attr('var'))
    }
    expect(await featuresOf('')).toContain(amp)
    const supported = ['action=drop', 'action=notify', 'action=error', 'condition=deliver', 'condition=match-resource']
    expect((await featuresOf(` node='${amp}'`))?.sort()).toEqual(
      [amp, ...supported.map((what) => `${amp}?${what}`)].sort(),
    )
  })

  it('§3.3.1 tells of direct delivery, and the recipient sees nothing of it', async () => {
    const [alice, bob] = await two()
    const rules = rule('deliver', 'direct', 'notify')
    sends(alice, bob.jid, rules)
    await plain(bob, alice)
    await notified(alice, bob.jid, rules)
    await alice.receivesNothing()
  })

  it('§3.3.1 tells so once, however many resources get it', async () => {
    const [alice, bob] = await two()
    const other = await own.client(bob.jid.split('@')[0] ?? '', 'other')
    await bob.meets(other.jid)
    const rules = rule('deliver', 'direct', 'notify')
    sends(alice, bob.bare, rules)
    await plain(bob, alice)
    await notified(alice, bob.bare, rules)
    await alice.receivesNothing()
  })

  it('§3.3.1 tells so when it is written, not while it is held for an inactive client', async () => {
    const [alice, bob] = await two()
    bob.send(`<inactive xmlns='urn:xmpp:csi:0'/>`)
    bob.sends(`<message to='${alice.jid}' id='ready'/>`)
    await alice.receives(`<message id='ready' {any}/>`)
    const rules = rule('deliver', 'direct', 'notify')
    sends(alice, bob.jid, rules)
    await alice.receivesNothing()
    bob.send(`<active xmlns='urn:xmpp:csi:0'/>`)
    await notified(alice, bob.jid, rules)
  })

  it('§3.3.1 tells that nobody is there before the message bounces', async () => {
    const [alice] = await two()
    await absent()
    const rules = rule('deliver', 'none', 'notify')
    for (const to of [`carol${count}@localhost`, 'nobody@localhost', 'nobody@elsewhere.example']) {
      sends(alice, to, rules)
      await notified(alice, to, rules)
      await bounced(alice, to)
    }
  })

  it('§3.4.3 an error stops it, and the sender is told which rule did', async () => {
    const [alice, bob] = await two()
    const rules = rule('deliver', 'direct', 'error')
    sends(alice, bob.jid, rule('deliver', 'stored', 'drop') + rules)
    await alice.receives(
      `<message type='error' id='m1' from='localhost' to='${alice.jid}'><error type='modify' code='500'><undefined-condition xmlns='${stanzas}'/><failed-rules xmlns='${amp}'>${rules}</failed-rules></error>${report(alice, 'error', bob.jid, rules)}</message>`,
    )
    await bob.receivesNothing()
  })

  it('§3.4.2 drop stops it in silence', async () => {
    const [alice, bob] = await two()
    sends(alice, bob.jid, rule('deliver', 'direct', 'drop'))
    await alice.receivesNothing()
    await bob.receivesNothing()
  })

  it('§3.3.3 how the address fits the resources that are there', async () => {
    const [alice, bob] = await two()
    const wrong = `${bob.bare}/wrong`
    const matches: [string, string[]][] = [
      [bob.jid, ['exact', 'any']],
      [wrong, ['other', 'any']],
      [bob.bare, ['other', 'any']],
    ]
    for (const [to, values] of matches) {
      for (const value of ['exact', 'any', 'other']) {
        const rules = rule('match-resource', value, 'notify')
        sends(alice, to, rules)
        await plain(bob, alice)
        if (values.includes(value)) await notified(alice, to, rules)
        await alice.receivesNothing()
      }
    }
    await bob.leaves()
    sends(alice, bob.jid, rule('match-resource', 'any', 'notify'))
    await bounced(alice, bob.jid)
    await alice.receivesNothing()
  })

  it('§2.2.3 the first rule that applies acts alone', async () => {
    const [alice, bob] = await two()
    const direct = rule('deliver', 'direct', 'notify')
    sends(alice, bob.jid, rule('deliver', 'none', 'error') + rule('deliver', 'stored', 'error') + direct)
    await plain(bob, alice)
    await notified(alice, bob.jid, direct)
    await alice.receivesNothing()
  })

  const refused: [string, string, string, string][] = [
    ['alert', rule('deliver', 'none', 'alert'), 'bad-request 400', 'unsupported-actions'],
    ['expire-at', rule('expire-at', '2031-01-01T00:00:00Z', 'drop'), 'bad-request 400', 'unsupported-conditions'],
    ['nonsense', rule('deliver', 'maybe', 'drop'), 'not-acceptable 405', 'invalid-rules'],
  ]
  for (const [what, rules, error, container] of refused) {
    it(`§6.1 refuses ${what}`, async () => {
      const [alice, bob] = await two()
      const [condition, code] = error.split(' ')
      sends(alice, bob.jid, rules)
      await alice.receives(
        `<message type='error' id='m1' from='localhost' to='${alice.jid}'><error type='modify' code='${code}'><${condition} xmlns='${stanzas}'/><${container} xmlns='${amp}'>${rules}</${container}></error><amp xmlns='${amp}'>${rules}</amp></message>`,
      )
      await bob.receivesNothing()
    })
  }

  it('§4.1 leaves alone what has no rules, or is an answer', async () => {
    const [alice, bob] = await two()
    for (const element of [
      `<amp xmlns='${amp}'/>`,
      `<amp xmlns='${amp}' status='notify'>${rule('deliver', 'direct', 'drop')}</amp>`,
    ]) {
      alice.sends(`<message to='${bob.jid}' type='chat' id='m1'><body>hi</body>${element}</message>`)
      await bob.receives(`<message from='${alice.jid}' id='m1' {any}><body>hi</body>${element}</message>`)
    }
    await alice.receivesNothing()
  })
})

describe('XEP-0079 with messages kept for who is away', () => {
  const own = ownServer(`[modules.mod_amp]
[modules.mod_offline]
[access]
max_user_offline_messages = [{ acl = "all", value = 1 }]
`)
  const pair = async () => {
    const bob = await own.client(fresh('bob'), 'pc', { presence: false })
    await bob.leaves()
    return [await own.client(fresh('alice'), 'pc'), bob] as const
  }

  it('§3.3.1 tells that it is stored, not that nobody is there', async () => {
    const [alice, bob] = await pair()
    const stored = rule('deliver', 'stored', 'notify')
    sends(alice, bob.bare, rule('deliver', 'none', 'notify') + stored)
    await notified(alice, bob.bare, stored)
    await alice.receivesNothing()
    const later = await own.client(bob.bare.split('@')[0] ?? '', 'later')
    await later.receives(
      `<message id='m1' {any}><body>hi</body><delay xmlns='urn:xmpp:delay' {any}>{any}</delay></message>`,
    )
  })

  it('§3.4.3 an error keeps it from being stored', async () => {
    const [alice, bob] = await pair()
    const rules = rule('deliver', 'stored', 'error')
    sends(alice, bob.bare, rules)
    await alice.receives(`<message type='error' id='m1' from='localhost' {any}>{any}</message>`)
    const later = await own.client(bob.bare.split('@')[0] ?? '', 'later')
    await later.receivesNothing()
  })

  it('§3.3.1 tells that nobody has it when no more is kept', async () => {
    const [alice, bob] = await pair()
    alice.sends(`<message to='${bob.bare}' type='chat' id='first'><body>first</body></message>`)
    const none = rule('deliver', 'none', 'notify')
    sends(alice, bob.bare, none)
    await notified(alice, bob.bare, none)
    await alice.receives(`<message type='error' id='m1' from='${bob.bare}' {any}>{any}</message>`)
  })
})

describe('XEP-0079 with modules that keep messages back', () => {
  /** Refuses what is for `strict`, and keeps what is for `silent`. */
  const guard = defineModule({
    name: 'mod_test_guard',
    about: 'Keeps messages back.',
    xeps: [],
    options: z.strictObject({}),
    setup({ on }) {
      on(accountReceives, 'guard', ({ account, stanza }) => {
        if (stanza.kind !== 'message') return undefined
        if (account.local === 'strict') throw new StanzaError('service-unavailable')
        return account.local === 'silent' ? 'handled' : undefined
      })
    },
  })
  const own = ownServer('[modules.mod_amp]\n[modules.mod_test_guard]\n', { modules: [guard] })

  it('§3.3.1 nobody has what is refused, and the sender is told so before the error', async () => {
    const [alice, strict] = [await own.client('alice', 'pc'), await own.client('strict', 'pc')]
    const none = rule('deliver', 'none', 'notify')
    sends(alice, strict.jid, rule('deliver', 'direct', 'notify') + none)
    await notified(alice, strict.jid, none)
    await bounced(alice, strict.jid)
    await strict.receivesNothing()
  })

  it('§3.3.1 nor what is kept back in silence', async () => {
    const [alice, silent] = [await own.client('alice', 'laptop'), await own.client('silent', 'pc')]
    await alice.drains()
    const none = rule('deliver', 'none', 'notify')
    sends(alice, silent.jid, none)
    await notified(alice, silent.jid, none)
    await alice.receivesNothing()
    await silent.receivesNothing()
  })
})

describe('XEP-0079 with an archive and lists', () => {
  const own = ownServer('[modules.mod_amp]\n[modules.mod_blocking]\n[modules.mod_privacy]\n[modules.mod_mam.pm]\n')
  const pair = async () => [await own.client(fresh('alice'), 'pc'), await own.client(fresh('bob'), 'pc')] as const
  const elementsIn = async (client: Client) => (await search(client)).messages.map((message) => `${message}`)

  it('§3.3.1 what is archived is stored, whether or not anybody is there', async () => {
    const [alice, bob] = await pair()
    await bob.leaves()
    const stored = rule('deliver', 'stored', 'notify')
    sends(alice, bob.bare, rule('deliver', 'none', 'notify') + stored)
    await notified(alice, bob.bare, stored)
    await alice.receives(`<message type='error' id='m1' from='${bob.bare}' {any}>{any}</message>`)
    await alice.receivesNothing()
  })

  it('§3.3.1 what goes into no archive is not', async () => {
    const [alice, bob] = await pair()
    await bob.leaves()
    const none = rule('deliver', 'none', 'notify')
    const rules = `<amp xmlns='${amp}'>${none}${rule('deliver', 'stored', 'notify')}</amp>`
    alice.sends(
      `<message to='${bob.bare}' type='chat' id='m1'><body>hi</body><no-store xmlns='urn:xmpp:hints'/>${rules}</message>`,
    )
    await notified(alice, bob.bare, none)
    await alice.receives(`<message type='error' id='m1' from='${bob.bare}' {any}>{any}</message>`)
  })

  it('§2.2.2 archives have messages without their rules', async () => {
    const [alice, bob] = await pair()
    sends(alice, bob.jid, rule('deliver', 'direct', 'notify'))
    await notified(alice, bob.jid, rule('deliver', 'direct', 'notify'))
    for (const client of [alice, bob]) {
      const [message] = await elementsIn(client)
      expect(message).toContain('<body>hi</body>')
      expect(message).not.toContain(amp)
    }
  })

  it('§3.3.1 nobody has what is blocked, and the sender is told so before the error', async () => {
    const [alice, bob] = await pair()
    await bob.asks(`<block xmlns='urn:xmpp:blocking'><item jid='${alice.bare}'/></block>`, 'set')
    await bob.drains()
    const none = rule('deliver', 'none', 'notify')
    sends(alice, bob.jid, rule('deliver', 'direct', 'notify') + none)
    await notified(alice, bob.jid, none)
    await bounced(alice, bob.jid)
    await bob.receivesNothing()
    expect(await elementsIn(bob)).toEqual([])
  })
})
