import { describe, expect, it } from 'vitest'
import { Jid } from '../../src/jid/jid.ts'
import { removeAccount } from '../../src/router/accounts.ts'
import type { Host } from '../../src/router/host.ts'
import { enable, resume, unbound } from '../support/managed.ts'
import { ownServer } from '../support/own-server.ts'

const ns = 'jabber:iq:privacy'
const query = (inner: string) => `<query xmlns='${ns}'>${inner}</query>`
const denyAll = `<item action='deny' order='1'/>`

describe('mod_privacy', () => {
  const own = ownServer(`[modules.mod_offline]
[modules.mod_stream_management]
[modules.mod_blocking]
backend = "rdbms"
[modules.mod_privacy]
backend = "mnesia"
max_lists = 2
max_items = 3
`)

  it('keeps so many lists and so many rules and no more', async () => {
    const alice = await own.client('alice', 'pc', { presence: false })
    const two = `${denyAll}<item action='allow' order='2'/>`
    await alice.asks(query(`<list name='one'>${denyAll}</list>`), 'set')
    await alice.asks(query(`<list name='two'>${denyAll}</list>`), 'set')
    await alice.asks(query(`<list name='three'>${denyAll}</list>`), 'set', { refused: 'resource-constraint' })
    await alice.asks(query(`<list name='two'>${two}</list>`), 'set')
    const block = `<block xmlns='urn:xmpp:blocking'><item jid='x@y.example'/></block>`
    await alice.asks(block, 'set', { refused: 'resource-constraint' })
    await alice.asks(query(`<list name='${'n'.repeat(300)}'>${denyAll}</list>`), 'set', { refused: 'not-acceptable' })
    await alice.asks(query(`<list name='one'/>`), 'set')
    await alice.asks(block, 'set')
  })

  it('keeps lists, the default one and blocks over a restart, and forgets them with the account', async () => {
    const [alice, bob] = [await own.client('anna', 'pc'), await own.client('bob', 'pc')]
    await alice.asks(query(`<list name='quiet'><item action='deny' order='1'><message/></item></list>`), 'set')
    await alice.asks(query(`<default name='quiet'/>`), 'set')
    await alice.asks(`<block xmlns='urn:xmpp:blocking'><item jid='x@y.example'/></block>`, 'set')
    bob.destroy()
    await own.restart()
    const [again, bobs] = [await own.client('anna', 'pc'), await own.client('bob', 'pc')]
    const told = `${(await again.asks(query(''))).child('query', ns)}`
    for (const part of [`<default name='quiet'/>`, `<list name='quiet'/>`, `<list name='blocking'/>`])
      expect(told).toContain(part)
    bobs.sends(`<message type='chat' to='${again.bare}' id='m1'><body>hi</body></message>`)
    await bobs.receives(`<message type='error' id='m1' {any}>{any}</message>`)
    const host = own.server.server.hostOf('localhost') as Host
    await removeAccount(host, Jid.parse(again.bare))
    const anew = await own.client('anna', 'pc')
    expect((await anew.asks(query(''))).child('query', ns)?.elements()).toEqual([])
  })

  it('keeps the active list of a session that is resumed, over a restart too', async () => {
    const [fay, gus] = [await own.client('fay', 'pc'), await own.client('gus', 'pc')]
    const id = await enable(fay)
    await fay.asks(query(`<list name='quiet'><item action='deny' order='1'><message/></item></list>`), 'set')
    await fay.asks(query(`<active name='quiet'/>`), 'set')
    await fay.drains()
    fay.destroy()
    gus.destroy()
    await own.restart()
    const again = await unbound({ server: own.server }, { local: 'fay', password: 'secret' })
    await resume(again, id, 0)
    const others = await own.client('gus', 'pc')
    others.sends(`<message type='chat' to='${fay.jid}' id='m1'><body>hi</body></message>`)
    await others.receives(`<message type='error' id='m1' from='${fay.jid}'>{any}</message>`)
    again.destroy()
  })

  it('judges a copy of a message as the message', async () => {
    const [pc, phone] = [await own.client('cleo', 'pc'), await own.client('cleo', 'phone')]
    const copy = (from: string, type = 'chat') =>
      `<message to='${pc.jid}' id='c'><received xmlns='urn:xmpp:carbons:2'><forwarded xmlns='urn:xmpp:forward:0'><message xmlns='jabber:client' type='${type}' from='${from}' to='${phone.jid}'><body>x</body></message></forwarded></received></message>`
    await pc.asks(`<block xmlns='urn:xmpp:blocking'><item jid='mallory@evil.example'/></block>`, 'set')
    await pc.drains()
    await phone.drains()
    phone.sends(copy('mallory@evil.example/x'))
    await phone.isHeard()
    await pc.receivesNothing()
    phone.sends(copy('friend@good.example/x'))
    await pc.receives(`<message from='${phone.jid}' id='c'>{any}</message>`)
    phone.sends(copy('mallory@evil.example/x', 'error'))
    await pc.receives(`<message from='${phone.jid}' id='c'>{any}</message>`)
  })
})
