import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { adminLogin, codesOf, GraphqlServer } from '../support/graphql.ts'
import { type Case, fails, gives, operationNames, runCase } from '../support/graphql-cases.ts'

const graphql = new GraphqlServer('[services.service_domain_db]\n[instrumentation.exometer]\n')
const domain = 'localhost'
const user = 'alice@localhost'
const client = `${user}/pc`
const session = { user: client, connection: 'c2s_tls', priority: 0, ip: '127.0.0.1' }
const added = { domain: 'more.example', hostType: 'localhost' }

const cases: Case[] = [
  ['session.listSessions', {}, gives([session])],
  ['session.listSessions', { domain: 'else.example' }, fails('domain_not_found')],
  ['session.countSessions', { domain }, gives(1)],
  ['session.countSessions', { domain: 'else.example' }, fails('domain_not_found')],
  ['session.listUserSessions', { user }, gives([session])],
  ['session.listUserSessions', { user: 'a@else.example' }, fails('domain_not_found')],
  ['session.countUserResources', { user }, gives(1)],
  ['session.countUserResources', { user: 'a@else.example' }, fails('domain_not_found')],
  ['session.getUserResource', { user, number: 1 }, gives('pc')],
  ['session.getUserResource', { user, number: 2 }, fails('no_session')],
  [
    'session.setPresence',
    { user: client, type: 'AVAILABLE', show: 'DND', status: 'busy', priority: 3 },
    gives({ jid: client }),
  ],
  ['session.setPresence', { user, type: 'AVAILABLE' }, fails('empty_resource')],
  ['session.setPresence', { user: `${user}/none`, type: 'UNAVAILABLE' }, fails('no_session')],
  ['session.listUsersWithStatus', { status: 'dnd' }, gives([{ user: client, priority: 3, text: 'busy' }])],
  ['session.listUsersWithStatus', { domain: 'else.example', status: 'dnd' }, fails('domain_not_found')],
  ['session.countUsersWithStatus', { domain, status: 'away' }, gives(0)],
  ['session.countUsersWithStatus', { domain: 'else.example', status: 'dnd' }, fails('domain_not_found')],
  ['session.kickUserSession', { user: `${user}/none` }, fails('no_session')],
  [
    'session.kickUserSession',
    { user: client, reason: 'x' },
    gives({ jid: client, kicked: true, message: 'Session kicked' }),
  ],
  ['session.kickUser', { user }, gives([])],
  ['session.kickUser', { user: 'a@else.example' }, fails('domain_not_found')],
  ['stat.globalStats', {}, gives({ registeredUsers: 1, incomingS2S: 0, uptimeSeconds: expect.any(Number) })],
  ['stat.domainStats', { domain }, gives({ registeredUsers: 1 })],
  ['stat.domainStats', { domain: 'else.example' }, fails('domain_not_found')],
  ['domain.allDomains', {}, gives([{ domain, hostType: domain, status: 'ENABLED', type: 'STATIC' }])],
  ['domain.domainsByHostType', { hostType: domain }, gives([domain])],
  ['domain.domainsByHostType', { hostType: 'none' }, fails('unknown_host_type')],
  ['domain.domainDetails', { domain }, gives({ domain, type: 'STATIC' })],
  ['domain.domainDetails', { domain: 'else.example' }, fails('not_found')],
  ['domain.addDomain', added, fails('unknown_host_type')],
  ['domain.addDomain', { domain, hostType: domain }, fails('static')],
  ['domain.removeDomain', { domain, hostType: domain }, fails('static')],
  ['domain.requestRemoveDomain', { domain, hostType: domain }, fails('static')],
  ['domain.enableDomain', { domain: 'else.example' }, fails('not_found')],
  ['domain.disableDomain', { domain }, fails('static')],
  ['domain.setDomainPassword', { domain, password: 'x' }, gives('Domain password set successfully')],
  ['domain.setDomainPassword', { domain: 'else.example', password: 'x' }, fails('not_found')],
  ['domain.deleteDomainPassword', { domain }, gives('Domain password deleted successfully')],
  ['domain.deleteDomainPassword', { domain }, fails('not_found')],
  ['metric.getMetrics', { name: ['global', 'uptime'] }, gives(expect.any(Array))],
  ['metric.getMetricsAsDicts', { name: ['nothing'] }, gives([])],
  ['metric.getMetricsAsDicts', { keys: ['one'] }, gives(expect.any(Array))],
  ['metric.getClusterMetricsAsDicts', { nodes: ['self'], name: ['nothing'] }, gives([{ result: [] }])],
  ['metric.getClusterMetricsAsDicts', { nodes: ['none'] }, fails('not_found')],
  ['server.status', {}, gives({ statusCode: 'RUNNING', message: 'The server is running' })],
  ['server.setLoglevel', { level: 'CRITICAL' }, gives('Log level is CRITICAL')],
  ['server.getLoglevel', {}, gives('CRITICAL')],
  ['server.hostTypes', {}, gives([{ name: domain, authMethods: ['internal'], modules: expect.any(Array) }])],
  ['server.globalInfo', {}, gives({ services: [{ name: 'service_domain_db' }], internalDatabases: [] })],
  [
    'mnesia.systemInfo',
    { keys: ['is_running', 'db_nodes'] },
    gives([
      { key: 'is_running', result0: 'yes' },
      { key: 'db_nodes', result1: expect.any(Array) },
    ]),
  ],
  ['mnesia.systemInfo', { keys: ['x'] }, fails('bad_key')],
  ['mnesia.setMaster', { node: 'self' }, gives(expect.stringContaining('Not applicable'))],
  [
    'mnesia.changeNodename',
    { fromString: 'a', toString: 'b', source: 'c', target: 'd' },
    gives(expect.stringContaining('Not applicable')),
  ],
  ['mnesia.installFallback', { path: 'x' }, gives(expect.stringContaining('Not applicable'))],
  ['mnesia.restore', { path: 'x' }, fails('server_running')],
  ['mnesia.load', { path: 'x' }, fails('server_running')],
  ['cets.tableInfo', {}, fails('deps_not_loaded')],
  ['cets.systemInfo', {}, fails('deps_not_loaded')],
]

