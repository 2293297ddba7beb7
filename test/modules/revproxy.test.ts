import { once } from 'node:events'
import {
  createServer as createHttp,
  request as httpRequest,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http'
import { type AddressInfo, createServer } from 'node:net'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { parseConfig } from '../../src/config/load.ts'
import { ConfigErrors } from '../../src/config/problem.ts'
import { allModules } from '../../src/modules/all.ts'
import { FileServer } from '../support/file-server.ts'
import { HttpService } from '../support/http-service.ts'
import { SecureService } from '../support/secure-service.ts'

const service = await HttpService.start()
const other = await HttpService.start()
const secure = await SecureService.start()
const silent = createServer((socket) => socket.on('error', () => {}))
await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
afterAll(async () => {
  await Promise.all([service.stop(), other.stop(), secure.stop()])
  silent.close()
})
beforeEach(() => {
  for (const each of [service, other]) {
    each.requests.length = 0
    each.answerTo = ({ path }) => ({ status: 203, text: `at ${path}` })
  }
})

const base = `
[general]
hosts = ["localhost", "own.example"]
loglevel = "error"
[[listen.http]]
port = 0
ip_address = "127.0.0.1"
[[listen.http.handlers.mongoose_websocket_handler]]
path = "/[...]"
[[listen.http.handlers.health_handler]]
path = "/health"
[[listen.http.handlers.mod_revproxy]]
path = "/[...]"
custom_headers = [{ name = "X-Via", value = "meerkat" }]
tls.cacertfile = "${secure.certificate}"
[[listen.http.handlers.mod_revproxy]]
path = "/hasty/[...]"
timeout = 50
body_length = 3
[auth.password]
scram_iterations = 4096
[modules.mod_disco]
`
const route = (host: string, path: string, upstream: string, more = '') =>
  `[[modules.mod_revproxy.routes]]\nhost = "${host}"\npath = "${path}"\nupstream = "${upstream}"\n${more}\n`

interface Ask {
  readonly method?: string
  readonly host?: string
  readonly body?: string
  readonly headers?: Readonly<Record<string, string>>
}

async function ask(
  server: FileServer,
  path: string,
  { method = 'GET', host = 'h', body = '', headers = {} }: Ask = {},
) {
  const { port } = server.address('http')
  const options = { host: '127.0.0.1', port, path, method, headers: { host, ...headers }, agent: false }
  const request = httpRequest(options).end(body)
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  let text = ''
  for await (const part of response) text += part
  return { status: response.statusCode, headers: response.headers, text }
}

describe('mod_revproxy', () => {
  it('passes requests on by the first rule that fits, and answers back', async () => {
    const rules = [
      route('_', '/a', `${other.origin}/posted`, 'method = "post"'),
      route('_', '/a', service.origin),
      route(':t.ex.org', '/:t', `${service.origin}/:t/`),
      route('_', '/', other.origin),
    ]
    await using server = await FileServer.start(base + rules.join(''))
    const headers = { 'x-mine': 'yes' }
    expect(await ask(server, '/a/b?c=1', { headers })).toMatchObject({ status: 203, text: 'at /a/b?c=1' })
    expect(service.requests).toMatchObject([
      { method: 'GET', path: '/a/b?c=1', headers: { host: 'h', 'x-mine': 'yes', 'x-via': 'meerkat' } },
    ])
    expect((await ask(server, '/a/b', { method: 'POST', body: 'hello' })).text).toBe('at /posted/b')
    expect(other.requests.at(-1)?.body.toString()).toBe('hello')
    expect((await ask(server, '/blue/x', { host: 'blue.ex.org' })).text).toBe('at /blue/x')
    expect(service.requests).toHaveLength(2)
    expect((await ask(server, '/red/x', { host: 'blue.ex.org' })).text).toBe('at /red/x')
    expect(other.requests).toHaveLength(2)
    // Handlers with a longer path come first.
    expect((await ask(server, '/health/live')).status).toBe(200)
    expect(other.requests).toHaveLength(2)
  })

  it('answers 404 without a rule, 502 without an upstream, 504 and 413 beyond its limits', async () => {
    const gone = await HttpService.start()
    const { origin } = gone
    await gone.stop()
    service.answerTo = () => 'never'
    const rules = [
      route('_', '/gone', origin),
      route('_', '/hasty/never', service.origin),
      route('_', '/hasty/silent', `https://127.0.0.1:${(silent.address() as AddressInfo).port}`),
    ]
    await using server = await FileServer.start(base + rules.join(''))
    expect(await ask(server, '/')).toMatchObject({ status: 404, text: '' })
    expect((await ask(server, '/gone')).status).toBe(502)
    expect((await ask(server, '/hasty/never')).status).toBe(504)
    expect((await ask(server, '/hasty/silent')).status).toBe(504)
    expect((await ask(server, '/hasty/never', { method: 'PUT', body: 'four' })).status).toBe(413)
  })

  it('asks upstreams with https, and believes no certificate that is not good', async () => {
    secure.answerTo = ({ path }) => ({ json: path })
    const { port } = new URL(secure.origin)
    const rules = [
      route('_', '/good', secure.origin),
      route('_', '/other', `https://127.0.0.1:${port}`),
      route('_', '/hasty', secure.origin),
    ]
    await using server = await FileServer.start(base.replace('timeout = 50', 'timeout = 5000') + rules.join(''))
    expect(await ask(server, '/good/x')).toMatchObject({ status: 200, text: '"/good/x"' })
    // It is for another name, or of nobody who is trusted there.
    expect((await ask(server, '/other')).status).toBe(502)
    expect((await ask(server, '/hasty')).status).toBe(502)
    expect(secure.requests).toHaveLength(1)
  })

  it('shares a path with XMPP over WebSocket', async () => {
    await using server = await FileServer.start(base + route('_', '/', service.origin))
    const address = server.address('http')
    const client = await server.client('alice', address, { transport: 'ws' })
    await client.asks(`<query xmlns='http://jabber.org/protocol/disco#info'/>`, 'get', { to: 'localhost' })
    expect((await ask(server, '/ws-xmpp')).text).toBe('at /ws-xmpp')
    // Another protocol over WebSocket is not ours, and the proxy does not carry it.
    const socket = new WebSocket(`ws://127.0.0.1:${address.port}/x`, ['other'])
    socket.on('error', () => {})
    const [, response] = (await once(socket, 'unexpected-response')) as [unknown, IncomingMessage]
    expect(response.statusCode).toBe(203)
    expect(service.requests.at(-1)?.headers).not.toHaveProperty('upgrade')
    socket.terminate()
  })

  it('takes other rules over with a reload, on the port that is open', async () => {
    await using server = await FileServer.start(base + route('_', '/', `${service.origin}/one`))
    expect((await ask(server, '/x')).text).toBe('at /one/x')
    const { port } = server.address('http')
    const report = await server.reload(base + route('_', '/', `${service.origin}/two`))
    expect(report).toMatchObject({ applied: ['modules.mod_revproxy.routes[0].upstream'], needsRestart: [] })
    expect((await ask(server, '/x')).text).toBe('at /two/x')
    const more = await server.reload(base + route('_', '/x', `${other.origin}/`) + route('_', '/', service.origin))
    expect(more).toMatchObject({ applied: ['modules.mod_revproxy.routes'], needsRestart: [] })
    expect((await ask(server, '/x')).text).toBe('at /')
    expect(other.requests).toHaveLength(1)
    expect((await ask(server, '/y')).text).toBe('at /y')
    await server.reload(base)
    expect((await ask(server, '/y')).status).toBe(404)
    expect(server.address('http').port).toBe(port)
  })

  it('lets a request that is under way end with the rules that it began with', async () => {
    const slow = createHttp()
    await new Promise<void>((resolve) => slow.listen(0, '127.0.0.1', resolve))
    const { port } = slow.address() as AddressInfo
    await using server = await FileServer.start(base + route('_', '/', `http://127.0.0.1:${port}`))
    const underWay = ask(server, '/x')
    const [, response] = (await once(slow, 'request')) as [IncomingMessage, ServerResponse]
    await server.reload(base + route('_', '/', other.origin))
    response.end('late')
    expect((await underWay).text).toBe('late')
    slow.close()
  })

  it('has rules of each host, of which those of the host that is asked for come first', async () => {
    const own = (host: string, upstream: string) =>
      `[[host_config]]\nhost = "${host}"\n[[host_config.modules.mod_revproxy.routes]]\nhost = "_"\npath = "/"\nupstream = "${upstream}"\n`
    await using server = await FileServer.start(
      base + own('localhost', `${service.origin}/l/`) + own('own.example', `${service.origin}/o/`),
    )
    expect((await ask(server, '/x', { host: 'own.example:80' })).text).toBe('at /o/x')
    expect((await ask(server, '/x', { host: 'localhost' })).text).toBe('at /l/x')
    expect((await ask(server, '/x', { host: 'elsewhere.example' })).text).toBe('at /l/x')
  })

  it('is told at the start what its rules and headers cannot be', () => {
    const text = `${base.replace('"meerkat"', '"a\\r\\nX-B: c"').replace('"X-Via"', '"Content-Length"')}
${route('_', '/:a', 'http://u/:b')}${route('_', '/:', 'http://u')}${route('_', '/', 'ftp://u')}`
    const load = () => parseConfig({ text, file: 'meerkat.toml', modules: allModules, env: {} })
    expect(load).toThrow(ConfigErrors)
    try {
      load()
    } catch (error) {
      expect((error as ConfigErrors).errors.map(({ path }) => path)).toEqual([
        'listen.http[0].handlers.mod_revproxy[0].custom_headers[0].name',
        'listen.http[0].handlers.mod_revproxy[0].custom_headers[0].value',
        'modules.mod_revproxy.routes[0].upstream',
        'modules.mod_revproxy.routes[1].path',
        'modules.mod_revproxy.routes[2].upstream',
      ])
    }
  })

  it('warns of a handler without rules and of rules without a handler', () => {
    const warned = (text: string) =>
      parseConfig({ text, file: 'meerkat.toml', modules: allModules, env: {} })
        .notices.filter(({ what, path }) => what === 'no_effect' && path.includes('mod_revproxy'))
        .map(({ path, level }) => [path, level])
    expect(warned(base)).toEqual([['listen.http[0].handlers.mod_revproxy', 'warning']])
    expect(warned(base + route('_', '/', 'http://u'))).toEqual([])
    const general = base.slice(0, base.indexOf('[[listen.http]]'))
    expect(warned(general + route('_', '/', 'http://u'))).toEqual([['modules.mod_revproxy', 'warning']])
  })
})
