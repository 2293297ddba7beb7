import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { defaultConfig } from '../../src/config/default-config.ts'
import { allModules } from '../../src/modules/all.ts'
import { Client } from '../support/client.ts'
import { type RunningProgram, Workplace } from '../support/program.ts'

const stock = defaultConfig(allModules.map(({ name }) => name)).replace(/^port = \d+$/gm, 'port = 0')
const config = `${stock}
[auth.password]
scram_iterations = 4096
[modules.mod_http_upload]
s3 = { bucket_url = "https://s3.test/b", region = "r", access_key_id = "id", secret_access_key = "key" }
`

let here: Workplace
let server: RunningProgram

const signedIn = (name: string) => Client.signIn(server.address, { local: name, password: 'secret' }, 'desk')
const metrics = async () =>
  (await fetch(`${(server.address.wsUrl ?? '').replace('ws:', 'http:').replace('/ws-xmpp', '')}/metrics`)).text()
/** The value of a series. */
const figure = (text: string, series: string) =>
  Number(
    text
      .split('\n')
      .find((line) => line.startsWith(`${series} `))
      ?.slice(series.length + 1),
  )

beforeAll(async () => {
  here = new Workplace()
  const page = '[[listen.http.handlers.mongoose_prometheus_handler]]\npath = "/metrics"\n'
  const at = config.indexOf('[[listen.http.handlers.')
  here.file('meerkat.toml', `${config.slice(0, at)}${page}${config.slice(at)}`)
  server = await here.serve()
  for (const name of ['alice', 'bob']) await here.run('register_identified', name, 'localhost', 'secret')
}, 60_000)
afterAll(() => here.close())

describe('trace', () => {
  it('shows what a session sends and receives, but no password, until the server stops', async () => {
    const alice = await signedIn('alice')
    const program = here.begin('trace', 'alice@localhost')
    await program.says('Looking at alice@localhost')
    alice.sends(`<message to='alice@localhost/desk' id='own'><body>a note</body></message>`)
    const change = `<query xmlns='jabber:iq:register'><username>alice</username><password>hidden</password></query>`
    await alice.asks(change, 'set').catch(() => undefined)
    await program.says("id='ask-")
    await program.says('<-')
    expect(program.output).toMatch(/\d\d:\d\d:\d\d\.\d{3} -> alice@localhost\/desk <message [^\n]*a note/)
    expect(program.output).toMatch(/<- alice@localhost\/desk <message [^\n]*a note/)
    expect(program.output).toContain('<password>***</password>')
    expect(program.output).not.toContain('hidden')
    program.kill('SIGKILL')
    await program.ended
    // Whoever looked is gone, and what comes disturbs nobody.
    alice.sends(`<message to='alice@localhost/desk' id='own'><body>another</body></message>`)
    await alice.isHeard()
    await alice.leaves()
  })

  it('refuses what is no account', async () => {
    expect(await here.run('trace', 'localhost')).toMatchObject({ code: 2 })
    expect(await here.run('trace')).toMatchObject({ code: 2 })
  })
})

describe('modules and hooks', () => {
  it('tell what runs, in its order', async () => {
    const modules = await here.run('modules')
    expect(modules).toMatchObject({ code: 0 })
    expect(modules.out).toContain('localhost (accounts: internal)\n')
    expect(modules.out).toContain('  mod_offline')
    const hooks = await here.run('hooks', 'userRemoved')
    expect(hooks.out).toMatch(/^userRemoved\n {2}announce +mod_presence|^userRemoved\n {2}announce +mod_roster/)
    expect(hooks.out.indexOf('announce')).toBeLessThan(hooks.out.indexOf('forget'))
    expect((await here.run('hooks')).out).toContain('sessionOpens\n')
    expect(await here.run('hooks', 'nothing')).toMatchObject({ code: 1 })
  })
})

