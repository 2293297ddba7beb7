import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { defaultConfig } from '../../src/config/default-config.ts'
import { allModules } from '../../src/modules/all.ts'
import { forward, search } from '../support/archive.ts'
import { Client } from '../support/client.ts'
import { type RunningProgram, Workplace } from '../support/program.ts'
import { changes, opens } from '../support/rooms.ts'

const config = `${defaultConfig(allModules.map(({ name }) => name)).replace(/^port = \d+$/gm, 'port = 0')}
[modules.mod_privacy]
[auth.password]
scram_iterations = 4096
`
const roster = 'jabber:iq:roster'

let here: Workplace
let server: RunningProgram

async function signedIn(name: string): Promise<Client> {
  return Client.signIn(server.address, { local: name, password: 'secret' }, undefined)
}

/** What alice has: a contact, a request that waits, private XML, a vCard, lists, a room, and an archived message. */
async function fill(): Promise<void> {
  for (const name of ['alice', 'bob', 'carol']) {
    expect(await here.run('register_identified', name, 'localhost', 'secret')).toMatchObject({
      code: 0,
      out: `User ${name}@localhost successfully registered\n`,
    })
  }
  const alice = await signedIn('alice')
  await alice.isPresent()
  await alice.asks(
    `<query xmlns='${roster}'><item jid='bob@localhost' name='Bob &amp; Co'><group>Friends</group></item></query>`,
    'set',
  )
  await alice.asks(`<query xmlns='jabber:iq:private'><notes xmlns='my:notes'><n>ä &lt; ö</n></notes></query>`, 'set')
  await alice.asks(`<vCard xmlns='vcard-temp'><FN>Alice</FN></vCard>`, 'set')
  const item = (order: number, more: string) => `<item action='deny' order='${order}' ${more}/>`
  const list = `<list name='quiet'>${item(1, "type='group' value='Friends'")}${item(2, "type='subscription' value='none'")}</list>`
  await alice.asks(`<query xmlns='jabber:iq:privacy'>${list}</query>`, 'set')
  await alice.asks(`<query xmlns='jabber:iq:privacy'><default name='quiet'/></query>`, 'set')
  await alice.asks(`<query xmlns='jabber:iq:privacy'><default/></query>`, 'set')
  await opens(alice, 'hall@conference.localhost', { 'muc#roomconfig_persistentroom': '1' })
  await alice.asks(`<block xmlns='urn:xmpp:blocking'><item jid='mallory@example.org'/></block>`, 'set')
  await alice.send(`<presence to='bob@localhost' type='subscribe'/>`)
  const carol = await signedIn('carol')
  await carol.send(`<presence to='alice@localhost' type='subscribe'/>`)
  await carol.isHeard()
  await alice.leaves()
  await carol.send(`<message to='alice@localhost' type='chat' id='m1'><body>for later</body></message>`)
  await carol.isHeard()
  await carol.leaves()
}

beforeAll(async () => {
  here = new Workplace()
  here.file('meerkat.toml', config)
  server = await here.serve()
  await fill()
}, 60_000)
afterAll(() => here.close())

