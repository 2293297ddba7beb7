import { afterEach, describe, expect, it } from 'vitest'
import { type HttpListener, listenHttp } from '../../src/net/http.ts'
import { type ApiResource, anythingElse, apiRoutes, type HttpApi } from '../../src/net/http-api.ts'
import { GuessLimit, ownGate } from '../../src/net/http-credentials.ts'
import { HttpError } from '../../src/net/http-exchange.ts'
import { systemClock } from '../../src/util/clock.ts'
import { type Ask, ask as askAt, basic } from '../support/http-ask.ts'

let listener: HttpListener | undefined
let reports: object[] = []

afterEach(async () => {
  await listener?.close()
  reports = []
})

const things: ApiResource<undefined> = {
  path: '/things/:name',
  methods: {
    GET: async ({ params, query }) => ({ status: 200, json: { ...params, q: query.get('q') } }),
    PUT: async ({ json }) => ({ status: 201, text: JSON.stringify(await json()), headers: { location: '/x' } }),
    DELETE: async () => ({ status: 204 }),
  },
}

const broken: ApiResource<undefined> = {
  path: '/broken/:how',
  methods: {
    GET: async ({ params, response }) => {
      if (params['how'] === 'teapot') throw new HttpError(418, 'I am a teapot', { 'x-pot': 'tea' })
      if (params['how'] === 'late') response.write('half')
      throw new Error('secret details')
    },
  },
}

async function open(changes: Partial<HttpApi<undefined>> = {}): Promise<void> {
  const api = {
    host: '_',
    path: '/api/',
    gate: ownGate({ username: 'admin', password: 'sesame' }, new GuessLimit(systemClock)),
    report: (event: object) => reports.push(event),
    ...changes,
  }
  const routes = apiRoutes(api, [things, broken, anythingElse])
  listener = await listenHttp({ port: 0, host: '127.0.0.1', routes })
}

const admin = basic('admin:sesame')

const ask = (line: string, more: Ask = {}) => askAt(listener?.port ?? 0, line, more)

function sent(body: string | Buffer, type = 'application/json'): Ask {
  return { headers: { ...admin, ...(type === '' ? {} : { 'content-type': type }) }, body }
}

