import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { apiServer } from '../support/client-api.ts'
import { program } from '../support/services.ts'

describe('REST for clients in a browser', () => {
  const own = apiServer('')
  let browser: Browser
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: program('chromium'), args: ['--no-sandbox'] })
  })
  afterAll(() => browser.close())

  /** A page of this host whose browser knows the password of a user. */
  async function pageOf(user: string, host: string): Promise<Page> {
    const context = await browser.newContext({ httpCredentials: { username: user, password: 'secret' } })
    const page = await context.newPage()
    const answer = await page.goto(`${own.server.httpUrl.replace('127.0.0.1', host)}/api/contacts`)
    expect(answer?.status()).toBe(200)
    return page
  }

  it('streams messages to an EventSource', async () => {
    const [lena, otto] = [await own.user('lena'), await own.user('otto')]
    const page = await pageOf(lena.bare, '127.0.0.1')
    await page.evaluate(`new Promise((resolve, reject) => {
      const source = new EventSource('/api/sse')
      window.told = new Promise((tell) => source.addEventListener('message', (event) => tell([event.lastEventId, event.data])))
      source.onopen = resolve
      source.onerror = () => reject(new Error('no stream'))
    })`)
    expect((await otto.ask('POST /messages', { to: lena.bare, body: 'hello' })).status).toBe(200)
    const [id, data] = (await page.evaluate('window.told')) as [string, string]
    expect([id, JSON.parse(data)]).toMatchObject(['1', { from: otto.bare, body: 'hello' }])
    await page.context().close()
  })

  it('lets pages of other origins ask with the password that they have been given', async () => {
    const [lena, otto] = [await own.user('lena'), await own.user('otto')]
    // The same server under another name is another origin.
    const page = await pageOf(lena.bare, 'localhost')
    const ask = (method: string, path: string, body?: object) =>
      page.evaluate(`fetch('${own.server.httpUrl}/api${path}', {
        method: '${method}',
        headers: { authorization: 'Basic ' + btoa('${lena.bare}:secret'), 'content-type': 'application/json' },
        body: ${body === undefined ? 'undefined' : `'${JSON.stringify(body)}'`},
      }).then(async (answer) => [answer.status, await answer.text()])`) as Promise<[number, string]>
    expect(await ask('POST', '/contacts', { jid: otto.bare })).toEqual([204, ''])
    const [status, text] = await ask('GET', '/contacts')
    expect([status, JSON.parse(text)]).toMatchObject([200, [{ jid: otto.bare }]])
    expect(await ask('DELETE', `/contacts/${otto.bare}`)).toEqual([204, ''])
    expect(await ask('DELETE', `/contacts/${otto.bare}`)).toMatchObject([404, expect.stringContaining('contact')])
    await page.context().close()
  })
})