describe('documents of XEP-0227', () => {
  let other: Workplace

  beforeAll(() => {
    other = new Workplace()
    other.file('meerkat.toml', config)
  })
  afterAll(() => other.close())

  it('are written for everybody, for nobody else to read, and never over anything', async () => {
    expect(await here.run('export', 'out')).toMatchObject({
      code: 0,
      out: '3 users in server-data.xml, localhost.xml, muc.jsonl\n',
    })
    expect(statSync(here.path('out/localhost.xml')).mode & 0o777).toBe(0o600)
    expect(await here.run('export', 'out')).toMatchObject({ code: 1, err: expect.stringContaining('is not empty') })
  })

  it('are checked before they are read in', async () => {
    const check = await other.run('import', here.path('out'), '--dry-run')
    expect(check).toMatchObject({ code: 0, err: '' })
    for (const line of [
      '3 users: 3 new, 0 that were there before',
      '1 offline messages',
      '1 private XML',
      '2 contacts',
      '2 subscription requests',
      '1 vCards',
      '2 privacy lists',
      '2 archived messages',
      '1 rooms',
      'Nothing has been changed.',
    ]) {
      expect(check.out).toContain(line)
    }
    expect(await other.run('registered_users', 'localhost')).toMatchObject({ code: 0, out: '' })
  })

  it('bring everything into another server, passwords included', async () => {
    expect(await other.run('import', here.path('out'))).toMatchObject({ code: 0 })
    const program = await other.serve()
    const alice = await Client.signIn(program.address, { local: 'alice', password: 'secret' }, undefined)
    const [item] = await alice.roster()
    expect(item?.attr('name')).toBe('Bob & Co')
    expect(item?.attr('ask')).toBe('subscribe')
    const notes = await alice.asks(`<query xmlns='jabber:iq:private'><notes xmlns='my:notes'/></query>`)
    expect(`${notes}`).toContain('ä &lt; ö')
    alice.sends('<presence/>')
    const came = await alice.drains()
    expect(came.filter(({ name }) => name === 'message').map((message) => message.attr('id'))).toEqual(['m1'])
    expect(came.some((one) => one.attr('type') === 'subscribe' && one.attr('from') === 'carol@localhost')).toBe(true)
    const blocked = await alice.asks(`<blocklist xmlns='urn:xmpp:blocking'/>`)
    expect(`${blocked}`).toContain(`jid='mallory@example.org'`)
    const owners = await alice.asks(changes(`affiliation='owner'`), 'get', { to: 'hall@conference.localhost' })
    expect(`${owners}`).toContain(`jid='alice@localhost'`)
    const lists = await alice.asks(`<query xmlns='jabber:iq:privacy'><list name='quiet'/></query>`)
    expect(`${lists}`).toContain(`value='Friends'`)
    const [archived] = (await search(alice)).results
    const before = await signedIn('alice')
    expect(`${(await search(before)).results[0]?.child('forwarded', forward)}`).toBe(
      `${archived?.child('forwarded', forward)}`,
    )
    expect((await search(before)).ids).toEqual([archived?.attr('id')])
    await alice.leaves()
  })

  it('refuse accounts that exist, unless they are merged, which changes nothing the second time', async () => {
    const refused = await other.run('import', here.path('out'))
    expect(refused).toMatchObject({ code: 1 })
    expect(refused.out).toContain('error: bob@localhost: there is such an account already; see --merge')
    const merged = await other.run('import', here.path('out'), '--merge')
    expect(merged).toMatchObject({ code: 0 })
    expect(merged.out).toContain('3 users: 0 new, 3 that were there before')
    expect(await other.run('import', here.path('out'), '--merge')).toMatchObject({ code: 0 })
    expect(await other.run('export', 'again')).toMatchObject({ code: 0 })
    const text = readFileSync(other.path('again/localhost.xml'), 'utf8')
    // One that waits, and one in the archives of both.
    expect(text.match(/<message /g)).toHaveLength(3)
    expect(text.match(/<list /g)).toHaveLength(2)
    expect(text.match(/type='subscribe' from='carol@localhost'/g)).toHaveLength(1)
  })

  it('change nothing when anything is wrong in them, and every user of whom that is so is told', async () => {
    const user = (name: string, inside: string) => `<user name='${name}' password='secret'>${inside}</user>`
    other.file(
      'faults.xml',
      `<?xml version='1.0'?><!-- from elsewhere --><p:server-data xmlns:p='urn:xmpp:pie:0'><p:host jid='localhost'>
      ${user('dave', '').replaceAll('user', 'p:user')}
      <user xmlns='urn:xmpp:pie:0' name='erin' password='secret'><query xmlns='jabber:iq:roster'><item jid='a@@b'/></query></user>
      <user xmlns='urn:xmpp:pie:0' name='frank'/>
      <user xmlns='urn:xmpp:pie:0' name='gina'><scram-credentials xmlns='urn:xmpp:pie:0#scram' mechanism='SCRAM-SHA-1'><iter-count>4096</iter-count><salt>AAAA</salt><server-key>AAAA</server-key><stored-key>AAAA</stored-key></scram-credentials></user>
      </p:host><p:host jid='elsewhere.example'><user xmlns='urn:xmpp:pie:0' name='hal' password='x'/></p:host></p:server-data>`,
    )
    const { code, out } = await other.run('import', 'faults.xml')
    expect(code).toBe(1)
    expect(out).toContain('error: erin@localhost: jid-malformed')
    expect(out).toContain('error: frank@localhost: there are no credentials for the account')
    expect(out).toContain('error: gina@localhost: the credentials for SCRAM-SHA-1 are damaged')
    expect(out).toContain('error: hal@elsewhere.example: this domain is not served here')
    expect(out).toContain('Nothing has been changed, because of what is wrong.')
    expect(await other.run('check_account', 'dave', 'localhost')).toMatchObject({ code: 1 })
  })

  it('are refused when they are broken or lead elsewhere', async () => {
    other.file('broken.xml', `<server-data xmlns='urn:xmpp:pie:0'><host jid='localhost'><user name='x'`)
    expect(await other.run('import', 'broken.xml')).toMatchObject({
      code: 1,
      err: expect.stringContaining('ends too early'),
    })
    const include = (href: string) =>
      `<server-data xmlns='urn:xmpp:pie:0' xmlns:xi='http://www.w3.org/2001/XInclude'><xi:include href='${href}'/></server-data>`
    for (const href of ['../x.xml', '/etc/passwd', 'file:///etc/passwd', '%2e%2e/x.xml']) {
      other.file('elsewhere.xml', include(href))
      const { code, err } = await other.run('import', 'elsewhere.xml')
      expect([code, err]).toEqual([1, expect.stringContaining('an include that is not followed')])
    }
  })
})

