import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Element, el, type Node } from './element.ts'
import { XmlError } from './errors.ts'
import { escapeText, escapeXml } from './escape.ts'
import { parseElement } from './parse.ts'
import { serialise } from './serialise.ts'
import { fromWire, toWire } from './wire.ts'

describe('serialise', () => {
  it('declares a namespace only where it changes', () => {
    const iq = el(
      'iq',
      'jabber:client',
      { type: 'get' },
      el('query', 'urn:q', el('item', 'urn:q'), el('iq', 'jabber:client'), el('none', '')),
    )
    expect(serialise(iq, 'jabber:client')).toBe(
      `<iq type='get'><query xmlns='urn:q'><item/><iq xmlns='jabber:client'/><none xmlns=''/></query></iq>`,
    )
    expect(serialise(el('a', 'urn:a'))).toBe(`<a xmlns='urn:a'/>`)
    expect(serialise(el('a', ''))).toBe('<a/>')
    expect(serialise(el('a', ''), 'urn:a')).toBe(`<a xmlns=''/>`)
  })

  it('writes attributes with namespaces', () => {
    expect(serialise(el('a', '', { 'xml:lang': 'de', '{urn:b}c': '1', '{urn:{d}}e': '2' }))).toBe(
      `<a xml:lang='de' xmlns:n1='urn:b' n1:c='1' xmlns:n2='urn:{d}' n2:e='2'/>`
        .replaceAll('n1', 'n0')
        .replaceAll('n2', 'n1'),
    )
  })

  it('escapes, and replaces what XML cannot carry', () => {
    expect(serialise(el('a', '', { b: `<&>'"\t\n\r` }, `<&>'"\t\n\r\u0000\uffff\ud800`))).toBe(
      toWire(`<a b='&lt;&amp;&gt;&apos;&quot;&#9;&#10;&#13;'>&lt;&amp;&gt;'"\t\n&#13;\ufffd\ufffd\ufffd</a>`),
    )
    expect([escapeXml('plain é'), escapeText(`it's`)]).toEqual(['plain é', `it's`])
  })
})

describe('parseElement', () => {
  it('reads under a default namespace, with white space around', () => {
    expect(parseElement(' \n<a><b xmlns="urn:b"/></a> ', 'urn:a')).toEqual(el('a', 'urn:a', el('b', 'urn:b')))
  })

  it.each(['', '<a>', '<a/><b/>', 'x<a/>', '<a>\ud800</a>', '<a>&x;</a>', '<!-- --><a/>'])('refuses %j', (xml) => {
    expect(() => parseElement(xml)).toThrow(XmlError)
  })
})

describe('a round trip', () => {
  const name = fc.stringMatching(/^[A-Za-z_é値][A-Za-z0-9_.é値-]{0,6}$/)
  const ns = fc.oneof(
    fc.constantFrom('', 'jabber:client', 'urn:x'),
    fc.string({ unit: 'binary', maxLength: 8 }).map(carried),
  )
  const value = fc.string({ unit: 'binary', maxLength: 12 }).map(carried)
  const attribute = fc.oneof(
    name,
    fc.constant('xml:lang'),
    fc.tuple(ns, name).map(([uri, local]) => (uri === '' ? local : `{${uri}}${local}`)),
  )
  const { element } = fc.letrec<{ element: Element; node: Node }>((tie) => ({
    node: fc.oneof({ depthSize: 'small' }, value, tie('element')),
    element: fc
      .tuple(
        name,
        ns,
        fc.dictionary(
          attribute.filter((n) => n !== 'xmlns' && n !== '__proto__'),
          value,
          { maxKeys: 4, noNullPrototype: true },
        ),
        fc.array(tie('node'), { maxLength: 4 }),
      )
      .map(([elementName, uri, attrs, children]) => new Element(elementName, uri, attrs, joined(children))),
  }))

  /** Text of characters that XML can carry. */
  function carried(text: string): string {
    return text.replace(/[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|\p{Surrogate}/gu, '')
  }

  /** Texts side by side are one when read. */
  function joined(children: readonly Node[]): Node[] {
    const result: Node[] = []
    for (const child of children) {
      const last = result.at(-1)
      if (typeof child === 'string' && typeof last === 'string') result[result.length - 1] = last + child
      else if (child !== '') result.push(child)
    }
    return result
  }

  it('gives the same element', () => {
    fc.assert(
      fc.property(element, ns, (original, contextNs) => {
        expect(parseElement(fromWire(serialise(original)), '')).toEqual(original)
        expect(parseElement(fromWire(serialise(original, contextNs)), contextNs)).toEqual(original)
      }),
      { seed: 1998, numRuns: 400 },
    )
  })
})
