import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { Jid } from '../../src/jid/jid.ts'
import { defineModule } from '../../src/module/define.ts'
import { allModules } from '../../src/modules/all.ts'
import { blockReported } from '../../src/modules/blocking/api.ts'
import { removeAccount } from '../../src/router/accounts.ts'
import { personalData } from '../../src/router/events.ts'
import type { Host } from '../../src/router/host.ts'
import type { Stanza } from '../../src/stanza/stanza.ts'
import type { Client } from '../support/client.ts'
import { FileServer } from '../support/file-server.ts'
import { baseConfig } from '../support/own-server.ts'

const ns = 'urn:xmpp:reporting:1'
const blocking = 'urn:xmpp:blocking'
const offender = 'mallory@evil.example'

/** What came to the domain of the offender. */
const received: Stanza[] = []
/** A domain that is none of ours, and something that goes wrong with every report about `broken@`. */
const elsewhere = defineModule({
  name: 'mod_elsewhere',
  about: 'Stands for another server.',
  xeps: [],
  options: z.strictObject({}),
  setup({ serve, on }) {
    serve({
      template: 'evil.example',
      open: () => (stanza) => {
        received.push(stanza)
        return undefined
      },
    })
    on(blockReported, 'main', ({ blocked }) => {
      if (blocked.local === 'broken') throw new Error('on purpose')
    })
  },
})

const config = `${baseConfig}[modules.mod_elsewhere]
[modules.mod_reports]
notify = ["admin@localhost"]
forward_to = ["watch@localhost"]
forward_to_origin = true
max_reports = 3
max_text = 20
max_stanza_ids = 2
`

let server: FileServer
let alice: Client
let admin: Client
let watch: Client
const host = () => server.server.hostOf('localhost') as Host
const reports = (input: Record<string, unknown> = {}) =>
  server.server.commands.run('reports.listReports', { domain: 'localhost', ...input }) as Promise<
    Record<string, unknown>[]
  >

async function present(name: string): Promise<Client> {
  const client = await server.client(name)
  await client.isPresent()
  client.peers = () => [alice, admin, watch].filter((other) => other !== undefined)
  return client
}

beforeAll(async () => {
  server = await FileServer.start(config, [...allModules, elsewhere])
  alice = await present('alice')
  admin = await present('admin')
  watch = await present('watch')
})
afterAll(() => server[Symbol.asyncDispose]())

async function report(client: Client, jid: string, inner: string): Promise<void> {
  await client.asks(`<block xmlns='${blocking}'><item jid='${jid}'>${inner}</item></block>`, 'set')
  await client.finds(`<iq type='set' id='{id}'><block xmlns='${blocking}'><item jid='${jid}'/></block></iq>`)
}

async function blockedBy(client: Client): Promise<string> {
  return `${(await client.asks(`<blocklist xmlns='${blocking}'/>`)).child('blocklist', blocking)}`
}

const spam = `reason='urn:xmpp:reporting:spam'`

