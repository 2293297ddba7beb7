import type { Browser, Page } from 'playwright-core'
import type { Account } from './accounts.ts'

/** A window of its own, signed in. Each has its own storage, so that the two are two people. */
export async function signIn(browser: Browser, url: string, { jid, password }: Account): Promise<Page> {
  const context = await browser.newContext({
    viewport: { width: 1200, height: 800 },
    locale: 'en-GB',
    ignoreHTTPSErrors: true,
  })
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
