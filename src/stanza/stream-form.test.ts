import { describe, expect, it } from 'vitest'
import { Jid } from '../jid/jid.ts'
import { scanFrame } from '../xml/frame.ts'
import { defaultLimits } from '../xml/limits.ts'
import { fromWire } from '../xml/wire.ts'
import { Stanza } from './stanza.ts'
import { inOurs } from './stream-form.ts'

const [romeo, juliet] = [Jid.parse('romeo@montague.example'), Jid.parse('juliet@capulet.example')]
const raw = (xml: string) => scanFrame(Buffer.from(xml), defaultLimits)

function sent(xml: string): string {
  return fromWire(Stanza.fromRaw(raw(xml), romeo, juliet).toWire('server'))
}
const addresses = `from='romeo@montague.example' to='juliet@capulet.example'`

describe('a stanza on a stream between servers', () => {
  it('is the text as it came', () => {
    expect(sent(`<message xmlns='jabber:client' id='1'><body>Hi</body><x xmlns='urn:x'><y/></x></message>`)).toBe(
      `<message ${addresses} id='1'><body>Hi</body><x xmlns='urn:x'><y/></x></message>`,
    )
  })

  it('has its own content in the namespace of that stream, and what it carries in its own', () => {
    const carried = `<forwarded xmlns='urn:xmpp:forward:0'><message xmlns='jabber:client'><body>Old</body></message></forwarded>`
    expect(sent(`<message xmlns='jabber:client'><body xmlns='jabber:client'>Hi</body>${carried}</message>`)).toBe(
      `<message ${addresses}><body>Hi</body>${carried}</message>`,
    )
  })

  it('is in the namespace of components on a stream of theirs', () => {
    const text = `<message xmlns='jabber:client'><body xmlns='jabber:client'>Hi</body><body>Ho</body></message>`
    const stanza = Stanza.fromRaw(raw(text), romeo, juliet)
    expect(fromWire(stanza.toWire('component'))).toBe(`<message ${addresses}><body>Hi</body><body>Ho</body></message>`)
  })
})

describe('a stanza from another server', () => {
  it('is in our namespace, whatever it says of its own', () => {
    const body = `<body xmlns='jabber:server'>Hi</body>`
    for (const text of [
      `<message xmlns='jabber:server'><body>Hi</body></message>`,
      `<message xmlns='jabber:client'>${body}</message>`,
      `<message xmlns='jabber:server'>${body}</message>`,
    ]) {
      const stanza = Stanza.fromRaw(inOurs('jabber:server', raw(text)), romeo, juliet)
      expect(stanza.child('body')?.text()).toBe('Hi')
      expect(fromWire(stanza.toWire('client'))).toBe(`<message ${addresses}><body>Hi</body></message>`)
    }
  })

  it('keeps the namespaces of what it carries', () => {
    const text = `<message xmlns='jabber:server'><x xmlns='urn:x'><message xmlns='jabber:server'/></x></message>`
    const stanza = Stanza.fromRaw(inOurs('jabber:server', raw(text)), romeo, juliet)
    expect(stanza.child('x', 'urn:x')?.elements()[0]?.ns).toBe('jabber:server')
  })
})
