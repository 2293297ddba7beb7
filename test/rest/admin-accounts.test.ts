import { describe, expect, it } from 'vitest'
import { admin, adminHandlers, adminOf, commandModules, httpPort } from '../support/admin-rest.ts'
import { Client } from '../support/client.ts'
import { ask, basic } from '../support/http-ask.ts'
import { ownServer } from '../support/own-server.ts'

const own = ownServer(`${adminHandlers}${commandModules}`)
const generations = [
  ['6', adminOf(own, '/api'), '/api'],
  ['4.0', adminOf(own, '/v4'), '/v4'],
] as const
const [[, newest], [, old]] = generations

for (const [generation, api, prefix] of generations) {
  describe(`accounts over REST, generation ${generation}`, () => {
    const name = `kim${generation.replace('.', '')}`

    it('are made, listed, changed and removed', async () => {
      const made = await api('POST /users/localhost', { username: name, password: 'first' })
      expect(made).toMatchObject({
        status: 201,
        body: `User ${name}@localhost successfully registered`,
        headers: { location: `${prefix}/users/localhost/${name}` },
      })
      const list = await api('GET /users/localhost')
      expect(list.status).toBe(200)
      expect(list.json).toContain(`${name}@localhost`)
      expect(list.json).toEqual([...(list.json as string[])].sort())
      expect(await api(`PUT /users/localhost/${name}`, { newpass: 'second' })).toMatchObject({ status: 204, body: '' })
      const client = await Client.signIn(own.server, { local: name, password: 'second' }, 'pc')
      client.destroy()
      expect(await api(`DELETE /users/localhost/${name}`)).toMatchObject({ status: 204, body: '' })
      expect((await api('GET /users/localhost')).json).not.toContain(`${name}@localhost`)
    })

    it('take their arguments from path, query and body together', async () => {
      const body = { host: 'localhost', username: `${name}b`, password: 'first' }
      expect(await api('POST /users', body)).toMatchObject({ status: 201 })
      expect((await api('GET /users?host=localhost')).json).toContain(`${name}b@localhost`)
      expect(await api('PUT /users?host=localhost', { user: `${name}b`, newpass: 'x' })).toMatchObject({ status: 204 })
    })

    it('are refused where something is wrong', async () => {
      const refusals = [
        ['POST /users/localhost', { username: 'kim' }, 400, 'Missing password'],
        ['POST /users/localhost', { username: 'kim', password: '' }, 400, 'Empty password'],
        ['POST /users/localhost', { username: 'k i m', password: 'x' }, 400, 'Invalid user name'],
        ['POST /users/localhost', { username: 7, password: 'x' }, 400, 'Invalid user name'],
        ['POST /users/localhost', { username: 'kim', password: 'x', more: 1 }, 400, 'Unknown argument: more'],
        ['POST /users/localhost?host=a', { username: 'kim', password: 'x' }, 400, 'Argument given twice: host'],
        ['POST /users/localhost', ['kim'], 400, 'The body must be an object'],
        ['POST /users', { username: 'kim', password: 'x' }, 404, 'Wrong number of arguments'],
        ['POST /users/%40', { username: 'kim', password: 'x' }, 400, 'Invalid domain'],
        ['POST /users/elsewhere.example', { username: 'kim', password: 'x' }, 404, 'Given domain does not exist'],
        ['GET /users/elsewhere.example', undefined, 404, 'Given domain does not exist'],
        ['PUT /users/localhost/nobody', { newpass: 'x' }, 404, 'User nobody@localhost does not exist'],
        ['PUT /users/localhost/nobody', {}, 400, 'Missing new password'],
        // A name may not lead to an account of another domain.
        [`DELETE /users/elsewhere.example/${name}%40localhost%2Fx`, undefined, 400, 'Invalid user name'],
      ] as const
      for (const [line, body, status, reason] of refusals) {
        expect(await api(line, body), line).toMatchObject({ status, json: reason })
      }
      await api('POST /users/localhost', { username: `${name}c`, password: 'x' })
      const again = await api('POST /users/localhost', { username: `${name}c`, password: 'y' })
      expect(again).toMatchObject({ status: 409, json: `User ${name}c@localhost already registered` })
    })

    it('answer what is no path, no method or no JSON', async () => {
      expect(await api('GET /nothing')).toMatchObject({ status: 404, json: 'Not found' })
      expect(await api('GET /users/localhost/kim/more')).toMatchObject({ status: 404 })
      expect(await api('GET /users/localhost/')).toMatchObject({ status: 404 })
      expect(await api('GET /users/../users/localhost')).toMatchObject({ status: 404 })
      expect(await api('PATCH /users/localhost')).toMatchObject({
        status: 405,
        headers: { allow: 'GET, POST, OPTIONS' },
      })
      const post = (body: string, type: string) =>
        ask(httpPort(own), `POST ${prefix}/users/localhost`, { headers: { ...admin, 'content-type': type }, body })
      expect(await post('{', 'application/json')).toMatchObject({ status: 400, json: 'The body is not JSON' })
      const deep = `{"username": ${'['.repeat(400_000)}${']'.repeat(400_000)}, "password": "x"}`
      expect(await post(deep, 'application/json')).toMatchObject({ status: 400 })
      const prototype = await post('{"__proto__": {"password": "x"}}', 'application/json')
      expect(prototype).toMatchObject({ status: 400, json: 'Unknown argument: __proto__' })
      const long = { ...admin, 'content-type': 'application/json', 'content-length': String((1 << 20) + 1) }
      const refused = await ask(httpPort(own), `POST ${prefix}/users/localhost`, { headers: long })
      expect(refused).toMatchObject({ status: 413, json: 'Body too large' })
      expect(await post('username=kim', 'application/x-www-form-urlencoded')).toMatchObject({ status: 415 })
      expect(await post('{}', 'text/plain')).toMatchObject({ status: 415 })
    })
  })

  describe(`sessions over REST, generation ${generation}`, () => {
    it('are listed and ended', async () => {
      const client = await own.client('lena', `pc${generation}`)
      const list = await api('GET /sessions/localhost')
      expect(list).toMatchObject({ status: 200, json: expect.arrayContaining([client.jid]) })
      const [bare, resource = ''] = client.jid.split('/')
      expect(bare).toBe('lena@localhost')
      expect(await api(`DELETE /sessions/localhost/lena/${resource}`)).toMatchObject({ status: 204 })
      await client.receivesStreamError('conflict')
      expect((await api('GET /sessions/localhost')).json).not.toContain(client.jid)
    })

    it('of other domains are not there', async () => {
      expect(await api('GET /sessions/elsewhere.example')).toMatchObject({ status: 404 })
      expect(await api('DELETE /sessions/elsewhere.example/lena/pc')).toMatchObject({ status: 404 })
    })
  })
}

