import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ServerFolder } from '../support/child-server.ts'
import { figures } from '../support/figures.ts'
import { PlainClient } from '../support/plain-client.ts'
import { plainSettings, startPlainServer } from '../support/plain-server.ts'
import type { OwnTestServer } from '../support/server.ts'

const muc = "xmlns='http://jabber.org/protocol/muc'"
const owner = 'http://jabber.org/protocol/muc#owner'
const admin = 'http://jabber.org/protocol/muc#admin'
const header = `<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='localhost' version='1.0'>`
const room = 'hall@conference.localhost'

async function register(port: number, name: string): Promise<void> {
  const client = await PlainClient.connect(port)
  client.says(
    `${header}<iq type='set' id='r'><query xmlns='jabber:iq:register'><username>${name}</username><password>${name}</password></query></iq>`,
  )
  await client.hears(`<iq type='result' id='r'`)
  client.leaves()
}

async function enters(client: PlainClient, nick: string): Promise<void> {
  client.received = ''
  client.says(`<presence to='${room}/${nick}'><x ${muc}/></presence>`)
  await client.hears('<subject')
}

/** Sends a request to the room and waits for its result. */
async function asks(client: PlainClient, id: string, payload: string): Promise<void> {
  client.says(`<iq type='set' id='${id}' to='${room}'>${payload}</iq>`)
  await client.hears(`type='result' id='${id}'`)
}

function configuration(title: string): string {
  const fields = [
    ['FORM_TYPE', 'http://jabber.org/protocol/muc#roomconfig'],
    ['muc#roomconfig_persistentroom', '1'],
    ['muc#roomconfig_roomname', title],
  ].map(([name, value]) => `<field var='${name}'><value>${value}</value></field>`)
  return `<query xmlns='${owner}'><x xmlns='jabber:x:data' type='submit'>${fields.join('')}</x></query>`
}

describe('a server with rooms that is killed', () => {
  let folder: ServerFolder
  beforeAll(() => {
    const more =
      '[modules.mod_register]\n[modules.mod_muc]\n[modules.mod_mam]\n[modules.mod_mam.muc]\n[modules.mod_stream_management]'
    folder = new ServerFolder(plainSettings({ more }).replace('max_stanza_size', 'access = "all"\nmax_stanza_size'))
  })
  afterAll(() => folder.remove())

  it('has configuration, affiliations, subject and archive of what it has answered', async () => {
    const first = await folder.start()
    await register(first.port, 'lena')
    const lena = await PlainClient.signIn(first.port, 'lena')
    lena.says(`<enable xmlns='urn:xmpp:sm:3'/>`)
    await lena.hears('<enabled')
    await enters(lena, 'boss')
    for (let i = 0; i < 20; i++) {
      await asks(lena, `c${i}`, configuration(`Title ${i}`))
      await asks(
        lena,
        `a${i}`,
        `<query xmlns='${admin}'><item affiliation='member' jid='friend-${i}@localhost'/></query>`,
      )
    }
    lena.says(`<message to='${room}' type='groupchat'><subject>Fire drill</subject></message>`)
    for (let i = 0; i < 20; i++) lena.says(`<message to='${room}' type='groupchat'><body>line ${i}.</body></message>`)
    lena.says(`<presence/><r xmlns='urn:xmpp:sm:3'/>`)
    // What is acknowledged is on disk: 1 presence, 40 requests, 21 messages, 1 presence.
    await lena.hears(`h='63'`)
    first.kill('SIGKILL')
    expect(await first.exited).toBe('SIGKILL')

    const second = await folder.start()
    const again = await PlainClient.signIn(second.port, 'lena')
    await enters(again, 'boss')
    expect(again.received).toContain('Fire drill')
    again.says(`<iq type='get' id='i' to='${room}'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>`)
    await again.hears(`name='Title 19'`)
    again.says(`<iq type='get' id='m' to='${room}'><query xmlns='${admin}'><item affiliation='member'/></query></iq>`)
    await again.hears(`type='result' id='m'`)
    for (let i = 0; i < 20; i++) await again.hears(`friend-${i}@localhost`)
    again.received = ''
    again.says(`<iq type='set' id='q' to='${room}'><query xmlns='urn:xmpp:mam:2'/></iq>`)
    await again.hears('<fin')
    const lines = [...again.received.matchAll(/<body>(line \d+\.)</g)].map((match) => match[1])
    expect(lines).toEqual(Array.from({ length: 20 }, (_, i) => `line ${i}.`))
    again.leaves()
    second.kill('SIGTERM')
    expect(await second.exited).toBe(0)
  }, 60_000)
})

describe('floods in a room', () => {
  const names = ['alice', 'bob', 'carol', 'dave']
  let server: OwnTestServer
  beforeAll(async () => {
    server = await startPlainServer(plainSettings({ more: '[modules.mod_muc]' }), names)
  })
  afterAll(() => server.stop?.())

  /** Two who talk to each other while something goes on, and how many words they change. */
  async function talkDuring(act: () => Promise<unknown>): Promise<number> {
    const [alice, bob] = [await PlainClient.signIn(server.port, 'alice'), await PlainClient.signIn(server.port, 'bob')]
    await enters(alice, 'alice')
    await asks(alice, 'open', `<query xmlns='${owner}'><x xmlns='jabber:x:data' type='submit'/></query>`)
    await enters(bob, 'bob')
    let isOver = false
    let words = 0
    const flood = act().finally(() => {
      isOver = true
    })
    while (!isOver || words < 5) {
      const [speaker, listener] = words % 2 === 0 ? [alice, bob] : [bob, alice]
      speaker.says(`<message to='${room}' type='groupchat'><body>word ${words}.</body></message>`)
      await listener.hears(`<body>word ${words}.</body>`)
      words++
    }
    await flood
    for (const client of [alice, bob]) client.leaves()
    return words
  }

  it('joins and parts, nicks, long messages, and one who does not read: the others talk on', async () => {
    const rounds = 300
    const long = 'x'.repeat(40_000)
    const coming = async () => {
      const carol = await PlainClient.signIn(server.port, 'carol')
      for (let i = 0; i < rounds; i++) {
        carol.says(
          `<presence to='${room}/carol'><x ${muc}><history maxchars='0'/></x></presence><presence to='${room}/carol' type='unavailable'/>`,
        )
      }
      await carol.asks('end')
      carol.leaves()
    }
    const renaming = async () => {
      const carol = await PlainClient.signIn(server.port, 'carol')
      await enters(carol, 'carol')
      for (let i = 0; i < rounds; i++) carol.says(`<presence to='${room}/carol-${i}'/>`)
      await carol.asks('end')
      carol.leaves()
    }
    const shouting = async () => {
      const carol = await PlainClient.signIn(server.port, 'carol')
      await enters(carol, 'carol')
      for (let i = 0; i < 50; i++) {
        carol.says(`<message to='${room}' type='groupchat'><body>${long}</body></message>`)
        await carol.isSent()
      }
      await carol.asks('end')
      carol.leaves()
    }
    const sleeping = async () => {
      const dave = await PlainClient.signIn(server.port, 'dave')
      await enters(dave, 'dave')
      dave.sleeps()
      await shouting()
      dave.leaves()
    }
    const words: number[] = []
    for (const act of [coming, renaming, shouting, sleeping]) words.push(await talkDuring(act))
    for (const count of words) expect(count).toBeGreaterThanOrEqual(5)
    figures(
      `rooms: words that two others changed during floods of joins, nicks, long messages, a slow reader: ${words.join(', ')}`,
    )
  }, 60_000)
})
