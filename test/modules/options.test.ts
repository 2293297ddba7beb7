import { describe, expect, it } from 'vitest'
import { Client } from '../support/client.ts'
import { type OwnServer, ownServer } from '../support/own-server.ts'
import { openSecure } from '../support/sign-in.ts'
import { SteppedClock } from '../support/stepped-clock.ts'
import { NS } from '../support/xml.ts'

const chat = (to: string, id: string) => `<message type='chat' to='${to}' id='${id}'><body>${id}</body></message>`

describe('mod_offline', () => {
  const own = ownServer(`[modules.mod_offline]
store_groupchat_messages = true
[access]
max_user_offline_messages = [{ acl = "all", value = 2 }]
`)

  it('keeps so many messages and refuses the next', async () => {
    const bob = await own.client('bob', 'pc', { presence: false })
    const alice = await own.client('alice', 'pc')
    for (const id of ['m1', 'm2', 'm3']) alice.sends(chat(bob.bare, id))
    const text = 'Your contact offline message queue is full. The message has been discarded.'
    const { element } = await alice.finds(`<message from='${bob.bare}' id='m3' type='error'>{any}</message>`)
    expect(element.child('error', NS.client)?.child('resource-constraint', NS.stanzaErrors)).toBeDefined()
    expect(element.child('error', NS.client)?.child('text', NS.stanzaErrors)?.text()).toBe(text)
    await bob.isPresent()
    for (const id of ['m1', 'm2'])
      await bob.finds(`<message from='${alice.jid}' id='${id}' type='chat'>{any}</message>`)
    await bob.receivesNothing()
    await alice.receivesNothing()
  })

  it('keeps groupchat messages where it is told to', async () => {
    const carol = await own.client('carol', 'pc', { presence: false })
    const dora = await own.client('dora', 'pc')
    dora.sends(`<message type='groupchat' to='${carol.bare}' id='g1'><body>all</body></message>`)
    await dora.receivesNothing()
    await carol.isPresent()
    await carol.finds(`<message from='${dora.jid}' id='g1' type='groupchat'>{any}</message>`)
  })
})

describe('mod_offline cleared by an administrator', () => {
  const clock = new SteppedClock()
  const own = ownServer('[modules.mod_offline]\n', { clock })
  const domain = 'localhost'
  const expiring = (to: string, id: string) =>
    chat(to, id).replace('<body>', `<x xmlns='jabber:x:expire' seconds='60'/><body>`)

  it('deletes what has expired, and what is old', async () => {
    const bob = await own.client('bob', 'pc', { presence: false })
    const alice = await own.client('alice', 'pc')
    for (const text of [chat(bob.bare, 'm1'), expiring(bob.bare, 'm2'), expiring(bob.bare, 'm3')]) alice.sends(text)
    await alice.isHeard()
    expect(await own.command('offline.deleteExpiredMessages', { domain })).toBe('Removed 0 messages')
    clock.advance(60_000)
    expect(await own.command('offline.deleteExpiredMessages', { domain })).toBe('Removed 2 messages')
    clock.advance(86_400_000)
    alice.sends(chat(bob.bare, 'm4'))
    await alice.isHeard()
    expect(await own.command('offline.deleteOldMessages', { domain, days: 2 })).toBe('Removed 0 messages')
    expect(await own.command('offline.deleteOldMessages', { domain, days: 1 })).toBe('Removed 1 message')
    await bob.isPresent()
    await bob.finds(`<message from='${alice.jid}' id='m4' type='chat'>{any}</message>`)
    await bob.receivesNothing()
  })

  it('deletes what has expired by itself once a day, so that it does not count against the limit', async () => {
    const carol = await own.client('carol', 'pc', { presence: false })
    const alice = await own.client('alice', 'laptop')
    alice.sends(expiring(carol.bare, 'm1'))
    await alice.isHeard()
    clock.advance(86_400_000)
    expect(await own.command('offline.deleteExpiredMessages', { domain })).toBe('Removed 0 messages')
  })

  it('does not deliver what has expired', async () => {
    const dora = await own.client('dora', 'pc', { presence: false })
    const alice = await own.client('alice', 'phone')
    alice.sends(expiring(dora.bare, 'm1'))
    await alice.isHeard()
    clock.advance(60_000)
    await dora.isPresent()
    await dora.receivesNothing()
  })

  it('knows the domain', async () => {
    await expect(own.command('offline.deleteExpiredMessages', { domain: 'elsewhere' })).rejects.toMatchObject({
      code: 'domain_not_found',
    })
  })
})