describe('what Mnesia has', () => {
  it('is told of the built-in database, replaced on a stopped server, or not applicable', async () => {
    const { code, out } = await here.run('mnesia')
    expect(code).toBe(0)
    expect(out).toMatch(/^db_nodes: .+\ndirectory: .*data\nis_running: yes\n/)
    expect(await here.run('mnesia', 'info')).toMatchObject({ code: 0, out })
    expect((await here.run('mnesia', 'tables')).out).toMatch(/^tables: .*\bauth_accounts\b/)
    expect(await here.run('mnesia', 'nothing')).toMatchObject({ code: 1, err: expect.stringContaining('is_running') })
    expect(await here.data('mnesia', 'systemInfo', '--keys', '["is_running"]')).toEqual([
      { key: 'is_running', result: 'yes' },
    ])
    for (const name of ['restore', 'load']) {
      const refused = await here.run('mnesia', name, '--path', 'copy')
      expect(refused.code).toBe(1)
      const { errors } = JSON.parse(refused.out)
      expect(errors[0].extensions.code).toBe('server_running')
      expect(errors[0].message).toContain(`meerkat stop; meerkat ${name} ${here.path('copy')}; meerkat start`)
    }
    expect(await here.data('mnesia', 'setMaster', '--node', 'self')).toMatch(/^Not applicable: /)
    expect(await here.data('mnesia', 'installFallback', '--path', 'x')).toContain('meerkat restore')
    const names = ['--fromString', 'a', '--toString', 'b', '--source', 'c', '--target', 'd']
    expect(await here.data('mnesia', 'changeNodename', ...names)).toMatch(/^Not applicable: /)
    expect(await here.run('set_master', 'self')).toMatchObject({ code: 0, out: 'not applicable\n' })
    expect((await here.run('mnesia', '--help')).out).toContain('systemInfo')
  })
})

