import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { Jid } from '../../src/jid/jid.ts'
import { defineModule } from '../../src/module/define.ts'
import { accountReceives, offline, userSends } from '../../src/router/events.ts'
import { isRerouted, senderArchiveId } from '../../src/router/notes.ts'
import { Stanza } from '../../src/stanza/stanza.ts'
import { search } from '../support/archive.ts'
import type { Client } from '../support/client.ts'
import { counts } from '../support/conversations.ts'
import { ownServer } from '../support/own-server.ts'
import { type Marks, story, type User } from '../support/story.ts'
import type { XmlNode } from '../support/xml.ts'

const carbons = 'urn:xmpp:carbons:2'
const older = 'urn:xmpp:carbons:1'
const forward = 'urn:xmpp:forward:0'
const roomUser = 'http://jabber.org/protocol/muc#user'

const noOlder: Marks = { prosody: 'knows the current version only', ejabberd: 'knows the current version only' }

/** A resource that wants copies. */
async function wanting(user: User, resource: string, presence: number | false = 0): Promise<Client> {
  const client = await user.client(resource, { presence })
  await client.asks(`<enable xmlns='${carbons}'/>`, 'set')
  return client
}

/** Waits for a copy and gives the message in it. */
async function copied(client: Client, direction: 'sent' | 'received', id: string): Promise<XmlNode> {
  const { element } = await client.receives(
    `<message from='${client.bare}' to='${client.jid}' {any}><${direction} xmlns='${carbons}'>{any}</${direction}>{any}</message>`,
  )
  const message = element.child(direction, carbons)?.child('forwarded', forward)?.child('message', 'jabber:client')
  expect(message?.attr('id')).toBe(id)
  return message as XmlNode
}

const chat = (to: string, id: string, inner = '') =>
  `<message to='${to}' type='chat' id='${id}'><body>${id}</body>${inner}</message>`

describe('XEP-0280 §3 discovering support', () => {
  story('the server announces it', async ({ alice, server }) => {
    const pc = await alice.client('pc')
    const info = await pc.asks(`<query xmlns='http://jabber.org/protocol/disco#info'/>`, 'get', { to: server.domain })
    const features = info.elements().flatMap((node) => node.elements().map((child) => child.attr('var')))
    expect(features).toContain(carbons)
  })

  story('mod_carboncopy: the older version and the rules are announced too', { differs: noOlder }, async (cast) => {
    const pc = await cast.alice.client('pc')
    const to = cast.server.domain
    const info = await pc.asks(`<query xmlns='http://jabber.org/protocol/disco#info'/>`, 'get', { to })
    const features = info.elements().flatMap((node) => node.elements().map((child) => child.attr('var')))
    expect(features).toEqual(expect.arrayContaining([older, 'urn:xmpp:carbons:rules:0']))
  })
})

describe('XEP-0280 §4 and §5 enabling and disabling', () => {
  story('§10.1 it can be enabled again', { over: 'every' }, async ({ alice }) => {
    const pc = await alice.client('pc')
    for (const to of [undefined, undefined, alice.jid]) {
      const result = await pc.asks(`<enable xmlns='${carbons}'/>`, 'set', to === undefined ? {} : { to })
      expect(result.elements()).toEqual([])
    }
  })

  story('§5 nothing comes any more once it is disabled', async ({ alice, bob }) => {
    const [pc, phone] = [await alice.client('pc'), await wanting(alice, 'phone')]
    const bobs = await bob.client('b')
    bobs.sends(chat(pc.jid, 'm1'))
    await copied(phone, 'received', 'm1')
    await phone.asks(`<disable xmlns='${carbons}'/>`, 'set')
    bobs.sends(chat(pc.jid, 'm2'))
    await phone.receivesNothing()
  })

  story('mod_carboncopy: anything else is a bad request', { differs: noOlder }, async ({ alice }) => {
    const pc = await alice.client('pc')
    const refused = 'bad-request'
    await pc.asks(`<enable xmlns='${carbons}'/>`, 'get', { refused })
    await pc.asks(`<enable xmlns='${carbons}'><junk xmlns='urn:x'/></enable>`, 'set', { refused })
    await pc.asks(`<junk xmlns='${carbons}'/>`, 'set', { refused })
  })

  story(
    'mod_carboncopy: after unavailable presence it has to be enabled again',
    {
      differs: { prosody: 'keeps it for the session', ejabberd: 'keeps it for the session' },
    },
    async ({ alice, bob }) => {
      const [pc, phone] = [await alice.client('pc'), await wanting(alice, 'phone')]
      const bobs = await bob.client('b')
      phone.sends(`<presence type='unavailable'/>`)
      await phone.drains()
      await phone.isPresent()
      await phone.meets(pc.jid)
      await pc.drains()
      bobs.sends(chat(pc.jid, 'm1'))
      await phone.receivesNothing()
      await phone.asks(`<enable xmlns='${carbons}'/>`, 'set')
      bobs.sends(chat(pc.jid, 'm2'))
      await copied(phone, 'received', 'm2')
    },
  )

  story('mod_carboncopy: a client gets the form that it has enabled last', { differs: noOlder }, async (cast) => {
    const { alice, bob } = cast
    const [pc, phone] = [await alice.client('pc'), await wanting(alice, 'phone')]
    await phone.asks(`<enable xmlns='${older}'/>`, 'set')
    const bobs = await bob.client('b')
    bobs.sends(chat(pc.jid, 'm1'))
    const { element } = await phone.receives(`<message from='${alice.jid}' type='chat' {any}>{any}</message>`)
    expect(element.elements().map(({ name, ns }) => `${name} ${ns}`)).toEqual([
      `received ${older}`,
      `forwarded ${forward}`,
    ])
    expect(element.child('forwarded', forward)?.child('message', 'jabber:client')?.attr('id')).toBe('m1')
  })
})