describe('what is not there any more', () => {
  it('is an error in the newest API, and as good as removed for MongooseIM 4.0', async () => {
    const user = 'DELETE /users/localhost/nobody'
    expect(await newest(user)).toMatchObject({ status: 404, json: 'User nobody@localhost does not exist' })
    expect(await old(user)).toMatchObject({ status: 204 })
    const session = 'DELETE /sessions/localhost/lena/away'
    expect(await newest(session)).toMatchObject({ status: 404, json: 'No active session' })
    expect(await old(session)).toMatchObject({ status: 204 })
  })
})

describe('credentials of admins', () => {
  const get = (path: string, headers: Record<string, string> = {}) => ask(httpPort(own), `GET ${path}`, { headers })

  it('have to be right, where there are any', async () => {
    for (const prefix of ['/api', '/v4', '/domain']) {
      for (const path of [`${prefix}/users/localhost`, `${prefix}/nothing`]) {
        const none = await get(path)
        expect(none).toMatchObject({ status: 401, headers: { 'www-authenticate': 'Basic realm="mongooseim"' } })
      }
    }
    expect(await get('/api/users/localhost', basic('admin:sesame2'))).toMatchObject({ status: 401 })
    expect(await get('/api/users/localhost', admin)).toMatchObject({ status: 200 })
  })

  it('are not looked at where there are none', async () => {
    expect(await get('/open/users/localhost')).toMatchObject({ status: 200 })
    expect(await get('/open/users/localhost', basic('who:ever'))).toMatchObject({ status: 200 })
  })
})

describe('OPTIONS', () => {
  const options = (path: string, headers: Record<string, string> = {}) =>
    ask(httpPort(own), `OPTIONS ${path}`, { headers })

  it('tells methods without credentials, and which pages may use the API of MongooseIM 4.0', async () => {
    expect(await options('/api/users/localhost')).toMatchObject({
      status: 200,
      headers: { allow: 'GET, POST, OPTIONS' },
    })
    const origin = 'https://page.example'
    const answer = await options('/v4/users/localhost', { origin })
    expect(answer).toMatchObject({
      status: 200,
      headers: {
        'access-control-allow-origin': origin,
        'access-control-allow-methods': 'GET, POST, OPTIONS',
        'access-control-allow-headers': 'authorization, content-type',
      },
    })
    // Credentials that the browser knows are not for pages of others.
    expect(answer.headers).not.toHaveProperty('access-control-allow-credentials')
    expect((await options('/v4/users/localhost')).headers['access-control-allow-origin']).toBe('*')
    expect((await options('/api/users/localhost', { origin })).headers).not.toHaveProperty(
      'access-control-allow-origin',
    )
  })

  it('lets no page use an API that is open', async () => {
    const { headers } = await options('/open/users/localhost', { origin: 'https://page.example' })
    expect(headers).not.toHaveProperty('access-control-allow-origin')
    expect((await options('/open/users/localhost')).headers['access-control-allow-origin']).toBe('*')
  })
})

describe('GET /commands', () => {
  it('lists the commands of the modules that run', async () => {
    const { json } = await old('GET /commands')
    const commands = json as { name: string; category: string; action: string; args: object; desc: string }[]
    expect(commands).toContainEqual({
      name: 'register_user',
      category: 'users',
      action: 'create',
      args: { host: 'string', username: 'string', password: 'string' },
      desc: 'Makes an account.',
    })
    const names = commands.map(({ name }) => name)
    for (const name of ['send_message', 'create_muc_room', 'invite_to_room', 'flush_user_bin', 'subscription_manage']) {
      expect(names).toContain(name)
    }
    expect(await newest('GET /commands')).toMatchObject({ status: 404 })
  })
})
