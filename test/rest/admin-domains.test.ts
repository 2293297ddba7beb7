import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { adminHandlers, adminOf, httpPort } from '../support/admin-rest.ts'
import { ask, basic } from '../support/http-ask.ts'
import { type OwnTestServer, startTestServer } from '../support/server.ts'

const config = `
[general]
hosts = ["static.example"]
host_types = ["customers", "others"]
default_server_domain = "static.example"
loglevel = "error"
[services.service_domain_db]
[[listen.c2s]]
port = 0
ip_address = "127.0.0.1"
${adminHandlers}
[auth.password]
scram_iterations = 4096
[modules.mod_presence]
[modules.mod_disco]
[modules.mod_roster]
`

let started: OwnTestServer
beforeAll(async () => {
  started = await startTestServer({ config })
})
afterAll(() => started.stop())
const own = {
  get server() {
    return started
  },
}

for (const prefix of ['/api', '/v4', '/domain']) {
  describe(`domains over REST at ${prefix}`, () => {
    const api = adminOf(own, prefix)
    const name = `new${prefix.slice(1)}.example`
    const put = (hostType: unknown, domain = name) => api(`PUT /domains/${domain}`, { host_type: hostType })

    it('are added, shown, switched off and on, and removed', async () => {
      expect(await put('customers')).toMatchObject({ status: 204, body: '' })
      const shown = (status: string) => ({ status: 200, json: { host_type: 'customers', status } })
      expect(await api(`GET /domains/${name}`)).toMatchObject(shown('enabled'))
      expect(await put('customers')).toMatchObject({ status: 204 })
      expect(await api(`PATCH /domains/${name}`, { enabled: false })).toMatchObject({ status: 204 })
      expect(await api(`GET /domains/${name}`)).toMatchObject(shown('disabled'))
      expect(started.server.hostOf(name)).toBeUndefined()
      expect(await api(`PATCH /domains/${name}`, { enabled: true })).toMatchObject({ status: 204 })
      expect(started.server.hostOf(name)).toBeDefined()
      expect(await api(`DELETE /domains/${name}`, { host_type: 'customers' })).toMatchObject({ status: 204 })
      expect(await api(`GET /domains/${name}`)).toMatchObject({ status: 404, json: 'Given domain does not exist' })
    })

    it('are removed later where that is asked for', async () => {
      await put('customers')
      const request = { host_type: 'customers', request: true }
      expect(await api(`DELETE /domains/${name}`, request)).toMatchObject({ status: 202 })
      await expect.poll(async () => (await api(`GET /domains/${name}`)).status).toBe(404)
    })

    it('are refused where something is wrong', async () => {
      await put('customers', `kept.${name}`)
      const kept = `/domains/kept.${name}`
      const refusals = [
        [`PUT /domains/${name}`, {}, 400, 'Missing host type'],
        [`PUT /domains/${name}`, { host_type: 5 }, 400, 'Invalid host type'],
        [`PUT /domains/${name}`, { host_type: 'unknown' }, 403, 'Unknown host type'],
        ['PUT /domains/static.example', { host_type: 'customers' }, 403, 'Domain is static'],
        ['PUT /domains/a@b', { host_type: 'customers' }, 400, 'Invalid domain name'],
        [`PUT ${kept}`, { host_type: 'others' }, 409, 'Domain already exists'],
        [`PATCH ${kept}`, { enabled: 'yes' }, 400, 'Invalid value of enabled'],
        [`PATCH ${kept}`, {}, 400, 'Missing value of enabled'],
        ['PATCH /domains/static.example', { enabled: false }, 403, 'Domain is static'],
        ['PATCH /domains/nowhere.example', { enabled: false }, 404, 'Given domain does not exist'],
        [`DELETE ${kept}`, undefined, 400, 'Missing host type'],
        [`DELETE ${kept}`, { host_type: 'others' }, 403, undefined],
        ['DELETE /domains/nowhere.example', { host_type: 'customers' }, 404, 'Given domain does not exist'],
        ['DELETE /domains/static.example', { host_type: 'static.example' }, 403, 'Domain is static'],
      ] as const
      for (const [line, body, status, reason] of refusals) {
        const answer = await api(line, body)
        expect(answer, line).toMatchObject({ status })
        if (reason !== undefined) expect(answer.json, line).toBe(reason)
      }
      expect(await api('GET /domains/static.example')).toMatchObject({
        status: 200,
        json: { host_type: 'static.example', status: 'enabled' },
      })
    })
  })
}

describe('the API for domains alone', () => {
  it('has nothing else', async () => {
    expect(await adminOf(own, '/domain')('GET /users/static.example')).toMatchObject({ status: 404 })
  })
})

describe('parts of the API of MongooseIM 4.0', () => {
  const api = adminOf(own, '/v4')

  it('are not there without their modules', async () => {
    expect(await api('GET /users/static.example')).toMatchObject({ status: 404, json: 'Not found' })
    expect(await api('OPTIONS /users/static.example')).toMatchObject({ status: 404 })
    expect(await api('POST /mucs/static.example', {})).toMatchObject({ status: 404, json: 'Not found' })
    expect(await adminOf(own, '/api')('GET /users/static.example')).toMatchObject({ status: 200 })
    const names = ((await api('GET /commands')).json as { category: string }[]).map(({ category }) => category)
    expect([...new Set(names)].sort()).toEqual(['domains', 'metrics'])
  })
})

interface Figures {
  readonly metrics: Readonly<Record<string, Readonly<Record<string, number>>>>
}

