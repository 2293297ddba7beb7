import { describe, expect } from 'vitest'
import { befriend } from '../support/friends.ts'
import { story } from '../support/story.ts'

const nonsense = `<error type='cancel'><item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>`

describe('who a stanza is from', () => {
  for (const kind of ['message', 'presence', 'iq']) {
    story(
      `a ${kind} in another's name ends the stream of who sent it, and nobody gets it`,
      async ({ alice, bob, carol }) => {
        const [mallory, victim] = [await alice.client('m'), await bob.client('v')]
        const attributes = kind === 'iq' ? ` type='get' id='1'` : ''
        const inner = kind === 'iq' ? `<query xmlns='jabber:iq:version'/>` : ''
        mallory.sends(`<${kind} from='${carol.jid}' to='${victim.jid}'${attributes}>${inner}</${kind}>`)
        await mallory.receivesStreamError('invalid-from')
        await victim.receivesNothing()
      },
    )
  }

  story('a roster push of somebody else shows who made it', async ({ alice, bob }) => {
    const [mallory, victim] = [await alice.client('m'), await bob.client('v')]
    mallory.sends(
      `<iq type='set' id='p' to='${victim.jid}'><query xmlns='jabber:iq:roster'><item jid='evil@localhost' subscription='both'/></query></iq>`,
    )
    await victim.receives(`<iq type='set' id='p' from='${mallory.jid}' to='${victim.jid}'>{any}</iq>`)
    expect(await victim.roster()).toEqual([])
    await mallory.asks(`<query xmlns='jabber:iq:roster'><item jid='evil@localhost'/></query>`, 'set', {
      to: bob.jid,
      refused: 'forbidden',
    })
    expect(await victim.roster()).toEqual([])
  })

  story('nobody becomes a contact by saying so', async (cast) => {
    const { alice, bob } = cast
    const mallory = await alice.client('m', { roster: true })
    const victim = await bob.client('v', { roster: true })
    for (const to of [bob.jid, victim.jid]) {
      for (const type of ['subscribed', 'unsubscribed', 'unsubscribe'])
        mallory.sends(`<presence type='${type}' to='${to}'/>`)
    }
    await cast.settle()
    await victim.receivesNothing()
    expect(await victim.roster()).toEqual([])
    const item = (await mallory.roster())[0]
    expect(item?.attr('subscription') ?? 'none').toBe('none')
    mallory.sends(`<presence type='probe' to='${bob.jid}'/>`)
    await cast.settle()
    const seen = (await mallory.drains()).filter(
      (stanza) => stanza.name === 'presence' && stanza.attr('from')?.startsWith(bob.jid),
    )
    expect(seen).toEqual([])
  })

  story("an item with a subscription of the client's own making has none", async ({ alice }) => {
    const mallory = await alice.client('m')
    await mallory.asks(
      `<query xmlns='jabber:iq:roster'><item jid='bob@localhost' subscription='both' ask='subscribe' approved='true'/></query>`,
      'set',
    )
    const [item] = await mallory.roster()
    expect([item?.attr('subscription'), item?.attr('ask'), item?.attr('approved')]).toEqual([
      'none',
      undefined,
      undefined,
    ])
  })
})

describe('answers', () => {
  story(
    'that nobody asked for are dropped, or go where they are addressed under the own name',
    async ({ alice, bob }) => {
      const [mallory, victim] = [await alice.client('m'), await bob.client('v')]
      for (const type of ['result', 'error']) {
        const inner = type === 'error' ? nonsense : ''
        for (const to of [bob.jid, 'localhost', alice.jid])
          mallory.sends(`<iq type='${type}' id='x' to='${to}'>${inner}</iq>`)
      }
      await victim.receivesNothing()
      await mallory.receivesNothing()
      mallory.sends(`<iq type='result' id='x' to='${victim.jid}'/>`)
      await victim.receives(`<iq type='result' id='x' from='${mallory.jid}' to='${victim.jid}'/>`)
    },
  )

  story('to a question of the server count only from who was asked', async ({ alice, bob }) => {
    const [victim, mallory] = [await bob.client('v', { presence: false }), await alice.client('m')]
    const caps = (ver: string) =>
      `<presence><c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='http://x.example' ver='${ver}'/></presence>`
    victim.sends(caps('QgayPKawpkPSDYmwT/WM94uAlu0='))
    const { element } = await victim.finds(`<iq type='get' from='localhost' id='{id}'>{any}</iq>`)
    const id = element.attr('id') ?? ''
    const lie = `<query xmlns='http://jabber.org/protocol/disco#info' node='http://x.example#QgayPKawpkPSDYmwT/WM94uAlu0='><feature var='evil'/></query>`
    mallory.sends(`<iq type='result' id='${id}' to='localhost'>${lie}</iq>`)
    await mallory.receivesNothing()
    victim.sends(`<iq type='result' id='${id}' to='localhost'>${lie}</iq>`)
    await victim.isHeard()
  })
})

describe('what strangers learn', () => {
  story('nothing from probes, disco and last activity, whether somebody is there or not', async (cast) => {
    const { alice, bob, carol } = cast
    const stranger = await alice.client('s')
    await bob.client('here')
    for (const target of [bob, carol]) {
      stranger.sends(`<presence type='probe' to='${target.jid}'/>`)
      stranger.sends(`<presence type='probe' to='${target.jid}/here'/>`)
    }
    await cast.settle()
    await stranger.receivesNothing()
    const answers = []
    for (const target of [bob, carol]) {
      const errors = []
      for (const payload of [
        `<query xmlns='jabber:iq:last'/>`,
        `<query xmlns='http://jabber.org/protocol/disco#items'/>`,
        `<query xmlns='http://jabber.org/protocol/disco#info'/>`,
      ]) {
        stranger.sends(`<iq type='get' id='q' to='${target.jid}'>${payload}</iq>`)
        errors.push((await stranger.answerTo('q')).toString().replaceAll(target.jid, 'somebody'))
      }
      answers.push(errors)
    }
    expect(answers[0]).toEqual(answers[1])
    expect(answers[0]?.join()).not.toContain('here')
  })

  story('a contact who was removed sees nothing any more', async (cast) => {
    const { alice, bob } = cast
    await befriend(cast, alice, bob)
    const [one, two] = [await alice.client('1', { roster: true }), await bob.client('2', { roster: true })]
    await one.finds(`<presence from='${two.jid}'>{any}</presence>`)
    await two.asks(`<query xmlns='jabber:iq:roster'><item jid='${alice.jid}' subscription='remove'/></query>`, 'set')
    await cast.settle()
    await one.drains()
    two.sends(`<presence><status>secret</status></presence>`)
    one.sends(`<presence type='probe' to='${bob.jid}'/>`)
    await cast.settle()
    expect((await one.drains()).map(String).join()).not.toContain('secret')
  })
})
