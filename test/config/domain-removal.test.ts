import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Jid } from '../../src/jid/jid.ts'
import { allModules } from '../../src/modules/all.ts'
import { registerAccount } from '../../src/router/accounts.ts'
import { domainRemoved } from '../../src/router/events.ts'
import { Client } from '../support/client.ts'
import { type OwnTestServer, startTestServer } from '../support/server.ts'

/** Every module that keeps to its own with the options that it has by default. */
const modules = allModules.filter(({ staticOnly, options }) => staticOnly !== true && options.safeParse({}).success)

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

${modules.map(({ name }) => `[modules.${name}]\n`).join('')}
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
  alice.sends(`<presence type='unavailable'><status>bye</status></presence>`)
  await alice.isHeard()
}

/** How many rows name a domain, by table: those that name it in a column of its own, as the owner. */
function rowsOf(domain: string): Record<string, number> {
  const db = new Sqlite(join(folder, 'data', 'meerkat.sqlite'), { readonly: true })
  try {
    const tables = db.prepare(`select name from sqlite_master where type = 'table'`).all() as { name: string }[]
    const found: Record<string, number> = {}
    for (const { name } of tables) {
      const columns = (db.pragma(`table_info(${name})`) as { name: string }[]).map((column) => column.name)
      if (name === 'domain_events' || !columns.includes('domain')) continue
      const row = db.prepare(`select count(*) as rows from ${name} where domain = ?`).get(domain) as { rows: number }
      if (row.rows > 0) found[name] = row.rows
    }
    return found
  } finally {
    db.close()
  }
}

describe('the removal of a domain', () => {
  it('takes everything that is kept of it, and nothing of others', async () => {
    for (const domain of ['gone.example', 'left.example']) {
      await run('addDomain', { domain, hostType: 'customers' })
      await run('setDomainPassword', { domain, password: 'secret' })
      await fill(domain)
    }
    const kept = ['auth_accounts', 'mod_private', 'mod_roster_items', 'mod_vcard', 'mod_offline', 'mod_last']
    expect(Object.keys(rowsOf('gone.example'))).toEqual(expect.arrayContaining([...kept, 'domain_admins']))
    const removal = { domain: 'gone.example', hostType: 'customers' }
    expect(await run('removeDomain', removal)).toEqual({ ...removal, status: 'DELETED' })
    expect(rowsOf('gone.example')).toEqual({})
    expect(Object.keys(rowsOf('left.example'))).toEqual(expect.arrayContaining(kept))
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
    const undo = host?.hooks.join(domainRemoved, 'forget', { module: 'test', handler: refuse })
    const removal = { domain: 'half.example', hostType: 'customers' }
    await expect(run('removeDomain', removal)).rejects.toThrow()
    expect(await run('domainDetails', { domain: 'half.example' })).toMatchObject({ status: 'DELETING' })
    await expect(run('enableDomain', { domain: 'half.example' })).rejects.toMatchObject({ code: 'deleted' })
    await expect(run('addDomain', removal)).rejects.toMatchObject({ code: 'deleted' })
    undo?.()
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
})
