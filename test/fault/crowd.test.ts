import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PlainClient } from '../support/plain-client.ts'
import { plainSettings, startPlainServer } from '../support/plain-server.ts'
import { configForm, mucNs } from '../support/rooms.ts'
import type { OwnTestServer } from '../support/server.ts'

/** Enough for everybody's seeing everybody to take several turns; `bench/crowd.ts` has ten thousand. */
const size = 300
const room = 'crowd@conference.localhost'

const countOf = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].length

describe('a crowd that enters a room at once', () => {
  let server: OwnTestServer
  let clients: PlainClient[]
  beforeAll(async () => {
    const more = `[modules.mod_muc]\nmax_users = ${size}`
    const settings = plainSettings({ more }).replace(
      '[auth.password]',
      '[auth]\nmethods = ["dummy"]\ndummy.base_time = 0\ndummy.variance = 1\n[auth.password]',
    )
    server = await startPlainServer(settings, [])
    const names = Array.from({ length: size }, (_, index) => `p${index}`)
    clients = await Promise.all(names.map((name) => PlainClient.signIn(server.port, name)))
  }, 60_000)
  afterAll(async () => {
    for (const client of clients) client.leaves()
    await server.stop?.()
  })

  /** Has the first make a room like this and all others come; everybody has forgotten what was before. */
  async function fill(fields: Readonly<Record<string, string | readonly string[]>>): Promise<PlainClient[]> {
    const [owner, ...others] = clients as [PlainClient, ...PlainClient[]]
    for (const client of clients) client.received = ''
    owner.says(`<presence to='${room}/p0'><x xmlns='${mucNs}'/></presence>`)
    await owner.hears('<subject')
    const form = configForm({ 'muc#roomconfig_maxusers': String(size), ...fields })
    owner.says(`<iq type='set' id='open' to='${room}'>${form}</iq>`)
    await owner.hears(`type='result' id='open'`)
    for (const [index, client] of others.entries()) {
      client.says(`<presence to='${room}/p${index + 1}'><x xmlns='${mucNs}'/></presence>`)
    }
    await Promise.all(others.map((client) => client.hears('<subject')))
    return others
  }

  async function speak(text: string): Promise<void> {
    clients.at(-1)?.says(`<message to='${room}' type='groupchat'><body>${text}</body></message>`)
    await Promise.all(clients.map((client) => client.hears(`<body>${text}</body>`)))
  }

  it('everybody sees everybody once, and hears what is said after that', async () => {
    const others = await fill({})
    await speak('all here')
    for (const client of others) {
      expect(countOf(client.received, /<presence /g)).toBe(size)
      expect(new Set([...client.received.matchAll(/ from='([^']*)\/p\d+'/g)].map(([match]) => match)).size).toBe(size)
      expect(countOf(client.received, /<subject/g)).toBe(1)
      expect(countOf(client.received, /<body>/g)).toBe(1)
    }
    // The room is gone when the last one has left.
    for (const client of clients) client.says(`<presence to='${room}/x' type='unavailable'/>`)
    await Promise.all(clients.map((client) => client.hears(`code='110'/></x></presence>`)))
    await Promise.all(clients.map((client) => client.asks('left')))
  }, 60_000)

  it('where only moderators are shown, everybody sees them and himself', async () => {
    const others = await fill({ 'muc#roomconfig_presencebroadcast': ['moderator'] })
    await speak('a quiet room')
    for (const client of others) expect(countOf(client.received, /<presence /g)).toBe(2)
    expect(countOf(clients[0]?.received ?? '', /<presence /g)).toBe(1)
  }, 60_000)
})
