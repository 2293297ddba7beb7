import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Jid } from '../../src/jid/jid.ts'
import { registerAccount } from '../../src/router/accounts.ts'
import { domainRemoved } from '../../src/router/events.ts'
import { Client } from '../support/client.ts'
import { everyModule } from '../support/every-module.ts'
import { type OwnTestServer, startTestServer } from '../support/server.ts'
import { type Owner, serviceFor, TableRows } from '../support/table-rows.ts'

const config = `
[general]
host_types = ["customers"]
default_server_domain = "left.example"
registration_timeout = "infinity"
loglevel = "none"

[services.service_domain_db]

[[listen.c2s]]
port = 0
ip_address = "127.0.0.1"
tls.mode = "starttls"

[auth.password]
scram_iterations = 4096

${everyModule()}
`

let folder = ''
let server: OwnTestServer
const clients: Client[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'meerkat-test-'))
  server = await startTestServer({ config, folder })
})
afterAll(async () => {
  for (const client of clients) client.destroy()
  await server.stop()
  await rm(folder, { recursive: true, force: true })
})

const run = (name: string, input: Record<string, unknown>) => server.server.commands.run(`domain.${name}`, input)

async function client(local: string, domain: string): Promise<Client> {
  const host = server.server.hostOf(domain)
  if (host === undefined) throw new Error(`${domain} is not there`)
  await registerAccount(host, Jid.of(local, domain), 'secret')
  const signedIn = await Client.signIn({ ...server, domain }, { local, password: 'secret' }, 'home')
  clients.push(signedIn)
  return signedIn
}

/** Lets modules keep something of two users of a domain. */
async function fill(domain: string): Promise<void> {
  const host = server.server.hostOf(domain)
  await registerAccount(host as NonNullable<typeof host>, Jid.of('away', domain), 'secret')
  const alice = await client('alice', domain)
  await alice.isPresent()
  await alice.asks(`<query xmlns='jabber:iq:private'><a xmlns='a'>kept</a></query>`, 'set')
  await alice.asks(`<query xmlns='jabber:iq:roster'><item jid='away@${domain}'/></query>`, 'set')
  await alice.asks(`<vCard xmlns='vcard-temp'><FN>Alice</FN></vCard>`, 'set')
  alice.sends(`<message to='away@${domain}' type='chat'><body>later</body></message>`)
  alice.sends(`<presence to='room@conference.${domain}/alice'><x xmlns='http://jabber.org/protocol/muc'/></presence>`)
  alice.sends(`<message to='away@${domain}' id='d'><displayed xmlns='urn:xmpp:chat-markers:0' id='1'/></message>`)
  await alice.asks(
    `<query xmlns='jabber:iq:privacy'><list name='l'><item action='allow' order='1'/></list></query>`,
    'set',
  )
  // What is archived has its place when somebody asks for it.
  await alice.asks(`<query xmlns='urn:xmpp:mam:2'/>`, 'set')
  alice.sends(`<presence type='unavailable'><status>bye</status></presence>`)
  await alice.isHeard()
}

/** How many rows name a domain, as it is, as that of an address, or as the parent of a service's, by table. */
function rowsOf(domain: string): Record<string, number> {
  const found = tables().count((columns) => ({
    sql: columns.map((name) => `${name} = ? or ${name} like ? or ${name} like ?`).join(' or '),
    values: columns.flatMap(() => [domain, `%@${domain}`, `%.${domain}`]),
  }))
  const archived = tables().archived(`%@${domain}`, `%.${domain}`)
  return archived === 0 ? found : { ...found, mod_mam_entry: archived }
}

const tables = () => new TableRows(join(folder, 'data', 'meerkat.sqlite'))
const asDomain = (domain: string): Owner => ({ domain })
const asService = (domain: string, table: string): Owner => ({ service: serviceFor(table, domain) })

/** Puts a row of this domain into each table that belongs to domains; answers the names of these tables. */
function sow(domain: string): string[] {
  return tables().sow((columns, table) => {
    const owner = columns.includes('domain') ? asDomain(domain) : undefined
    return columns.includes('service') ? { ...owner, ...asService(domain, table) } : owner
  })
}

