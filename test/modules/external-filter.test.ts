import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { parseConfig } from '../../src/config/load.ts'
import { ConfigErrors } from '../../src/config/problem.ts'
import { Jid } from '../../src/jid/jid.ts'
import { allModules } from '../../src/modules/all.ts'
import { search } from '../support/archive.ts'
import { makesRoom, says } from '../support/light-rooms.ts'
import { ownServer } from '../support/own-server.ts'

interface Asked {
  readonly method: string
  readonly path: string
  readonly type: string
  readonly variables: Readonly<Record<string, string>>
}

type Answer = { readonly status?: number; readonly text: string } | 'never'

const action = (word: string): Answer => ({ text: JSON.stringify({ data: { verifyMessage: { action: word } } }) })
const [allow, block] = [action('ALLOW'), action('BLOCK')]

/** A service that judges messages; a question stays open until the test lets it be answered, where it says so. */
class Judge {
  readonly asked: Asked[] = []
  answerTo: (body: string) => Answer | Promise<Answer> = () => allow
  readonly #server: Server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', async () => {
      const { query, variables } = JSON.parse(Buffer.concat(chunks).toString('utf8'))
      expect(query).toMatch(/^mutation verifyMessage\(/)
      const { method = '', url = '', headers } = request
      this.asked.push({ method, path: url, type: headers['content-type'] ?? '', variables })
      const answer = await this.answerTo(variables.body)
      if (answer !== 'never') response.writeHead(answer.status ?? 200).end(answer.text)
    })
  })

  async start(port: number): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(port, '127.0.0.1', resolve))
    return (this.#server.address() as AddressInfo).port
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}

const judge = new Judge()
afterAll(() => judge.stop())
const port = await judge.start(0)
/** A port that has just been given up. */
const gone = new Judge()
const closed = await gone.start(0)
await gone.stop()

const pool = (to: number) => `
[outgoing_pools.http.filter.connection]
host = "http://127.0.0.1:${to}"
path_prefix = "/graphql"
request_timeout = 300
`

const message = (to: string, body: string) =>
  `<message type='chat' to='${to}' id='${body}'><body>${body}</body></message>`
const got = (from: string, body: string) =>
  `<message type='chat' from='${from}' id='${body}'><body>${body}</body>{any}</message>`

