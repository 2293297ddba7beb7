import { describe, expect } from 'vitest'
import { befriend } from '../support/friends.ts'
import { story } from '../support/story.ts'
import { NS } from '../support/xml.ts'

describe('RFC 6121 §4.2 initial presence', () => {
  story(
    '§4.2.2 it comes back to the sender and goes to the own other resources',
    { over: 'every' },
    async ({ alice }) => {
      const pc = await alice.client('pc')
      const phone = await alice.client('phone', { presence: false })
      phone.sends(`<presence><show>away</show><status>out</status><priority>3</priority></presence>`)
      await phone.meets(phone.jid)
      await pc.receives(
        `<presence from='${phone.jid}'><show>away</show><status>out</status><priority>3</priority></presence>`,
      )
      await pc.receivesNothing()
    },
  )

  story('§4.2.2 the newcomer is told of the own other resources', async ({ alice }) => {
    const pc = await alice.client('pc', { presence: false })
    pc.sends(`<presence><show>dnd</show></presence>`)
    await pc.meets(pc.jid)
    const phone = await alice.client('phone', { presence: false })
    phone.sends('<presence/>')
    await phone.receivesAll([
      `<presence from='${phone.jid}' type='{none}'/>`,
      `<presence from='${pc.jid}' type='{none}'><show>dnd</show>{any}</presence>`,
    ])
    await phone.receivesNothing()
  })

  story('§4.2.2 contacts with a subscription get it, others do not', { over: 'every' }, async (cast) => {
    const { alice, bob, carol } = cast
    await befriend(cast, alice, bob)
    const [bobs, carols] = [await bob.client('pc'), await carol.client('pc')]
    const pc = await alice.client('pc', { presence: false })
    await bobs.drains()
    pc.sends(`<presence><status>here</status></presence>`)
    await bobs.receives(`<presence from='${pc.jid}' type='{none}'><status>here</status>{any}</presence>`)
    await carols.receivesNothing()
  })

  story('§4.2.3 the newcomer is told of contacts that are there', { over: 'every' }, async (cast) => {
    const { alice, bob } = cast
    await befriend(cast, alice, bob)
    const bobs = await bob.client('pc', { presence: false })
    bobs.sends(`<presence><show>xa</show></presence>`)
    await bobs.meets(bobs.jid)
    const pc = await alice.client('pc')
    await pc.receives(`<presence from='${bobs.jid}' type='{none}'><show>xa</show>{any}</presence>`)
  })

  story('§4.2 one way only: who may see is told, who may not is not', async (cast) => {
    const { alice, bob } = cast
    await befriend(cast, alice, bob, 'to')
    const bobs = await bob.client('pc')
    const pc = await alice.client('pc')
    await pc.receives(`<presence from='${bobs.jid}' type='{none}'>{any}</presence>`)
    await bobs.receivesNothing()
  })
})

describe('RFC 6121 §4.4 and §4.5 later presence', () => {
  story('§4.4.2 a change goes to contacts and to the own resources', async (cast) => {
    const { alice, bob } = cast
    await befriend(cast, alice, bob)
    const [pc, phone] = [await alice.client('pc'), await alice.client('phone')]
    const bobs = await bob.client('pc')
    await cast.settle()
    for (const client of [pc, phone, bobs]) await client.drains()
    pc.sends(`<presence><show>chat</show></presence>`)
    for (const client of [pc, phone, bobs])
      await client.receives(`<presence from='${pc.jid}'><show>chat</show>{any}</presence>`)
    for (const client of [pc, phone, bobs]) await client.receivesNothing()
  })

  story(
    '§4.5.2 unavailable goes to contacts and to the own resources, with its status',
    { over: 'every' },
    async (cast) => {
      const { alice, bob } = cast
      await befriend(cast, alice, bob)
      const [bobs, pc, phone] = [await bob.client('pc'), await alice.client('pc'), await alice.client('phone')]
      await cast.settle()
      for (const client of [pc, phone, bobs]) await client.drains()
      pc.sends(`<presence type='unavailable'><status>gone home</status></presence>`)
      const gone = `<presence from='${pc.jid}' type='unavailable'><status>gone home</status></presence>`
      await phone.receives(gone)
      await bobs.receives(gone)
      await bobs.receivesNothing()
    },
  )

  for (const [what, isOrderly] of [
    ['closes the stream', true],
    ['is cut off', false],
  ] as const) {
    story(`§4.5.2 contacts are told when a client ${what}`, { over: 'every' }, async (cast) => {
      const { alice, bob } = cast
      await befriend(cast, alice, bob)
      const [bobs, pc] = [await bob.client('pc'), await alice.client('pc')]
      await bobs.meets(pc.jid)
      await bobs.drains()
      if (isOrderly) await pc.leaves()
      else pc.destroy()
      await bobs.receives(`<presence from='${pc.jid}' type='unavailable'>{any}</presence>`)
    })
  }

  story('§4.5.4 after unavailable a client gets no broadcasts', async (cast) => {
    const { alice, bob } = cast
    await befriend(cast, alice, bob)
    const [bobs, pc] = [await bob.client('pc'), await alice.client('pc')]
    await cast.settle()
    bobs.sends(`<presence type='unavailable'/>`)
    await cast.settle()
    await bobs.drains()
    pc.sends(`<presence><status>anyone?</status></presence>`)
    await bobs.receivesNothing()
  })

  story('a client that never was available says nothing at its end', async (cast) => {
    const { alice, bob } = cast
    await befriend(cast, alice, bob)
    const [bobs, pc] = [await bob.client('pc'), await alice.client('pc', { presence: false })]
    await bobs.drains()
    await pc.leaves()
    await bobs.receivesNothing()
  })
})