describe('XEP-0377', () => {
  it('§3 is announced', async () => {
    const info = await alice.asks(`<query xmlns='http://jabber.org/protocol/disco#info'/>`, 'get', { to: 'localhost' })
    expect(`${info}`).toContain(`<feature var='${ns}'/>`)
  })

  it('§5 a report is kept with its words and the messages that it names; nobody else hears of it', async () => {
    const ids = ['one', 'two', 'three'].map(
      (id) => `<stanza-id xmlns='urn:xmpp:sid:0' by='alice@localhost' id='${id}'/>`,
    )
    const bad = `<stanza-id xmlns='urn:xmpp:sid:0' by='@' id='x'/>`
    const words = `<text xml:lang='en'> Never came trouble to my house like this. </text>`
    await report(alice, offender, `<report xmlns='${ns}' ${spam}>${bad}${ids.join('')}${words}</report>`)
    const [kept, ...more] = await reports()
    expect(more).toEqual([])
    expect(kept).toMatchObject({
      reporter: 'alice@localhost',
      offender,
      reason: 'urn:xmpp:reporting:spam',
      text: 'Never came trouble t',
      stanzaIds: [
        { by: 'alice@localhost', id: 'one' },
        { by: 'alice@localhost', id: 'two' },
      ],
    })
    expect(kept?.['timestamp']).toMatch(/^\d{4}-\d\d-\d\dT/)
    await admin.receives(
      `<message from='localhost' to='admin@localhost'><subject>Report</subject><body>alice@localhost has blocked and reported ${offender} (spam): Never came trouble t</body></message>`,
    )
    await watch.receivesNothing()
    expect(received).toEqual([])
    expect(await blockedBy(alice)).toContain(offender)
  })

  it('§4 is passed on where the user agrees, without the name of the user', async () => {
    const inner = `<text>help</text><report-origin/><third-party/><stanza-id xmlns='urn:xmpp:sid:0' by='alice@localhost' id='one'/>`
    await report(
      alice,
      'trudy@evil.example',
      `<report xmlns='${ns}' reason='urn:xmpp:reporting:abuse'>${inner}</report>`,
    )
    await watch.receives(
      `<message from='localhost' to='watch@localhost'><report xmlns='${ns}' reason='urn:xmpp:reporting:abuse'><jid xmlns='urn:xmpp:jid:0'>trudy@evil.example</jid><text>help</text></report></message>`,
    )
    expect(received.map((stanza) => [stanza.to?.full, stanza.from?.full])).toEqual([['evil.example', 'localhost']])
    expect(received[0]?.toWire('client')).not.toContain('alice')
    await admin.finds(`<message from='localhost'><subject>Report</subject>{any}</message>`)
  })

  it('§4 a report that does not say why is none; the block stands', async () => {
    await report(alice, 'silent@evil.example', `<report xmlns='${ns}'/>`)
    await report(alice, 'plain@evil.example', '')
    expect(await blockedBy(alice)).toContain('silent@evil.example')
    expect(await reports()).toHaveLength(2)
    await admin.receivesNothing()
  })

  it('§5 the block stands when something goes wrong with the report', async () => {
    await report(alice, 'broken@evil.example', `<report xmlns='${ns}' ${spam}/>`)
    expect(server.logged.join('\n')).toContain('on purpose')
    expect(await blockedBy(alice)).toContain('broken@evil.example')
    await admin.finds(`<message from='localhost'><subject>Report</subject>{any}</message>`)
  })

  it('keeps so many of one user and no more', async () => {
    await report(alice, 'fourth@evil.example', `<report xmlns='${ns}' ${spam}/>`)
    expect(await reports()).toHaveLength(3)
    expect(server.logged.join('\n')).toContain('report_limit_reached')
    await admin.receivesNothing()
    expect(await blockedBy(alice)).toContain('fourth@evil.example')
  })

  it('has commands to look through them and to be done with them', async () => {
    const all = await reports()
    expect(await reports({ limit: 1, after: all[0]?.['id'] })).toEqual([all[1]])
    expect(await reports({ offender: 'Mallory@evil.example' })).toEqual([all[0]])
    const remove = { domain: 'localhost', id: all[0]?.['id'] }
    expect(await server.server.commands.run('reports.removeReport', remove)).toBe(true)
    expect(await server.server.commands.run('reports.removeReport', remove)).toBe(false)
    expect(await reports()).toEqual(all.slice(1))
    await expect(reports({ offender: '@' })).rejects.toMatchObject({ code: 'invalid_address' })
    await expect(reports({ domain: 'elsewhere.example' })).rejects.toMatchObject({ code: 'domain_not_found' })
  })

  it('tells users what is kept of them, and forgets it with them', async () => {
    const user = Jid.parse('alice@localhost')
    const groups = await host().hooks.gather(personalData, { host: host(), user })
    expect(groups.find(({ name }) => name === 'reports')?.rows).toMatchObject([
      { offender: 'trudy@evil.example', text: 'help', messages: 'alice@localhost one' },
      { offender: 'broken@evil.example' },
    ])
    expect(groups.find(({ name }) => name === 'privacy')?.rows).toMatchObject([{ list: 'blocking' }])
    await removeAccount(host(), user)
    expect(await reports()).toEqual([])
    await server.register('alice')
    const again = await server.client('alice')
    expect(await blockedBy(again)).not.toContain('item')
  })
})
