import { describe, expect, it } from 'vitest'
import { Jid } from '../jid/jid.ts'
import { el } from '../xml/element.ts'
import { scanFrame } from '../xml/frame.ts'
import { defaultLimits } from '../xml/limits.ts'
import { parseElement } from '../xml/parse.ts'
import { asWire, fromWire } from '../xml/wire.ts'
import { NS } from './namespaces.ts'
import { Stanza } from './stanza.ts'
import { StanzaError } from './stanza-error.ts'
import { jsonNote, stanzaKey } from './stanza-key.ts'
import { Ticket } from './ticket.ts'

const romeo = Jid.parse('romeo@montague.example/orchard')
const juliet = Jid.parse('juliet@capulet.example')

function received(xml: string): Stanza {
  return Stanza.fromRaw(scanFrame(Buffer.from(xml), defaultLimits), romeo, juliet)
}
const message = `<message xmlns='jabber:client' id='m&amp;1' type="chat" from='x@y' to='juliet@capulet.example'><body>Héllo</body><x xmlns='urn:x' a='1'/><thread>t</thread></message>`

describe('a stanza as received', () => {
  it('is passed on with its text as it came, under the addresses given', () => {
    const text = fromWire(received(message).toWire('client'))
    expect(text).toBe(
      `<message from='romeo@montague.example/orchard' to='juliet@capulet.example' id='m&amp;1' type="chat"><body>Héllo</body><x xmlns='urn:x' a='1'/><thread>t</thread></message>`,
    )
    expect(fromWire(received(message).toWire('framed'))).toContain("<message xmlns='jabber:client' from=")
  })

  it('tells head and children without being taken apart', () => {
    const stanza = received(message)
    expect(stanza).toMatchObject({ kind: 'message', type: 'chat', id: 'm&1' })
    expect(stanza.has('body')).toBe(true)
    expect(stanza.has('x', 'urn:x')).toBe(true)
    expect(stanza.has('x')).toBe(false)
    expect(stanza.child('body')?.text()).toBe('Héllo')
    expect(stanza.index.map(({ name }) => name)).toEqual(['body', 'x', 'thread'])
  })

  it('gives the text of a child as it travels, where that is all there is', () => {
    const stanza = received(message)
    expect(fromWire(stanza.plainText('body') ?? asWire(''))).toBe('Héllo')
    const moved = stanza.prepend(el('y', 'urn:y')).without(({ name }) => name === 'body')
    expect([moved.plainText('thread'), moved.plainText('body')]).toEqual(['t', undefined])
    const others = [
      '<body/>',
      '<body></body>',
      '<body >a</body>',
      '<body>a&amp;b</body>',
      '<body>a<b/></body>',
      '<body>a</body >',
    ]
    const texts = others.map((body) => received(`<message xmlns='jabber:client'>${body}</message>`).plainText('body'))
    expect(texts).toEqual([undefined, '', undefined, undefined, undefined, undefined])
  })

  it('is written as another one with the same addresses, attributes and children', () => {
    const stanza = received(message)
    expect(stanza.isWrittenAs(received(message).with(stanzaKey('test.other'), 1))).toBe(true)
    const others = [
      stanza.readdressed(juliet, juliet),
      stanza.append(el('y', 'urn:y')),
      received("<message xmlns='jabber:client'/>"),
    ]
    expect(others.map((other) => stanza.isWrittenAs(other))).toEqual([false, false, false])
  })

  it('gets the language of the stream when it has none (RFC 6120 §8.1.5)', () => {
    const raw = scanFrame(Buffer.from(`<presence xmlns='jabber:client'/>`), defaultLimits)
    const stanza = Stanza.fromRaw(raw, romeo, undefined, { lang: 'de' })
    expect(fromWire(stanza.toWire('client'))).toBe(`<presence from='romeo@montague.example/orchard' xml:lang='de'/>`)
  })
})

describe('the splice verbs', () => {
  it('append, prepend and remove children, alone and together', () => {
    const stanza = received(message)
      .append(el('delay', NS.delay, { stamp: 's' }))
      .prepend(el('stanza-id', 'urn:xmpp:sid:0', { id: '7' }))
      .without(({ name }) => name === 'x')
    expect(stanza.index.map(({ name }) => name)).toEqual(['stanza-id', 'body', 'thread', 'delay'])
    expect(stanza.elements().map((child) => child.name)).toEqual(['stanza-id', 'body', 'thread', 'delay'])
    expect(stanza.child('thread')?.text()).toBe('t')
    const whole = parseElement(fromWire(stanza.toWire('framed')))
    expect(whole.elements().map((child) => child.ns)).toEqual(['urn:xmpp:sid:0', NS.client, NS.client, NS.delay])
    expect(whole.child('body')?.text()).toBe('Héllo')
  })

  it('leaves the original as it was', () => {
    const stanza = received(message)
    stanza.append(el('a', 'urn:a'))
    expect(stanza.index).toHaveLength(3)
  })

  it('can ask a child itself whether it goes', () => {
    const stanza = received(message).without((_, child) => child().attr('a') === '1')
    expect(stanza.has('x', 'urn:x')).toBe(false)
  })
})

