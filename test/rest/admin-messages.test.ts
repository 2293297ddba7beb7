import { describe, expect, it } from 'vitest'
import { adminHandlers, adminOf, commandModules } from '../support/admin-rest.ts'
import { search } from '../support/archive.ts'
import { ownServer } from '../support/own-server.ts'

const own = ownServer(`${adminHandlers}${commandModules}
[modules.mod_offline]
[modules.mod_privacy]
[modules.mod_blocking]
[modules.mod_mam]
pm = {}
`)
const generations = [
  ['6', adminOf(own, '/api')],
  ['4.0', adminOf(own, '/v4')],
] as const
const [[, newest], [, old]] = generations

interface Shown {
  readonly sender: string
  readonly timestamp: number
  readonly message_id: string
  readonly body: string
}

for (const [generation, api] of generations) {
  const tag = generation.replace('.', '')

  describe(`messages over REST, generation ${generation}`, () => {
    it('reach clients, are kept for those who are away, and are in both archives', async () => {
      const [ann, bob] = [await own.client(`ann${tag}`), await own.client(`bob${tag}`)]
      const send = (caller: string, to: string, body: string) => api('POST /messages', { caller, to, body })
      expect(await send(`${ann.bare}/axe`, bob.bare, '42!')).toMatchObject({ status: 204, body: '' })
      const { text } = await bob.receives(
        `<message type='chat' from='${ann.bare}/axe' id='{id}'><body>42!</body>{any}</message>`,
      )
      expect(text.id).not.toBe('')
      for (const each of [ann, bob]) expect((await search(each)).bodies).toEqual(['42!'])
      await own.server.registerUser(`cid${tag}`, 'secret')
      expect(await send(ann.bare, `cid${tag}@localhost`, 'later')).toMatchObject({ status: 204 })
      const cid = await own.client(`cid${tag}`)
      await cid.finds(`<message from='${ann.bare}'><body>later</body>{any}</message>`)

      const read = async (path: string) => (await api(`GET /messages/${path}`)).json as Shown[]
      const all = await read(encodeURIComponent(ann.bare))
      expect(all.map(({ body }) => body)).toEqual(['42!', 'later'])
      expect(all[0]).toMatchObject({ sender: `${ann.bare}/axe`, message_id: text.id })
      const now = Date.now() / 1000
      expect(Math.abs((all[0]?.timestamp ?? 0) - now)).toBeLessThan(600)
      expect(Number.isInteger(all[0]?.timestamp)).toBe(true)
      expect((await read(`${ann.bare}?limit=1`)).map(({ body }) => body)).toEqual(['later'])
      expect((await read(`${ann.bare}/${bob.bare}`)).map(({ body }) => body)).toEqual(['42!'])
      expect(await read(`${ann.bare}?before=${Math.floor(now) - 3600}`)).toEqual([])
      expect((await read(`${ann.bare}?before=${Math.floor(now) + 3600}`)).length).toBe(2)
    })

    it('are not bound by what the sender has blocked, but by what the recipient has', async () => {
      const [ivy, jim] = [await own.client(`ivy${tag}`), await own.client(`jim${tag}`)]
      await ivy.asks(`<block xmlns='urn:xmpp:blocking'><item jid='${jim.bare}'/></block>`, 'set')
      await ivy.takes((each) => each.child('block', 'urn:xmpp:blocking') !== undefined)
      const send = (from: string, to: string) => api('POST /messages', { caller: from, to, body: 'x' })
      expect(await send(ivy.bare, jim.bare)).toMatchObject({ status: 204 })
      await jim.finds(`<message from='${ivy.bare}'><body>x</body>{any}</message>`)
      // It has been sent; the error goes to the sender.
      expect(await send(jim.bare, ivy.bare)).toMatchObject({ status: 204 })
      await ivy.receivesNothing()
      expect((await search(ivy)).bodies).toEqual(['x'])
    })

    it('are refused where something is wrong', async () => {
      const bob = await own.client(`bob${tag}`)
      const good = { caller: bob.bare, to: bob.bare, body: 'x' }
      const refusals = [
        ['POST /messages', { ...good, caller: undefined }, 400, 'Missing caller JID'],
        ['POST /messages', { ...good, caller: '@' }, 400, 'Invalid caller JID'],
        ['POST /messages', { ...good, caller: 'localhost' }, 400, 'Invalid caller JID'],
        ['POST /messages', { ...good, to: undefined }, 400, 'Missing recipient JID'],
        ['POST /messages', { ...good, to: 'a@b@c' }, 400, 'Invalid recipient JID'],
        ['POST /messages', { ...good, body: undefined }, 400, 'Missing message body'],
        ['POST /messages', { ...good, body: 7 }, 400, 'Invalid message body'],
        ['POST /messages', { ...good, caller: 'nobody@localhost' }, 400, 'Given user does not exist'],
        ['POST /messages', { ...good, caller: 'a@elsewhere.example' }, 404, 'Given domain does not exist'],
        ['GET /messages/nobody@localhost', undefined, 404, 'There is no account nobody@localhost'],
        ['GET /messages/localhost', undefined, 400, 'Invalid caller JID'],
        [`GET /messages/${bob.bare}/@`, undefined, 400, 'Invalid interlocutor JID'],
        [`GET /messages/${bob.bare}?limit=abc`, undefined, 400, 'Invalid limit'],
        [`GET /messages/${bob.bare}?limit=0`, undefined, 400, 'Invalid limit'],
        [`GET /messages/${bob.bare}?limit=1e1`, undefined, 400, 'Invalid limit'],
        [`GET /messages/${bob.bare}?before=-1`, undefined, 400, 'Invalid timestamp'],
        [`GET /messages/${bob.bare}?before=999999999999999`, undefined, 400, 'Invalid timestamp'],
        [`GET /messages/${bob.bare}?after=1`, undefined, 400, 'Unknown argument: after'],
        ['GET /messages', undefined, 404, 'Wrong number of arguments'],
      ] as const
      for (const [line, body, status, reason] of refusals) {
        expect(await api(line, body), `${line} ${JSON.stringify(body)}`).toMatchObject({ status, json: reason })
      }
    })

    it('are stanzas of any kind too', async () => {
      const bob = await own.client(`sam${tag}`)
      const post = (stanza: unknown) => api('POST /stanzas', { stanza })
      const attributes = `from='${bob.bare}/script' to='${bob.jid}'`
      expect(await post(`<message ${attributes} id='s1'><x xmlns='urn:x'/></message>`)).toMatchObject({ status: 204 })
      await bob.receives(`<message from='${bob.bare}/script' id='s1'><x xmlns='urn:x'/></message>`)
      const wrong = [
        [undefined, 'Missing stanza'],
        [5, 'Invalid stanza'],
        [`<message ${attributes}>`, 'Argument stanza: this is not a stanza.'],
        ['not xml', 'Argument stanza: this is not a stanza.'],
        [`<message from='${bob.bare}'/>`, 'The stanza has no "to"'],
        [`<message to='${bob.bare}'/>`, 'The stanza has no "from"'],
        [`<message from='@' to='${bob.bare}'/>`, '@ is no address'],
        [`<message from='nobody@localhost' to='${bob.bare}'/>`, 'Given user does not exist'],
      ] as const
      for (const [stanza, reason] of wrong) {
        expect(await post(stanza), String(stanza)).toMatchObject({ status: 400, json: reason })
      }
    })
  })

  describe(`contacts over REST, generation ${generation}`, () => {
    const list = async (user: string) => (await api(`GET /contacts/${user}`)).json

    it('are added, asked, agreed to and removed', async () => {
      const [dora, emil] = [await own.client(`dora${tag}`), await own.client(`emil${tag}`)]
      const [a, b] = [dora.bare, emil.bare]
      expect(await list(a)).toEqual([])
      expect(await api(`POST /contacts/${a}`, { jid: b })).toMatchObject({ status: 204 })
      expect(await list(a)).toEqual([{ jid: b, subscription: 'none', ask: 'none' }])
      expect(await api(`POST /contacts/${a}`, { jid: b })).toMatchObject({ status: 204 })
      expect(await api(`PUT /contacts/${a}/${b}`, { action: 'subscribe' })).toMatchObject({ status: 204 })
      await emil.finds(`<presence type='subscribe' from='${a}'/>`)
      // Who is no contact yet becomes one.
      expect(await api(`PUT /contacts/${b}/${a}`, { action: 'subscribed' })).toMatchObject({ status: 204 })
      expect(await api(`PUT /contacts/${b}/${a}`, { action: 'invite' })).toMatchObject({ status: 204 })
      expect(await api(`PUT /contacts/${a}/${b}`, { action: 'accept' })).toMatchObject({ status: 204 })
      const both = (jid: string) => [{ jid, subscription: 'both', ask: 'none' }]
      await expect.poll(() => list(a)).toEqual(both(b))
      await expect.poll(() => list(b)).toEqual(both(a))
      expect(await api(`DELETE /contacts/${a}/${b}`)).toMatchObject({ status: 204 })
      expect(await list(a)).toEqual([])
    })

    it('of two users are made and ended at once', async () => {
      const [fay, gus] = [await own.client(`fay${tag}`), await own.client(`gus${tag}`)]
      const manage = (action: string) => api(`PUT /contacts/${fay.bare}/${gus.bare}/manage`, { action })
      await fay.asks(`<query xmlns='jabber:iq:roster'/>`)
      expect(await manage('connect')).toMatchObject({ status: 204 })
      await fay.takes((each) => each.name === 'iq' && each.attr('type') === 'set')
      const both = (jid: string) => [{ jid, subscription: 'both', ask: 'none' }]
      await expect.poll(() => list(fay.bare)).toEqual(both(gus.bare))
      await expect.poll(() => list(gus.bare)).toEqual(both(fay.bare))
      expect(await manage('disconnect')).toMatchObject({ status: 204 })
      expect([await list(fay.bare), await list(gus.bare)]).toEqual([[], []])
      expect(await manage('marry')).toMatchObject({ status: 400, json: 'Invalid action' })
      const nobody = `PUT /contacts/${fay.bare}/nobody@localhost/manage`
      expect(await api(nobody, { action: 'connect' })).toMatchObject({ status: 404, json: 'Given user does not exist' })
    })

    it('keep name and groups when they are added again', async () => {
      const dora = await own.client(`dora${tag}`)
      const contact = 'known@elsewhere.example'
      await own.command('roster.addContact', { user: dora.bare, contact, name: 'Known', groups: ['Friends'] })
      for (const jid of [contact, `${contact}/phone`]) {
        expect(await api(`POST /contacts/${dora.bare}`, { jid })).toMatchObject({ status: 204 })
      }
      const shown = await own.command('roster.getContact', { user: dora.bare, contact })
      expect(shown).toMatchObject({ name: 'Known', groups: ['Friends'] })
      const own40 = generation === '4.0' ? { name: 'Known', groups: ['Friends'] } : {}
      expect(await list(dora.bare)).toEqual([{ jid: contact, subscription: 'none', ask: 'none', ...own40 }])
      const all = { to_delete: [contact, 'strange@elsewhere.example'] }
      const removed = await api(`DELETE /contacts/${dora.bare}/multiple`, all)
      expect(removed).toMatchObject({ status: 200, json: { not_deleted: ['strange@elsewhere.example'] } })
      expect(await list(dora.bare)).toEqual([])
    })

    it('are refused where something is wrong', async () => {
      const { bare } = await own.client(`dora${tag}`)
      const refusals = [
        ['GET /contacts/nobody@localhost', undefined, 404, 'Given user does not exist'],
        ['GET /contacts/a@elsewhere.example', undefined, 404, 'Given domain does not exist'],
        ['POST /contacts/nobody@localhost', { jid: 'a@b' }, 404, 'Given user does not exist'],
        [`POST /contacts/${bare}`, {}, 400, 'Missing contact JID'],
        [`POST /contacts/${bare}`, { jid: '@' }, 400, 'Invalid contact JID'],
        [`PUT /contacts/${bare}/a@b`, { action: 'unsubscribe' }, 400, 'Invalid action'],
        [`PUT /contacts/${bare}/a@b`, {}, 400, 'Missing action'],
        [`DELETE /contacts/${bare}/multiple`, { to_delete: ['@'] }, 400, 'Invalid list of contacts'],
        [`DELETE /contacts/${bare}`, undefined, 405, 'Method not allowed'],
      ] as const
      for (const [line, body, status, reason] of refusals) {
        expect(await api(line, body), line).toMatchObject({ status, json: reason })
      }
    })
  })
}

describe('where the generations differ', () => {
  it('more than 500 messages are an error for MongooseIM 4.0, and a contact who is not there is none', async () => {
    const { bare } = await own.client('hal')
    expect(await old(`GET /messages/${bare}?limit=501`)).toMatchObject({ status: 400, json: 'Invalid limit' })
    expect(await newest(`GET /messages/${bare}?limit=501`)).toMatchObject({ status: 200, json: [] })
    const line = `DELETE /contacts/${bare}/strange@elsewhere.example`
    expect(await old(line)).toMatchObject({ status: 204 })
    expect(await newest(line)).toMatchObject({ status: 404, json: 'Given contact does not exist' })
  })
})