describe('an HTTP API', () => {
  it('answers with JSON, with a text, or with a status alone', async () => {
    await open()
    const read = await ask('GET /api/things/a%2Fb%20c?q=1', { headers: admin })
    expect(read).toMatchObject({ status: 200, headers: { 'content-type': 'application/json; charset=utf-8' } })
    expect(JSON.parse(read.body)).toEqual({ name: 'a/b c', q: '1' })
    const made = await ask('PUT /api/things/a', sent('{"x": "ä"}'))
    expect(made).toMatchObject({ status: 201, body: '{"x":"ä"}', headers: { location: '/x' } })
    expect(await ask('DELETE /api/things/a', { headers: admin })).toMatchObject({ status: 204, body: '' })
    expect(await ask('HEAD /api/things/a', { headers: admin })).toMatchObject({ status: 200, body: '' })
  })

  it('asks for credentials before it looks at method and path', async () => {
    await open()
    for (const line of [
      'GET /api/things/a',
      'POST /api/things/a',
      'GET /api/nothing',
      'GET /api/',
      'GET /api/things/',
    ]) {
      const refused = await ask(line)
      expect(refused).toMatchObject({ status: 401, headers: { 'www-authenticate': 'Basic realm="mongooseim"' } })
      expect(JSON.parse(refused.body)).toBe('Credentials are required')
    }
    for (const wrong of ['admin:Sesame', 'Admin:sesame', 'admin:', ':sesame', 'admin:sesame ']) {
      const refused = await ask('GET /api/things/a', { headers: basic(wrong) })
      expect(refused).toMatchObject({ status: 401, body: '"Wrong credentials"\n' })
    }
  })

  it('answers 404, 405 with what is allowed, and OPTIONS without credentials', async () => {
    await open()
    const unknown = await ask('GET /api/nothing', { headers: admin })
    expect(unknown).toMatchObject({ status: 404, body: '"Not found"\n' })
    expect(await ask('OPTIONS /api/nothing')).toMatchObject({ status: 401 })
    const other = await ask('POST /api/things/a', { headers: admin })
    expect(other).toMatchObject({ status: 405, headers: { allow: 'GET, PUT, DELETE, OPTIONS' } })
    const options = await ask('OPTIONS /api/things/a')
    expect(options).toMatchObject({ status: 200, headers: { allow: 'GET, PUT, DELETE, OPTIONS' } })
    expect(options.headers).not.toHaveProperty('access-control-allow-origin')
  })

  it('takes JSON of no more than a mebibyte and nothing else', async () => {
    await open()
    const put = async (body: string | Buffer, type?: string) =>
      (await ask('PUT /api/things/a', sent(body, type))).status
    expect(await put('{}', 'application/json; charset=UTF-8')).toBe(201)
    expect(await put(`"${'x'.repeat((1 << 20) - 2)}"`)).toBe(201)
    expect(await put('{')).toBe(400)
    expect(await put(Buffer.from([0x22, 0xff, 0x22]))).toBe(400)
    for (const type of ['', 'text/plain', 'application/x-www-form-urlencoded', 'application/json; charset=latin1']) {
      expect(await put('{}', type)).toBe(415)
    }
    const zipped = { headers: { ...admin, 'content-type': 'application/json', 'content-encoding': 'gzip' }, body: '{}' }
    expect(await ask('PUT /api/things/a', zipped)).toMatchObject({ status: 415 })
    const long = await ask('PUT /api/things/a', {
      headers: { ...admin, 'content-type': 'application/json', 'content-length': String((1 << 20) + 1) },
    })
    expect(long).toMatchObject({ status: 413, body: '"Body too large"\n', headers: { connection: 'close' } })
  })

  it('keeps our own faults to itself, and reports them', async () => {
    await open()
    const fault = await ask('GET /api/broken/x', { headers: admin })
    expect(fault).toMatchObject({ status: 500, body: '"Internal error"\n' })
    await expect(ask('GET /api/broken/late', { headers: admin })).rejects.toThrow()
    const what = 'http_handler_failed'
    expect(reports).toMatchObject([
      { what, path: '/api/broken/x' },
      { what, path: '/api/broken/late' },
    ])
    const pot = await ask('GET /api/broken/teapot', { headers: admin })
    expect(pot).toMatchObject({ status: 418, body: '"I am a teapot"\n', headers: { 'x-pot': 'tea' } })
  })

  it('puts failures into a form of its own', async () => {
    await open({
      failure: (error) =>
        error instanceof HttpError ? { status: error.status, json: { error: error.message } } : undefined,
    })
    expect(await ask('GET /api/things/a')).toMatchObject({
      status: 401,
      body: '{"error":"Credentials are required"}\n',
    })
    const fault = await ask('GET /api/broken/x', { headers: admin })
    expect(fault).toMatchObject({ status: 500, body: '{"error":"Internal error"}\n' })
    expect(reports).toHaveLength(1)
  })

  it('tells browsers which pages may use it', async () => {
    await open({ cors: { credentials: true } })
    const origin = 'https://page.example'
    const answer = await ask('GET /api/things/a', { headers: { ...admin, origin } })
    const permission = {
      'access-control-allow-origin': origin,
      'access-control-allow-methods': 'GET, PUT, DELETE, OPTIONS',
      'access-control-allow-headers': 'authorization, content-type',
      'access-control-allow-credentials': 'true',
      vary: 'origin',
    }
    expect(answer).toMatchObject({ status: 200, headers: permission })
    expect(await ask('GET /api/things/a', { headers: { origin } })).toMatchObject({ status: 401, headers: permission })
    expect(await ask('OPTIONS /api/things/a', { headers: { origin } })).toMatchObject({
      status: 200,
      headers: permission,
    })
    const plain = await ask('OPTIONS /api/things/a')
    expect(plain.headers['access-control-allow-origin']).toBe('*')
    expect(plain.headers).not.toHaveProperty('access-control-allow-credentials')
    const noPage = await ask('GET /api/things/a', { headers: admin })
    expect(noPage.headers).not.toHaveProperty('access-control-allow-origin')
  })

  it('is open where it has no credentials', async () => {
    await open({ gate: ownGate({}, new GuessLimit(systemClock)) })
    expect(await ask('GET /api/things/a')).toMatchObject({ status: 200 })
    expect(await ask('GET /api/things/a', { headers: basic('who:ever') })).toMatchObject({ status: 200 })
    await listener?.close()
    await open({ gate: ownGate({ refusesNeedless: true }, new GuessLimit(systemClock)) })
    expect(await ask('GET /api/things/a')).toMatchObject({ status: 200 })
    expect(await ask('GET /api/things/a', { headers: basic('who:ever') })).toMatchObject({ status: 401 })
  })

  it('refuses a peer that goes on guessing, on all connections', async () => {
    await open()
    for (let guess = 0; guess < 10; guess++) {
      expect(await ask('GET /api/things/a', { headers: basic(`admin:${guess}`) })).toMatchObject({ status: 401 })
    }
    const refused = await ask('GET /api/things/a', { headers: admin })
    expect(refused).toMatchObject({ status: 429, body: '"Too many wrong credentials"\n' })
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0)
  })
})
