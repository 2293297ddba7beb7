import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PlainClient } from '../support/plain-client.ts'
import { plainSettings, startPlainServer } from '../support/plain-server.ts'
import type { OwnTestServer } from '../support/server.ts'
import { NS } from '../support/xml.ts'

const header = `<stream:stream xmlns='jabber:client' xmlns:stream='${NS.stream}' to='localhost' version='1.0'>`
const settings = plainSettings({
  c2s: 'max_stanza_rate = 50',
  more: `
[auth.failed_logins]
free_per_account = 2
free_per_address = 1000
first_delay = 1
longest_delay = 10

[access]
max_user_sessions = [{acl = "all", value = 3}]
`,
})
  .replace('[modules.mod_presence]', '[modules.mod_presence]\nmax_directed = 5')
  .replace('[modules.mod_roster]', '[modules.mod_roster]\nmax_items = 5\nmax_bytes = 2000')
let server: OwnTestServer

beforeAll(async () => {
  server = await startPlainServer(settings, ['alice', 'bob'])
})
afterAll(() => server.stop?.())

const open: PlainClient[] = []
async function come(name: string, resource = 'r'): Promise<PlainClient> {
  const client = await PlainClient.signIn(server.port, name, resource)
  open.push(client)
  return client
}
async function knock(): Promise<PlainClient> {
  const client = await PlainClient.connect(server.port)
  open.push(client)
  return client
}
async function leave(): Promise<void> {
  for (const client of open.splice(0)) client.leaves()
  while (server.server.hostOf('localhost')?.sessions.size !== 0) await new Promise((resolve) => setImmediate(resolve))
}
const metric = async (limit: string) =>
  Number(
    new RegExp(`c2s_limit_reached_count\\{limit="${limit}"\\} (\\d+)`).exec(await server.server.metrics.text())?.[1] ??
      0,
  )

describe('what one client, account or address may have', () => {
  it('sessions: the oldest gives way', async () => {
    const [first] = [
      await come('alice', '1'),
      await come('alice', '2'),
      await come('alice', '3'),
      await come('alice', '4'),
    ]
    await first.hearsTheEnd()
    expect(first.received).toContain('<conflict ')
    expect(await metric('session')).toBe(1)
    await leave()
  })

  it('connections of one address', async () => {
    const other = await startPlainServer(plainSettings({ c2s: 'max_connections_per_address = 5' }), [])
    const enter = async () => {
      const client = await PlainClient.connect(other.port)
      open.push(client)
      client.says(header)
      await client.hears('<stream:')
      return client
    }
    const clients = []
    for (let i = 0; i < 5; i++) clients.push(await enter())
    const beyond = await enter()
    await beyond.hearsTheEnd()
    expect(beyond.received).toContain('<resource-constraint ')
    expect(await other.server.metrics.text()).toContain('c2s_limit_reached_count{limit="address"} 1')
    clients[0]?.says('</stream:stream>')
    await clients[0]?.hearsTheEnd()
    // The server learns a moment later that the connection is gone.
    while ((await enter()).received.includes('<resource-constraint '));
    await leave()
    await other.stop()
  })

  it('an element before authentication is small, whatever users may send', async () => {
    const stranger = await knock()
    const long = 'A'.repeat(17_000)
    stranger.says(`${header}<auth xmlns='${NS.sasl}' mechanism='PLAIN'>${long}`)
    await stranger.hearsTheEnd()
    expect(stranger.received).toContain('<policy-violation ')
    const alice = await come('alice')
    alice.says(`<message to='alice@localhost/r' id='long'><body>${long}</body></message>`)
    await alice.hears(`id='long'`)
    await leave()
  })

  it('stanzas a second', async () => {
    const alice = await come('alice')
    const begun = performance.now()
    for (let i = 0; i < 150; i++) alice.says(`<iq type='get' id='n${i}'><ping xmlns='urn:xmpp:ping'/></iq>`)
    await alice.hears(`id='n149'`)
    expect(performance.now() - begun).toBeGreaterThan(1900)
    await leave()
  })

  it('failed logins: answers to an account that is guessed at get slow, then stop; there need be no such account', async () => {
    for (const name of ['bob', 'nobody']) {
      const wrong = Buffer.from(`\0${name}\0wrong`).toString('base64')
      let isRefused = false
      for (let i = 0; i < 20 && !isRefused; i++) {
        const clients = await Promise.all([knock(), knock(), knock(), knock(), knock()])
        for (const client of clients) client.says(`${header}<auth xmlns='${NS.sasl}' mechanism='PLAIN'>${wrong}</auth>`)
        await Promise.all(clients.map((client) => client.hears('</failure>')))
        isRefused = clients.some((client) => client.received.includes('temporary-auth-failure'))
        for (const client of clients) {
          client.says('</stream:stream>')
          await client.hearsTheEnd()
        }
      }
      expect(isRefused, name).toBe(true)
    }
    expect(await metric('failed_login')).toBe(2)
    await come('alice')
    await leave()
  })

  it('directed presences, contacts and their bytes', async () => {
    const alice = await come('alice')
    for (let i = 0; i < 7; i++) alice.says(`<presence to='room${i}@rooms.example/me' id='d${i}'/>`)
    await alice.hears(`id='d6'`)
    expect(alice.received.match(/<resource-constraint /g)).toHaveLength(2)
    const set = (i: number, name: string) =>
      `<iq type='set' id='r${i}'><query xmlns='jabber:iq:roster'><item jid='c${i}@localhost' name='${name}'/></query></iq>`
    alice.received = ''
    for (let i = 0; i < 6; i++) alice.says(set(i, 'x'))
    await alice.hears(`id='r5'`)
    expect(alice.received.match(/The roster is full/g)).toHaveLength(1)
    for (let i = 0; i < 3; i++) alice.says(set(i, 'y'.repeat(900)))
    await alice.hears('The roster is too large')
    await leave()
  })
})
