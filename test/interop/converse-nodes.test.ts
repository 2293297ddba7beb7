import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { freshAccount } from '../support/accounts.ts'
import { becomeContacts, chatWindows, inConverse, shows } from '../support/converse.ts'
import { suiteNeeding } from '../support/services.ts'

/** A picture of one pixel. */
const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='

suiteNeeding(['chromium'], 'Converse.js with nodes of accounts', () => {
  const chat = chatWindows()

  it("two people have each other's OMEMO devices and keys, and talk in secret", async (context) => {
    const { server, enter } = await chat(context)
    const [romeo, julia] = [await freshAccount(server, 'romeo'), await freshAccount(server, 'julia')]
    await becomeContacts(server, romeo, julia)
    const [one, two] = [await enter(romeo), await enter(julia)]
    const [mine, hers] = [await deviceOf(one), await deviceOf(two)]
    expect(mine).not.toBe(hers)

    await expect.poll(() => devicesOf(one, julia.jid), { timeout: 30_000 }).toEqual([hers])
    await expect.poll(() => devicesOf(two, romeo.jid), { timeout: 30_000 }).toEqual([mine])
    const list = `(await api.omemo.devicelists.get('${julia.jid}', true))`
    expect(await inConverse(one, `(await ${list}.devices.get('${hers}').getBundle()).prekeys.length`)).toBeGreaterThan(
      0,
    )

    await speaksSecretly(one, julia.jid, 'It is the east')
    await inConverse(two, `(await api.chats.open('${romeo.jid}'), true)`)
    await shows(two, 'It is the east')
    await speaksSecretly(two, romeo.jid, 'Wherefore art thou?')
    await shows(one, 'Wherefore art thou?')
  }, 240_000)

  it('rooms that one window notes are known in the next ones of the same account', async (context) => {
    const { server, enter } = await chat(context)
    const romeo = await freshAccount(server, 'romeo')
    const desk = await enter(romeo)
    await notes(desk, 'tea@muc.example', 'Tea')
    const phone = await enter(romeo)
    await expect.poll(() => nameOf(phone, 'tea@muc.example'), { timeout: 30_000 }).toBe('Tea')
    await notes(phone, 'milk@muc.example', 'Milk')
    // Converse asks to hear of the older node only, so that a window that is open learns of nothing.
    const tablet = await enter(romeo)
    for (const [jid, name] of [['tea@muc.example', 'Tea'] as const, ['milk@muc.example', 'Milk'] as const])
      await expect.poll(() => nameOf(tablet, jid), { timeout: 30_000 }).toBe(name)
  }, 240_000)

  it('the picture that one sets is the avatar that a contact sees, in the vCard and in the node', async (context) => {
    const { server, enter } = await chat(context)
    const [romeo, julia] = [await freshAccount(server, 'romeo'), await freshAccount(server, 'julia')]
    await becomeContacts(server, romeo, julia)
    const [one, two] = [await enter(romeo), await enter(julia)]
    const card = `{ fn: 'Romeo', image: '${png}', image_type: 'image/png' }`
    await inConverse(one, `(await api.vcard.set('${romeo.jid}', ${card}), true)`)

    const seen = `state.vcards.get('${romeo.jid}')?.get('image')`
    await expect.poll(() => inConverse(two, seen), { timeout: 30_000 }).toBe(png)
    expect(await itemOf(two, romeo.jid, 'urn:xmpp:avatar:data')).toBe(png)
  }, 240_000)
})

/** The number of the device that a window is. */
function deviceOf(page: Page): Promise<string> {
  return inConverse(page, 'await api.omemo.getDeviceID()')
}

/** The devices of somebody, as a window has been told. */
function devicesOf(page: Page, jid: string): Promise<string[]> {
  return inConverse(page, `(await api.omemo.devicelists.get('${jid}', true)).devices.pluck('id')`)
}

async function speaksSecretly(page: Page, jid: string, text: string): Promise<void> {
  const chat = `(await api.chats.open('${jid}'))`
  await inConverse(page, `(${chat}.save('omemo_active', true), await ${chat}.sendMessage({ body: '${text}' }), true)`)
}

async function notes(page: Page, jid: string, name: string): Promise<void> {
  const bookmark = `{ jid: '${jid}', name: '${name}', autojoin: false, nick: 'romeo' }`
  await inConverse(page, `(await api.bookmarks.set(${bookmark}), true)`)
}

function nameOf(page: Page, jid: string): Promise<string | undefined> {
  return inConverse(page, `(await api.bookmarks.get('${jid}'))?.get('name')`)
}

/** The text of the last item of a node of somebody, asked for over the connection of the window. */
function itemOf(page: Page, jid: string, node: string): Promise<string> {
  const request = `converse.env.$iq({ type: 'get', to: '${jid}' }).c('pubsub', { xmlns: 'http://jabber.org/protocol/pubsub' })
    .c('items', { node: '${node}' })`
  return inConverse(page, `(await api.sendIQ(${request})).querySelector('data').textContent`)
}
