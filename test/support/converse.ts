import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, type TestContext } from 'vitest'
import type { Account } from './accounts.ts'
import { Client } from './client.ts'
import type { TestServer } from './server.ts'
import { program } from './services.ts'
import { target } from './target.ts'

/**
 * Hands what Converse keeps to itself to `window.inside`: a plugin may have it. Runs in the browser, before the page.
 */
const opened = `addEventListener('converse-loaded', ({ detail: { converse } }) => {
  converse.plugins.add('inside', { initialize() { window.inside = this._converse } })
  const { initialize } = converse
  converse.initialize = (settings) => initialize({ ...settings, whitelisted_plugins: ['inside'] })
})`

/** Runs an expression in the page with `api` of Converse, once that is signed in, and gives its value. */
export function inConverse<T>(page: Page, expression: string): Promise<T> {
  return page.evaluate(`(async ({ api, state }) => (${expression}))(window.inside)`) as Promise<T>
}

/** The server whose chat page a test uses, and a way to open a window there for an account. */
interface ChatPage {
  readonly server: TestServer
  enter(account: Account): Promise<Page>
}

/**
 * Chromium for a suite, as long as that lasts. A test asks for the chat page of a server, by
 * default the one under test, and is skipped where that has none.
 */
export function chatWindows(): (context: TestContext, of?: TestServer) => Promise<ChatPage> {
  let browser: Browser
  beforeAll(async () => {
    const args = ['--no-sandbox', '--ignore-certificate-errors']
    browser = await chromium.launch({ executablePath: program('chromium'), args })
  })
  afterAll(() => browser.close())
  return async (context, of) => {
    const server = of ?? (await target())
    const { chatUrl } = server
    if (!chatUrl) return context.skip('the server under test has no chat page')
    return { server, enter: (account) => signIn(browser, chatUrl, account) }
  }
}

/** A window of its own, signed in. Each has its own storage, so that the two are two people. */
async function signIn(browser: Browser, url: string, { jid, password }: Account): Promise<Page> {
  const context = await browser.newContext({
    viewport: { width: 1200, height: 800 },
    locale: 'en-GB',
    ignoreHTTPSErrors: true,
  })
  await context.addInitScript(opened)
  const page = await context.newPage()
  await page.goto(url)
  await page.locator('input[name="jid"]').fill(jid)
  await page.locator('input[name="password"]').fill(password)
  await page.locator('input[name="password"]').press('Enter')
  await page.locator('input[name="password"]').waitFor({ state: 'detached', timeout: 60_000 })
  return page
}

/** Waits until a message with this text is shown. */
export async function shows(page: Page, text: string): Promise<void> {
  await page.locator('.chat-msg__text', { hasText: text }).first().waitFor({ timeout: 30_000 })
}

/** Converse talks with contacts only unless it is told otherwise. */
export async function becomeContacts(server: TestServer, ...accounts: readonly [Account, Account]): Promise<void> {
  const clients = [
    await Client.signIn(server, accounts[0], 'a'),
    await Client.signIn(server, accounts[1], 'b'),
  ] as const
  for (const [from, to] of [clients, clients.toReversed()] as const) {
    if (!from || !to) continue
    from.sends(`<presence type='subscribe' to='${to.bare}'/>`)
    await from.isHeard()
    to.sends(`<presence type='subscribed' to='${from.bare}'/>`)
    await to.isHeard()
  }
  for (const client of clients) await client.leaves()
}