describe('the removal of a domain', () => {
  it('takes everything that is kept of it, and nothing of others', async () => {
    const sown: string[] = []
    for (const domain of ['gone.example', 'left.example']) {
      await run('addDomain', { domain, hostType: 'customers' })
      await run('setDomainPassword', { domain, password: 'secret' })
      await fill(domain)
      sown.push(...sow(domain))
    }
    const kept = [
      'auth_accounts',
      'mod_private',
      'mod_roster_items',
      'mod_vcard',
      'mod_offline',
      'mod_last',
      'mod_mam_entry',
    ]
    kept.push('mod_smart_markers', 'mod_privacy_lists', 'domain_admins')
    expect(Object.keys(rowsOf('gone.example'))).toEqual(expect.arrayContaining([...kept, ...sown]))
    const removal = { domain: 'gone.example', hostType: 'customers' }
    expect(await run('removeDomain', removal)).toEqual({ ...removal, status: 'DELETED' })
    expect(rowsOf('gone.example')).toEqual({})
    expect(Object.keys(rowsOf('left.example'))).toEqual(expect.arrayContaining([...kept, ...sown]))
    const services = ['mod_muc_room', 'mod_muc_light_room'].map((table) => asService('left.example', table))
    const both = services.map((service) => ({ ...asDomain('left.example'), ...service }))
    tables().reap(asDomain('left.example'), ...services, ...both)
    await expect(run('domainDetails', { domain: 'gone.example' })).rejects.toMatchObject({ code: 'not_found' })
  })

  it('forgets in memory too: a domain of the same name begins anew', async () => {
    await run('addDomain', { domain: 'anew.example', hostType: 'customers' })
    await fill('anew.example')
    await run('removeDomain', { domain: 'anew.example', hostType: 'customers' })
    await run('addDomain', { domain: 'anew.example', hostType: 'customers' })
    await expect(
      Client.signIn({ ...server, domain: 'anew.example' }, { local: 'alice', password: 'secret' }, 'home'),
    ).rejects.toThrow()
    const alice = await client('alice', 'anew.example')
    expect(await alice.roster()).toEqual([])
    const away = await client('away', 'anew.example')
    await away.isPresent()
    await away.receivesNothing()
  })

  it('that was interrupted goes on at the next start', async () => {
    await run('addDomain', { domain: 'half.example', hostType: 'customers' })
    await fill('half.example')
    const host = server.server.hostOf('half.example')
    const refuse = () => {
      throw new Error('not now')
    }
    const refusing = host?.hooks.join(domainRemoved, 'forget', { module: 'test', handler: refuse })
    const removal = { domain: 'half.example', hostType: 'customers' }
    await expect(run('removeDomain', removal)).rejects.toThrow()
    expect(await run('domainDetails', { domain: 'half.example' })).toMatchObject({ status: 'DELETING' })
    await expect(run('enableDomain', { domain: 'half.example' })).rejects.toMatchObject({ code: 'deleted' })
    await expect(run('addDomain', removal)).rejects.toMatchObject({ code: 'deleted' })
    refusing?.leave()
    await server.stop()
    server = await startTestServer({ config, folder })
    await expect.poll(() => rowsOf('half.example')).toEqual({})
  })

  it('can be asked for without waiting', async () => {
    await run('addDomain', { domain: 'later.example', hostType: 'customers' })
    await fill('later.example')
    const removal = { domain: 'later.example', hostType: 'customers' }
    expect(await run('requestRemoveDomain', removal)).toEqual({ ...removal, status: 'DELETING' })
    expect(server.server.hostOf('later.example')).toBeUndefined()
    await expect.poll(() => rowsOf('later.example')).toEqual({})
  })
  it('ends broadcasts; while a domain is not served they wait', async () => {
    const domain = 'cast.example'
    await run('addDomain', { domain, hostType: 'customers' })
    const host = server.server.hostOf(domain)
    if (host === undefined) throw new Error(`${domain} is not there`)
    for (const name of ['a', 'b', 'c']) await registerAccount(host, Jid.of(name, domain), 'secret')
    const command = (name: string, input: object) => server.server.commands.run(`broadcast.${name}`, input)
    const start = async (messageRate: number) => {
      const plan = { name: 'News', domain, messageSubject: '', messageBody: 'Hi', senderJid: `a@${domain}` }
      const input = { ...plan, messageRate, recipientGroup: 'ALL_USERS_IN_DOMAIN' }
      return ((await command('startBroadcast', input)) as { ids: number[] }).ids[0]
    }
    const stateOf = async (id: number | undefined) =>
      ((await command('getBroadcast', { domain, id })) as { executionState: string }).executionState

    const first = await start(10)
    await run('disableDomain', { domain })
    await run('enableDomain', { domain })
    await expect.poll(() => stateOf(first), { timeout: 5000 }).toBe('FINISHED')
    const away = await client('c', domain)
    await away.isPresent()
    await away.finds(`<message {any}><body>Hi</body>{any}</message>`)

    const second = await start(1)
    expect(await stateOf(second)).toBe('RUNNING')
    await run('removeDomain', { domain, hostType: 'customers' })
    expect(rowsOf(domain)).toEqual({})
    await run('addDomain', { domain, hostType: 'customers' })
    expect(await command('getBroadcasts', { domain })).toEqual([])
  })
})
