import { describe, expect, it } from 'vitest'
import { Jid } from '../jid/jid.ts'
import { el } from '../xml/element.ts'
import { defaultLimits } from '../xml/limits.ts'
import { forwarding } from './forward.ts'
import { Stanza } from './stanza.ts'

const reason = { name: 'sent', ns: 'urn:xmpp:carbons:2' }
const read = (text: string) => Stanza.fromBytes(Buffer.from(text), Jid.parse)

describe('a message that carries another one', () => {
  it('holds its very text, with all that it says of itself', () => {
    const inner = `<message xmlns='jabber:client' from='romeo@example.org/pc' to='juliet@example.org' type='chat' xmlns:p='urn:p' xml:lang='pl'><body>żółw &amp; 🐢</body><p:x a='&apos;'/></message>`
    const made = forwarding(read(inner), { head: { type: 'chat', id: 'c' }, reason, place: 'inside' })
    const text = Buffer.from(made.toWire('client'), 'latin1').toString('utf8')
    expect(text).toBe(
      `<message type='chat' id='c'><sent xmlns='urn:xmpp:carbons:2'><forwarded xmlns='urn:xmpp:forward:0'>${inner}</forwarded></sent></message>`,
    )
    const message = made.child('sent', reason.ns)?.child('forwarded', 'urn:xmpp:forward:0')
    expect(message?.child('message', 'jabber:client')?.child('x', 'urn:p')?.attr('a')).toBe("'")
  })

  it('may have its reason beside it', () => {
    const made = forwarding(read(`<message xmlns='jabber:client'/>`), { head: {}, reason, place: 'beside' })
    expect(made.index.map(({ name }) => name)).toEqual(['sent', 'forwarded'])
  })

  it('may be deeper than what anybody may send', () => {
    let deep = el('x', 'urn:x')
    for (let depth = 3; depth < defaultLimits.maxDepth; depth++) deep = el('x', 'urn:x', deep)
    const made = forwarding(Stanza.make('message', {}, deep), { head: {}, reason, place: 'inside' })
    expect(made.has('sent', reason.ns)).toBe(true)
  })
})
