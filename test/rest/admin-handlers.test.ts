import { describe, expect, it } from 'vitest'
import { adminOf, httpPort } from '../support/admin-rest.ts'
import { FileServer } from '../support/file-server.ts'
import { ask, basic } from '../support/http-ask.ts'
import { ownServer } from '../support/own-server.ts'

const own = ownServer(`
[[listen.http]]
port = 0
ip_address = "127.0.0.1"
[[listen.http.handlers.mongoose_admin_api]]
path = "/api"
[[listen.http.handlers.mongoose_admin_api]]
host = "admin.example"
path = "/rest/"
username = "admin"
password = "sesame"
handlers = ["sessions"]
[[listen.http.handlers.mongoose_api]]
path = "/old"
handlers = ["mongoose_api_users"]
[[listen.http.handlers.cowboy_swagger_redirect_handler]]
path = "/api-docs"
[[listen.http.handlers.cowboy_swagger_json_handler]]
path = "/api-docs/swagger.json"
[[listen.http.handlers.cowboy_static]]
path = "/api-docs/[...]"
`)

describe('handlers of admin APIs', () => {
  const get = (path: string, headers: Record<string, string> = {}) => ask(httpPort(own), `GET ${path}`, { headers })

  it('have the parts that they name, at their host and path', async () => {
    const host = { host: 'admin.example' }
    expect(await get('/rest/sessions/localhost', { ...host, ...basic('admin:sesame') })).toMatchObject({ status: 200 })
    expect(await get('/rest/users/localhost', { ...host, ...basic('admin:sesame') })).toMatchObject({ status: 404 })
    expect(await get('/rest/sessions/localhost', host)).toMatchObject({ status: 401 })
    expect(await get('/rest/sessions/localhost')).toMatchObject({ status: 404 })
    // A host of its own does not hide what is there for any.
    expect(await get('/api/users/localhost', host)).toMatchObject({ status: 200 })
    expect(await get('/old/users/host/localhost')).toMatchObject({ status: 200 })
    expect(await get('/old/metrics')).toMatchObject({ status: 404 })
  })

  it('refuse credentials that nobody asks for, in the newest API', async () => {
    expect(await get('/api/users/localhost', basic('who:ever'))).toMatchObject({ status: 401 })
    expect(await adminOf(own, '/api')('GET /users/localhost')).toMatchObject({ status: 401 })
  })

  it('are described for people and programs', async () => {
    expect(await get('/api-docs')).toMatchObject({ status: 302, headers: { location: '/api-docs/index.html' } })
    const page = await get('/api-docs/index.html')
    expect(page.headers['content-type']).toBe('text/html; charset=utf-8')
    expect(page.body).toContain('<code>POST /api/users/{host}</code>')
    expect((await get('/api-docs/')).body).toBe(page.body)
    expect(await get('/api-docs/../../etc/passwd')).toMatchObject({ status: 404 })
    expect(await get('/api-docs/other.html')).toMatchObject({ status: 404 })
    const document = await get('/api-docs/swagger.json')
    const { openapi, paths } = document.json as { openapi: string; paths: Record<string, Record<string, object>> }
    expect(openapi).toBe('3.1.0')
    expect(paths['/api/messages/{caller}']?.['get']).toMatchObject({
      parameters: [
        { name: 'caller', in: 'path', required: true, schema: { type: 'string' } },
        { name: 'with', in: 'query', required: false },
        { name: 'limit', in: 'query', required: false, schema: { type: 'integer' } },
        { name: 'before', in: 'query', required: false },
      ],
    })
    expect(paths['/api/users/{host}']?.['post']).toMatchObject({
      requestBody: { content: { 'application/json': { schema: { required: ['password'] } } } },
    })
    expect(Object.keys(paths)).toContain('/api/messages/{caller}/{with}')
    expect(Object.keys(paths['/old/users/host/{host}/username/{user}'] ?? {})).toEqual(['put', 'delete'])
  })
})

describe('the API of MongooseIM 4.0', () => {
  it('gains and loses parts with their modules, while the server runs', async () => {
    const config = (modules: string) => `
[general]
hosts = ["localhost"]
[[listen.c2s]]
port = 0
ip_address = "127.0.0.1"
[[listen.http]]
port = 0
ip_address = "127.0.0.1"
[[listen.http.handlers.mongoose_api_admin]]
path = "/api"
[auth.password]
scram_iterations = 4096
${modules}
`
    await using server = await FileServer.start(config('[modules.mod_commands]'))
    const get = (path: string) => ask(server.address('http').port, `GET /api${path}`)
    expect(await get('/users/localhost')).toMatchObject({ status: 200, json: [] })
    expect((await get('/commands')).body).toContain('"list_users"')
    await server.reload(config('[modules.mod_muc_commands]'))
    expect(await get('/users/localhost')).toMatchObject({ status: 404, json: 'Not found' })
    expect((await get('/commands')).body).not.toContain('"list_users"')
    expect((await get('/commands')).body).toContain('"create_muc_room"')
  })

  it('changes credentials and parts while the server runs', async () => {
    const config = (own: string) => `
[general]
hosts = ["localhost"]
[[listen.http]]
port = 0
ip_address = "127.0.0.1"
[[listen.http.handlers.mongoose_admin_api]]
path = "/api"
${own}
`
    await using server = await FileServer.start(config('username = "admin"\npassword = "one"'))
    const get = (path: string, password: string) =>
      ask(server.address('http').port, `GET /api${path}`, { headers: basic(`admin:${password}`) })
    expect((await get('/users/localhost', 'one')).status).toBe(200)
    await server.reload(config('username = "admin"\npassword = "two"\nhandlers = ["sessions"]'))
    expect((await get('/users/localhost', 'one')).status).toBe(401)
    expect((await get('/users/localhost', 'two')).status).toBe(404)
    expect((await get('/sessions/localhost', 'two')).status).toBe(200)
  })
})
