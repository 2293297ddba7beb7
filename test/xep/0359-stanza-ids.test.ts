import { describe, expect, it } from 'vitest'
import { systemClock } from '../../src/util/clock.ts'
import { momentIds } from '../../src/util/moment-ids.ts'
import { search } from '../support/archive.ts'
import type { Client } from '../support/client.ts'
import { ownServer } from '../support/own-server.ts'

const sid = 'urn:xmpp:sid:0'

async function idsOf(from: Client, to: Client, inner: string, type = 'chat') {
  from.sends(`<message to='${to.jid}' type='${type}' id='m1'>${inner}</message>`)
  const { element } = await to.receives(`<message id='m1'>{any}</message>`)
  return element.elements().filter((node) => node.name === 'stanza-id' && node.ns === sid)
}

describe('XEP-0359 stable ids without an archive', () => {
  const { client } = ownServer('[modules.mod_stanzaid]\n')

  it('every message has one, the first child', async () => {
    const [romeo, juliet] = [await client('romeo'), await client('juliet')]
    romeo.sends(`<message to='${juliet.jid}' type='chat'><x xmlns='urn:x'/></message>`)
    const { element } = await juliet.receives('<message>{any}</message>')
    const [first] = element.elements()
    expect(first?.attrs).toEqual({ by: juliet.bare, id: expect.stringMatching(/^[0-9A-V]{11}$/) })
    const id = Number.parseInt(first?.attr('id') ?? '', 32)
    expect(id).toBeLessThan(momentIds(systemClock).next())
    const [second] = await idsOf(romeo, juliet, '<body/>')
    expect(Number.parseInt(second?.attr('id') ?? '', 32)).toBeGreaterThan(id)
  })

  it('those that a client forges are taken out, others stay', async () => {
    const [a, b] = [await client('forger'), await client('victim')]
    const forged = [a.bare, b.bare, 'room@elsewhere.example']
      .map((by) => `<stanza-id xmlns='${sid}' by='${by}' id='forged'/>`)
      .join('')
    const ids = await idsOf(a, b, `<body/>${forged}`)
    expect(ids.map((node) => node.attr('by'))).toEqual([b.bare, 'room@elsewhere.example'])
    expect(ids[0]?.attr('id')).not.toBe('forged')
  })

  it('that of a room is the only one of a groupchat message', async () => {
    const [a, b] = [await client('room-a'), await client('room-b')]
    const own = `<stanza-id xmlns='${sid}' by='room@elsewhere.example' id='theirs'/>`
    expect((await idsOf(a, b, `<body/>${own}`, 'groupchat')).map((node) => node.attr('id'))).toEqual(['theirs'])
  })

  it('IQs and presence have none, errors neither', async () => {
    const [a, b] = [await client('iq-a'), await client('iq-b')]
    a.sends(`<iq type='get' to='${b.jid}' id='i'><x xmlns='urn:x'/></iq>`)
    expect((await b.receives(`<iq type='get' id='i'>{any}</iq>`)).element.elements()).toHaveLength(1)
    a.sends(`<message type='error' to='${b.jid}' id='e'><error type='cancel'/></message>`)
    expect((await b.receives(`<message type='error' id='e'>{any}</message>`)).element.elements()).toHaveLength(1)
  })

  it('the feature is announced for accounts', async () => {
    const romeo = await client('romeo')
    const info = await romeo.asks(`<query xmlns='http://jabber.org/protocol/disco#info'/>`, 'get', { to: romeo.bare })
    expect(String(info)).toContain(`var='${sid}'`)
  })
})

describe('XEP-0359 stable ids with an archive', () => {
  const { client } = ownServer(`[modules.mod_stanzaid]
[modules.mod_mam]
no_stanzaid_element = true
[modules.mod_mam.pm]
`)

  it('the same one on its way and in both archives, whatever the archive is told', async () => {
    const [romeo, juliet] = [await client('romeo'), await client('juliet')]
    const ids = (await idsOf(romeo, juliet, '<body>Hi</body>')).map((node) => node.attr('id'))
    expect(ids).toHaveLength(1)
    expect((await search(romeo)).ids).toEqual(ids)
    expect((await search(juliet)).ids).toEqual(ids)
  })

  it('what is not archived has one too', async () => {
    const [romeo, juliet] = [await client('romeo2'), await client('juliet2')]
    expect(await idsOf(romeo, juliet, `<body>Hi</body><no-store xmlns='urn:xmpp:hints'/>`)).toHaveLength(1)
    expect((await search(juliet)).ids).toEqual([])
  })

  it('what is retracted by it is gone from both archives', async () => {
    const [romeo, juliet] = [await client('romeo3'), await client('juliet3')]
    const [id] = await idsOf(romeo, juliet, '<body>oops</body>')
    const retract = `<retract xmlns='urn:esl:message-retract-by-stanza-id:0'/>`
    await idsOf(romeo, juliet, `<apply-to xmlns='urn:xmpp:fasten:0' id='${id?.attr('id')}'>${retract}</apply-to>`)
    for (const each of [romeo, juliet]) expect((await search(each)).bodies).toEqual(['', ''])
  })
})