describe('RFC 6121 §4.6 directed presence', () => {
  story('§4.6.3 it goes to its addressee unchanged', { over: 'every' }, async ({ alice, bob }) => {
    const [pc, bobs] = [await alice.client('pc'), await bob.client('pc')]
    pc.sends(
      `<presence to='${bobs.jid}'><show>away</show><status>just for you</status><priority>5</priority></presence>`,
    )
    await bobs.receives(
      `<presence from='${pc.jid}' to='${bobs.jid}'><show>away</show><status>just for you</status><priority>5</priority></presence>`,
    )
  })

  story('§4.6.3 it needs no initial presence', async ({ alice, bob }) => {
    const [pc, bobs] = [await alice.client('pc', { presence: false }), await bob.client('pc')]
    pc.sends(`<presence to='${bob.jid}'/>`)
    await bobs.receives(`<presence from='${pc.jid}' type='{none}'/>`)
  })

  for (const [what, leave] of [
    ['unavailable to all', 'presence'],
    ['the end of the stream', 'end'],
    ['the end of the connection', 'cut'],
  ] as const) {
    story(`§4.6.3 ${what} is told to those who had directed presence`, async ({ alice, bob, carol }) => {
      const [pc, bobs, carols] = [await alice.client('pc'), await bob.client('pc'), await carol.client('pc')]
      pc.sends(`<presence to='${bobs.jid}'/>`)
      await bobs.receives(`<presence from='${pc.jid}' type='{none}'/>`)
      if (leave === 'presence') pc.sends(`<presence type='unavailable'/>`)
      else if (leave === 'end') await pc.leaves()
      else pc.destroy()
      await bobs.receives(`<presence from='${pc.jid}' type='unavailable'>{any}</presence>`)
      await carols.receivesNothing()
    })
  }

  story('§4.6.3 who was told of the end already is not told again', async ({ alice, bob }) => {
    const [pc, bobs] = [await alice.client('pc'), await bob.client('pc')]
    pc.sends(`<presence to='${bobs.jid}'/>`)
    await bobs.receives(`<presence from='${pc.jid}' type='{none}'/>`)
    pc.sends(`<presence to='${bobs.jid}' type='unavailable'/>`)
    await bobs.receives(`<presence from='${pc.jid}' type='unavailable'/>`)
    pc.sends(`<presence type='unavailable'/>`)
    await bobs.receivesNothing()
  })

  story('§8.5.2 to the bare address it goes to all available resources', async ({ alice, bob }) => {
    const pc = await alice.client('pc')
    const [one, two, hidden] = [
      await bob.client('1'),
      await bob.client('2', { presence: -1 }),
      await bob.client('3', { presence: false }),
    ]
    pc.sends(`<presence to='${bob.jid}'><status>hi all</status></presence>`)
    for (const client of [one, two])
      await client.receives(`<presence from='${pc.jid}'><status>hi all</status></presence>`)
    await hidden.receivesNothing()
  })

  story('§8.5.3.2.2 to a resource that is not there it is dropped', async ({ alice, bob, stranger }) => {
    const [pc, bobs] = [await alice.client('pc'), await bob.client('pc')]
    for (const to of [`${bob.jid}/away`, `${stranger()}@${bob.domain}`]) pc.sends(`<presence to='${to}'/>`)
    await bobs.receivesNothing()
    await pc.receivesNothing()
  })
})

