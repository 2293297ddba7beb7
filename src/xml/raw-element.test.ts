import { describe, expect, it } from 'vitest'
import { el } from './element.ts'
import { XmlError } from './errors.ts'
import { scanFrame } from './frame.ts'
import { defaultLimits } from './limits.ts'
import type { RawElement } from './raw-element.ts'
import { XmlScanner } from './scanner.ts'
import { fromWire, ownWire } from './wire.ts'

function frame(text: string): RawElement {
  return scanFrame(Buffer.from(text), defaultLimits)
}

/** The element as it comes out of a stream. */
function streamed(text: string): RawElement {
  const found: RawElement[] = []
  const scanner = new XmlScanner({ opened() {}, closed() {}, element: (raw) => found.push(raw) }, defaultLimits)
  const bytes = Buffer.from(`<stream:stream xmlns='jabber:client' xmlns:stream='urn:s' xmlns:db='urn:db'>${text}`)
  scanner.push(bytes, bytes.length)
  return found[0] as RawElement
}

describe('RawElement', () => {
  const text = `<message to='ro&amp;meo@x' id='m1'\n type="chat" xml:lang='en'><body>hi</body> <x xmlns='urn:x' a='1'><y/></x><b:z xmlns:b='urn:b'/></message>`

  it('tells name, namespace, attributes and bytes', () => {
    const raw = streamed(text)
    expect([raw.name, raw.ns, raw.byteLength]).toEqual(['message', 'jabber:client', text.length])
    expect(['to', 'id', 'type', 'xml:lang', 'from', 'i', 'id2'].map((name) => raw.attr(name))).toEqual([
      'ro&meo@x',
      'm1',
      'chat',
      'en',
      undefined,
      undefined,
      undefined,
    ])
  })

  it('gives root attributes as received, less those named', () => {
    const raw = streamed(text)
    expect(raw.attributesWire([])).toBe(` to='ro&amp;meo@x' id='m1'\n type="chat" xml:lang='en'`)
    expect(raw.attributesWire(['to', 'xml:lang'])).toBe(` id='m1'\n type="chat"`)
    expect(raw.attributesWire(['id', 'from'])).toBe(` to='ro&amp;meo@x'\n type="chat" xml:lang='en'`)
    expect(raw.attributesWire(['to', 'id', 'type', 'xml:lang'])).toBe('')
    expect(frame(`<a xmlns='urn:a'  b='1' xmlns:c='urn:c' d='2'/>`).attributesWire(['b'])).toBe(
      ` xmlns:c='urn:c' d='2'`,
    )
    expect(frame('<a />').attributesWire([])).toBe('')
  })

  it('indexes its children and builds them', () => {
    const raw = streamed(text)
    const inner = raw.innerWire()
    expect(raw.kids.map((kid) => [kid.name, kid.ns, inner.slice(kid.start, kid.end)])).toEqual([
      ['body', 'jabber:client', '<body>hi</body>'],
      ['x', 'urn:x', `<x xmlns='urn:x' a='1'><y/></x>`],
      ['z', 'urn:b', `<b:z xmlns:b='urn:b'/>`],
    ])
    expect(raw.kid(1)).toEqual(el('x', 'urn:x', { a: '1' }, el('y', 'urn:x')))
    expect(() => raw.kid(3)).toThrow(RangeError)
  })

  it('gives a child the prefixes of the root', () => {
    const raw = frame(`<a xmlns='urn:a' xmlns:é='urn:&#233;'><é:b é:c='1'/></a>`)
    expect(raw.kid(0)).toEqual(el('b', 'urn:é', { '{urn:é}c': '1' }))
  })

  it('stands on its own when written with prefixes', () => {
    const raw = streamed(`<c:message xmlns:c='jabber:client' xmlns='urn:d' to='a'><c:body>ü</c:body><x/></c:message>`)
    expect([raw.name, raw.ns, raw.attr('to'), raw.attributesWire([])]).toEqual([
      'message',
      'jabber:client',
      'a',
      ` to='a'`,
    ])
    expect(fromWire(raw.innerWire())).toBe(`<body>ü</body><x xmlns='urn:d'/>`)
    expect(raw.kids.map((kid) => [kid.name, kid.ns])).toEqual([
      ['body', 'jabber:client'],
      ['x', 'urn:d'],
    ])
  })

  it('declares what the stream header declared', () => {
    const raw = streamed(`<message db:k='1'><stream:a><b db:k='2'/></stream:a></message>`)
    expect(`<message${raw.attributesWire([])}>${raw.innerWire()}</message>`).toBe(
      `<message xmlns:n0='urn:db' n0:k='1'><a xmlns='urn:s'><b xmlns='jabber:client' xmlns:n0='urn:db' n0:k='2'/></a></message>`,
    )
    expect(raw.byteLength).toBe(`<message db:k='1'><stream:a><b db:k='2'/></stream:a></message>`.length)
    expect(streamed('<db:result from="x">key</db:result>').toElement()).toEqual(
      el('result', 'urn:db', { from: 'x' }, 'key'),
    )
  })

  it('decodes attributes and text', () => {
    const raw = frame(`<a b='x\r\ny\tz &#10;&#x20;é'>1\r\n2\r3<![CDATA[&amp;\r]]>&#13;ü</a>`)
    expect(raw.attr('b')).toBe('x y z \n é')
    expect(raw.toElement().text()).toBe('1\n2\n3&amp;\n\rü')
  })

  it('keeps attributes with names of objects', () => {
    const element = frame(`<a __proto__='1' constructor='2'/>`).toElement()
    expect([element.attr('__proto__'), element.attr('constructor'), element.attr('toString')]).toEqual([
      '1',
      '2',
      undefined,
    ])
  })

  it('can be copied out of its read', () => {
    expect(ownWire(streamed(text).innerWire())).toBe(streamed(text).innerWire())
  })
})

describe('scanFrame (RFC 7395 §3.3)', () => {
  it('takes one element, and white space after it', () => {
    expect(frame(`<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='x'/>\n`).ns).toBe(
      'urn:ietf:params:xml:ns:xmpp-framing',
    )
  })

  it.each([
    '',
    ' ',
    ' <a/>',
    '<a/><b/>',
    '<a/>x',
    '<a>',
    '</a>',
    `<?xml version='1.0'?><a/>`,
    '<!-- --><a/>',
    'x',
    '\ufeff<a/>',
  ])('refuses %j', (text) => {
    expect(() => frame(text)).toThrow(XmlError)
  })

  it('is limited', () => {
    expect(() => scanFrame(Buffer.from('<a>12345</a>'), { ...defaultLimits, maxElementBytes: 11 })).toThrow('too big')
  })
})
