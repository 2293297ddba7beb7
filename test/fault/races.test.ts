import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bindTo, opening, plainAuth } from '../fuzz/corpus/streams.ts'
import { LiveEdge, type PaperConnection, until } from '../support/live-edge.ts'

const edge = new LiveEdge()

beforeAll(async () => {
  await edge.start()
  for (const name of ['alice', 'bob']) await edge.register(name, 'secret')
})
afterAll(() => edge.stop())

async function signIn(user: string, resource: string): Promise<PaperConnection> {
  const connection = edge.connect()
  connection.says(opening + plainAuth(user) + opening + bindTo(resource))
  expect(await until(() => connection.written.includes('<jid>'))).toBe(true)
  return connection
}

async function hears(connection: PaperConnection, text: string): Promise<void> {
  if (!(await until(() => connection.written.includes(text)))) throw new Error(`no ${text} in ${connection.written}`)
}

describe('a session that ends', () => {
  it('while it is coming is not seen to stay', async () => {
    const [alice, bob] = [await signIn('alice', 'first'), await signIn('bob', 'b')]
    for (const client of [alice, bob]) client.says('<presence/>')
    bob.says(`<presence type='subscribe' to='alice@localhost'/>`)
    await hears(alice, `type='subscribe'`)
    alice.says(`<presence type='subscribed' to='bob@localhost'/>`)
    await hears(bob, `from='alice@localhost/first'`)
    for (let turns = 0; turns < 40; turns++) {
      const resource = `t${turns}`
      const short = await signIn('alice', resource)
      // Rosters and stored messages are asked for while this goes on.
      short.says('<presence/>')
      for (let turn = 0; turn < turns / 4; turn++) await new Promise((resolve) => setImmediate(resolve))
      short.vanish()
    }
    expect(await until(() => edge.host.sessions.size === 2)).toBe(true)
    alice.says(`<message to='bob@localhost' id='end'/>`)
    await hears(bob, `id='end'`)
    const seen = new Map<string, string>()
    for (const [tag] of bob.written.matchAll(/<presence [^>]*>/g)) {
      seen.set(/from='([^']*)'/.exec(tag)?.[1] ?? '', /type='([^']*)'/.exec(tag)?.[1] ?? 'available')
    }
    const shown = [...seen].filter(([from, type]) => /\/t\d+$/.test(from) && type === 'available')
    expect(shown).toEqual([])
    for (const client of [alice, bob]) client.vanish()
  })

  it('with messages on their way to it leaves them to be read later, in order and none twice', async () => {
    const bob = await signIn('bob', 'b')
    const count = 120
    for (let i = 0; i < count; i++)
      bob.says(`<message to='alice@localhost' id='${i}' type='chat'><body>Hi</body></message>`)
    bob.says(`<iq type='get' id='sent'><ping xmlns='urn:xmpp:ping'/></iq>`)
    await hears(bob, `id='sent'`)
    const got: number[] = []
    // Each stays a little longer; the last one until everything has come, as a busy machine may be slow to read from the disk.
    const visits = 200
    for (let turns = 0; got.length < count && turns <= visits; turns++) {
      const alice = await signIn('alice', 'a')
      alice.take()
      alice.says('<presence/>')
      for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve))
      if (turns === visits) await hears(alice, `id='${count - 1}'`)
      const now = [...alice.take().matchAll(/<message [^>]*id='(\d+)'/g)].map((match) => Number(match[1]))
      alice.vanish()
      // Told twice is allowed where the end came before the deletion; told never, or out of order, is not.
      expect(now).toEqual(Array.from({ length: now.length }, (_, i) => (now[0] ?? 0) + i))
      expect(now[0] ?? got.length).toBeLessThanOrEqual(got.length)
      for (const id of now) if (id === got.length) got.push(id)
      expect(await until(() => edge.host.sessions.size === 1)).toBe(true)
    }
    expect(got).toEqual(Array.from({ length: count }, (_, i) => i))
    bob.vanish()
    expect(edge.faults).toEqual([])
  })

  it('lets who speaks to it at that moment be heard by the next one', async () => {
    const bob = await signIn('bob', 'b')
    const count = 60
    const got: number[] = []
    for (let i = 0; i < count; i++) {
      const alice = await signIn('alice', 'a')
      alice.says('<presence/>')
      await hears(alice, `from='alice@localhost/a'`)
      alice.vanish()
      bob.says(`<message to='alice@localhost/a' id='r${i}' type='chat'><body>Hi</body></message>`)
      const next = await signIn('alice', 'a')
      next.says('<presence/>')
      await hears(next, `id='r${i}'`)
      got.push(i)
      next.vanish()
    }
    expect(got).toHaveLength(count)
    bob.vanish()
  })
})