describe('RFC 6121 §4.7 the content of presence', () => {
  story('§4.7.1 bad-request: a type that there is not', { over: 'every' }, async ({ alice, bob }) => {
    const [pc, bobs] = [await alice.client('pc'), await bob.client('pc')]
    pc.sends(`<presence type='bored' id='p'/>`)
    await pc.receives(
      `<presence type='error' id='p'><error type='modify' {any}><bad-request xmlns='${NS.stanzaErrors}'/>{any}</error>{any}</presence>`,
    )
    pc.sends(`<presence type='bored' id='q' to='${bobs.jid}'/>`)
    await pc.receives(
      `<presence type='error' id='q'><error type='modify' {any}><bad-request xmlns='${NS.stanzaErrors}'/>{any}</error>{any}</presence>`,
    )
    await bobs.receivesNothing()
  })

  story(
    '§4.7.2.3 bad-request: a priority that is no number of a byte',
    {
      differs: {
        prosody: 'takes a bad priority for 0; the error is ours',
        ejabberd: 'takes a bad priority for 0; the error is ours',
      },
    },
    async ({ alice }) => {
      const pc = await alice.client('pc', { presence: false })
      for (const priority of ['128', '-129', 'high', '1.5']) {
        pc.sends(`<presence id='p'><priority>${priority}</priority></presence>`)
        await pc.receives(
          `<presence type='error' id='p'><error type='modify' {any}><bad-request xmlns='${NS.stanzaErrors}'/>{any}</error>{any}</presence>`,
        )
      }
    },
  )

  story('§4.7.2.3 the ends of the range are in it', async ({ alice }) => {
    const pc = await alice.client('pc')
    for (const priority of ['-128', '127']) {
      pc.sends(`<presence><priority>${priority}</priority></presence>`)
      await pc.receives(`<presence from='${pc.jid}'><priority>${priority}</priority></presence>`)
    }
  })

  story('§4.7 what others put into presence arrives whole', async ({ alice, bob }) => {
    const [pc, bobs] = [await alice.client('pc'), await bob.client('pc')]
    const caps = `<c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='urn:x' ver='q07IKJEyjvHSyhy//CH0CxmKi8w='/>`
    pc.sends(`<presence to='${bobs.jid}'><status xml:lang='de'>da</status>${caps}</presence>`)
    await bobs.receives(`<presence from='${pc.jid}'><status xml:lang='de'>da</status>${caps}</presence>`)
  })
})

describe('RFC 6121 §4.3 probes', () => {
  story('§4.3.2 a subscriber is told what was said last', async (cast) => {
    const { alice, bob } = cast
    await befriend(cast, alice, bob)
    const pc = await alice.client('pc', { presence: false })
    pc.sends(`<presence><show>dnd</show></presence>`)
    await pc.meets(pc.jid)
    const bobs = await bob.client('pc')
    await cast.settle()
    await bobs.drains()
    bobs.sends(`<presence type='probe' to='${alice.jid}'/>`)
    await bobs.receives(`<presence from='${pc.jid}' type='{none}'><show>dnd</show>{any}</presence>`)
    expect(await pc.drains().then((seen) => seen.filter((stanza) => stanza.attr('type') === 'probe'))).toEqual([])
  })

  story('mod_presence: the answer to a probe has a delay', async (cast) => {
    const { alice, bob } = cast
    await befriend(cast, alice, bob)
    const pc = await alice.client('pc')
    const bobs = await bob.client('pc')
    await cast.settle()
    await bobs.drains()
    bobs.sends(`<presence type='probe' to='${alice.jid}'/>`)
    await bobs.receives(
      `<presence from='${pc.jid}' type='{none}'><delay xmlns='urn:xmpp:delay' {any}>{text}</delay>{any}</presence>`,
    )
  })

  story(
    '§4.3.2 a subscriber is told that nobody is there',
    { differs: { ejabberd: 'answers nothing when nobody is there' } },
    async (cast) => {
      const { alice, bob } = cast
      await befriend(cast, alice, bob)
      const bobs = await bob.client('pc', { presence: false })
      bobs.sends(`<presence type='probe' to='${alice.jid}'/>`)
      const { element } = await bobs.receives(`<presence type='unavailable'>{any}</presence>`)
      expect(element.attr('from')?.split('/')[0]).toBe(alice.jid)
    },
  )

  story('§4.3.2 a stranger learns nothing', async ({ alice, bob, stranger }) => {
    const [pc, bobs] = [await alice.client('pc'), await bob.client('pc')]
    for (const to of [alice.jid, pc.jid, `${stranger()}@${alice.domain}`])
      bobs.sends(`<presence type='probe' to='${to}'/>`)
    const seen = await bobs.drains()
    expect(seen.filter((stanza) => !['unsubscribed', 'error'].includes(stanza.attr('type') ?? ''))).toEqual([])
    await pc.receivesNothing()
  })
})

describe('mod_presence: replaced sessions', () => {
  story('contacts are told, the newcomer is not', async (cast) => {
    const { alice, bob } = cast
    await befriend(cast, alice, bob)
    const bobs = await bob.client('pc')
    const old = await alice.client('pc')
    await bobs.meets(old.jid)
    for (const client of [bobs, old]) await client.drains()
    const fresh = await alice.client('pc', { presence: false })
    await old.receivesStreamError('conflict')
    await bobs.receives(`<presence from='${old.jid}' type='unavailable'>{any}</presence>`)
    await fresh.receivesNothing()
  })
})
