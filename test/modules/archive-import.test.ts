import { describe, expect, it } from 'vitest'
import { Jid } from '../../src/jid/jid.ts'
import { importsUser } from '../../src/router/events.ts'
import { el } from '../../src/xml/element.ts'
import { parseElement } from '../../src/xml/parse.ts'
import { search } from '../support/archive.ts'
import { ownServer } from '../support/own-server.ts'

const user = Jid.parse('juliet@localhost')
const container = el('archive', 'urn:xmpp:pie:0#mam')
const message = (body: string, from = 'romeo@example.org/orchard', to = 'juliet@localhost/balcony') =>
  `<message xmlns='jabber:client' type='chat' id='${body}' to='${to}' from='${from}'><body>${body}</body></message>`
const result = (id: string, stamp: string, inner: string) =>
  `<result xmlns='urn:xmpp:mam:2' id='${id}'><forwarded xmlns='urn:xmpp:forward:0'><delay xmlns='urn:xmpp:delay' stamp='${stamp}'/>${inner}</forwarded></result>`

describe('an archive of another server (XEP-0227 §4.12)', () => {
  const own = ownServer('[modules.mod_mam.pm]\n')
  const read = async (text: string, isDryRun = false) => {
    const host = own.server.server.hostOf('localhost')
    if (host === undefined) throw new Error('localhost is not there')
    return host.hooks.run(importsUser, { host, user, element: parseElement(text), container, isDryRun })
  }
  const document = [
    result('28482-98726', '2010-07-10T23:08:25Z', message('zebra')),
    result('5d398-28273', '2010-07-10T23:08:25Z', message('ape')),
    result('5d398-28274', '2010-07-10T23:08:25Z', message('mole', 'juliet@localhost/balcony', 'romeo@example.org')),
    result('99999-00000', '2011-01-01T00:00:00.250+01:00', message('later')),
  ]
  const bodies = ['zebra', 'ape', 'mole', 'later']

  it('keeps the order of the document and the time of each message, and can be read in again', async () => {
    const juliet = await own.client('juliet', 'pc')
    for (const each of document) await read(each, true)
    expect((await search(juliet)).ids).toEqual([])
    for (let round = 0; round < 2; round++) {
      const taken = await Promise.all(document.map((each) => read(each)))
      expect(taken[0]).toEqual({ kind: 'archived messages', count: 1 })
      const answer = await search(juliet)
      expect(answer.bodies).toEqual(bodies)
      const stamps = answer.results.map((each) => `${each}`.match(/stamp='([^']*)'/)?.[1] ?? '')
      expect(stamps.map((stamp) => stamp.slice(0, 19))).toEqual([
        ...Array.from({ length: 3 }, () => '2010-07-10T23:08:25'),
        '2010-12-31T23:00:00',
      ])
    }
    const withRomeo = await search(juliet, { fields: { with: 'romeo@example.org' } })
    expect(withRomeo.bodies).toEqual(bodies)
  })

  it('is known after a restart too, and stands before what is said since', async () => {
    const juliet = await own.client('juliet', 'pc')
    juliet.sends(`<message to='romeo@example.org' type='chat'><body>now</body></message>`)
    await juliet.isHeard()
    await own.restart()
    for (const each of document) await read(each)
    const again = await own.client('juliet', 'pc')
    expect((await search(again)).bodies).toEqual([...bodies, 'now'])
  })

  it('is refused where it is none', async () => {
    for (const text of [
      result('1', 'yesterday', message('x')),
      result('1', '2010-07-10T23:08:25Z', ''),
      result('1', '2010-07-10T23:08:25Z', message('x', '@@')),
      `<other xmlns='urn:x'/>`,
    ]) {
      await expect(read(text, true), text).rejects.toThrow()
    }
  })
})
