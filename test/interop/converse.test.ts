import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { expect, it, onTestFinished } from 'vitest'
import { type Account, freshAccount } from '../support/accounts.ts'
import { becomeContacts, chatWindows, shows } from '../support/converse.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { suiteNeeding } from '../support/services.ts'

suiteNeeding(['chromium'], 'Converse.js in Chromium', () => {
  const chat = chatWindows()

  it('two windows talk on the chat page of the server', async (context) => {
    const { server, enter } = await chat(context)
    await talk(server, enter)
  }, 240_000)

  it('two windows talk over BOSH where there is no WebSocket', async (context) => {
    const own = await startTestServer({ config: withoutWebSocket })
    onTestFinished(() => own.stop())
    const { server, enter } = await chat(context, own)
    await talk(server, enter)
    const sessions = [...(own.server.hostOf('localhost')?.sessions.all() ?? [])]
    expect(sessions.map(({ info }) => info.connection)).toEqual(['bosh', 'bosh'])
  }, 240_000)
})

const withoutWebSocket = `
[general]
hosts = ["localhost"]
registration_timeout = "infinity"
loglevel = "error"
[[listen.c2s]]
port = 0
ip_address = "127.0.0.1"
tls.mode = "starttls"
[[listen.http]]
port = 0
ip_address = "127.0.0.1"
[[listen.http.handlers.mongoose_bosh_handler]]
path = "/http-bind"
[[listen.http.handlers.webchat_handler]]
path = "/chat/"
[services.service_bosh]
[auth.password]
scram_iterations = 4096
[modules.mod_roster]
[modules.mod_disco]
[modules.mod_ping]
[modules.mod_vcard]
[modules.mod_private]
[modules.mod_offline]
[modules.mod_carboncopy]
[modules.mod_stream_management]
`

/** Two people talk, each in a window. */
async function talk(server: TestServer, enter: (account: Account) => Promise<Page>): Promise<void> {
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
}

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
