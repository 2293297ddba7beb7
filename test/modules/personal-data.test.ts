import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { Client } from '../support/client.ts'
import { everyModule } from '../support/every-module.ts'
import { fast } from '../support/hashed-token.ts'
import { creation } from '../support/light-rooms.ts'
import { ownServer } from '../support/own-server.ts'
import { agentId, authenticate2 } from '../support/sasl2.ts'
import { openSecure } from '../support/sign-in.ts'
import { RawStream } from '../support/stream.ts'
import { type Owner, serviceFor, TableRows } from '../support/table-rows.ts'

const markers = 'urn:xmpp:chat-markers:0'
const room = 'balcony@conference.localhost'
const den = 'den@muclight.localhost'
const folder = mkdtempSync(join(tmpdir(), 'meerkat-personal-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const own = ownServer(
  everyModule(`
[modules.mod_muc]
[modules.mod_muc.default_room]
persistent = true
[modules.mod_invites]
account_access = "all"
[modules.mod_stream_management]
resume_timeout = 1
`),
)

/** The tables in the zip file of a user. */
async function tablesOf(username: string): Promise<Record<string, string>> {
  const path = join(folder, `${username}.zip`)
  await own.command('gdpr.retrievePersonalData', { username, domain: 'localhost', resultFilepath: path })
  const script =
    'import json, sys, zipfile\nz = zipfile.ZipFile(sys.argv[1])\n' +
    'print(json.dumps({n: z.read(n).decode() for n in z.namelist()}))'
  return JSON.parse(execFileSync('python3', ['-c', script, path], { encoding: 'utf8' }))
}

async function signsInWithToken(local: string): Promise<void> {
  const stream = await RawStream.connect(own.server, 'tcp')
  await openSecure(stream)
  const inline = `<request-token xmlns='${fast}' mechanism='HT-SHA-256-NONE'/>`
  await authenticate2(stream, { local, password: 'secret' }, { mechanism: 'PLAIN', agent: agentId, inline })
  stream.destroy()
}

/** Asks for what accounts keep. */
async function keeps(alice: Client): Promise<void> {
  const sets = [
    `<query xmlns='jabber:iq:roster'><item jid='bob@localhost' name='Bob'/></query>`,
    `<vCard xmlns='vcard-temp'><FN>Alice</FN></vCard>`,
    `<query xmlns='jabber:iq:private'><notes xmlns='my:notes'>n</notes></query>`,
    `<enable xmlns='urn:xmpp:push:0' jid='push.example.org' node='device-7'/>`,
    `<query xmlns='jabber:iq:privacy'><list name='quiet'><item action='allow' order='1'/></list></query>`,
    `<prefs xmlns='urn:xmpp:mam:2' default='always'><always/><never><jid>spam@example.org</jid></never></prefs>`,
    `<block xmlns='urn:xmpp:blocking'><item jid='spam@example.org'><report xmlns='urn:xmpp:reporting:1' reason='urn:xmpp:reporting:spam'/></item></block>`,
  ]
  for (const each of sets) await alice.asks(each, 'set')
  const item = `<publish node='my:tunes'><item id='current'><tune xmlns='my:tunes'>la</tune></item></publish>`
  await alice.asks(`<pubsub xmlns='http://jabber.org/protocol/pubsub'>${item}</pubsub>`, 'set')
  await alice.asks(creation(), 'set', { to: den })
  const block = `<query xmlns='urn:xmpp:muclight:0#blocking'><user action='deny'>spam@example.org</user></query>`
  await alice.asks(block, 'set', { to: 'muclight.localhost' })
  await alice.asks(`<query xmlns='erlang-solutions.com:xmpp:token-auth:0'/>`, 'get')
  const invite = `<command xmlns='http://jabber.org/protocol/commands' node='urn:xmpp:invite#invite'/>`
  await alice.asks(invite, 'set', { to: 'localhost' })
}

/** Talks to others, and to a room. */
async function talks(alice: Client, bob: Client): Promise<void> {
  alice.sends(`<presence to='${room}/alice'><x xmlns='http://jabber.org/protocol/muc'/></presence>`)
  await alice.finds(`<presence from='${room}/alice' {any}>{any}</presence>`)
  const instant = `<query xmlns='http://jabber.org/protocol/muc#owner'><x xmlns='jabber:x:data' type='submit'/></query>`
  await alice.asks(instant, 'set', { to: room })
  alice.sends(`<message to='${room}' type='groupchat'><body>in the room</body></message>`)
  alice.sends(`<message to='${bob.bare}' type='chat' id='a1'><body>to bob</body></message>`)
  alice.sends(`<message to='${bob.bare}' type='chat'><displayed xmlns='${markers}' id='b1'/></message>`)
  await bob.finds(`<message><body>to bob</body>{any}</message>`)
}

/** What alice has, in every module that keeps something about users. */
async function fill(): Promise<Client> {
  const [alice, bob] = [await own.client('alice', 'pc'), await own.client('bob', 'pc')]
  await own.command('announce.setMotd', { domain: 'localhost', body: 'Good morning.' })
  await keeps(alice)
  await talks(alice, bob)
  await signsInWithToken('alice')
  await alice.isHeard()
  alice.sends(`<presence type='unavailable'><status>bye</status></presence>`)
  await alice.isHeard()
  await alice.leaves()
  bob.sends(`<message to='alice@localhost' type='chat'><body>for later</body></message>`)
  bob.sends(`<message to='alice@localhost' type='chat'><received xmlns='${markers}' id='a1'/></message>`)
  await bob.isHeard()
  await own.command('blocklist.addUser', { user: 'alice@localhost', reason: 'too much' })
  return bob
}

const aliceRows: Owner = { domain: 'localhost', username: 'alice' }
const inviterRows: Owner = { domain: 'localhost', inviter: 'alice' }
const memberRows = (table: string): Owner => ({ service: serviceFor(table, 'localhost'), jid: 'alice@localhost' })
const archiveRows: Owner = { address: 'alice@localhost' }

/** What says in a table that a row is alice's; nothing where rows belong to nobody. */
function ownerIn(columns: readonly string[], table: string): Owner | undefined {
  const owners = [inviterRows, aliceRows, memberRows(table), archiveRows]
  const owner = owners.find((each) => Object.keys(each).every((column) => columns.includes(column)))
  if (owner === undefined || !columns.includes('service')) return owner
  return { ...owner, service: serviceFor(table, 'localhost') }
}

describe('a user who has used everything', () => {
  const rows = () => new TableRows(own.databaseFile)

  it('finds all of it in one file', async () => {
    await fill()
    const tables = await tablesOf('alice')
    const expected: Record<string, string> = {
      account: '"alice@localhost"',
      roster: '"bob@localhost"',
      vcard: '<FN>Alice</FN>',
      private: '"my:notes"',
      privacy: '"quiet"',
      push: '"push.example.org","device-7"',
      offline: 'for later',
      offline_chatmarkers: '',
      last: '"bye"',
      mam_pm: 'to bob',
      mam_muc: 'in the room',
      mam_preferences: 'spam@example.org',
      muc_affiliations: `"${room}","owner"`,
      inbox: 'for later',
      muc_light: `"${den}","owner"`,
      muc_light_blocking: '"user","spam@example.org"',
      smart_markers: '"displayed"',
      reports: 'spam@example.org',
      invitations: '"account"',
      motd: '',
      pubsub_nodes: '',
      pubsub_items: '<tune',
      blocklist: '"too much"',
      tokens: '"X-OAUTH"',
    }
    expect(Object.keys(tables)).toEqual(expect.arrayContaining(Object.keys(expected).map((name) => `${name}.csv`)))
    for (const [name, text] of Object.entries(expected)) expect(tables[`${name}.csv`], name).toContain(text)
    // Two modules give tokens: they are in one table.
    expect(tables['tokens.csv']).toContain('"HT-SHA-256-NONE"')
    expect(tables['account.csv']?.split('\r\n')[0]).toBe('jid,created,last_seen')
  })

  it('leaves nothing in any table when the account is removed', async () => {
    // Nodes, and what belongs to a node or a room, are real ones.
    const isPart = (columns: readonly string[]) =>
      ['affiliation', 'node_id', 'config'].some((name) => columns.includes(name))
    const sown = rows().sow((columns, table) => (isPart(columns) ? undefined : ownerIn(columns, table)))
    expect(sown).toEqual(expect.arrayContaining(['auth_accounts', 'mod_muc_nick', 'mod_mam_preferences']))
    const left = () =>
      rows().count((columns, table) => {
        const owner = ownerIn(columns, table)
        if (owner === undefined) return undefined
        const names = Object.keys(owner)
        return { sql: names.map((name) => `${name} = ?`).join(' and '), values: Object.values(owner) }
      })
    expect(Object.keys(left())).toEqual(expect.arrayContaining([...sown, 'mod_muc_affiliation', 'mod_pubsub_node']))
    expect(rows().archived('alice@localhost')).toBeGreaterThan(0)
    await own.command('account.removeUser', { user: 'alice@localhost' })
    expect(left()).toEqual({})
    expect(rows().archived('alice@localhost')).toBe(0)
  })
})
