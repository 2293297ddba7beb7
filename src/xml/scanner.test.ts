import { describe, expect, it } from 'vitest'
import { ElementScan } from './element-scan.ts'
import { XmlError } from './errors.ts'
import { HeldBytes } from './held-bytes.ts'
import { defaultLimits, type ScannerLimits } from './limits.ts'
import type { RawElement } from './raw-element.ts'
import { type ScannerSink, XmlScanner } from './scanner.ts'
import type { StreamHeader } from './stream-header.ts'

const header = `<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' xmlns:db='urn:db' to='im.example' version='1.0'>`

/** A sink that remembers, with a scanner to push text into. */
class Reader implements ScannerSink {
  readonly headers: StreamHeader[] = []
  readonly elements: RawElement[] = []
  isClosed = false
  onElement: (raw: RawElement) => void = () => {}
  readonly scanner: XmlScanner

  constructor(limits: Partial<ScannerLimits> = {}) {
    this.scanner = new XmlScanner(this, { ...defaultLimits, ...limits })
  }

  opened(opened: StreamHeader): void {
    this.headers.push(opened)
  }

  element(raw: RawElement): void {
    this.elements.push(raw)
    this.onElement(raw)
  }

  closed(): void {
    this.isClosed = true
  }

  push(text: string | Uint8Array): this {
    const bytes = typeof text === 'string' ? Buffer.from(text) : text
    this.scanner.push(bytes, bytes.length)
    return this
  }

  get names(): string {
    return this.elements.map((raw) => raw.name).join(' ')
  }
}

/** The condition that ends a stream which goes on like this after its header, or 'fine'. */
function fate(text: string | Uint8Array, limits: Partial<ScannerLimits> = {}, start: string = header): string {
  try {
    new Reader(limits).push(start).push(text)
    return 'fine'
  } catch (error) {
    if (error instanceof XmlError) return error.condition
    throw error
  }
}

describe('the stream header', () => {
  it('tells names, namespaces and attributes', () => {
    const { headers } = new Reader().push(
      `<?xml version="1.0" encoding='utf-8'?>\n${header.replace('to=', "xml:lang='d&#101;' db:k='v' to=")}`,
    )
    expect(headers).toHaveLength(1)
    const opened = headers[0] as StreamHeader
    expect([opened.name, opened.ns, opened.defaultNs]).toEqual([
      'stream',
      'http://etherx.jabber.org/streams',
      'jabber:client',
    ])
    expect([opened.attr('to'), opened.attr('xml:lang'), opened.attr('{urn:db}k'), opened.attr('from')]).toEqual([
      'im.example',
      'de',
      'v',
      undefined,
    ])
    expect([...opened.prefixes]).toEqual([
      ['stream', 'http://etherx.jabber.org/streams'],
      ['db', 'urn:db'],
    ])
  })

  it('may come after a byte order mark', () => {
    expect(new Reader().push(`\ufeff${header}`).headers).toHaveLength(1)
    expect(fate('', {}, `\ufeff\ufeff${header}`)).toBe('not-well-formed')
    expect(fate('', {}, ` \ufeff${header}`)).toBe('not-well-formed')
  })

  it.each([
    [`<?xml version='1.0' encoding='ISO-8859-1'?>`, 'unsupported-encoding'],
    [`<?xml version='1.0' encoding='UTF-16'?>`, 'unsupported-encoding'],
    [`<?xml version='1.0' standalone='yes' ?>`, 'fine'],
    [`<?xml encoding='UTF-8'?>`, 'not-well-formed'],
    [`<?xml version='2.0'?>`, 'not-well-formed'],
    [`<?xml version='1.0'?><?xml version='1.0'?>`, 'restricted-xml'],
    [` <?xml version='1.0'?>`, 'restricted-xml'],
    [`<?xml-stylesheet href='a'?>`, 'restricted-xml'],
    ['<!DOCTYPE stream>', 'restricted-xml'],
    ['<!-- hello -->', 'restricted-xml'],
    ['hello', 'not-well-formed'],
    ['</stream:stream>', 'not-well-formed'],
    ['\n\n', 'fine'],
  ])('begins with %j: %s', (start, expected) => {
    expect(fate('', {}, start + header)).toBe(expected)
  })

  it('that is empty opens and closes', () => {
    const reader = new Reader().push(`<s:stream xmlns:s='urn:s'/>`)
    expect([reader.headers.length, reader.isClosed]).toEqual([1, true])
  })

  it('is limited together with its declaration', () => {
    const declaration = `<?xml version='1.0'?>`
    const exact = header.length + declaration.length
    expect(fate('', { maxHeaderBytes: exact }, declaration + header)).toBe('fine')
    expect(fate('', { maxHeaderBytes: exact - 1 }, declaration + header)).toBe('policy-violation')
    expect(fate('', { maxHeaderBytes: 30 }, header.slice(0, 30))).toBe('fine')
    expect(fate('', { maxHeaderBytes: 30 }, header.slice(0, 31))).toBe('policy-violation')
    expect(fate('', { maxHeaderBytes: 5 }, declaration)).toBe('policy-violation')
  })
})