describe('metrics', () => {
  it('count stanzas, bytes, sessions and what accounts are asked, under the names of MongooseIM', async () => {
    const before = await metrics()
    const alice = await signedIn('alice')
    const bob = await signedIn('bob')
    alice.sends(`<message to='bob@localhost/desk'><body>hello</body></message>`)
    alice.sends(`<message to='bob@localhost/desk' type='error' id='e'/>`)
    await alice.isHeard()
    await bob.isHeard()
    const after = await metrics()
    const grown = (series: string) => figure(after, series) - (figure(before, series) || 0)
    const labels = '{connection_type="c2s",host_type="localhost"}'
    expect(grown(`xmpp_element_in_message_count${labels}`)).toBe(2)
    expect(grown(`xmpp_element_in_message_error_count${labels}`)).toBe(1)
    expect(grown(`xmpp_element_in_error_count${labels}`)).toBe(1)
    expect(grown(`xmpp_element_out_message_count${labels}`)).toBe(2)
    expect(grown(`xmpp_element_in_iq_count${labels}`)).toBeGreaterThanOrEqual(2)
    expect(grown(`xmpp_element_in_byte_size_count${labels}`)).toBe(grown(`xmpp_element_in_count${labels}`))
    expect(grown('c2s_message_processed_time_count{host_type="localhost"}')).toBeLessThanOrEqual(
      grown(`xmpp_element_in_stanza_count${labels}`),
    )
    expect(grown('tls_data_in_byte_size{connection_type="c2s"}')).toBeGreaterThan(100)
    expect(grown('tcp_data_out_byte_size{connection_type="c2s"}')).toBeGreaterThan(100)
    expect(grown('sm_session_logins{host_type="localhost"}')).toBe(2)
    expect(grown('auth_authorize_count{host_type="localhost"}')).toBeGreaterThan(0)
    expect(figure(after, 'auth_register_user_count{host_type="localhost"}')).toBe(2)
    expect(figure(after, 'auth_try_register_time_count{host_type="localhost"}')).toBe(2)
    expect(after).toMatch(/\ntls_cert_remaining_days_count\{listener_id="127\.0\.0\.1@tcp\/\d+"\} \d+\n/)
    expect(after).toMatch(/\nlistener_connections_count\{listener_id="127\.0\.0\.1@tcp\/\d+"\} \d+\n/)
    for (const name of [
      'system_up_time_seconds',
      'system_memory_total',
      'sm_node_sessions_count',
      'nodejs_eventloop_lag_seconds',
    ]) {
      expect(after).toContain(`\n${name} `)
    }
    await alice.roster()
    const later = await metrics()
    expect(figure(later, 'mod_roster_get_count{host_type="localhost"}')).toBeGreaterThan(0)
    expect(figure(later, 'mod_roster_backend_count{function="load"}')).toBeGreaterThan(0)
    await alice.leaves()
    await bob.leaves()
  })
})

describe('the log', () => {
  it('is written as logfmt and as JSON, for its owner only; a level set at run time holds at once', async () => {
    expect((await here.run('status')).out).toContain(here.path('data/log/meerkat.json'))
    await (await signedIn('alice')).leaves()
    const lines = readFileSync(here.path('data/log/meerkat.log'), 'utf8').trim().split('\n')
    const line = lines.find((text) => text.includes('what=user_authenticated')) ?? ''
    expect(line).toMatch(/^when=\S+ level=info what=user_authenticated .*jid=alice@localhost/)
    const records = readFileSync(here.path('data/log/meerkat.json'), 'utf8').trim().split('\n')
    expect(records.map((text) => JSON.parse(text).what)).toContain('user_authenticated')
    expect(await here.run('set_loglevel', 'error')).toMatchObject({ code: 0, out: 'ok\n' })
    expect(await here.run('get-loglevel')).toMatchObject({ code: 0, out: 'error\n' })
    const size = readFileSync(here.path('data/log/meerkat.log'), 'utf8').length
    await (await signedIn('alice')).leaves()
    expect(readFileSync(here.path('data/log/meerkat.log'), 'utf8')).toHaveLength(size)
  })
})

