import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connect } from '../../src/storage/sqlite/driver.ts'
import { PlainClient } from '../support/plain-client.ts'
import { plainSettings, startPlainServer } from '../support/plain-server.ts'
import type { OwnTestServer } from '../support/server.ts'

const rosterNs = 'jabber:iq:roster'
const names = ['alice', 'ann', 'bob', 'carol', 'dave']
let server: OwnTestServer

beforeAll(async () => {
  server = await startPlainServer(plainSettings({ more: '[modules.mod_register]\n[modules.mod_vcard]' }), names)
})
afterAll(() => server.stop?.())

/** Another program that holds the database's file: nothing can be written until it lets go. */
function lockOut(): () => void {
  const other = connect(join(server.server.config.general.data_dir, 'meerkat.sqlite'), {})
  other.exec('begin immediate')
  return () => other.close()
}

/** Waits until the metrics say that the database is well, or is not, while somebody's pings are answered. */
async function health(value: 0 | 1, witness: PlainClient): Promise<void> {
  while (!(await server.server.metrics.text()).includes(`storage_healthy ${value}`)) await witness.asks('health')
}

async function refused(client: PlainClient, id: string, stanza: string): Promise<void> {
  client.received = ''
  client.says(stanza)
  await client.hears(`id='${id}'`)
  expect(client.received).toMatch(/type='error'/)
  expect(client.received).toMatch(/<error [^>]*type='wait'[^>]*><resource-constraint /)
}

const item = `<query xmlns='${rosterNs}'><item jid='x@localhost'/></query>`
const secret = `<query xmlns='jabber:iq:private'><a xmlns='urn:a'/></query>`
const card = `<vCard xmlns='vcard-temp'><FN>Ann</FN></vCard>`
const account = `<query xmlns='jabber:iq:register'><username>new</username><password>new</password></query>`

describe('a server whose database takes nothing', () => {
  it('refuses what it would have to store, before it goes anywhere, and goes on by itself when it can', async () => {
    const [alice, ann] = [await PlainClient.signIn(server.port, 'alice'), await PlainClient.signIn(server.port, 'ann')]
    const [carol, dave] = [
      await PlainClient.signIn(server.port, 'carol'),
      await PlainClient.signIn(server.port, 'dave'),
    ]
    await ann.asks('before')
    const letGo = lockOut()
    // Taken before anybody could know: it is kept, and stored later.
    alice.says(`<message to='bob@localhost' id='held'><body>Held</body></message>`)
    await health(0, dave)
    await refused(ann, 'm1', `<message to='bob@localhost' id='m1'><body>Refused</body></message>`)
    await refused(ann, 'r1', `<iq type='set' id='r1'>${item}</iq>`)
    await refused(ann, 's1', `<presence to='carol@localhost' type='subscribe' id='s1'/>`)
    await refused(ann, 'p1', `<iq type='set' id='p1'>${secret}</iq>`)
    await refused(ann, 'v1', `<iq type='set' id='v1'>${card}</iq>`)
    const stranger = await PlainClient.connect(server.port)
    stranger.says(
      `<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='localhost' version='1.0'>`,
    )
    await stranger.hears('</stream:features>')
    await refused(stranger, 'a1', `<iq type='set' id='a1'>${account}</iq>`)
    carol.says(`<message to='dave@localhost/r' id='t1'><body>We can still talk</body></message>`)
    await dave.hears(`id='t1'`)
    expect(carol.received).not.toContain('subscribe')
    letGo()
    await health(1, dave)
    ann.says(`<message to='bob@localhost' id='m2'><body>Stored</body></message><iq type='set' id='r2'>${item}</iq>`)
    await ann.hears(`type='result' id='r2'`)
    stranger.says(`<iq type='set' id='a2'>${account}</iq>`)
    await stranger.hears(`id='a2'`)
    await alice.asks('after')
    const bob = await PlainClient.signIn(server.port, 'bob')
    const got = [...bob.received.matchAll(/<message [^>]*id='(\w+)'/g)].map((match) => match[1])
    expect(got).toEqual(['held', 'm2'])
    expect(await server.server.metrics.text()).toContain('storage_troubled_count 1')
    for (const client of [alice, ann, carol, dave, bob, stranger]) client.leaves()
  })
})
