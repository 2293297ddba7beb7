import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { it } from 'vitest'
import { freshAccount } from '../support/accounts.ts'
import { chatWindows, shows } from '../support/converse.ts'
import { freshRoom } from '../support/rooms.ts'
import { suiteNeeding } from '../support/services.ts'

suiteNeeding(['chromium'], 'Converse.js in a room', () => {
  const chat = chatWindows()

  it('two people make a room, invite, talk, change the subject, moderate and leave', async (context) => {
    const { server, enter } = await chat(context)
    const [romeo, julia] = [await freshAccount(server, 'romeo'), await freshAccount(server, 'julia')]
    const [one, two] = [await enter(romeo), await enter(julia)]
    const room = freshRoom(server.domain)
    try {
      await openRoom(one, room, 'romeo')
      await openInvitation(one)
      await one.locator('#invitee_jids input').first().fill(julia.jid)
      await one.locator('.modal.show input[type="submit"]').first().click()
      // The one who is invited is asked whether to go there.
      await two
        .locator('.modal.show')
        .getByText(room.split('@')[0] ?? '')
        .first()
        .waitFor({ timeout: 30_000 })
      await two.locator('.modal.show button[type="submit"]').first().click()
      await takeNick(two, 'julia')

      await type(one, 'It is the east')
      await shows(two, 'It is the east')
      await type(two, 'Wherefore art thou?')
      await shows(one, 'Wherefore art thou?')
      await type(one, '/topic Balcony scenes')
      await two.getByText('Balcony scenes').first().waitFor({ timeout: 30_000 })
      await type(one, '/mute julia')
      await two.getByText(/muted/i).first().waitFor({ timeout: 30_000 })
      await type(one, '/kick julia')
      await two
        .getByText(/kicked/i)
        .first()
        .waitFor({ timeout: 30_000 })
      await type(one, '/close')
      await one.locator('textarea.chat-textarea').first().waitFor({ state: 'detached', timeout: 30_000 })
    } catch (error) {
      const folder = await mkdtemp(join(tmpdir(), 'converse-'))
      await one.screenshot({ path: join(folder, 'romeo.png') })
      await two.screenshot({ path: join(folder, 'julia.png') })
      process.stderr.write(`screenshots are in ${folder}\n`)
      throw error
    }
  }, 240_000)
})

/** Makes a room by the dialogue of the list of rooms. */
async function openRoom(page: Page, room: string, nick: string): Promise<void> {
  const entry = page.locator('.show-add-muc-modal').first()
  await entry.waitFor({ state: 'attached', timeout: 60_000 })
  await entry.evaluate((element) => (element as unknown as { click(): void }).click())
  const dialogue = page.locator('converse-add-muc-modal, .modal.show').first()
  await dialogue.locator('input[name="chatroom"]').first().fill(room)
  const field = dialogue.locator('input[name="nickname"]').first()
  if ((await field.count()) > 0) await field.fill(nick)
  await dialogue.locator('[type="submit"]').first().click()
  await takeNick(page, nick)
}

/** Converse asks under which nick to enter. */
async function takeNick(page: Page, nick: string): Promise<void> {
  const field = page.locator('form input[name="nick"]').first()
  const isAsked = await field.waitFor({ timeout: 5000 }).then(
    () => true,
    () => false,
  )
  if (isAsked) {
    await field.fill(nick)
    await page.getByRole('button', { name: 'Enter groupchat' }).click()
  }
  await page.locator('textarea.chat-textarea').first().waitFor({ timeout: 30_000 })
}

async function openInvitation(page: Page): Promise<void> {
  const entry = page.locator('.open-invite-modal').first()
  await entry.waitFor({ state: 'attached', timeout: 30_000 })
  await entry.evaluate((element) => (element as unknown as { click(): void }).click())
}

async function type(page: Page, text: string): Promise<void> {
  const field = page.locator('textarea.chat-textarea').first()
  await field.fill(text)
  await field.press('Enter')
}