describe('well-formedness (XML 1.0, Namespaces in XML 1.0)', () => {
  it.each([
    '<a></b>',
    '<a><b></a></b>',
    '<a></ab>',
    '<ab></a>',
    '</a>',
    '<a',
    '<a b></a>',
    '<a b=c/>',
    `<a b='1'c='2'/>`,
    `<a b='1' b='2'/>`,
    `<a b='<'/>`,
    '< a/>',
    '<a/ >',
    '<a></ a>',
    '<1/>',
    '<-a/>',
    '<:a/>',
    '<a:/>',
    '<a:b:c/>',
    '<×/>',
    '<a·:b/>',
    '<a>&</a>',
    '<a>& b;</a>',
    '<a>&#0;</a>',
    '<a>&#xD800;</a>',
    '<a>&#xFFFE;</a>',
    '<a>&#x110000;</a>',
    '<a>&#X41;</a>',
    '<a>&#4a;</a>',
    '<a>&;</a>',
    '<a>]]></a>',
    '<a>\u0000</a>',
    '<a>\u001b</a>',
    `<a b='\u0001'/>`,
    '<a>\ufffe</a>',
    `<a b='\uffff'/>`,
    '<a><![CDATA[\u0002]]></a>',
    '<a><![cdata[x]]></a>',
    'x',
    '&#32;',
    '<![CDATA[ ]]>',
    '<a/>]]>',
    '<a><></a>',
    '<a><&</a>',
    '<x:a/>',
    `<a x:b='1'/>`,
    `<a><b xmlns:x='u'/><x:c/></a>`,
    `<a xmlns:x=''/>`,
    `<a xmlns:xml='u'/>`,
    `<a xmlns:xmlns='u'/>`,
    `<xmlns:a/>`,
    `<a xmlns:x='http://www.w3.org/XML/1998/namespace'/>`,
    `<a xmlns:x='http://www.w3.org/2000/xmlns/'/>`,
    `<a xmlns='http://www.w3.org/2000/xmlns/'/>`,
    `<a><b><c xmlns='http://www.w3.org/XML/1998/&#110;amespace'/></b></a>`,
    `<a xmlns:x='u' xmlns:y='u' x:b='1' y:b='2'/>`,
    `<a xmlns:x='u' xmlns:y='&#117;' x:b='1' y:b='2'/>`,
  ])('refuses %j', (text) => {
    expect(fate(`${text} <end`)).toBe('not-well-formed')
  })

  it.each([
    '<a><!-- c --></a>',
    '<!-- c -->',
    '<a><?p?></a>',
    '<?xml?>',
    '<!DOCTYPE a>',
    '<a><!ENTITY></a>',
    '<a>&nbsp;</a>',
    `<a b='&foo.bar;'/>`,
    '<a>&anEntityWithANameThatIsLongerThanAnyThatWeLookAt;</a>',
  ])('refuses %j as restricted (RFC 6120 §11.1)', (text) => {
    expect(fate(text)).toBe('restricted-xml')
  })

  it.each([
    '<a/>',
    '<a />',
    `<a  b = "1"\n\tc\r=\r'2' ></a \n>`,
    `<a b='"' c="'"/>`,
    '<a>></a>',
    '<a>]]</a>',
    '<a>]></a>',
    '<a>]] ></a>',
    `<a b=']]>'/>`,
    '<a>&lt;&gt;&amp;&apos;&quot;&#10;&#x10FFFF;&#x00000000041;</a>',
    '<a><![CDATA[<&]] >]>]]]]><![CDATA[>]]></a>',
    '<a>\u007f\u0085\ufffd\u{10ffff}</a>',
    `<é xmlns='u' 値='1'><x.-·1_/></é>`,
    `<a xmlns:x='u' x:b='1' b='1'/>`,
    `<a xmlns:x='u' xmlns:y='v' x:b='1' y:b='1'/>`,
    `<a xml:lang='x' xml:space='y'/>`,
    `<a xmlns:xml='http://www.w3.org/XML/1998/namespace'/>`,
    `<stream:a db:b='1'><stream:c/></stream:a>`,
    `<a x:b='1' xmlns:x='u'/>`,
    ' \t\r\n<a/>\n \n<b/>',
    `<a><stream:stream/></a>`,
    `<stream xmlns='urn:other'/>`,
    '<\u{10000}/>',
  ])('accepts %j', (text) => {
    expect(fate(text)).toBe('fine')
  })

  it.each([[0x80], [0xff], [0xc3], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe2, 0x82]])(
    'refuses the bytes %j %j %j %j: not UTF-8',
    (...bytes) => {
      expect(fate(Buffer.concat([Buffer.from('<a>'), Buffer.from(bytes), Buffer.from('</a>')]))).toBe('not-well-formed')
      expect(fate(Buffer.concat([Buffer.from('<a'), Buffer.from(bytes), Buffer.from('/>')]))).toBe('not-well-formed')
    },
  )

  it('refuses a second stream header at its start tag', () => {
    expect(fate('<stream:stream>')).toBe('policy-violation')
    expect(fate(`<stream xmlns='http://etherx.jabber.org/streams'>`)).toBe('policy-violation')
    expect(fate('<xml:stream/>')).toBe('invalid-namespace')
  })

  it('keeps what came before an error', () => {
    const reader = new Reader().push(header)
    expect(() => reader.push('<a/><b/><c></d>')).toThrow(XmlError)
    expect(reader.names).toBe('a b')
    expect(reader.push('<e/>').names).toBe('a b')
  })

  it('ends with the end tag of the header, and ignores what follows', () => {
    const reader = new Reader().push(`${header}<a/></stream:stream >junk<<<`)
    expect([reader.names, reader.isClosed, reader.scanner.heldBytes]).toEqual(['a', true, 0])
    expect(fate('</stream:strea>')).toBe('not-well-formed')
    expect(fate('</stream:streams>')).toBe('not-well-formed')
  })
})

