import { createHash } from 'node:crypto'
import { describe, expect } from 'vitest'
import { befriend } from '../support/friends.ts'
import { announces, owner, PS, publish, pubsub } from '../support/pubsub.ts'
import { story } from '../support/story.ts'

const data = 'urn:xmpp:avatar:data'
const metadata = 'urn:xmpp:avatar:metadata'
const differs = {
  differs: { ejabberd: 'converts with a further module', prosody: 'converts with a further module' },
}
const picture = (text: string) => {
  const bytes = Buffer.from(text)
  const hash = createHash('sha1').update(bytes).digest('hex')
  const base64 = bytes.toString('base64')
  return {
    hash,
    base64,
    data: `<item id='${hash}'><data xmlns='${data}'>${base64}</data></item>`,
    metadata: `<item id='${hash}'><metadata xmlns='${metadata}'><info bytes='${bytes.length}' id='${hash}' type='image/png'/></metadata></item>`,
    card: `<vCard xmlns='vcard-temp'><FN>Alice</FN><PHOTO><TYPE>image/png</TYPE><BINVAL>${base64}</BINVAL></PHOTO></vCard>`,
    presence: `<x xmlns='vcard-temp:x:update'><photo>${hash}</photo></x>`,
  }
}
const open = { access_model: 'open' }
const getCard = `<vCard xmlns='vcard-temp'/>`

describe('XEP-0398', () => {
  story('§3 a published avatar is the picture of the vCard, and its hash is in presence', differs, async (cast) => {
    const { alice, bob } = cast
    await befriend(cast, alice, bob)
    const [pc, bobs] = [await alice.client('pc'), await bob.client('pc')]
    await pc.drains()
    await bobs.drains()
    const one = picture('one')
    await pc.asks(publish(data, one.data, open), 'set')
    await pc.asks(publish(metadata, one.metadata, open), 'set')
    await bobs.finds(`<presence from='${pc.jid}'>${one.presence}</presence>`)
    const card = `${await bobs.asks(getCard, 'get', { to: alice.jid })}`
    expect(card).toContain(`<PHOTO><TYPE>image/png</TYPE><BINVAL>${one.base64}</BINVAL></PHOTO>`)
    pc.sends(`<presence to='${bob.jid}'><show>away</show><x xmlns='vcard-temp:x:update'/></presence>`)
    await bobs.finds(`<presence from='${pc.jid}'><show>away</show>${one.presence}</presence>`)
    pc.sends(`<presence><x xmlns='vcard-temp:x:update'><photo/></x></presence>`)
    await bobs.finds(`<presence from='${pc.jid}'><x xmlns='vcard-temp:x:update'><photo/></x></presence>`)
    await pc.asks(publish(metadata, `<item id='none'><metadata xmlns='${metadata}'/></item>`), 'set')
    expect(`${await bobs.asks(getCard, 'get', { to: alice.jid })}`).not.toContain('PHOTO')
  })

  story('§3 the picture of a vCard is published as avatar', differs, async (cast) => {
    const { alice, bob } = cast
    await befriend(cast, alice, bob)
    const [pc, bobs] = [await alice.client('pc'), await bob.client('pc')]
    await announces(bobs, `${metadata}+notify`)
    await bobs.drains()
    const two = picture('two')
    await pc.asks(two.card, 'set')
    const found = await bobs.finds(`<message type='headline' from='${alice.jid}'>{any}</message>`)
    expect(`${found.element.child('event', PS.event)}`).toContain(two.metadata)
    const answer = await bobs.asks(pubsub(`<items node='${data}'><item id='${two.hash}'/></items>`), 'get', {
      to: alice.jid,
    })
    expect(`${answer}`).toContain(two.data)
    const phone = await alice.client('phone', { presence: false })
    phone.sends('<presence/>')
    await bobs.finds(`<presence from='${phone.jid}'>${two.presence}</presence>`)
  })

  story('§4 an avatar that is taken back is gone from presence too', differs, async (cast) => {
    const { alice, bob } = cast
    await befriend(cast, alice, bob)
    const [pc, bobs] = [await alice.client('pc'), await bob.client('pc')]
    await pc.drains()
    await bobs.drains()
    pc.sends(`<presence><x xmlns='vcard-temp:x:update'/></presence>`)
    const without = `<x xmlns='vcard-temp:x:update'><photo/></x>`
    await bobs.finds(`<presence from='${pc.jid}'>${without}</presence>`)
    const four = picture('four')
    await pc.asks(publish(data, four.data, open), 'set')
    await pc.asks(publish(metadata, four.metadata, open), 'set')
    await bobs.finds(`<presence from='${pc.jid}'>${four.presence}</presence>`)
    await pc.asks(publish(metadata, `<item id='none'><metadata xmlns='${metadata}'/></item>`), 'set')
    await bobs.finds(`<presence from='${pc.jid}'>${without}</presence>`)
    await pc.asks(publish(metadata, four.metadata), 'set')
    await bobs.finds(`<presence from='${pc.jid}'>${four.presence}</presence>`)
    await pc.asks(owner(`<delete node='${metadata}'/>`), 'set')
    await bobs.finds(`<presence from='${pc.jid}'>${without}</presence>`)
    expect(`${await bobs.asks(getCard, 'get', { to: alice.jid })}`).not.toContain('PHOTO')
    const later = await bob.client('later')
    await later.finds(`<presence from='${pc.jid}'>${without}{any}</presence>`)
  })

  story(
    '§5 an avatar for contacts only does not become public',
    { differs: { ejabberd: 'converts with a further module' } },
    async ({ alice, bob }) => {
      const [pc, bobs] = [await alice.client('pc'), await bob.client('pc')]
      const three = picture('three')
      await pc.asks(publish(data, three.data), 'set')
      await pc.asks(publish(metadata, three.metadata), 'set')
      await bobs.asks(getCard, 'get', { to: alice.jid, refused: 'item-not-found' })
    },
  )
})