describe('operations on domains and on the server', () => {
  let folder = ''
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'meerkat-test-'))
    await graphql.own.client('alice', 'pc')
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  it.each(cases.map((each) => [each[0], each] as const))('%s', (_name, each) => runCase(graphql, each))

  it('the database is copied to files that are not there', async () => {
    for (const [name, more] of [
      ['backup', {}],
      ['dump', {}],
      ['dumpTable', { table: 'domain_settings' }],
    ] as const) {
      const args = { path: join(folder, name), ...more }
      await runCase(graphql, [`mnesia.${name}`, args, gives(expect.stringContaining(name))])
      await runCase(graphql, [`mnesia.${name}`, args, fails('file_error')])
    }
  })

  it('names of metrics, and each by its type', async () => {
    const query = `{ metric { getMetrics(name: ["global"]) {
      ... on GaugeMetric { name type value } ... on SpiralMetric { name type one count } ... on HistogramMetric { name n mean }
    } } }`
    const { metric } = await graphql.admin(query)
    expect(metric.getMetrics.length).toBeGreaterThan(3)
    for (const found of metric.getMetrics) expect(found.name[0]).toBe('global')
  })

  it('none of them is left out', () => {
    const categories = ['session', 'stat', 'domain', 'metric', 'server', 'mnesia', 'cets']
    const used = [...cases.map(([name]) => name), 'mnesia.backup', 'mnesia.dump', 'mnesia.dumpTable']
    const missing = operationNames('admin', categories).filter((name) => !used.includes(name))
    // Stopping is the last test of all; nodes of a cluster are not there yet.
    const cluster = ['getCookie', 'joinCluster', 'leaveCluster', 'removeFromCluster', 'removeNode']
    expect(missing.sort()).toEqual([...cluster, 'restart', 'stop'].map((name) => `server.${name}`).sort())
  })
})

describe('what a server has not', () => {
  const bare = new GraphqlServer('')

  it('is told with the service that is missing', async () => {
    const answer = await bare.ask('admin', '{ domain { allDomains { domain } } }', { as: adminLogin })
    expect([answer.status, codesOf(answer)]).toEqual([200, ['deps_not_loaded']])
    expect(answer.errors?.[0]?.extensions['not_loaded_services']).toEqual(['service_domain_db'])
  })

  it('is told with the module that is missing, whatever is asked for', async () => {
    const asked = operationNames('admin', [
      'inbox',
      'muc',
      'muc_light',
      'vcard',
      'private',
      'token',
      'offline',
      'broadcast',
    ])
    const more = operationNames('admin', ['last', 'blocklist', 'httpUpload', 'externalServices'])
    for (const name of [...asked, ...more]) await runCase(bare, [name, 'any', fails('deps_not_loaded')])
  })
})

describe('what stands beside the server', () => {
  const store =
    's3 = { bucket_url = "http://127.0.0.1:9/b", region = "r", access_key_id = "i", secret_access_key = "k" }'
  const stun = '[[modules.mod_extdisco.service]]\ntype = "stun"\nhost = "stun.example"\nport = "3478"\n'
  const beside = new GraphqlServer(`[modules.mod_http_upload]\n${store}\n${stun}`)
  const file = { filename: 'a', size: 1, timeout: 60 }
  const slot = gives({ putUrl: expect.stringContaining('127.0.0.1:9/b'), getUrl: expect.any(String) })

  it('places for files are given to administrators and to users', async () => {
    await runCase(beside, ['httpUpload.getUrl', { domain, ...file }, slot])
    await runCase(beside, ['httpUpload.getUrl', { domain: 'else.example', ...file }, fails('domain_not_found')])
    await beside.own.server.registerUser('alice', 'secret')
    await runCase(beside, ['httpUpload.getUrl', file, slot], 'alice@localhost:secret')
    const large = { ...file, size: 2_000_000_000 }
    await runCase(beside, ['httpUpload.getUrl', large, fails('file_too_large_error')], 'alice@localhost:secret')
  })

  it('services are named', async () => {
    const found = gives([{ type: 'stun', host: 'stun.example', port: 3478 }])
    await runCase(beside, ['externalServices.getServices', { domain }, found])
    const none = fails('domain_not_found')
    await runCase(beside, ['externalServices.getServices', { domain: 'else.example' }, none])
  })
})

describe('a server that is told to stop', () => {
  const short = new GraphqlServer('')

  it('answers before it does', async () => {
    expect(await short.admin('mutation { server { stop } }')).toEqual({ server: { stop: 'The server is stopping' } })
    await short.own.server.server.stopped
  })
})
