import { describe, expect, it } from 'vitest'
import { apiServer } from '../support/client-api.ts'

describe('REST for clients: contacts', () => {
  const own = apiServer('')

  it('are added, asked, agree, and are removed', async () => {
    const [lena, otto] = [await own.both('lena'), await own.both('otto')]
    const [mine, his] = [lena.rest.bare, otto.rest.bare]
    expect(await lena.rest.gets('GET /contacts')).toEqual([200, []])
    expect(await lena.rest.gets('POST /contacts', { jid: his })).toEqual([204, undefined])
    expect(await lena.rest.gets('GET /contacts')).toEqual([200, [{ jid: his, subscription: 'none', ask: 'none' }]])
    expect(await lena.rest.gets(`PUT /contacts/${his}`, { action: 'invite' })).toEqual([204, undefined])
    expect(await lena.rest.gets('GET /contacts')).toEqual([200, [{ jid: his, subscription: 'none', ask: 'out' }]])
    await otto.client.takes((each) => each.attr('type') === 'subscribe')
    expect(await otto.rest.gets('GET /contacts')).toEqual([200, [{ jid: mine, subscription: 'none', ask: 'in' }]])
    expect(await otto.rest.gets(`PUT /contacts/${mine}`, { action: 'accept' })).toEqual([204, undefined])
    expect(await lena.rest.gets('GET /contacts')).toEqual([200, [{ jid: his, subscription: 'to', ask: 'none' }]])
    expect(await otto.rest.gets('GET /contacts')).toEqual([200, [{ jid: mine, subscription: 'from', ask: 'none' }]])
    await otto.rest.ask(`PUT /contacts/${mine}`, { action: 'invite' })
    await lena.rest.ask(`PUT /contacts/${his}`, { action: 'accept' })
    expect(await lena.rest.gets('GET /contacts')).toEqual([200, [{ jid: his, subscription: 'both', ask: 'none' }]])
    expect(await lena.rest.gets(`DELETE /contacts/${his}`)).toEqual([204, undefined])
    expect(await lena.rest.gets('GET /contacts')).toEqual([200, []])
    expect(await otto.rest.gets('GET /contacts')).toEqual([200, [{ jid: mine, subscription: 'none', ask: 'none' }]])
  })

  it('are removed several at once', async () => {
    const lena = await own.user('lena')
    for (const jid of ['a@localhost', 'b@localhost', 'c@localhost']) await lena.ask('POST /contacts', { jid })
    const to_delete = ['a@localhost', 'nobody@localhost', 'c@localhost']
    expect(await lena.gets('DELETE /contacts', { to_delete })).toEqual([200, { not_deleted: ['nobody@localhost'] }])
    expect(await lena.gets('GET /contacts')).toEqual([200, [expect.objectContaining({ jid: 'b@localhost' })]])
    expect(await lena.gets('DELETE /contacts', {})).toEqual([400, 'Missing contact JIDs'])
    for (const wrong of ['b@localhost', ['@'], [1], null]) {
      expect(await lena.gets('DELETE /contacts', { to_delete: wrong })).toEqual([400, 'Invalid contact JIDs'])
    }
  })

  it('who is one already keeps its name, and clients are told of who is new', async () => {
    const { rest, client } = await own.both('lena')
    await client.roster()
    const item = `<query xmlns='jabber:iq:roster'><item jid='otto@localhost' name='Otto'><group>G</group></item></query>`
    await client.asks(item, 'set')
    expect((await rest.ask('POST /contacts', { jid: 'otto@localhost' })).status).toBe(204)
    const [contact] = await client.roster()
    expect([contact?.attr('name'), contact?.child('group')?.text()]).toEqual(['Otto', 'G'])
    await rest.ask('POST /contacts', { jid: 'mia@localhost' })
    const push = await client.takes(
      (each) => each.child('query', 'jabber:iq:roster')?.child('item')?.attr('jid') === 'mia@localhost',
    )
    expect(push.attr('type')).toBe('set')
  })

  it('are refused where something is wrong', async () => {
    const lena = await own.user('lena')
    expect(await lena.gets('POST /contacts', {})).toEqual([400, 'Missing JID'])
    expect(await lena.gets('POST /contacts', { jid: 'a@b@c' })).toEqual([400, 'Invalid JID'])
    expect(await lena.gets('PUT /contacts/otto@localhost', { action: 'invite' })).toEqual([404, expect.anything()])
    expect(await lena.gets('PUT /contacts/otto@localhost', {})).toEqual([400, 'Missing action'])
    expect(await lena.gets('PUT /contacts/otto@localhost', { action: 'kiss' })).toEqual([400, 'Invalid action'])
    expect(await lena.gets('PUT /contacts/%40', { action: 'invite' })).toEqual([400, 'Invalid JID'])
    expect(await lena.gets('DELETE /contacts/otto@localhost')).toEqual([404, expect.anything()])
    expect(await lena.gets('GET /contacts/otto@localhost')).toEqual([405, 'Method not allowed'])
  })
})
