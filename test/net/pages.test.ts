import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { healthRoute, type Readiness, readyRoute } from '../../src/net/health.ts'
import { hostMetaRoutes } from '../../src/net/host-meta.ts'
import { type HttpListener, listenHttp } from '../../src/net/http.ts'
import { metricsRoute } from '../../src/net/metrics-page.ts'
import { webchatRoutes } from '../../src/net/webchat.ts'
import { indexPage } from '../../src/net/webchat-page.ts'
import { temporaryFolder } from './support.ts'

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let listener: HttpListener
let readiness: Readiness = { status: 'starting' }

beforeAll(async () => {
  folder = await temporaryFolder()
  await mkdir(join(folder.path, 'webchat'))
  await writeFile(join(folder.path, 'webchat', 'converse.min.js'), 'export default 1')
  const settings = () => ({ domain: 'a.example', title: '</title>', origins: ['https://up.example', "bad' origin"] })
  listener = await listenHttp({
    port: 0,
    host: '127.0.0.1',
    routes: [
      healthRoute('_', '/health', () => readiness),
      readyRoute('_', '/ready', () => readiness),
      metricsRoute('_', '/metrics', async () => 'up 1\n'),
      ...hostMetaRoutes('_', (domain) =>
        domain === '127.0.0.1'
          ? { websocket: ["wss://a.example/ws?a&b='"], bosh: ['https://a.example/http-bind'] }
          : undefined,
      ),
      ...webchatRoutes({ host: '_', path: '/chat/', folder: join(folder.path, 'webchat'), settings }),
    ],
  })
})
afterAll(async () => {
  await listener.close()
  await folder.remove()
})

function get(path: string, init: RequestInit = {}) {
  return fetch(`http://127.0.0.1:${listener.port}${path}`, { redirect: 'manual', ...init })
}

describe('the page of the web chat', () => {
  const pointsTo = (settings: { websocketPath?: string; boshPath?: string }) => {
    const data = /id="settings">([^<]*)</.exec(indexPage('/chat/', settings))?.[1] ?? ''
    const { websocketPath, boshPath } = JSON.parse(data)
    return { websocketPath, boshPath }
  }

  it('names the WebSocket, and BOSH where there is one', () => {
    expect(pointsTo({ websocketPath: '/ws' })).toEqual({ websocketPath: '/ws' })
    expect(pointsTo({ websocketPath: '/ws', boshPath: '/b' })).toEqual({ websocketPath: '/ws', boshPath: '/b' })
    expect(pointsTo({ boshPath: '/b' })).toEqual({ boshPath: '/b' })
    expect(pointsTo({})).toEqual({ websocketPath: '/ws-xmpp' })
  })
})

describe('the pages of a server', () => {
  it('health: alive at once, ready when it is', async () => {
    expect((await get('/health')).status).toBe(200)
    expect((await get('/health/live')).status).toBe(200)
    expect((await get('/health/other')).status).toBe(404)
    const starting = await get('/health/ready')
    expect([starting.status, await starting.json()]).toEqual([503, { status: 'starting', reasons: [] }])
    readiness = { status: 'started' }
    const started = await get('/ready')
    expect([started.status, await started.json()]).toEqual([200, { status: 'started' }])
    readiness = { status: 'started', reasons: ['no database'] }
    expect((await get('/ready')).status).toBe(503)
  })

  it('metrics: the text format of Prometheus', async () => {
    const response = await get('/metrics')
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
    expect(await response.text()).toBe('up 1\n')
    expect((await get('/metrics', { method: 'POST' })).status).toBe(405)
  })

  it('host-meta: XRD and JSON for pages of every origin', async () => {
    const xml = await get('/.well-known/host-meta')
    expect(xml.headers.get('access-control-allow-origin')).toBe('*')
    expect(xml.headers.get('content-type')).toBe('application/xrd+xml; charset=utf-8')
    expect(await xml.text()).toContain(
      "<Link rel='urn:xmpp:alt-connections:websocket' href='wss://a.example/ws?a&amp;b=&apos;'/>",
    )
    const json = await get('/.well-known/host-meta.json')
    expect(await json.json()).toEqual({
      links: [
        { rel: 'urn:xmpp:alt-connections:websocket', href: "wss://a.example/ws?a&b='" },
        { rel: 'urn:xmpp:alt-connections:xbosh', href: 'https://a.example/http-bind' },
      ],
    })
    const other = await fetch(`http://localhost:${listener.port}/.well-known/host-meta`)
    expect(other.status).toBe(404)
  })

  it('web chat: a page that names nobody else, with a policy that says so', async () => {
    const moved = await get('/chat')
    expect([moved.status, moved.headers.get('location')]).toEqual([308, '/chat/'])
    const page = await get('/chat/')
    const text = await page.text()
    expect(text).toContain('<title>&lt;/title></title>')
    expect(text).not.toMatch(/https?:\/\//)
    const policy = page.headers.get('content-security-policy') ?? ''
    expect(policy).toContain("default-src 'none'")
    expect(policy).toContain(`ws://127.0.0.1:${listener.port} wss://127.0.0.1:${listener.port} https://up.example;`)
    expect(policy).not.toContain('bad')
    expect((await get('/chat/start.js')).headers.get('content-type')).toBe('text/javascript; charset=utf-8')
    expect((await get('/chat/files/converse.min.js')).status).toBe(200)
    expect((await get('/chat/files/none.js')).status).toBe(404)
    const cipher = await get('/chat/curve25519_compiled.wasm')
    expect(cipher.headers.get('location')).toBe('/chat/files/curve25519_compiled.wasm')
  })
})