describe('storage', () => {
  it('gives back an equal stanza', () => {
    const stanza = Stanza.fromBytes(
      received(message)
        .append(el('n', 'urn:n', 'ü'))
        .toBytes(),
      Jid.parse,
    )
    expect(stanza.from?.full).toBe(romeo.full)
    expect(stanza.to?.full).toBe(juliet.full)
    expect(stanza.child('n', 'urn:n')?.text()).toBe('ü')
    expect(stanza.id).toBe('m&1')
  })
})

describe('an error reply', () => {
  const error = new StanzaError('item-not-found', { text: 'Not <here>' })
  it('exchanges the addresses, keeps id and content, and names type and condition (RFC 6120 §8.3)', () => {
    const reply = received(message).errorReply(error)
    const root = parseElement(fromWire(reply!.toWire('framed')))
    expect(root.attr('type')).toBe('error')
    expect(root.attr('id')).toBe('m&1')
    expect(root.attr('to')).toBe(romeo.full)
    expect(root.child('body')?.text()).toBe('Héllo')
    const child = root.child('error')
    expect(child?.attrs).toEqual({ type: 'cancel', code: '404' })
    expect(child?.child('item-not-found', NS.stanzaErrors)).toBeDefined()
    expect(child?.childText('text', NS.stanzaErrors)).toBe('Not <here>')
  })
  it('keeps prefixes that the content needs', () => {
    const reply = received(`<iq xmlns='jabber:client' xmlns:p='urn:p' type='get' id='1'><p:q/></iq>`).errorReply(error)
    expect(parseElement(fromWire(reply!.toWire('framed'))).child('q', 'urn:p')).toBeDefined()
  })
  it('is never made for an error or an IQ result', () => {
    expect(Stanza.make('message', { type: 'error' }).errorReply(error)).toBeUndefined()
    expect(Stanza.make('iq', { type: 'result' }).errorReply(error)).toBeUndefined()
  })
})

describe('notes on a stanza', () => {
  const here = stanzaKey<number>('test.here')
  const everywhere = stanzaKey<string>(
    'test.everywhere',
    jsonNote((json) => typeof json === 'string'),
  )

  it('stay with what is derived from it, and not with what it was before', () => {
    const plain = received(message)
    const noted = plain.with(here, 1).readdressed(juliet, romeo).append(el('y', 'urn:y'))
    expect([plain.get(here), noted.get(here)]).toEqual([undefined, 1])
    expect(noted.errorReply(new StanzaError('bad-request'))?.get(here)).toBeUndefined()
  })

  it('outlive the process where they have a codec', () => {
    const written = received(message).with(here, 1).with(everywhere, 'x').routedNotes
    expect(written).toEqual({ 'test.everywhere': 'x' })
    const back = received(message).withRoutedNotes(JSON.parse(JSON.stringify({ ...written, unknown: 1 })))
    expect([back.get(here), back.get(everywhere)]).toEqual([undefined, 'x'])
    expect(received(message).withRoutedNotes({ 'test.everywhere': 7 }).get(everywhere)).toBeUndefined()
  })
})

describe('the ticket of a stanza', () => {
  const scanned = () => scanFrame(Buffer.from(message), defaultLimits)

  it('is settled when the stanza has been handled and everything that it caused is on disk', async () => {
    let settled = 0
    const ticket = new Ticket({ ticketMoved: () => settled++ })
    const stanza = Stanza.fromRaw(scanned(), romeo, juliet, { ticket })
    let commit = () => {}
    const write = new Promise<void>((resolve) => {
      commit = resolve
    })
    stanza.append(el('y', 'urn:y')).causes(write)
    Stanza.make('message', { from: juliet, to: romeo }).onBehalfOf(stanza).causes(Promise.resolve())
    ticket.handled()
    await Promise.resolve()
    expect(ticket.isSettled).toBe(false)
    commit()
    await write
    expect(ticket).toMatchObject({ isSettled: true, hasFailed: false })
    expect(settled).toBe(1)
  })

  it('remembers that a write was refused', async () => {
    const ticket = new Ticket()
    const refused = Promise.reject(new Error('no room'))
    Stanza.fromRaw(scanned(), romeo, juliet, { ticket }).causes(refused)
    ticket.handled()
    await refused.catch(() => {})
    expect(ticket).toMatchObject({ isSettled: true, hasFailed: true })
  })
})
