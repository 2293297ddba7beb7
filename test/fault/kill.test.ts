import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { numbers } from '../fuzz/mutate.ts'
import { ServerFolder } from '../support/child-server.ts'
import { figures } from '../support/figures.ts'
import { sm } from '../support/managed.ts'
import { PlainClient } from '../support/plain-client.ts'
import { plainSettings } from '../support/plain-server.ts'

const rounds = 10
const below = numbers(7)
let folder: ServerFolder

beforeAll(() => {
  folder = new ServerFolder(
    plainSettings({ more: '[modules.mod_register]\n[modules.mod_stream_management]' }).replace(
      'max_stanza_size',
      'access = "all"\nmax_stanza_size',
    ),
  )
})
afterAll(() => folder.remove())

/** What the server has said yes to. */
interface Promised {
  readonly accounts: string[]
  readonly contacts: string[]
  readonly messages: number[]
}

async function register(port: number, name: string): Promise<void> {
  const client = await PlainClient.connect(port)
  client.says(
    `<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='localhost' version='1.0'>`,
  )
  client.says(
    `<iq type='set' id='r'><query xmlns='jabber:iq:register'><username>${name}</username><password>${name}</password></query></iq>`,
  )
  await client.hears(`<iq type='result' id='r'`)
  client.leaves()
}

/** Keeps a server busy until it is killed, and notes what it has answered. */
async function use(port: number, round: number, promised: Promised): Promise<void> {
  const people = async () => {
    for (let i = 0; ; i++) {
      const name = `user-${round}-${i}`
      await register(port, name)
      promised.accounts.push(name)
    }
  }
  const contacts = async () => {
    const client = await PlainClient.signIn(port, 'writer', 'roster')
    for (let i = 0; ; i++) {
      const jid = `contact-${round}-${i}@localhost`
      client.says(`<iq type='set' id='c${i}'><query xmlns='jabber:iq:roster'><item jid='${jid}'/></query></iq>`)
      await client.hears(`type='result' id='c${i}'`)
      promised.contacts.push(jid)
    }
  }
  const messages = async () => {
    const client = await PlainClient.signIn(port, 'writer', 'messages')
    client.says(`<enable xmlns='${sm}'/>`)
    await client.hears('<enabled ')
    for (let i = round * 1_000_000, count = 1; ; i++, count++) {
      client.says(`<message to='reader@localhost' id='${i}' type='chat'><body>Hi</body></message><r xmlns='${sm}'/>`)
      await client.hears(`<a xmlns='${sm}' h='${count}'/>`)
      promised.messages.push(i)
    }
  }
  await Promise.allSettled([people(), contacts(), messages()])
}

describe('a server that is killed', () => {
  it(`has on disk what it has answered, ${rounds} times over`, async () => {
    const first = await folder.start()
    for (const name of ['reader', 'writer']) await register(first.port, name)
    first.kill('SIGTERM')
    expect(await first.exited).toBe(0)
    const promised: Promised = { accounts: [], contacts: [], messages: [] }
    for (let round = 0; round < rounds; round++) {
      const server = await folder.start()
      const moment = promised.messages.length + 1 + below(15)
      const using = use(server.port, round, promised)
      while (promised.messages.length < moment) await new Promise((resolve) => setImmediate(resolve))
      server.kill('SIGKILL')
      expect(await server.exited).toBe('SIGKILL')
      await using
    }
    const server = await folder.start()
    for (const name of promised.accounts) (await PlainClient.signIn(server.port, name)).leaves()
    const writer = await PlainClient.signIn(server.port, 'writer')
    writer.says(`<iq type='get' id='all'><query xmlns='jabber:iq:roster'/></iq>`)
    await writer.hears(`id='all'`)
    await writer.hears('</query>')
    expect(promised.contacts.filter((jid) => !writer.received.includes(`jid='${jid}'`))).toEqual([])
    const reader = await PlainClient.signIn(server.port, 'reader')
    const got = [...reader.received.matchAll(/<message [^>]*id='(\d+)'/g)].map((match) => Number(match[1]))
    expect(promised.messages.filter((id) => !got.includes(id))).toEqual([])
    expect(got).toEqual([...got].sort((a, b) => a - b))
    server.kill('SIGTERM')
    expect(await server.exited).toBe(0)
    figures(
      `killed ${rounds} times: ${promised.accounts.length} accounts, ${promised.contacts.length} contacts and ${promised.messages.length} messages answered for, none lost`,
    )
  }, 180_000)
})