describe('mod_external_filter', () => {
  const own = ownServer(
    `[modules.mod_offline]\n[modules.mod_muc_light]\n[modules.mod_external_filter]\npool_tag = "filter"\n${pool(port)}`,
  )
  beforeEach(() => {
    judge.asked.length = 0
    judge.answerTo = () => allow
  })

  const both = async () => [await own.client('alice', 'pc'), await own.client('bob', 'pc')] as const

  it('asks once about a message and lets it go', async () => {
    const [alice, bob] = await both()
    alice.sends(
      `<message to='${bob.bare}' id='m1'><body>hello &amp; żółw</body><body xml:lang='de'>hallo</body></message>`,
    )
    await bob.receives(`<message from='${alice.jid}' id='m1'>{any}</message>`)
    expect(judge.asked).toHaveLength(1)
    const [{ method, path, type, variables }] = judge.asked as [Asked]
    expect([method, path, type]).toEqual(['POST', '/graphql', 'application/json'])
    expect(variables).toMatchObject({ body: 'hello & żółw', recipient: bob.bare, sender: alice.jid })
    expect(variables['rawData']).toMatch(
      /^<message .*<body>hello &amp; żółw<\/body><body xml:lang='de'>hallo<\/body><\/message>$/,
    )
    expect(variables['externalId']).toMatch(/^[1-9]\d*$/)
  })

  it('asks once about a message to a room, however many belong to it', async () => {
    const [alice, bob] = await both()
    const room = await makesRoom(alice, [bob])
    says(alice, room, 'hello')
    await bob.receives(`<message from='${room}/${alice.bare}' type='groupchat'><body>hello</body></message>`)
    expect(judge.asked.map(({ variables }) => variables['recipient'])).toEqual([room])
  })

  it('gives each message a greater number', async () => {
    const [alice, bob] = await both()
    for (const body of ['one', 'two', 'three']) alice.sends(message(bob.jid, body))
    for (const body of ['one', 'two', 'three']) await bob.receives(got(alice.jid, body))
    const ids = judge.asked.map(({ variables }) => BigInt(variables['externalId'] ?? '0'))
    expect(ids.every((id, index) => index === 0 || id > (ids[index - 1] ?? 0n))).toBe(true)
    expect(ids).toHaveLength(3)
  })

  it('says nothing of a message that is blocked, which is not kept either', async () => {
    const [alice, bob] = await both()
    judge.answerTo = () => block
    alice.sends(message(bob.jid, 'bad'))
    await bob.receivesNothing()
    await alice.receivesNothing()
    await own.server.registerUser('carol', 'secret')
    alice.sends(message('carol@localhost', 'bad'))
    await alice.receivesNothing()
    const carol = await own.client('carol', 'pc')
    await carol.receivesNothing()
    expect(judge.asked).toHaveLength(2)
  })

  it('is not asked about what an admin sends by command, but about what users do', async () => {
    const [alice, bob] = await both()
    const room = await makesRoom(alice, [bob])
    const run = (name: string, input: object, body: string, user?: Jid) =>
      own.server.server.commands.run(name, { ...input, from: alice.bare, body }, { user })
    const user = Jid.parse(alice.bare)
    await run('stanza.sendMessage', { to: bob.jid }, 'by an admin')
    await bob.receives(`<message from='${alice.bare}'><body>by an admin</body>{any}</message>`)
    await run('muc_light.sendMessageToRoom', { room }, 'to the room')
    await bob.receives(`<message from='${room}/${alice.bare}'><body>to the room</body>{any}</message>`)
    expect(judge.asked).toEqual([])
    judge.answerTo = (body) => (body === 'bad' ? block : allow)
    for (const body of ['bad', 'by the user']) await run('stanza.sendMessage', { to: bob.jid }, body, user)
    await bob.receives(`<message from='${alice.bare}'><body>by the user</body>{any}</message>`)
    for (const body of ['bad', 'hello']) await run('muc_light.sendMessageToRoom', { room }, body, user)
    await bob.receives(`<message from='${room}/${alice.bare}'><body>hello</body>{any}</message>`)
    expect(judge.asked.map(({ variables }) => variables['body'])).toEqual(['bad', 'by the user', 'bad', 'hello'])
  })

  const troubles: readonly [string, Answer][] = [
    [
      'GraphQL errors',
      { text: JSON.stringify({ errors: [{ message: 'no' }], data: { verifyMessage: { action: 'BLOCK' } } }) },
    ],
    ['another status', { status: 500, text: 'sorry' }],
    ['no answer in time', 'never'],
    ['what is not JSON', { text: '<html/>' }],
    ['null', { text: 'null' }],
    ['an unknown action', action('MAYBE')],
  ]
  for (const [what, answer] of troubles) {
    it(`lets a message go when there is ${what}`, async () => {
      const [alice, bob] = await both()
      judge.answerTo = () => answer
      alice.sends(message(bob.jid, 'm1'))
      await bob.receives(got(alice.jid, 'm1'))
    })
  }

  it('asks nothing about what has no body, but about an empty one', async () => {
    const [alice, bob] = await both()
    const marker = `<received xmlns='urn:xmpp:receipts' id='x'/>`
    alice.sends(`<message to='${bob.jid}' id='r1'>${marker}</message>`)
    await bob.receives(`<message from='${alice.jid}' id='r1'>${marker}</message>`)
    expect(judge.asked).toEqual([])
    alice.sends(`<message to='${bob.jid}' id='e1'><body/></message>`)
    await bob.receives(`<message from='${alice.jid}' id='e1'>{any}</message>`)
    expect(judge.asked.map(({ variables }) => variables['body'])).toEqual([''])
  })

  it('keeps the order of a session; others go on', async () => {
    const [alice, bob] = await both()
    const carol = await own.client('carol', 'pc')
    const open: (() => void)[] = []
    judge.answerTo = (body) =>
      body.startsWith('slow') ? new Promise((resolve) => open.push(() => resolve(allow))) : allow
    alice.sends(message(bob.jid, 'slow'))
    alice.sends(message(bob.jid, 'fast'))
    carol.sends(message(bob.jid, 'other'))
    await bob.receives(got(carol.jid, 'other'))
    await expect.poll(() => open.length).toBe(1)
    for (const answer of open) answer()
    await bob.receives(got(alice.jid, 'slow'))
    await bob.receives(got(alice.jid, 'fast'))
  })

  it('decides about the message of somebody who has left meanwhile', async () => {
    const [alice, bob] = await both()
    let answer = () => {}
    judge.answerTo = () =>
      new Promise((resolve) => {
        answer = () => resolve(allow)
      })
    alice.sends(message(bob.jid, 'bye'))
    await expect.poll(() => judge.asked.length).toBe(1)
    alice.destroy()
    await expect.poll(() => own.server.server.hostOf('localhost')?.sessions.size).toBe(2)
    answer()
    await bob.finds(got(alice.jid, 'bye'))
  })
})