describe('limits', () => {
  it('count the bytes of an element from its first', () => {
    expect(fate('   <a>123</a>', { maxElementBytes: 10 })).toBe('fine')
    expect(fate('<a>1234</a>', { maxElementBytes: 10 })).toBe('policy-violation')
    expect(fate('<a>1234567', { maxElementBytes: 10 })).toBe('fine')
    expect(fate('<a>12345678', { maxElementBytes: 10 })).toBe('policy-violation')
    expect(fate(`<a>${'x'.repeat(500_000)}</a>`, { maxElementBytes: Infinity })).toBe('fine')
  })

  it('count depth, attributes, names and prefixes', () => {
    expect(fate('<a><b><c/></b></a>', { maxDepth: 3 })).toBe('fine')
    expect(fate('<a><b><c/></b></a>', { maxDepth: 2 })).toBe('policy-violation')
    expect(fate('<a>'.repeat(201))).toBe('policy-violation')
    expect(fate(`<a b='' c='' d=''/>`, { maxAttributes: 2 }, '<s>')).toBe('policy-violation')
    expect(fate(`<a b='' c=''><d e='' f=''/></a>`, { maxAttributes: 2 }, '<s>')).toBe('fine')
    expect(fate(`<a xmlns:b='u' xmlns:c='u'><d xmlns:b='u' xmlns:c='u'/></a>`, { maxAttributes: 3 }, '<s>')).toBe(
      'policy-violation',
    )
    expect(
      fate(`<a xmlns:b='u'><d xmlns:c='u'/><d xmlns:c='u'/><d xmlns:c='u'/></a>`, { maxAttributes: 2 }, '<s>'),
    ).toBe('fine')
    expect(fate('<abcde><fghij/></abcde>', { maxNameBytes: 9 }, '<s>')).toBe('policy-violation')
    expect(fate('<abcde><fghi/><fghi/></abcde>', { maxNameBytes: 9 }, '<s>')).toBe('fine')
    expect(fate(`<a bcdefghijk=''/>`, { maxNameBytes: 9 }, '<s>')).toBe('policy-violation')
    expect(fate(`<a xmlns:b='0123456789'/>`, { maxNameBytes: 9 }, '<s>')).toBe('policy-violation')
  })
})