describe('XEP-0292', () => {
  story(
    'a vCard of the newer kind is there for everybody, as an item and by itself',
    differs,
    async ({ alice, bob }) => {
      const [pc, bobs] = [await alice.client('pc'), await bob.client('pc')]
      const card = `<vcard xmlns='urn:ietf:params:xml:ns:vcard-4.0'><fn><text>Alice</text></fn></vcard>`
      const get = `<vcard xmlns='urn:ietf:params:xml:ns:vcard-4.0'/>`
      await bobs.asks(get, 'get', { to: alice.jid, refused: 'item-not-found' })
      await bobs.asks(card, 'set', { to: alice.jid, refused: 'forbidden' })
      await pc.asks(card, 'set')
      expect(`${await bobs.asks(get, 'get', { to: alice.jid })}`).toContain(card)
      expect(`${await bobs.asks(pubsub(`<items node='urn:xmpp:vcard4'/>`), 'get', { to: alice.jid })}`).toContain(card)
    },
  )
})

describe('XEP-0490', () => {
  const mds = 'urn:xmpp:mds:displayed:0'
  const displayed = `<displayed xmlns='${mds}'><stanza-id xmlns='urn:xmpp:sid:0' id='1' by='alice@localhost'/></displayed>`
  const marker = `<displayed xmlns='urn:xmpp:chat-markers:0' id='m1'/>`

  story(
    '§3.6 the server publishes for the other clients what a message says, and takes it out',
    differs,
    async ({ alice, bob }) => {
      const [pc, phone, bobs] = [await alice.client('pc'), await alice.client('phone'), await bob.client('pc')]
      await announces(phone, `${mds}+notify`)
      await phone.drains()
      pc.sends(`<message to='${bob.jid}' id='d1'>${marker}${displayed}</message>`)
      await bobs.receives(`<message from='${pc.jid}' id='d1'>${marker}</message>`)
      await phone.finds(
        `<message type='headline' from='${alice.jid}'><event xmlns='${PS.event}'><items node='${mds}'>` +
          `<item id='${bob.jid}'>${displayed}</item></items></event></message>`,
      )
      await bobs.asks(pubsub(`<items node='${mds}'/>`), 'get', { to: alice.jid, refused: 'not-allowed' })
    },
  )
})