describe('XEP-0280 §7 receiving messages to the account', () => {
  story('§7 a message to one resource is copied once to each other', { over: 'every' }, async ({ alice, bob }) => {
    const [pc, phone, pad] = [await alice.client('pc'), await wanting(alice, 'phone'), await wanting(alice, 'pad')]
    const bobs = await bob.client('b')
    bobs.sends(`<message to='${pc.jid}' type='chat' id='m1' xml:lang='pl'><body>żółw &amp; 🐢</body></message>`)
    await pc.receives(`<message from='${bobs.jid}' id='m1'>{any}</message>`)
    for (const client of [phone, pad]) {
      const message = await copied(client, 'received', 'm1')
      expect(message.attrs).toMatchObject({ from: bobs.jid, to: pc.jid, type: 'chat', 'xml:lang': 'pl' })
      expect(message.child('body', 'jabber:client')?.text()).toBe('żółw & 🐢')
      await client.receivesNothing()
    }
    await bobs.receivesNothing()
  })

  story('§7 one to the account is copied to those of lower priority only', async ({ alice, bob }) => {
    const [pc, top] = [await wanting(alice, 'pc', 5), await wanting(alice, 'top', 5)]
    const [phone, hidden] = [await wanting(alice, 'phone', 1), await wanting(alice, 'hidden', -1)]
    const bobs = await bob.client('b')
    bobs.sends(chat(alice.jid, 'm1'))
    for (const client of [pc, top]) {
      await client.receives(`<message from='${bobs.jid}' id='m1'>{any}</message>`)
      await client.receivesNothing()
    }
    for (const client of [phone, hidden]) {
      await copied(client, 'received', 'm1')
      await client.receivesNothing()
    }
  })

  story(
    'mod_carboncopy: who has sent no presence is a target too',
    { differs: { ejabberd: 'copies to the available' } },
    async ({ alice, bob }) => {
      const [pc, early] = [await alice.client('pc'), await wanting(alice, 'early', false)]
      const bobs = await bob.client('b')
      bobs.sends(chat(pc.jid, 'm1'))
      await copied(early, 'received', 'm1')
    },
  )

  story('§7 nobody else gets one', async ({ alice, bob }) => {
    const [pc, phone] = [await alice.client('pc'), await alice.client('phone')]
    const bobs = await bob.client('b')
    bobs.sends(chat(pc.jid, 'm1'))
    await phone.receivesNothing()
  })
})

describe('XEP-0280 §8 sending messages from the account', () => {
  story('§8 what one resource sends, the others see', { over: 'every' }, async ({ alice, bob }) => {
    const [pc, phone] = [await wanting(alice, 'pc'), await wanting(alice, 'phone')]
    const bobs = await bob.client('b')
    pc.sends(chat(bob.jid, 'm1'))
    const message = await copied(phone, 'sent', 'm1')
    expect(message.attrs).toMatchObject({ from: pc.jid, to: bob.jid, type: 'chat' })
    await bobs.receives(`<message from='${pc.jid}' id='m1'>{any}</message>`)
    await bobs.receivesNothing()
    await pc.receivesNothing()
  })

  story('§8 the order is that of sending', async ({ alice, bob }) => {
    const [pc, phone] = [await wanting(alice, 'pc'), await wanting(alice, 'phone')]
    const ids = Array.from({ length: 20 }, (_, index) => `m${index}`)
    for (const id of ids) pc.sends(chat(bob.jid, id))
    for (const id of ids) await copied(phone, 'sent', id)
  })

  story(
    'mod_carboncopy: what goes to the own account reaches each resource once',
    {
      differs: { prosody: 'copies it besides delivering it', ejabberd: 'copies it besides delivering it' },
    },
    async ({ alice }) => {
      const [pc, pad, phone] = [
        await wanting(alice, 'pc', 5),
        await wanting(alice, 'pad', 5),
        await wanting(alice, 'phone'),
      ]
      phone.sends(chat(alice.jid, 'm1'))
      for (const client of [pc, pad]) {
        await client.receives(`<message from='${phone.jid}' id='m1'>{any}</message>`)
        await client.receivesNothing()
      }
      await phone.receivesNothing()
      pc.sends(chat(pad.jid, 'm2'))
      await pad.receives(`<message from='${pc.jid}' id='m2'>{any}</message>`)
      await pad.receivesNothing()
      await copied(phone, 'received', 'm2')
      await phone.receivesNothing()
      await pc.receivesNothing()
    },
  )
})