describe('pausing, restarting, discarding', () => {
  it('pauses after the element at hand, keeps what comes, and goes on', () => {
    const reader = new Reader().push(header)
    reader.onElement = () => reader.scanner.pause()
    reader.push('<a/><b/> <c')
    expect([reader.names, reader.scanner.isPaused, reader.scanner.heldBytes]).toEqual(['a', true, 7])
    reader.push('/><d>')
    reader.scanner.resume()
    expect([reader.names, reader.scanner.heldBytes]).toEqual(['a b', 8])
    reader.scanner.resume()
    expect([reader.names, reader.scanner.heldBytes]).toEqual(['a b c', 3])
    reader.scanner.resume()
    expect([reader.names, reader.scanner.isPaused, reader.scanner.heldBytes]).toEqual(['a b c', false, 3])
    reader.push('x</d>')
    expect([reader.names, reader.elements[3]?.innerWire(), reader.scanner.heldBytes]).toEqual(['a b c d', 'x', 0])
  })

  it('reports an error only when it gets there', () => {
    const reader = new Reader().push(header)
    reader.onElement = () => reader.scanner.pause()
    reader.push('<a/></oops>')
    expect(() => reader.scanner.resume()).toThrow(XmlError)
    reader.scanner.resume()
    expect(reader.scanner.heldBytes).toBe(0)
  })

  it('may resume within the same call', () => {
    const reader = new Reader().push(header)
    reader.onElement = () => {
      reader.scanner.pause()
      reader.scanner.resume()
    }
    expect(reader.push('<a/><b/>').names).toBe('a b')
  })

  it('begins a new stream with the next byte, also of this chunk', () => {
    const reader = new Reader().push(header)
    reader.onElement = (raw) => raw.name === 'auth' && reader.scanner.restart()
    reader.push(`<auth/>\n<?xml version='1.0'?><s:stream xmlns:s='urn:2'><x/></s:stream>`)
    expect([reader.headers.map((one) => one.ns), reader.names, reader.isClosed]).toEqual([
      ['http://etherx.jabber.org/streams', 'urn:2'],
      'auth x',
      true,
    ])
    expect(reader.elements[1]?.ns).toBe('')
  })

  it('restarts while paused', () => {
    const reader = new Reader().push(header)
    reader.onElement = () => reader.scanner.pause()
    reader.push(`<auth/><s xmlns='urn:2'>`)
    reader.scanner.restart()
    reader.scanner.resume()
    expect(reader.headers[1]?.ns).toBe('urn:2')
  })

  it('reads an element that has begun as the new header when restarted outside of a sink call', () => {
    const reader = new Reader().push(`${header}<s`)
    reader.scanner.restart()
    expect(reader.push(` xmlns='urn:2'>`).headers[1]?.ns).toBe('urn:2')
  })

  it('discards what came with the element at hand (RFC 6120 §5.4.3.3)', () => {
    const reader = new Reader().push(header)
    reader.onElement = () => reader.scanner.discard()
    reader.push(`<starttls/><message>injected`)
    expect([reader.names, reader.scanner.heldBytes]).toEqual(['starttls', 0])
    expect(reader.push(header).headers).toHaveLength(2)
  })

  it('discards what is held', () => {
    const reader = new Reader().push(`${header}<a`)
    reader.scanner.pause()
    reader.push('/><b/>')
    reader.scanner.discard()
    expect(reader.scanner.heldBytes).toBe(0)
    reader.scanner.resume()
    expect(reader.push(header).names).toBe('')
  })

  it('lets out what a sink call throws, and is over then', () => {
    const reader = new Reader().push(header)
    reader.onElement = () => {
      throw new RangeError('mine')
    }
    expect(() => reader.push('<a/><b/>')).toThrow(RangeError)
    expect(reader.push('<c/>').names).toBe('a')
  })

  it('reads another stream from inside a sink call', () => {
    const [outer, inner] = [new Reader().push(header), new Reader().push(header)]
    outer.onElement = (raw) => inner.push(`<x><${raw.name}`).push('/></x>')
    outer.push('<a><b/></a><c/>')
    expect([outer.names, inner.elements.map((raw) => raw.innerWire())]).toEqual(['a c', ['<a/>', '<c/>']])
  })
})

