import { describe, expect, it } from 'vitest'
import { adminHandlers, adminOf, commandModules } from '../support/admin-rest.ts'
import { isNotice } from '../support/light-rooms.ts'
import { ownServer } from '../support/own-server.ts'
import { codesOf, enters } from '../support/rooms.ts'

const own = ownServer(`${adminHandlers}${commandModules}
[modules.mod_muc]
[modules.mod_muc_light]
[modules.mod_mam]
pm = {}
[modules.mod_inbox]
`)
const generations = [
  ['6', adminOf(own, '/api'), '/api'],
  ['4.0', adminOf(own, '/v4'), '/v4'],
] as const
const items = async (name: string, to: string) => {
  const client = await own.client(name, 'disco')
  return client.asks(`<query xmlns='http://jabber.org/protocol/disco#items'/>`, 'get', { to })
}

for (const [generation, api, prefix] of generations) {
  const tag = generation.replace('.', '')

  describe(`rooms over REST, generation ${generation}`, () => {
    const service = 'conference.localhost'
    const den = `Den${tag}`
    const room = `den${tag}@${service}`

    it('are made, and others enter, speak, are invited and put out', async () => {
      const [lena, otto] = [await own.client('lena', 'pc'), await own.client('otto', 'pc')]
      const made = await api('POST /mucs/localhost', { name: den, owner: lena.bare, nick: 'len' })
      expect(made).toMatchObject({
        status: 201,
        body: generation === '4.0' ? den : room,
        headers: { location: `${prefix}/mucs/localhost/${den}` },
      })
      expect(String(await items('lena', service))).toContain(room)
      await enters(otto, room, 'otto')
      // Nobody there may put anybody out.
      const kick = () => api(`DELETE /mucs/localhost/${den}/otto`)
      expect(await kick()).toMatchObject({ status: 404, json: 'Moderator not found' })
      await enters(lena, room, 'len')
      const say = (from: string, body: string) => api(`POST /mucs/localhost/${den}/messages`, { from, body })
      for (const from of [lena.jid, lena.bare]) {
        expect(await say(from, `from ${from}`)).toMatchObject({ status: 204 })
        for (const each of [lena, otto]) {
          await each.takes((stanza) => stanza.child('body')?.text() === `from ${from}`)
        }
      }
      const mia = await own.client('mia', 'pc')
      const invitation = { sender: lena.bare, recipient: mia.bare, reason: 'join' }
      expect(await api(`POST /mucs/localhost/${den}/participants`, invitation)).toMatchObject({ status: 204 })
      const x = (await mia.takes((each) => each.name === 'message')).child('x', 'jabber:x:conference')
      expect(x?.attrs).toEqual({ jid: room, reason: 'join' })
      expect(await kick()).toMatchObject({ status: 204 })
      const gone = await otto.takes((each) => each.attr('type') === 'unavailable')
      expect(codesOf(gone)).toContain('307')
      // By the address of the service, and all in the body, it is the same.
      const body = { host: service, name: den, from: lena.jid, body: 'again' }
      expect(await api('POST /mucs/messages', body)).toMatchObject({ status: 204 })
      await lena.takes((stanza) => stanza.child('body')?.text() === 'again')
    })

    it('are refused where something is wrong', async () => {
      const { bare, jid } = await own.client('lena', 'pc')
      const make = { name: `x${tag}`, owner: bare, nick: 'len' }
      const invite = { sender: bare, recipient: bare, reason: '' }
      await api('POST /mucs/localhost', { ...make, name: `known${tag}` })
      const known = `/mucs/localhost/known${tag}`
      const refusals = [
        ['POST /mucs/localhost', { ...make, name: undefined }, 400, 'Missing room name'],
        ['POST /mucs/localhost', { ...make, name: 'a/b' }, 400, 'Invalid room name'],
        ['POST /mucs/localhost', { ...make, owner: undefined }, 400, 'Missing owner JID'],
        ['POST /mucs/localhost', { ...make, owner: '@' }, 400, 'Invalid owner JID'],
        ['POST /mucs/localhost', { ...make, nick: undefined }, 400, 'Missing nickname'],
        ['POST /mucs/localhost', { ...make, owner: 'nobody@localhost' }, 404, 'Given user does not exist'],
        ['POST /mucs/elsewhere.example', make, 404, 'MUC domain not found'],
        [`POST ${known}/participants`, { ...invite, sender: undefined }, 400, 'Missing sender JID'],
        [`POST ${known}/participants`, { ...invite, sender: '@' }, 400, 'Invalid sender JID'],
        [`POST ${known}/participants`, { ...invite, recipient: undefined }, 400, 'Missing recipient JID'],
        [`POST ${known}/participants`, { ...invite, recipient: '@' }, 400, 'Invalid recipient JID'],
        [`POST ${known}/participants`, { ...invite, reason: undefined }, 400, 'Missing invite reason'],
        ['POST /mucs/localhost/nowhere/participants', invite, 404, 'Room not found'],
        [`POST ${known}/messages`, { from: jid }, 400, 'Missing message body'],
        [`POST ${known}/messages`, { body: 'x' }, 400, 'Missing sender JID'],
        [`POST ${known}/messages`, { from: bare, body: 'x' }, 403, 'Given user does not occupy this room'],
        ['POST /mucs/localhost/nowhere/messages', { from: jid, body: 'x' }, 404, 'Room not found'],
        ['DELETE /mucs/localhost/nowhere/otto', undefined, 404, 'Room not found'],
      ] as const
      for (const [line, body, status, reason] of refusals) {
        expect(await api(line, body), `${line} ${JSON.stringify(body)}`).toMatchObject({ status, json: reason })
      }
      expect(await api('POST /mucs/localhost', { ...make, name: `known${tag}` })).toMatchObject({ status: 409 })
    })
  })

  describe(`MUC Light rooms over REST, generation ${generation}`, () => {
    const service = 'muclight.localhost'
    const parts = { name: `book club ${tag}`, owner: 'lena@localhost', subject: 'week 1' }

    it('are made, changed, joined, spoken in and destroyed', async () => {
      const [lena, otto] = [await own.client('lena', 'pc'), await own.client('otto', 'pc')]
      const made = await api('POST /muc-lights/localhost', parts)
      expect(made).toMatchObject({ status: 201, body: expect.stringMatching(/^[^@]+@muclight\.localhost$/) })
      const room = made.body
      const [id] = room.split('@')
      expect(made.headers.location).toBe(`${prefix}/muc-lights/localhost/${id}`)
      await lena.takes((each) => isNotice(each, room, 'affiliations'))
      expect(String(await items('lena', service))).toContain(`name='${parts.name}'`)
      // By id at the domain of the rooms, by name at that of the accounts.
      const invite = { sender: lena.bare, recipient: otto.bare }
      expect(await api(`POST /muc-lights/${service}/${id}/participants`, invite)).toMatchObject({ status: 204 })
      for (const each of [lena, otto]) await each.takes((stanza) => isNotice(stanza, room, 'affiliations'))
      expect(await api(`POST /muc-lights/${service}/${id}/participants`, invite)).toMatchObject({ status: 204 })
      const byName = encodeURIComponent(parts.name)
      const say = { from: otto.bare, body: `hi ${tag}` }
      expect(await api(`POST /muc-lights/localhost/${byName}/messages`, say)).toMatchObject({ status: 204 })
      const heard = await lena.takes((stanza) => stanza.child('body')?.text() === say.body)
      expect(heard.attr('from')).toBe(`${room}/${otto.bare}`)
      expect(heard.attr('id')).not.toBe('')
      const config = { name: `new ${tag}`, subject: 'week 2', user: lena.bare }
      expect(await api(`PUT /muc-lights/localhost/${byName}/config`, config)).toMatchObject({ status: 204 })
      await otto.takes((stanza) => isNotice(stanza, room, 'configuration'))
      const again = { ...config, id, subject: 'week 3' }
      expect(await api(`PUT /muc-lights/${service}/config`, again)).toMatchObject({ status: 204 })
      const notOwner = await api(`DELETE /muc-lights/${service}/${id}/${otto.bare}/management`)
      expect(notOwner).toMatchObject({ status: 403, json: 'Command not available for this user' })
      expect(await api(`DELETE /muc-lights/${service}/${id}/${lena.bare}/management`)).toMatchObject({ status: 204 })
      await otto.takes((stanza) => isNotice(stanza, room, 'destroy'))
      expect(await api(`DELETE /muc-lights/${service}/${id}/management`)).toMatchObject({ status: 404 })
    })

    it('are made with an id, once', async () => {
      const id = `Club${tag}`
      const put = (domain: string, name: string) => api(`PUT /muc-lights/${domain}`, { ...parts, name, id })
      expect(await put(service, 'first')).toMatchObject({ status: 201, body: `club${tag}@${service}` })
      expect(await put('localhost', 'second')).toMatchObject({ status: 403 })
      const room = (await own.command('muc_light.getRoomConfig', { room: `club${tag}@${service}` })) as { name: string }
      expect(room.name).toBe('first')
      expect(await api(`DELETE /muc-lights/${service}/club${tag}/management`)).toMatchObject({ status: 204 })
    })

    it('are refused where something is wrong', async () => {
      await Promise.all(['lena', 'otto', 'mia'].map((name) => own.client(name, 'x')))
      const id = `right${tag}`
      await api(`PUT /muc-lights/${service}`, { ...parts, id })
      const [base, at] = ['/muc-lights/localhost', `/muc-lights/${service}/${id}`]
      const invite = { sender: 'lena@localhost', recipient: 'mia@localhost' }
      const say = { from: 'lena@localhost', body: 'x' }
      const unknown = 'Given user does not exist'
      const refusals = [
        [`POST ${base}`, { ...parts, name: undefined }, 400, 'Missing room name'],
        [`POST ${base}`, { ...parts, owner: undefined }, 400, 'Missing owner JID'],
        [`POST ${base}`, { ...parts, owner: '@' }, 400, 'Invalid owner JID'],
        [`POST ${base}`, { ...parts, subject: undefined }, 400, 'Missing room subject'],
        [`POST ${base}`, { ...parts, owner: 'nobody@localhost' }, 400, unknown],
        [`PUT ${base}`, parts, 400, 'Missing room ID'],
        [`PUT ${base}`, { ...parts, id: 'a b' }, 400, 'Invalid room ID'],
        ['POST /muc-lights/@', parts, 400, 'Invalid room ID or domain name'],
        ['POST /muc-lights/elsewhere.example', parts, 404, 'MUC Light server not found'],
        [`POST ${at}/participants`, { ...invite, sender: undefined }, 400, 'Missing sender JID'],
        [`POST ${at}/participants`, { ...invite, recipient: '@' }, 400, 'Invalid recipient JID'],
        [`POST ${at}/participants`, { ...invite, recipient: 'nobody@localhost' }, 400, unknown],
        [`POST ${at}/participants`, { ...invite, sender: 'nobody@localhost' }, 400, unknown],
        [`POST ${at}/participants`, { ...invite, sender: 'otto@localhost' }, 403, undefined],
        [`POST ${at}/messages`, { ...say, body: undefined }, 400, 'Missing message body'],
        [`POST ${at}/messages`, { ...say, from: undefined }, 400, 'Missing sender JID'],
        [`POST ${at}/messages`, { ...say, from: 'mia@localhost' }, 403, undefined],
        [`POST /muc-lights/${service}/nowhere/messages`, say, 404, 'Room not found'],
        [`POST ${base}/nowhere/messages`, say, 404, 'Room not found'],
        [`DELETE ${base}/nowhere/lena@localhost/management`, undefined, 404, 'Room not found'],
        [`DELETE ${at}/mia@localhost/management`, undefined, 403, undefined],
        [`PUT ${at}/config`, { name: 'x', subject: 'y' }, 400, 'Missing user JID'],
        [`PUT ${at}/config`, { name: 'x', subject: 'y', user: 'mia@localhost' }, 403, undefined],
      ] as const
      for (const [line, body, status, reason] of refusals) {
        const answer = await api(line, body)
        expect(answer, `${line} ${JSON.stringify(body)}`).toMatchObject({ status })
        if (reason !== undefined) expect(answer.json).toBe(reason)
      }
      // A foreign account may be invited.
      const foreign = { ...invite, recipient: 'zoe@elsewhere.example' }
      expect(await api(`POST ${at}/participants`, foreign)).toMatchObject({ status: 204 })
    })
  })

  describe(`inboxes over REST, generation ${generation}`, () => {
    it('lose what is in their bins', async () => {
      const [lena, otto] = [await own.client('lena', 'bin'), await own.client('otto', 'bin')]
      await own.command('stanza.sendMessage', { from: otto.bare, to: lena.bare, body: 'rubbish' })
      await lena.takes((each) => each.child('body')?.text() === 'rubbish')
      await lena.asks(
        `<query xmlns='erlang-solutions.com:xmpp:inbox:0#conversation' jid='${otto.bare}'><box>bin</box></query>`,
        'set',
      )
      expect(await api('DELETE /inbox/localhost/lena/1/bin')).toMatchObject({ status: 200, json: 0 })
      expect(await api('DELETE /inbox/localhost/lena/0/bin')).toMatchObject({ status: 200, json: 1 })
      expect(await api('DELETE /inbox/localhost/0/bin')).toMatchObject({ status: 200, json: 0 })
      expect(await api('DELETE /inbox/localhost/nobody/0/bin')).toMatchObject({ status: 404 })
      expect(await api('DELETE /inbox/elsewhere.example/lena/0/bin')).toMatchObject({ status: 404 })
      expect(await api('DELETE /inbox/elsewhere/0/bin')).toMatchObject({ status: 404 })
      expect(await api('DELETE /inbox/localhost/lena/x/bin')).toMatchObject({
        status: 400,
        json: 'Invalid number of days',
      })
    })
  })
}
