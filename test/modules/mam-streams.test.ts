import { describe, expect, it } from 'vitest'
import { mam, query, search } from '../support/archive.ts'
import { enable, handled } from '../support/managed.ts'
import { ownServer } from '../support/own-server.ts'
import { authenticate2, identityOf } from '../support/sasl2.ts'
import { openSecure } from '../support/sign-in.ts'
import { RawStream } from '../support/stream.ts'

describe('the archive and stream management', () => {
  const { client } = ownServer(`[modules.mod_stream_management]
resume_timeout = 1
[modules.mod_offline]
[modules.mod_mam.pm]
`)

  it('has a message once that was sent again to another session, with the id that it had', async () => {
    const [romeo, pc] = [await client('romeo', 'pc'), await client('juliet', 'pc')]
    const phone = await client('juliet', 'phone', { presence: false })
    await enable(phone)
    phone.sends('<presence><priority>1</priority></presence>')
    await phone.meets(phone.jid)
    romeo.sends(`<message to='${phone.jid}' type='chat' id='m1'><body>Hi</body></message>`)
    const first = (await phone.finds('<message><body>Hi</body>{any}</message>')).element
    phone.destroy()
    const second = (await pc.finds('<message><body>Hi</body>{any}</message>')).element
    const idIn = (message: typeof first) =>
      message
        .elements()
        .filter((node) => node.name === 'stanza-id')
        .map((node) => node.attr('id'))
    expect(idIn(first)).toHaveLength(1)
    expect(idIn(second)).toEqual(idIn(first))
    expect((await search(pc)).ids).toEqual(idIn(first))
  }, 30_000)

  it('sends the rest of an answer to nobody else', async () => {
    const [romeo, pc] = [await client('romeo', 'pc'), await client('tybalt', 'pc')]
    const phone = await client('tybalt', 'phone', { presence: false })
    await enable(phone)
    romeo.sends(`<message to='${pc.jid}' type='chat'><body>Hi</body></message>`)
    await pc.finds('<message><body>Hi</body>{any}</message>')
    phone.sends(`<iq type='set' id='q'>${query({})}</iq>`)
    await phone.answerTo('q')
    phone.sends(`<message to='${romeo.jid}' type='chat'><body>first</body></message>`)
    await romeo.finds('<message><body>first</body>{any}</message>')
    romeo.sends(`<message to='${phone.jid}' type='chat'><body>last</body></message>`)
    await phone.finds('<message><body>last</body>{any}</message>')
    phone.destroy()
    await pc.finds('<message><body>last</body>{any}</message>')
    await pc.receivesNothing()
  }, 30_000)

  it('has what was acknowledged', async () => {
    const [pc, other] = [await client('benvolio', 'pc', { presence: false }), await client('benvolio', 'other')]
    await enable(pc)
    for (let at = 0; at < 20; at++) {
      pc.sends(`<message to='mercutio@localhost' type='chat'><body>${at}</body></message>`)
      expect(await handled(pc)).toBe(at + 1)
      expect((await search(other, { set: '<max>1</max><before/>' })).bodies).toEqual([String(at)])
    }
  }, 30_000)
})

describe('XEP-0386 the archive in what is told at binding', () => {
  const own = ownServer(`[modules.mod_bind2]
[modules.mod_mam.pm]
`)

  it('has its ends', async () => {
    const [romeo, juliet] = [await own.client('romeo'), await own.client('juliet')]
    const bound = async () => {
      const stream = await RawStream.connect(own.server, 'tcp')
      await openSecure(stream)
      const inline = `<bind xmlns='urn:xmpp:bind:0'><tag>x</tag></bind>`
      const success = await authenticate2(
        stream,
        { local: 'romeo', password: 'secret' },
        { mechanism: 'PLAIN', inline },
      )
      expect(identityOf(success)).toContain('romeo@localhost/x')
      stream.destroy()
      return success.child('bound', 'urn:xmpp:bind:0')?.child('metadata', mam)
    }
    expect((await bound())?.children).toEqual([])
    romeo.sends(`<message to='${juliet.jid}' type='chat'><body>Hi</body></message>`)
    await juliet.receives('<message><body>Hi</body>{any}</message>')
    const [id] = (await search(romeo)).ids
    expect((await bound())?.elements().map((end) => [end.name, end.attr('id')])).toEqual([
      ['start', id],
      ['end', id],
    ])
  })
})