describe('XEP-0280 §6 which messages are copied', () => {
  const bodies: Marks = { prosody: 'asks for a body' }
  const copies: [string, string, Marks?][] = [
    ['a normal message with a body', `<message id='m1'><body>hi</body></message>`],
    ['a receipt', `<message id='m1'><received xmlns='urn:xmpp:receipts' id='x'/></message>`, bodies],
    [
      'a chat state',
      `<message id='m1' type='chat'><composing xmlns='http://jabber.org/protocol/chatstates'/></message>`,
    ],
    [
      'a chat marker',
      `<message id='m1'><displayed xmlns='urn:xmpp:chat-markers:0' id='x'/></message>`,
      { ...bodies, ejabberd: 'asks for a body' },
    ],
    ['a call', `<message id='m1' type='chat'><accept xmlns='urn:xmpp:jingle-message:0' id='x'/></message>`],
  ]
  for (const [what, text, differs = {}] of copies) {
    story(`${what} is copied`, { differs }, async ({ alice, bob }) => {
      const [pc, phone] = [await alice.client('pc'), await wanting(alice, 'phone')]
      const bobs = await bob.client('b')
      bobs.sends(text.replace('<message', `<message to='${pc.jid}'`))
      await copied(phone, 'received', 'm1')
      pc.sends(text.replace('<message', `<message to='${bobs.jid}'`))
      await copied(phone, 'sent', 'm1')
    })
  }

  const others: [string, string, Marks?][] = [
    ['one of type groupchat', `<message type='groupchat'><body>hi</body></message>`],
    ['a headline', `<message type='headline'><body>hi</body></message>`],
    [
      'an error',
      `<message type='error'><body>hi</body></message>`,
      { ejabberd: 'copies errors', prosody: 'copies errors' },
    ],
    ['a private one (§9)', `<message type='chat'><body>hi</body><private xmlns='${carbons}'/></message>`],
    [
      'one marked no-copy (XEP-0334)',
      `<message type='chat'><body>hi</body><no-copy xmlns='urn:xmpp:hints'/></message>`,
      { prosody: 'asks for private' },
    ],
    ['a normal one without anything known', `<message><x xmlns='urn:x'/></message>`],
    [
      'one that says that it is a copy (§11)',
      `<message type='chat'><received xmlns='${carbons}'><forwarded xmlns='${forward}'/></received></message>`,
      { prosody: 'copies it', ejabberd: 'copies it' },
    ],
  ]
  for (const [what, text, marks = {}] of others) {
    story(`${what} is not copied`, { leavesOut: marks }, async ({ alice, bob }) => {
      const [pc, phone] = [await alice.client('pc'), await wanting(alice, 'phone')]
      const bobs = await bob.client('b')
      bobs.sends(text.replace('<message', `<message to='${pc.jid}' id='m1'`))
      await pc.receives(`<message from='${bobs.jid}' id='m1' {any}>{any}</message>`)
      pc.sends(text.replace('<message', `<message to='${bobs.jid}' id='m2'`))
      await phone.receivesNothing()
    })
  }

  const received: [string, string][] = [
    ['a mediated invitation', `<message><x xmlns='${roomUser}'><invite from='juliet@example.org'/></x></message>`],
    ['a direct invitation', `<message><x xmlns='jabber:x:conference' jid='room@example.org'/></message>`],
    ['a private message in a room', `<message><x xmlns='${roomUser}'/></message>`],
  ]
  for (const [what, text] of received) {
    story(
      `${what} is copied where it is received`,
      { leavesOut: { ejabberd: 'wants a body', prosody: 'wants a body' } },
      async ({ alice, bob }) => {
        const [pc, phone] = [await alice.client('pc'), await wanting(alice, 'phone')]
        const bobs = await bob.client('b')
        bobs.sends(text.replace('<message', `<message to='${pc.jid}' id='m1'`))
        await copied(phone, 'received', 'm1')
      },
    )
  }

  story('an element of rooms in a message to the account changes nothing', async ({ alice, bob }) => {
    const [pc, phone] = [await alice.client('pc', { presence: 5 }), await wanting(alice, 'phone')]
    const bobs = await bob.client('b')
    bobs.sends(`<message to='${alice.jid}' id='m1'><x xmlns='${roomUser}'/></message>`)
    await pc.receives(`<message from='${bobs.jid}' id='m1'>{any}</message>`)
    await phone.receivesNothing()
  })

  story('who is away gets what was sent, not a copy of it', async ({ alice, bob }) => {
    const pc = await wanting(alice, 'pc')
    const bobs = await wanting(bob, 'b', false)
    pc.sends(chat(bob.jid, 'm1'))
    await pc.isHeard()
    await bobs.receivesNothing()
    bobs.sends('<presence/>')
    await bobs.meets(bobs.jid)
    await bobs.receives(`<message from='${pc.jid}' id='m1'>{any}</message>`)
    await bobs.receivesNothing()
  })
})