describe('the cost', () => {
  it('is one look at each byte, however they come', () => {
    const text = `<a b='${'v'.repeat(3000)}'>${'<b>text</b>'.repeat(500)}${'t'.repeat(3000)}<![CDATA[${'c'.repeat(3000)}]]></a>`
    let looked = 0
    const run = ElementScan.prototype.run
    ElementScan.prototype.run = function (bytes, base, from, end) {
      looked += end - from
      return run.call(this, bytes, base, from, end)
    }
    try {
      const reader = new Reader().push(header)
      looked = 0
      for (const char of text) reader.push(char)
      expect(reader.names).toBe('a')
    } finally {
      ElementScan.prototype.run = run
    }
    expect(looked).toBe(text.length - 1)
  })

  it('is a few moves of each byte that waits', () => {
    const held = new HeldBytes(1)
    const one = new Uint8Array(1)
    for (let i = 0; i < 100_000; i++) held.add(one, 1)
    expect(held.end).toBe(100_000)
    expect(held.moved).toBeLessThan(300_000)
    expect(held.bytes.length).toBeLessThan(600_000)
  })

  it('is a few moves also when the front is used up as the end grows', () => {
    const held = new HeldBytes(1000)
    held.add(new Uint8Array(1000), 1000)
    const one = new Uint8Array(1)
    for (let i = 0; i < 100_000; i++) {
      held.start++
      held.add(one, 1)
    }
    expect(held.end - held.start).toBe(1000)
    expect(held.moved).toBeLessThan(300_000)
    expect(held.bytes.length).toBeLessThan(6000)
  })

  it('holds nothing between elements', () => {
    const reader = new Reader().push(header)
    for (const char of '<a>1</a>') reader.push(char)
    expect(reader.scanner.heldBytes).toBe(0)
    reader.push('  \n').push('<b')
    expect(reader.scanner.heldBytes).toBe(2)
  })
})
