import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { it } from 'vitest'
import { type Account, freshAccount } from '../support/accounts.ts'
import { becomeContacts, chatWindows, shows } from '../support/converse.ts'
import { suiteNeeding } from '../support/services.ts'

suiteNeeding(['chromium'], 'Converse.js in Chromium', () => {
  const chat = chatWindows()

  it('two windows talk on the chat page of the server', async (context) => {
    const { server, enter } = await chat(context)
    const [romeo, julia] = [await freshAccount(server, 'romeo'), await freshAccount(server, 'julia')]
    await becomeContacts(server, romeo, julia)
    const [one, two] = [await enter(romeo), await enter(julia)]

    await openChat(one, julia)
    await say(one, 'It is the east')
    await openChat(two, romeo)
    await shows(two, 'It is the east')
    await say(two, 'Wherefore art thou?')
    await shows(one, 'Wherefore art thou?')

    const folder = await mkdtemp(join(tmpdir(), 'converse-'))
    await one.screenshot({ path: join(folder, 'romeo.png') })
    await two.screenshot({ path: join(folder, 'julia.png') })
    process.stderr.write(`screenshots are in ${folder}\n`)
  }, 240_000)
})

/**
 * Converse opens the conversation that the address of the page names, but passes over the address as long as it is still
 * getting ready: it is named again until the conversation is there.
 */
async function openChat(page: Page, { jid }: Account): Promise<void> {
  await page.getByText(jid).first().waitFor({ state: 'attached', timeout: 60_000 })
  const field = page.locator('textarea.chat-textarea').first()
  for (let attempt = 0; attempt < 20; attempt++) {
    await page.evaluate(`location.hash = ''; location.hash = 'converse/chat?jid=${jid}'`)
    const isOpen = await field.waitFor({ timeout: 3000 }).then(
      () => true,
      () => false,
    )
    if (isOpen) return
  }
  throw new Error(`the conversation with ${jid} does not open`)
}

async function say(page: Page, text: string): Promise<void> {
  const field = page.locator('textarea.chat-textarea').first()
  await field.fill(text)
  await field.press('Enter')
  await shows(page, text)
}
