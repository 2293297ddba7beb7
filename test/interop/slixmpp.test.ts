import { fileURLToPath } from 'node:url'
import { afterEach, expect, it } from 'vitest'
import { type Account, freshAccount } from '../support/accounts.ts'
import { LineProgram } from '../support/events.ts'
import type { TestServer } from '../support/server.ts'
import { suiteNeeding } from '../support/services.ts'
import { archivingTarget, target } from '../support/target.ts'

const script = fileURLToPath(new URL('clients/slixmpp_client.py', import.meta.url))
const running: LineProgram[] = []

function start(server: TestServer, { jid, password }: Account): LineProgram {
  const program = new LineProgram('/usr/bin/python3', [script, jid, password, server.host, String(server.port)])
  running.push(program)
  return program
}

suiteNeeding(['/usr/bin/python3'], 'slixmpp', () => {
  afterEach(() => {
    for (const program of running.splice(0)) program.stop()
  })

  it('two people become contacts, see each other come and go, and talk', async () => {
    const server = await target()
    const [romeo, julia] = [await freshAccount(server, 'romeo'), await freshAccount(server, 'julia')]
    const [one, two] = [start(server, romeo), start(server, julia)]
    await Promise.all([one.when('ready'), two.when('ready')])

    one.tell({ do: 'add', jid: julia.jid })
    await two.when('asked', { jid: romeo.jid })
    await one.when('approved', { jid: julia.jid })
    await two.when('approved', { jid: romeo.jid })
    const present = await one.when('present')
    await two.when('present')
    one.tell({ do: 'roster' })
    expect((await one.when('roster')).items).toEqual({ [julia.jid]: 'both' })

    one.tell({ do: 'say', to: String(present.jid), body: 'It is the east 🌅' })
    await two.when('message', { type: 'chat', body: 'It is the east 🌅', delayed: false })
    two.tell({ do: 'say', to: romeo.jid, body: 'Wherefore art thou?' })
    await one.when('message', { type: 'chat', body: 'Wherefore art thou?' })

    two.tell({ do: 'leave' })
    await one.when('gone', { jid: present.jid })
    one.tell({ do: 'say', to: julia.jid, body: 'Later, then' })
    one.tell({ do: 'roster' })
    await one.when('roster')
    const again = start(server, julia)
    await again.when('message', { body: 'Later, then', delayed: true })
    await again.when('present')
  }, 60_000)

  it('a second resource sees what the first one says and hears, and nothing while it rests', async () => {
    const server = await target()
    const [romeo, julia] = [await freshAccount(server, 'romeo'), await freshAccount(server, 'julia')]
    const [desk, phone, other] = [start(server, romeo), start(server, romeo), start(server, julia)]
    const [atDesk, onPhone] = await Promise.all([desk.when('ready'), phone.when('ready'), other.when('ready')])
    phone.tell({ do: 'copy' })
    await phone.when('copying')

    desk.tell({ do: 'say', to: julia.jid, body: 'It is the east 🌅' })
    await phone.when('copy', { way: 'sent', sender: atDesk.jid, body: 'It is the east 🌅' })
    other.tell({ do: 'say', to: String(atDesk.jid), body: 'Wherefore art thou?' })
    await phone.when('copy', { way: 'received', body: 'Wherefore art thou?' })

    phone.tell({ do: 'rest' })
    phone.tell({ do: 'say', to: julia.jid, body: 'Good night' })
    await other.when('message', { body: 'Good night' })
    for (const body of ['one', 'two']) other.tell({ do: 'say', to: String(onPhone.jid), body })
    other.tell({ do: 'say', to: String(atDesk.jid), body: 'three' })
    await desk.when('message', { body: 'three' })
    phone.tell({ do: 'wake' })
    await phone.when('message', { body: 'one' })
    await phone.when('message', { body: 'two' })
    await phone.when('copy', { way: 'received', body: 'three' })
  }, 60_000)

  it('a connection is lost and its stream goes on', async () => {
    const server = await target()
    const [romeo, julia] = [await freshAccount(server, 'romeo'), await freshAccount(server, 'julia')]
    const [one, two] = [start(server, romeo), start(server, julia)]
    const [{ jid }] = await Promise.all([one.when('ready'), two.when('ready')])
    one.tell({ do: 'drop' })
    await one.when('left')
    two.tell({ do: 'say', to: String(jid), body: 'Are you there?' })
    await one.when('resumed')
    await one.when('message', { body: 'Are you there?' })
  }, 60_000)

  it('reads its archive page by page, of everybody and of one', async () => {
    const server = await archivingTarget()
    const [romeo, julia, nurse] = [
      await freshAccount(server, 'romeo'),
      await freshAccount(server, 'julia'),
      await freshAccount(server, 'nurse'),
    ]
    const [one, two] = [start(server, romeo), start(server, julia)]
    await Promise.all([one.when('ready'), two.when('ready')])
    const bodies = ['first', 'second', 'third', 'fourth', '🌅']
    for (const body of bodies) {
      one.tell({ do: 'say', to: julia.jid, body })
      await two.when('message', { body })
    }
    one.tell({ do: 'say', to: nurse.jid, body: 'for the nurse' })
    one.tell({ do: 'history' })
    const all = await one.when('history')
    expect(all).toMatchObject({ bodies: [...bodies, 'for the nurse'], dated: true })
    one.tell({ do: 'history', with: julia.jid })
    expect((await one.when('history', { of: julia.jid })).bodies).toEqual(bodies)
    two.tell({ do: 'history' })
    expect((await two.when('history')).bodies).toEqual(bodies)
    one.tell({ do: 'ends' })
    const ids = all.ids as string[]
    expect(await one.when('ends')).toMatchObject({ start: ids[0], end: ids.at(-1) })
  }, 60_000)

  it('blocks somebody, who is told that nobody takes the message, and takes it back', async () => {
    const server = await target()
    const [romeo, tybalt] = [await freshAccount(server, 'romeo'), await freshAccount(server, 'tybalt')]
    const [one, two] = [start(server, romeo), start(server, tybalt)]
    await Promise.all([one.when('ready'), two.when('ready')])
    one.tell({ do: 'block', jid: tybalt.jid })
    await one.when('done', { verb: 'block' })
    one.tell({ do: 'blocked' })
    expect((await one.when('blocked')).jids).toEqual([tybalt.jid])
    two.tell({ do: 'say', to: romeo.jid, body: 'Turn thee!' })
    await two.when('refused', { condition: 'service-unavailable' })
    one.tell({ do: 'unblock', jid: tybalt.jid })
    await one.when('done', { verb: 'unblock' })
    two.tell({ do: 'say', to: romeo.jid, body: 'Peace?' })
    await one.when('message', { body: 'Peace?' })
  }, 60_000)

  it('a wrong password is told so', async () => {
    const server = await target()
    const romeo = await freshAccount(server, 'romeo')
    await start(server, { ...romeo, password: 'wrong' }).when('failed')
  }, 60_000)

  it('shows a contact its avatar and its OMEMO devices, and keeps its bookmarks to itself', async () => {
    const server = await target()
    const [romeo, julia] = [await freshAccount(server, 'romeo'), await freshAccount(server, 'julia')]
    const [one, two] = [start(server, romeo), start(server, julia)]
    await Promise.all([one.when('ready'), two.when('ready')])
    one.tell({ do: 'add', jid: julia.jid })
    await two.when('approved', { jid: romeo.jid })

    one.tell({ do: 'picture', text: 'A face' })
    const { id } = await two.when('avatar', { sender: romeo.jid })
    two.tell({ do: 'pictured', jid: romeo.jid, id: String(id) })
    await two.when('picture', { text: 'A face' })

    one.tell({ do: 'devices', ids: ['12', '34'] })
    await one.when('published', { id: 'current' })
    two.tell({ do: 'their_devices', jid: romeo.jid })
    expect((await two.when('devices')).ids).toEqual(['12', '34'])

    for (const room of ['tea@muc.example', 'milk@muc.example']) {
      one.tell({ do: 'bookmark', room })
      await one.when('bookmarked')
    }
    one.tell({ do: 'bookmarks' })
    expect((await one.when('bookmarks')).rooms).toEqual(['milk@muc.example', 'tea@muc.example'])
  }, 60_000)
})