describe('mod_ping with send_pings', () => {
  const clock = new SteppedClock()
  const own = ownServer(
    `[modules.mod_ping]
send_pings = true
ping_interval = 60
ping_req_timeout = 32
timeout_action = "kill"
`,
    { clock },
  )
  /** Seconds go by one after another, as connections watch whether what was written is taken. */
  const pass = async (seconds: number) => {
    for (let passed = 0; passed < seconds; passed++) {
      clock.advance(1000)
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
  const ping = `<iq type='get' id='{id}' from='localhost'><ping xmlns='urn:xmpp:ping'/></iq>`

  it('leaves alone who is active, asks who is silent, and is content with an answer', async () => {
    const alice = await own.client('alice', 'pc')
    await pass(40)
    await alice.isHeard()
    await pass(40)
    await alice.receivesNothing()
    await pass(60)
    const asked = await alice.receives(ping)
    alice.sends(`<iq type='result' id='${asked.text.id}' to='localhost'/>`)
    await alice.isHeard()
    await pass(40)
    await alice.receivesNothing()
  })

  it('ends who does not answer, or answers with an error', async () => {
    const [bob, carol] = [await own.client('bob', 'pc'), await own.client('carol', 'pc')]
    await pass(60)
    await bob.receives(ping)
    const asked = await carol.receives(ping)
    carol.sends(`<iq type='error' id='${asked.text.id}' to='localhost'><error type='cancel'/></iq>`)
    await carol.receivesStreamError('connection-timeout')
    await pass(32)
    await bob.receivesStreamError('connection-timeout')
  })
})

/** Asks for an account as somebody who has none. */
async function register(own: OwnServer, name: string, password: string, refused?: string): Promise<void> {
  const visitor = await Client.dial(own.server, {})
  await openSecure(visitor)
  const form = `<query xmlns='${NS.register}'><username>${name}</username><password>${password}</password></query>`
  await visitor.asks(form, 'set', { to: 'localhost', ...(refused === undefined ? {} : { refused }) })
  visitor.destroy()
}

describe('mod_register', () => {
  const own = ownServer(`[modules.mod_offline]
[modules.mod_register]
password_strength = 32
welcome_message = { subject = "Hello", body = "Good to see you" }
registration_watchers = ["watcher@localhost"]
access = "register"
[acl]
taken = [{ user = "root" }]
[access]
register = [{ acl = "taken", value = "deny" }, { acl = "all", value = "allow" }]
`)

  it('refuses weak passwords and forbidden names', async () => {
    await register(own, 'eve', 'abc', 'not-acceptable')
    await register(own, 'root', 'Tr0ub4dor&amp;3', 'forbidden')
  })

  it('welcomes the new and tells the watchers', async () => {
    const watcher = await own.client('watcher', 'pc')
    await register(own, 'dave', 'Tr0ub4dor')
    const told = await watcher.finds(`<message from='localhost' type='chat'>{any}</message>`)
    expect(told.element.child('body', NS.client)?.text()).toMatch(
      /dave@localhost was registered from IP address 127\.0\.0\.1/,
    )
    const dave = await Client.signIn(own.server, { local: 'dave', password: 'Tr0ub4dor' }, 'pc')
    await dave.isPresent()
    const { element } = await dave.finds(`<message from='localhost'>{any}</message>`)
    expect(element.child('subject', NS.client)?.text()).toBe('Hello')
    expect(element.child('body', NS.client)?.text()).toBe('Good to see you')
    dave.destroy()
  })
})

describe('mod_register by network', () => {
  const own = ownServer(`[modules.mod_register]
ip_access = [{ address = "127.0.0.0/8", policy = "deny" }]
`)

  it('refuses who comes from there', async () => {
    await register(own, 'eve', 'secret', 'forbidden')
  })
})

describe('mod_version with os_info', () => {
  const own = ownServer(`[modules.mod_version]
os_info = true
`)

  it('tells the operating system too, last', async () => {
    const alice = await own.client('alice', 'pc')
    const answer = await alice.asks(`<query xmlns='jabber:iq:version'/>`, 'get', { to: 'localhost' })
    const children = answer.child('query', 'jabber:iq:version')?.elements() ?? []
    expect(children.map(({ name }) => name)).toEqual(['name', 'version', 'os'])
    expect(children[2]?.text()).toMatch(/^\w+ \w+ \d/)
  })
})

describe.each([false, true])('mod_roster with versioning and store_current_id = %s', (stored) => {
  const own = ownServer(`[modules.mod_roster]
versioning = true
store_current_id = ${stored}
`)

  it('answers the current version with nothing, an old one with the roster', async () => {
    const alice = await own.client('alice', 'pc')
    const ask = async (ver: string) => {
      const answer = await alice.asks(`<query xmlns='${NS.roster}' ver='${ver}'/>`)
      return answer.child('query', NS.roster)
    }
    const item = (jid: string) => `<query xmlns='${NS.roster}'><item jid='${jid}'/></query>`
    await alice.asks(item('one@localhost'), 'set')
    const first = (await ask(''))?.attr('ver') ?? ''
    expect(first).not.toBe('')
    expect(await ask(first)).toBeUndefined()
    await alice.asks(item('two@localhost'), 'set')
    const fresh = await ask(first)
    expect(fresh?.elements()).toHaveLength(2)
    expect(fresh?.attr('ver')).not.toBe(first)
    const last = fresh?.attr('ver') ?? ''
    await own.restart()
    const again = await own.client('alice', 'again')
    const answer = await again.asks(`<query xmlns='${NS.roster}' ver='${last}'/>`)
    expect(answer.child('query', NS.roster)).toBeUndefined()
  })
})

describe('registration_timeout', () => {
  const clock = new SteppedClock()
  const own = ownServer(
    `[modules.mod_register]
`,
    { clock, registrationTimeout: 600 },
  )

  it('lets the same address try again after a time only, whatever came of the last attempt', async () => {
    await register(own, 'eve', '', 'not-acceptable')
    await register(own, 'eve', 'secret', 'resource-constraint')
    clock.advance(600_000)
    await register(own, 'eve', 'secret')
    await register(own, 'eva', 'secret', 'resource-constraint')
  })
})
