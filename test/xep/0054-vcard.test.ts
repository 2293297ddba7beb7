import { describe, expect, it } from 'vitest'
import { Jid } from '../../src/jid/jid.ts'
import { personalData } from '../../src/router/events.ts'
import type { Host } from '../../src/router/host.ts'
import { ownServer } from '../support/own-server.ts'
import { story } from '../support/story.ts'

const ns = 'vcard-temp'
const get = `<vCard xmlns='${ns}'/>`
const card = (content: string) => `<vCard xmlns='${ns}'>${content}</vCard>`
const disco = `<query xmlns='http://jabber.org/protocol/disco#info'/>`

describe('XEP-0054', () => {
  story('§3.1 a user stores a card and gets it back as it was', { over: 'every' }, async ({ alice }) => {
    const pc = await alice.client('pc')
    const content =
      `<FN>Lena Берг &amp; Sons</FN><NICKNAME>🐢 L\u200dena</NICKNAME>` +
      `<ADR><HOME/><LOCALITY>Санкт-Петербург</LOCALITY><CTRY>Россия</CTRY></ADR>` +
      `<X-SHOE-SIZE unit='eu'>39</X-SHOE-SIZE><other xmlns='urn:other' a='1'>x<b xmlns='urn:b'/></other>`
    const result = await pc.asks(card(content), 'set')
    expect(result.children).toEqual([])
    pc.sends(`<iq type='get' id='v1'>${get}</iq>`)
    await pc.receives(`<iq type='result' id='v1'>${card(content)}</iq>`)
    pc.sends(`<iq type='get' id='v2' to='${alice.jid}'>${get}</iq>`)
    await pc.receives(`<iq type='result' id='v2'>${card(content)}</iq>`)
  })

  story('§3.2 a new card replaces the old one, an empty one too', async ({ alice }) => {
    const pc = await alice.client('pc')
    await pc.asks(card('<FN>Alice</FN><TITLE>Dr</TITLE>'), 'set')
    await pc.asks(card('<FN>Alice II</FN>'), 'set')
    expect(`${(await pc.asks(get)).child('vCard', ns)}`).toBe(card('<FN>Alice II</FN>'))
    await pc.asks(get, 'set')
    expect(`${(await pc.asks(get)).child('vCard', ns)}`).toBe(get)
  })

  story('§3.3 the card of somebody else comes from the server', async ({ alice, bob }) => {
    const [pc, bobs] = [await alice.client('pc'), await bob.client('pc')]
    await bobs.asks(card('<FN>Bob</FN>'), 'set')
    expect(`${(await pc.asks(get, 'get', { to: bob.jid })).child('vCard', ns)}`).toBe(card('<FN>Bob</FN>'))
    await bobs.receivesNothing()
  })

  story(
    'no card and no account look the same',
    { differs: { ejabberd: 'gives an empty card' } },
    async ({ alice, bob, stranger, server }) => {
      const pc = await alice.client('pc')
      for (const to of [alice.jid, bob.jid, `${stranger()}@${server.domain}`]) {
        await pc.asks(get, 'get', { to, refused: 'item-not-found' })
      }
    },
  )

  story(
    'nobody writes the card of somebody else, of the server, or of a client',
    { differs: { prosody: 'answers otherwise', ejabberd: 'answers otherwise' } },
    async ({ alice, bob, server }) => {
      const [pc, bobs] = [await alice.client('pc'), await bob.client('pc')]
      for (const to of [bob.jid, server.domain, pc.jid]) {
        await pc.asks(card('<FN>Eve</FN>'), 'set', { to, refused: 'not-allowed' })
      }
      await bobs.receivesNothing()
      await pc.asks(get, 'get', { to: bob.jid, refused: 'item-not-found' })
    },
  )

  story('a request to a client goes to it', async ({ alice, bob }) => {
    const [pc, bobs] = [await alice.client('pc'), await bob.client('pc')]
    pc.sends(`<iq type='get' id='v1' to='${bobs.jid}'>${get}</iq>`)
    await bobs.receives(`<iq type='get' id='v1' from='${pc.jid}'>${get}</iq>`)
  })

  story(
    'a name that cannot be searched for is refused, and the old card stays',
    { differs: { prosody: 'takes it', ejabberd: 'takes it' } },
    async ({ alice }) => {
      const pc = await alice.client('pc')
      await pc.asks(card('<FN>Alice</FN>'), 'set')
      const error = await pc.asks(card('<FN>Al\ue000ice</FN>'), 'set', { refused: 'bad-request' })
      expect(`${error}`).toContain('Invalid input for vcard field FN')
      expect(`${(await pc.asks(get)).child('vCard', ns)}`).toBe(card('<FN>Alice</FN>'))
    },
  )

  story(
    'the server and the account tell of it, and the server has a card',
    { differs: { prosody: 'the account does not tell of it' } },
    async ({ alice, server }) => {
      const pc = await alice.client('pc')
      for (const to of [server.domain, alice.jid]) {
        expect(`${await pc.asks(disco, 'get', { to })}`).toContain(`<feature var='${ns}'/>`)
      }
      const own = (await pc.asks(get, 'get', { to: server.domain })).child('vCard', ns)
      expect(own?.elements().map((child) => child.name)).toEqual(expect.arrayContaining(['FN', 'URL', 'DESC']))
    },
  )
})

describe('mod_vcard', () => {
  const own = ownServer('[modules.mod_vcard]\nsearch = false\n')

  it('has no directory with search = false', async () => {
    const pc = await own.client('pc')
    await pc.asks(disco, 'get', { to: 'vjud.localhost', refused: 'service-unavailable' })
    const items = await pc.asks(`<query xmlns='http://jabber.org/protocol/disco#items'/>`, 'get', { to: 'localhost' })
    expect(`${items}`).not.toContain('vjud')
  })

  it('keeps cards over a restart', async () => {
    const pc = await own.client('ulla')
    await pc.asks(card('<FN>Ulla</FN>'), 'set')
    await own.restart()
    const again = await own.client('ulla')
    expect(`${(await again.asks(get)).child('vCard', ns)}`).toBe(card('<FN>Ulla</FN>'))
  })

  it('hands the card over as personal data', async () => {
    const host = own.server.server.hostOf('localhost') as Host
    const data = await host.hooks.gather(personalData, { host, user: Jid.parse('ulla@localhost') })
    const vcard = `<vCard xmlns='${ns}'><FN>Ulla</FN></vCard>`
    expect(data).toContainEqual({ name: 'vcard', rows: [{ jid: 'ulla@localhost', vcard }] })
  })

  it('drops the card of a removed account', async () => {
    const pc = await own.client('pc')
    await own.command('account.removeUser', { user: 'ulla@localhost' })
    await pc.asks(get, 'get', { to: 'ulla@localhost', refused: 'item-not-found' })
  })
})