describe('a service that is not there', () => {
  const own = ownServer(`[modules.mod_external_filter]\npool_tag = "filter"\n${pool(closed)}`)

  it('stops nobody', async () => {
    const [alice, bob] = [await own.client('alice', 'pc'), await own.client('bob', 'pc')]
    alice.sends(message(bob.jid, 'm1'))
    await bob.receives(got(alice.jid, 'm1'))
  })
})

describe('the configuration', () => {
  const check = (text: string) => () => parseConfig({ text, file: '/tmp/none/meerkat.toml', modules: allModules })
  const base = '[general]\nhosts = ["localhost"]\n[modules.mod_external_filter]\n'

  it('names a pool, which is there', () => {
    for (const wrong of ['', 'pool_tag = "other"\n']) expect(check(base + wrong + pool(9))).toThrow(ConfigErrors)
    expect(check(`${base}pool_tag = "other"\n${pool(9)}`)).toThrow(/outgoing_pools\.http\.other/)
    expect(check(`${base}pool_tag = "filter"\n${pool(9)}`)).not.toThrow()
  })
})

describe('mod_external_filter beside an archive', () => {
  const modules =
    '[modules.mod_stanzaid]\n[modules.mod_mam.pm]\n[modules.mod_carboncopy]\n[modules.mod_external_filter]\n'
  const own = ownServer(`${modules}pool_tag = "filter"\n${pool(port)}`)
  beforeEach(() => {
    judge.asked.length = 0
    judge.answerTo = (body) => (body === 'bad' ? block : allow)
  })

  it('lets nobody keep or copy what is blocked, and names the rest as the archives do', async () => {
    const [alice, phone] = [await own.client('alice', 'pc'), await own.client('alice', 'phone')]
    const bob = await own.client('bob', 'pc')
    await phone.asks(`<enable xmlns='urn:xmpp:carbons:2'/>`, 'set')
    await phone.drains()
    alice.sends(message(bob.jid, 'bad'))
    await bob.receivesNothing()
    await phone.receivesNothing()
    expect([(await search(alice)).ids, (await search(bob)).ids]).toEqual([[], []])
    alice.sends(message(bob.jid, 'good'))
    await bob.finds(got(alice.jid, 'good'))
    const id = Number(judge.asked.at(-1)?.variables['externalId'])
    const archived = [id.toString(32).toUpperCase()]
    expect([(await search(alice)).ids, (await search(bob)).ids]).toEqual([archived, archived])
  })
})