for (const [prefix, word, list] of [
  ['/api', 'host_type', 'host_types'],
  ['/v4', 'host', 'hosts'],
  ['/old', 'host', 'hosts'],
]) {
  describe(`metrics over REST at ${prefix}`, () => {
    const api = adminOf(own, `${prefix}`)

    it('are listed and shown by host type, together and global', async () => {
      const { commands } = started.server
      await commands.run('domain.addDomain', { domain: 'metrics.example', hostType: 'others' })
      for (const domain of ['static.example', 'metrics.example']) {
        await commands.run('account.registerUser', { domain, password: 'x' })
      }
      const names = await api('GET /metrics')
      expect(names).toMatchObject({ status: 200, json: { [`${list}`]: ['customers', 'others', 'static.example'] } })
      const { metrics, global } = names.json as { metrics: string[]; global: string[] }
      const name = 'auth_register_user.count'
      expect(metrics).toContain(name)
      expect(global).not.toContain(name)
      const shown = async (path: string) => (await api(`GET /metrics/${path}`)).json as Figures
      const of = async (hostType: string) => (await shown(`${word}/${hostType}`)).metrics[name]?.['count'] ?? 0
      const [one, other] = [await of('static.example'), await of('others')]
      expect(one).toBeGreaterThan(0)
      expect(other).toBeGreaterThan(0)
      expect((await shown('all')).metrics[name]).toEqual({ count: one + other + (await of('customers')) })
      const single = await api(`GET /metrics/${word}/static.example/${name}`)
      expect(single).toMatchObject({ status: 200, json: { metric: { count: one } } })
      expect(await api(`GET /metrics/all/${name}`)).toMatchObject({ json: { metric: expect.any(Object) } })
      expect(Object.keys((await shown('global')).metrics)).toEqual(global)
      const [first = ''] = global
      expect(await api(`GET /metrics/global/${encodeURIComponent(first)}`)).toMatchObject({ status: 200 })
    })

    it('that are not there are not found', async () => {
      const gone = [
        `${word}/nowhere.example`,
        `${word}/static.example/none`,
        'all/none',
        'global/none',
        'other',
        `${word}`,
      ]
      for (const path of gone) expect(await api(`GET /metrics/${path}`), path).toMatchObject({ status: 404 })
      expect(await api('POST /metrics')).toMatchObject({ status: 405, headers: { allow: 'GET, OPTIONS' } })
    })
  })
}

describe('the old API', () => {
  const api = adminOf(own, '/old')
  const user = '/users/host/static.example/username/kim'

  it('makes, changes, lists and removes accounts, for everybody who reaches it', async () => {
    const put = (value: unknown) => api(`PUT ${user}`, value)
    expect(await put({ user: { password: 'one' } })).toMatchObject({ status: 204 })
    expect(await put({ user: { password: 'two' } })).toMatchObject({ status: 204 })
    const check = { user: 'kim@static.example', password: 'two' }
    expect(await started.server.commands.run('account.checkPassword', check)).toMatchObject({ correct: true })
    const list = await api('GET /users/host/static.example')
    const { count, users } = list.json as { count: number; users: object[] }
    expect(users).toContainEqual({ user: { username: 'kim', host: 'static.example' } })
    expect(count).toBe(users.length)
    const plain = await ask(httpPort(own), 'GET /old/users/host/static.example', { headers: basic('who:ever') })
    expect(plain.status).toBe(200)
    expect(await api(`DELETE ${user}`)).toMatchObject({ status: 204 })
    expect(await api(`DELETE ${user}`)).toMatchObject({ status: 404 })
  })

  it('refuses what is wrong', async () => {
    const type = { 'content-type': 'application/json' }
    const bad = await ask(httpPort(own), `PUT /old${user}`, { headers: type, body: '{' })
    expect(bad).toMatchObject({ status: 400, json: 'The body is not JSON' })
    for (const value of [{}, { user: {} }, { user: { password: '' } }, { user: { password: 1 } }, [], 'x']) {
      expect(await api(`PUT ${user}`, value), JSON.stringify(value)).toMatchObject({ status: 422 })
    }
    const name = '/users/host/static.example/username/a%20b'
    expect(await api(`PUT ${name}`, { user: { password: 'x' } })).toMatchObject({ status: 422 })
    const tricks = ['elsewhere.example/username/kim%40static.example%2Fx', 'static.example%2Fx/username/kim']
    for (const trick of tricks) expect(await api(`DELETE /users/host/${trick}`), trick).toMatchObject({ status: 400 })
    const elsewhere = '/users/host/elsewhere.example'
    expect(await api(`GET ${elsewhere}`)).toMatchObject({ status: 404 })
    expect(await api(`PUT ${elsewhere}/username/kim`, { user: { password: 'x' } })).toMatchObject({ status: 404 })
    expect(await api(`POST ${user}`)).toMatchObject({ status: 405, headers: { allow: 'PUT, DELETE, OPTIONS' } })
  })
})

describe('guessing credentials', () => {
  it('ends after ten failures, for all APIs together', async () => {
    const get = (path: string, credentials: string) =>
      ask(httpPort(own), `GET ${path}`, { headers: basic(credentials) })
    const wrong: number[] = []
    for (let guess = 0; guess < 12; guess++) {
      wrong.push((await get(guess % 2 === 0 ? '/api/metrics' : '/v4/commands', `admin:${guess}`)).status)
    }
    expect(wrong).toEqual([...Array(10).fill(401), 429, 429])
    const right = await get('/domain/domains/static.example', 'admin:sesame')
    expect(right).toMatchObject({ status: 429, json: 'Too many wrong credentials' })
    expect(Number(right.headers['retry-after'])).toBeGreaterThan(0)
    // What needs no credentials goes on.
    expect((await get('/old/metrics', 'who:ever')).status).toBe(200)
  })
})
