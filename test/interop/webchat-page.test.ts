import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type BrowserContext, chromium } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type HttpListener, listenHttp } from '../../src/net/http.ts'
import type { TlsContext } from '../../src/net/tls-context.ts'
import { type WebchatSettings, webchatRoutes } from '../../src/net/webchat.ts'
import { webSocketRoute } from '../../src/net/websocket.ts'
import { deferred, temporaryFolder, tlsContext } from '../net/support.ts'

const browser = '/usr/bin/chromium'
const isThere = existsSync(browser)
if (!isThere) {
  process.stderr.write('Web chat not tested: needs the Debian package chromium\n')
  if (process.env['CI']) throw new Error('chromium is missing')
}

const args = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

interface Seen {
  readonly outside: string[]
  readonly failed: string[]
  readonly complaints: string[]
}

describe.runIf(isThere)('the web chat page', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>
  let context: BrowserContext

  beforeAll(async () => {
    folder = await temporaryFolder()
    await promisify(execFile)(process.execPath, ['tools/copy-webchat.mjs', join(folder.path, 'webchat')])
    context = await chromium.launchPersistentContext(join(folder.path, 'profile'), {
      executablePath: browser,
      headless: true,
      args,
      ignoreHTTPSErrors: true,
      locale: 'de-DE',
    })
  }, 60_000)

  afterAll(async () => {
    await context?.close()
    await folder?.remove()
  })

  async function serve(settings: WebchatSettings, tls?: TlsContext) {
    const opened = deferred<string>()
    const socket = webSocketRoute({ host: '_', path: '/ws-xmpp' }, (connection) => ({
      frame: (bytes, length) => {
        opened.resolve(Buffer.from(bytes.buffer, bytes.byteOffset, length).toString())
        connection.end()
      },
      tooLarge() {},
      drained() {},
      closed() {},
    }))
    const chat = webchatRoutes({
      host: '_',
      path: '/chat',
      folder: join(folder.path, 'webchat'),
      settings: () => settings,
    })
    const listener = await listenHttp({ port: 0, host: '127.0.0.1', tls, routes: [...chat, socket] })
    return { listener, opened: opened.promise }
  }

  async function visit(listener: HttpListener, scheme: string) {
    const page = await context.newPage()
    const own = `${scheme}://127.0.0.1:${listener.port}`
    const seen: Seen = { outside: [], failed: [], complaints: [] }
    page.on('request', (request) => {
      const url = request.url()
      if (!url.startsWith(own) && !/^(data|blob):/.test(url)) seen.outside.push(url)
    })
    page.on('requestfailed', (request) => seen.failed.push(`${request.url()} ${request.failure()?.errorText}`))
    page.on('response', (response) => {
      if (response.status() >= 400) seen.failed.push(`${response.url()} ${response.status()}`)
    })
    page.on('console', (message) => {
      if (message.type() === 'error') seen.complaints.push(message.text())
    })
    page.on('pageerror', (error) => seen.complaints.push(String(error)))
    await page.goto(`${own}/chat`)
    await page.waitForSelector('converse-login-form input[name=jid]', { state: 'visible' })
    await page.waitForLoadState('networkidle')
    return { page, seen }
  }

  it('shows the form to sign in, complete from this server alone', async () => {
    const { listener } = await serve({ domain: 'meerkat.example', title: 'Burrow <&>' })
    const { page, seen } = await visit(listener, 'http')
    expect(await page.title()).toBe('Burrow <&>')
    expect(await page.isVisible('converse-login-form input[name=password]')).toBe(true)
    expect(await page.getByRole('link', { name: /registr|konto erstellen|create an account/i }).count()).toBe(0)
    expect(await page.textContent('converse-login-form')).toContain('meerkat.example')
    const picture = process.env['SCREENSHOT']
    if (picture) await page.screenshot({ path: picture })
    expect(seen).toEqual({ outside: [], failed: [], complaints: [] })
    await page.close()
    await listener.close()
  })

  it('connects to the WebSocket of the same host, over TLS when it came so', async () => {
    for (const scheme of ['http', 'https']) {
      const tls = scheme === 'https' ? await tlsContext(folder.path, { with: { verify_mode: 'none' } }) : undefined
      const { listener, opened } = await serve({ domain: 'meerkat.example' }, tls)
      const { page, seen } = await visit(listener, scheme)
      await page.fill('converse-login-form input[name=jid]', 'romeo')
      await page.fill('converse-login-form input[name=password]', 'secret')
      await page.click('converse-login-form [type=submit]')
      const frame = await opened
      expect(frame).toContain('urn:ietf:params:xml:ns:xmpp-framing')
      expect(frame).toContain('meerkat.example')
      expect(seen.outside).toEqual([])
      await page.close()
      await listener.close()
    }
  })

  it('is forbidden to ask anybody else', async () => {
    const { listener } = await serve({ domain: 'meerkat.example' })
    const { page } = await visit(listener, 'http')
    const outcome = await page.evaluate(
      `fetch('http://127.0.0.1:${listener.port + 1}/').then(() => 'reached', (error) => String(error))`,
    )
    expect(outcome).toMatch(/Failed to fetch/)
    const violation = await page.evaluate(`new Promise((resolve) => {
      document.addEventListener('securitypolicyviolation', (event) => resolve(event.effectiveDirective))
      const image = new Image()
      image.src = 'http://127.0.0.1:${listener.port + 1}/a.png'
    })`)
    expect(violation).toBe('img-src')
    await page.close()
    await listener.close()
  })
})