describe('mod_carboncopy beside an archive', () => {
  /** Gives messages the ids that an archive would, and takes down which of them it sees. */
  const seen: string[] = []
  const archive = defineModule({
    name: 'mod_test_archive',
    about: 'Stands for an archive.',
    xeps: [],
    options: z.strictObject({}),
    setup({ on }) {
      on(userSends, 'store', (event) => {
        event.stanza = event.stanza.with(senderArchiveId, 'C3F')
      })
      on(accountReceives, 'store', ({ stanza }) => void seen.push(stanza.id ?? ''))
      on(offline, 'store', ({ stanza }) => void seen.push(stanza.id ?? ''))
    },
  })
  const own = ownServer('[modules.mod_carboncopy]\n[modules.mod_test_archive]\n', { modules: [archive] })

  it('§8 what was sent says where it is in the archive, and copies are not archived', async () => {
    const [pc, phone] = [await own.client('alice', 'pc'), await own.client('alice', 'phone')]
    await pc.meets(phone.jid)
    await phone.meets(pc.jid)
    await phone.asks(`<enable xmlns='${carbons}'/>`, 'set')
    const bob = await own.client('bob', 'b')
    seen.length = 0
    pc.sends(chat(bob.jid, 'm1'))
    await bob.receives(`<message from='${pc.jid}' type='chat' id='m1'><body>m1</body></message>`)
    const message = await copied(phone, 'sent', 'm1')
    expect(message.child('stanza-id', 'urn:xmpp:sid:0')?.attrs).toMatchObject({ by: pc.bare, id: 'C3F' })
    bob.sends(chat(pc.jid, 'm2'))
    await copied(phone, 'received', 'm2')
    expect(seen).toEqual(['m1', 'm2'])
  })

  it('a message that comes again because its session has ended is not copied again', async () => {
    const [pc, phone] = [await own.client('carol', 'pc'), await own.client('carol', 'phone')]
    await phone.meets(pc.jid)
    await phone.asks(`<enable xmlns='${carbons}'/>`, 'set')
    const text = Buffer.from(
      `<message xmlns='jabber:client' from='bob@localhost' to='${pc.jid}' type='chat'><body>hi</body></message>`,
    )
    const stanza = Stanza.fromBytes(text, Jid.parse).with(isRerouted, true)
    await own.server.server.hostOf('localhost')?.router.route(stanza)
    await phone.receivesNothing()
  })
})

describe('mod_carboncopy beside archive and inbox', () => {
  const own = ownServer(`[modules.mod_carboncopy]
[modules.mod_mam.pm]
[modules.mod_inbox]
`)

  it('copies are neither archived nor counted', async () => {
    const [pc, phone] = [await own.client('alice', 'pc'), await own.client('alice', 'phone')]
    await pc.meets(phone.jid)
    await phone.meets(pc.jid)
    await phone.asks(`<enable xmlns='${carbons}'/>`, 'set')
    const bob = await own.client('bob', 'b')
    pc.sends(chat(bob.jid, 'm1'))
    await copied(phone, 'sent', 'm1')
    bob.sends(chat(pc.jid, 'm2'))
    await copied(phone, 'received', 'm2')
    bob.sends(chat(pc.jid, 'm3'))
    await copied(phone, 'received', 'm3')
    expect((await search(phone)).bodies).toEqual(['m1', 'm2', 'm3'])
    expect(await counts(phone)).toEqual(['m3: 2'])
  })
})