describe('dump and load', () => {
  it('write the database as text, once to a place, and one table of it', async () => {
    expect(await here.run('dump', 'all.jsonl')).toMatchObject({ code: 0 })
    expect(await here.run('dump', 'all.jsonl')).toMatchObject({ code: 1, err: expect.stringContaining('already') })
    const tables = readFileSync(here.path('all.jsonl'), 'utf8').match(/^\{"table":"\w+/gm)
    expect(tables).toContain('{"table":"auth_accounts')
    expect(await here.run('dump_table', 'accounts.jsonl', 'auth_accounts')).toMatchObject({ code: 0 })
    const accounts = readFileSync(here.path('accounts.jsonl'), 'utf8').trim().split('\n')
    expect(accounts.slice(2).map((line) => (JSON.parse(line) as string[])[1])).toEqual(['alice', 'bob', 'carol'])
    expect(await here.run('dump_table', 'none.jsonl', 'none')).toMatchObject({
      code: 1,
      err: expect.stringContaining('there is no table none'),
    })
    expect(await here.run('load', 'all.jsonl')).toMatchObject({ code: 1, err: 'Meerkat is running: stop it first.\n' })
  })

  it('bring it into another server, or nothing where something is wrong', async () => {
    const place = new Workplace()
    try {
      place.file('meerkat.toml', config)
      expect(await place.run('register_identified', 'zoe', 'localhost', 'secret')).toMatchObject({ code: 0 })
      const all = readFileSync(here.path('all.jsonl'), 'utf8')
      place.file('text.jsonl', 'no dump')
      place.file('torn.jsonl', all.slice(0, -20))
      place.file('other.jsonl', all.replace('001_create', '009_other'))
      place.file('lost.jsonl', `${all}{"table":"lost","columns":[]}\n`)
      for (const name of ['text', 'torn', 'other', 'lost', 'none']) {
        const { code, err } = await place.run('load', `${name}.jsonl`)
        expect([code, err]).toEqual([1, expect.stringContaining('Nothing has been restored')])
      }
      expect(await place.run('registered_users', 'localhost')).toMatchObject({ out: 'zoe\n' })
      const { code, out } = await place.run('load', here.path('all.jsonl'))
      expect([code, out]).toEqual([0, expect.stringContaining('meerkat.sqlite.before-1')])
      expect(await place.run('registered_users', 'localhost')).toMatchObject({ out: 'alice\nbob\ncarol\n' })
      expect(await place.run('dump', 'again.jsonl')).toMatchObject({ code: 0 })
      expect(readFileSync(place.path('again.jsonl'), 'utf8')).toBe(all)
    } finally {
      await place.close()
    }
  })
})

describe('backup and restore', () => {
  it('copies a running database, once to a place', async () => {
    expect(await here.run('backup', 'copy.sqlite')).toMatchObject({ code: 0 })
    expect(await here.run('backup', 'copy.sqlite')).toMatchObject({
      code: 1,
      err: expect.stringContaining('exists already'),
    })
  })

  it('does not touch a running server', async () => {
    expect(await here.run('restore', 'copy.sqlite')).toMatchObject({
      code: 1,
      err: 'Meerkat is running: stop it first.\n',
    })
  })

  it('refuses what is no whole copy, and then nothing has changed', async () => {
    const place = new Workplace()
    try {
      place.file('meerkat.toml', config)
      expect(await place.run('register_identified', 'zoe', 'localhost', 'secret')).toMatchObject({ code: 0 })
      place.file('text.sqlite', 'this is no database, whatever its name says')
      expect(await place.run('restore', 'text.sqlite')).toMatchObject({
        code: 1,
        err: expect.stringContaining('no database'),
      })
      expect(await place.run('restore', 'none.sqlite')).toMatchObject({
        code: 1,
        err: expect.stringContaining('no file'),
      })
      const bytes = readFileSync(here.path('copy.sqlite'))
      bytes.fill(0xff, 4096, 20_000)
      writeFileSync(place.path('damaged.sqlite'), bytes)
      expect(await place.run('restore', 'damaged.sqlite')).toMatchObject({ code: 1 })
      expect(await place.run('registered_users', 'localhost')).toMatchObject({ code: 0, out: 'zoe\n' })
    } finally {
      await place.close()
    }
  })

  it('brings back what was there, and keeps what it replaces', async () => {
    const place = new Workplace()
    try {
      place.file('meerkat.toml', config)
      expect(await place.run('register_identified', 'zoe', 'localhost', 'secret')).toMatchObject({ code: 0 })
      const { code, out } = await place.run('restore', here.path('copy.sqlite'))
      expect(code).toBe(0)
      expect(out).toContain('meerkat.sqlite.before-1')
      expect(await place.run('registered_users', 'localhost')).toMatchObject({ code: 0, out: 'alice\nbob\ncarol\n' })
      expect(await place.run('db', 'migrate')).toMatchObject({ code: 0, out: 'The tables are up to date.\n' })
    } finally {
      await place.close()
    }
  })
})

describe('retrieve_personal_data', () => {
  it('writes tables and the lines of the log, to a file of its own', async () => {
    expect(await here.run('retrieve_personal_data', 'alice', 'localhost', 'alice.zip')).toMatchObject({ code: 0 })
    expect(statSync(here.path('alice.zip')).mode & 0o777).toBe(0o600)
    const script =
      'import json, sys, zipfile\nz = zipfile.ZipFile(sys.argv[1])\nassert z.testzip() is None\n' +
      'print(json.dumps({n: z.read(n).decode() for n in z.namelist()}))'
    const files = JSON.parse(execFileSync('python3', ['-c', script, here.path('alice.zip')], { encoding: 'utf8' }))
    expect(files['roster.csv'].split('\r\n')[0]).toBe('jid,name,subscription,ask,groups,askmessage,xs')
    expect(files['roster.csv']).toContain('"bob@localhost","Bob & Co","none","out","Friends"')
    expect(files['vcard.csv']).toContain('<FN>Alice</FN>')
    expect(files['private.csv']).toContain('"my:notes"')
    expect(files['offline.csv'].split('\r\n')[0]).toBe('timestamp,from,to,packet')
    expect(files['logs-meerkat@localhost.txt']).toContain('what=user_authenticated')
    expect(files['logs-meerkat@localhost.txt']).not.toContain('carol@localhost')
  })

  it('writes over nothing, and says what is wrong with a place', async () => {
    const retrieve = async (user: string, file: string) => {
      const input = ['--username', user, '--domain', 'localhost', '--resultFilepath', file]
      const { code, out } = await here.run('gdpr', 'retrievePersonalData', ...input)
      return [code, JSON.parse(out).errors[0].extensions.code]
    }
    expect(await retrieve('alice', 'alice.zip')).toEqual([1, 'file_already_exist_error'])
    expect(await retrieve('alice', 'out')).toEqual([1, 'location_is_a_directory_error'])
    expect(await retrieve('alice', 'none/alice.zip')).toEqual([1, 'wrong_filename_error'])
    expect(await retrieve('nobody', 'nobody.zip')).toEqual([1, 'user_does_not_exist_error'])
    expect(readdirSync(here.folder)).not.toContain('nobody.zip')
  })
})