describe('commands by position', () => {
  it('print lists and tables as MongooseIM 4 does', async () => {
    const alice = await signedIn('alice')
    expect(await here.run('registered-users', 'localhost')).toMatchObject({ code: 0, out: 'alice\nbob\n' })
    expect(await here.run('connected_users')).toMatchObject({ code: 0, out: 'alice@localhost/desk\n' })
    expect(await here.run('connected_users_number')).toMatchObject({ code: 0, out: '1\n' })
    expect((await here.run('connected_users_info')).out).toMatch(
      /^alice@localhost\/desk\tc2s_tls\t127\.0\.0\.1\t\d+\t\t\S+\t\d+\n$/,
    )
    expect(await here.run('user_resources', 'alice', 'localhost')).toMatchObject({ code: 0, out: 'desk\n' })
    expect(await here.run('check_password', 'alice', 'localhost', 'wrong')).toMatchObject({ code: 1 })
    expect(await here.run('kick_session', 'alice', 'localhost', 'desk', 'enough')).toMatchObject({
      code: 0,
      out: 'ok\n',
    })
    expect(await here.run('set_master', 'self')).toMatchObject({ code: 0, out: 'not applicable\n' })
    alice.destroy()
  })

  it('count, and tell what users say of themselves', async () => {
    const alice = await signedIn('alice')
    alice.sends('<presence><show>away</show><status>at lunch</status><priority>3</priority></presence>')
    await alice.isHeard()
    expect(await here.run('status_num', 'away')).toMatchObject({ code: 0, out: '1\n' })
    expect(await here.run('status_num_host', 'localhost', 'dnd')).toMatchObject({ code: 0, out: '0\n' })
    const row = 'alice\tlocalhost\tdesk\t3\tat lunch\n'
    expect(await here.run('status_list', 'away')).toMatchObject({ code: 0, out: row })
    expect(await here.run('status_list_host', 'localhost', 'away')).toMatchObject({ code: 0, out: row })
    expect(await here.run('status_list_host', 'nowhere.example', 'away')).toMatchObject({ code: 1 })
    expect(await here.run('stats', 'registeredusers')).toMatchObject({ code: 0, out: '2\n' })
    expect(await here.run('stats_host', 'onlineusers', 'localhost')).toMatchObject({ code: 0, out: '1\n' })
    expect(await here.run('stats', 'uptimeseconds')).toMatchObject({ code: 0, out: expect.stringMatching(/^\d+\n$/) })
    expect(await here.run('stats', 'nonsense')).toMatchObject({ code: 1 })
    expect(await here.run('stats_host', 'onlineusers', 'nowhere.example')).toMatchObject({ code: 1 })
    expect(await here.run('outgoing_s2s_number')).toMatchObject({ code: 0, out: '0\n' })
    await alice.leaves()
  })

  it('reach private storage and rosters', async () => {
    const xml = '<notes xmlns="app:notes"><n>1</n></notes>'
    expect(await here.run('private_set', 'alice', 'localhost', xml)).toMatchObject({ code: 0, out: 'ok\n' })
    const kept = await here.run('private_get', 'alice', 'localhost', 'notes', 'app:notes')
    expect(kept).toMatchObject({ code: 0, out: expect.stringContaining('<n>1</n>') })
    expect(await here.run('private_get', 'alice', 'localhost', 'a', 'app:other')).toMatchObject({ code: 0 })
    expect(await here.run('private_set', 'nobody', 'localhost', xml)).toMatchObject({ code: 1 })
    expect(await here.run('private_set', 'alice', 'localhost', '<broken')).toMatchObject({ code: 2 })
    expect(await here.run('get_roster', 'alice', 'localhost')).toMatchObject({ code: 0 })
    expect(await here.run('delete_old_messages', 'localhost', '1')).toMatchObject({ code: 0 })
  })

  it('make addresses for uploads', async () => {
    const upload = (...words: string[]) => here.run('http_upload', 'localhost', 'très cool.txt', ...words)
    const get = 'https://s3\\.test/b/[0-9a-f]{64}/tr%C3%A8s%20cool\\.txt'
    const lines = (headers: string) =>
      new RegExp(`^PutURL: ${get}\\?\\S+&X-Amz-Expires=60&X-Amz-SignedHeaders=${headers}&\\S+\\nGetURL: ${get}\\n$`)
    const typed = await upload('23', 'text/plain', '60')
    expect(typed).toMatchObject({ code: 0, out: expect.stringMatching(lines('content-length%3Bcontent-type%3Bhost')) })
    expect((await upload('23', '', '60')).out).toMatch(lines('content-length%3Bhost'))
    expect(await upload('0', '', '60')).toMatchObject({ code: 2 })
    expect(await upload('23', '', '0')).toMatchObject({ code: 2 })
    expect(await upload('99999999999', '', '60')).toMatchObject({ code: 1 })
    expect(await here.run('http_upload', 'other.example', 'a', '1', '', '60')).toMatchObject({ code: 1 })
  })

  it('import_users tells the outcome of each record', async () => {
    here.file('users.csv', 'carol,localhost,secret\nalice,localhost,secret\nbroken\n')
    expect(await here.run('import_users', 'users.csv')).toMatchObject({
      code: 0,
      out: 'ok\tcarol@localhost\nexists\talice@localhost\nbad_csv\tbroken\n',
    })
  })

  it('change rosters and cards, and send in the name of users', async () => {
    const alice = await signedIn('alice')
    await alice.asks(`<query xmlns='jabber:iq:roster'/>`)
    const here2 = async (...words: string[]) => {
      const { code, out } = await here.run(...words)
      return `${code} ${out}`
    }
    const item = ['alice', 'localhost', 'bob', 'localhost']
    expect(await here2('add_rosteritem', ...item, 'Bob', 'Friends;Work', 'both')).toBe('0 ok\n')
    expect(await here2('get_roster', 'alice', 'localhost')).toBe('0 bob@localhost\tBob\tboth\tnone\tFriends;Work\n')
    expect(await here2('delete_rosteritem', ...item)).toBe('0 ok\n')
    expect((await here.run('delete_rosteritem', ...item)).code).toBe(1)
    expect(await here2('set_vcard', 'alice', 'localhost', 'FN', 'Alice Example')).toBe('0 ok\n')
    expect(await here2('set_vcard2', 'alice', 'localhost', 'N', 'FAMILY', 'Example')).toBe('0 ok\n')
    expect(await here2('get_vcard', 'alice', 'localhost', 'FN')).toBe('0 Alice Example\n')
    expect(await here2('get_vcard2', 'alice', 'localhost', 'N', 'FAMILY')).toBe('0 Example\n')
    expect(await here2('set_vcard2_multi', 'alice', 'localhost', 'ORG', 'ORGUNIT', '["One", "Two"]')).toBe('0 ok\n')
    expect(await here2('get_vcard2_multi', 'alice', 'localhost', 'ORG', 'ORGUNIT')).toBe('0 One\nTwo\n')
    expect((await here.run('set_vcard2_multi', 'alice', 'localhost', 'ORG', 'ORGUNIT', 'One')).code).toBe(2)
    here.file('contacts.json', '[{"jid": "bob@localhost", "name": "Bob"}]')
    expect(await here2('push_roster', 'contacts.json', 'alice', 'localhost')).toBe('0 1 contacts added\n')
    const all = ['any', 'any', 'alice@*', 'any']
    const row = 'alice@localhost\tbob@localhost\tboth\tnone\n'
    expect(await here2('process_rosteritems', 'list', ...all)).toBe(`0 ${row}`)
    expect(await here2('process_rosteritems', 'delete', ...all)).toBe(`0 ${row}`)
    expect(await here2('process_rosteritems', 'list', ...all)).toBe('0 ')
    expect(await here2('push_roster_all', 'contacts.json')).toBe('0 0 contacts added\n')
    expect((await here.run('push_roster_alltoall', 'elsewhere.example', 'Friends')).code).toBe(1)
    alice.sends('<presence/>')
    await alice.isHeard()
    expect(await here2('send_message_chat', 'bob@localhost', 'alice@localhost', 'hello')).toBe('0 ok\n')
    await alice.finds(`<message type='chat' from='bob@localhost'><body>hello</body>{any}</message>`)
    expect(await here2('send_message_headline', 'bob@localhost', 'alice@localhost', 'News', 'Today')).toBe('0 ok\n')
    await alice.finds(`<message type='headline'><subject>News</subject>{any}</message>`)
    const presence = ['alice', 'localhost', 'desk', 'available', 'away', 'Out', '5']
    expect(await here2('set_presence', ...presence)).toBe('0 ok\n')
    expect(await here2('status_list', 'away')).toBe('0 alice\tlocalhost\tdesk\t5\tOut\n')
    expect((await here.run('check_password_hash', 'alice', 'localhost', '00', 'md5')).code).toBe(1)
    await alice.drains()
    expect(await here.run('ban_account', 'alice', 'localhost', 'enough')).toMatchObject({ code: 0 })
    await alice.receivesStreamError('conflict')
    expect(await here.run('check_password', 'alice', 'localhost', 'secret')).toMatchObject({ code: 1 })
    expect(await here.run('change_password', 'alice', 'localhost', 'secret')).toMatchObject({ code: 0 })
    const metric = await here.run('metric', 'getMetrics', '--name', '["localhost", "sm_session", "count"]')
    expect(JSON.parse(metric.out)).toMatchObject({ data: { metric: { getMetrics: [{ type: 'gauge', value: 0 }] } } })
  })

  it('that MongooseIM has and that need nothing here say so', async () => {
    expect(await here.run('print_install_dir')).toMatchObject({ code: 0, out: `${process.cwd()}\n` })
    expect(await here.run('bootstrap')).toMatchObject({ code: 0, out: expect.stringContaining('not applicable') })
    expect(await here.run('load_config', 'x')).toMatchObject({
      code: 0,
      out: expect.stringContaining('meerkat reload'),
    })
    expect(await here.run('debug')).toMatchObject({ code: 2, err: expect.stringContaining('not supported') })
    expect(await here.run('srg_list', 'localhost')).toMatchObject({
      code: 1,
      err: expect.stringContaining('not configured'),
    })
    expect(await here.run('reload_local')).toMatchObject({
      code: 0,
      out: expect.stringContaining('Nothing has changed'),
    })
    expect(await here.run('reload_cluster_dryrun')).toMatchObject({ code: 0 })
    expect((await here.run('print_flat_config')).out).toBe((await here.run('config', 'print')).out)
    const stanza = `<message to='alice@localhost/desk' id='own'/>`
    expect(await here.run('send_stanza_c2s', 'alice', 'localhost', 'desk', stanza)).toMatchObject({ code: 1 })
  })

  it('say how they are used', async () => {
    expect(await here.run('register', 'localhost')).toMatchObject({
      code: 2,
      err: 'Usage: meerkat register HOST PASSWORD\n',
    })
    expect((await here.run('help', 'kick_session')).out).toContain(
      'Usage: meerkat kick_session USER HOST RESOURCE REASON',
    )
    expect((await here.run('help')).out).toContain('retrieve_personal_data USER HOST FILE')
    expect((await here.run('conected_users')).err).toContain('Did you mean connected_users?')
  })
})
