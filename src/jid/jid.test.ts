import { describe, expect, it } from 'vitest'
import { Jid } from './jid.ts'
import { JidError } from './jid-error.ts'

const partsOf = ({ local, domain, resource }: Jid): string[] => [local, domain, resource]

describe('RFC 7622 §3.5', () => {
  it.each([
    ['juliet@example.com', 'juliet', 'example.com', ''],
    ['juliet@example.com/foo', 'juliet', 'example.com', 'foo'],
    ['juliet@example.com/foo bar', 'juliet', 'example.com', 'foo bar'],
    ['juliet@example.com/foo@bar', 'juliet', 'example.com', 'foo@bar'],
    ['foo\\20bar@example.com', 'foo\\20bar', 'example.com', ''],
    ['fussball@example.com', 'fussball', 'example.com', ''],
    ['fu\u00dfball@example.com', 'fu\u00dfball', 'example.com', ''],
    ['\u03c0@example.com', '\u03c0', 'example.com', ''],
    ['\u03a3@example.com/foo', '\u03c3', 'example.com', 'foo'],
    ['\u03c3@example.com/foo', '\u03c3', 'example.com', 'foo'],
    ['\u03c2@example.com/foo', '\u03c2', 'example.com', 'foo'],
    ['king@example.com/\u265a', 'king', 'example.com', '\u265a'],
    ['example.com', '', 'example.com', ''],
    ['example.com/foobar', '', 'example.com', 'foobar'],
    ['a.example.com/b@example.net', '', 'a.example.com', 'b@example.net'],
  ])('table 1: %j', (text, ...parts) => {
    expect(partsOf(Jid.parse(text))).toEqual(parts)
  })

  it.each([
    '"juliet"@example.com',
    'foo bar@example.com',
    '@example.com/',
    'henry\u2163@example.com',
    '\u265a@example.com',
    'juliet@',
    '/foobar',
  ])('table 2: %j is no address', (text) => {
    expect(() => Jid.parse(text)).toThrow(JidError)
    expect(Jid.tryParse(text)).toBeUndefined()
  })

  it('table 2 lists a space at the start of a resource, which OpaqueString allows (erratum 4560)', () => {
    expect(Jid.parse('juliet@example.com/ foo').resource).toBe(' foo')
  })
})

describe('Jid', () => {
  it('splits at the first slash, then at the first at sign', () => {
    expect(partsOf(Jid.parse('a@b/c/d@e'))).toEqual(['a', 'b', 'c/d@e'])
    expect(partsOf(Jid.parse('b/c@d'))).toEqual(['', 'b', 'c@d'])
    for (const text of ['', '@', '/', 'a@', '@b', 'a@b/', 'b/', 'a@b@c', 'a@@b', 'a@/c'])
      expect(Jid.tryParse(text)).toBeUndefined()
  })

  it('names the condition of its errors and does not repeat the text', () => {
    try {
      Jid.parse('se cret@example.com')
      expect.unreachable()
    } catch (error) {
      expect(error).toBeInstanceOf(JidError)
      expect((error as JidError).condition).toBe('jid-malformed')
      expect((error as JidError).message).not.toContain('cret')
    }
  })

  it('has a canonical form that does not depend on the spelling', () => {
    const spellings = ['Juliet@Example.COM./Balcony', 'juliet@example.com/Balcony', '\uff2auliet@EXAMPLE.com/Balcony']
    for (const text of spellings) {
      const jid = Jid.parse(text)
      expect(jid.full).toBe('juliet@example.com/Balcony')
      expect(jid).toBe(Jid.parse('juliet@example.com/Balcony'))
    }
  })

  it('gives the same object for the same text', () => {
    expect(Jid.parse('same@example.com/x')).toBe(Jid.parse('same@example.com/x'))
    expect(Jid.of('Same', 'example.com', 'x')).toBe(Jid.parse('same@example.com/x'))
  })

  it('knows its bare form', () => {
    const full = Jid.parse('juliet@example.com/Balcony')
    expect(full.bare.full).toBe('juliet@example.com')
    expect(full.bareString).toBe('juliet@example.com')
    expect(full.bare).toBe(full.bare)
    expect(full.bare.bare).toBe(full.bare)
    expect([full.isBare, full.isFull, full.bare.isBare, full.bare.isFull]).toEqual([false, true, true, false])
    expect(Jid.parse('example.com/x').bareString).toBe('example.com')
  })

  it('takes another resource, prepared', () => {
    const jid = Jid.parse('juliet@example.com/Balcony')
    expect(jid.withResource('A\u030a\u00a0').full).toBe('juliet@example.com/\u00c5 ')
    expect(jid.withResource('')).toBe(jid.bare)
    expect(() => jid.withResource('\u0007')).toThrow(JidError)
    expect(Jid.parse('juliet@example.com/Chamber')).toBe(jid.withResource('Chamber'))
  })

  it('is made of parts, each prepared and none read as more than itself', () => {
    expect(Jid.of('', 'Example.com').full).toBe('example.com')
    expect(Jid.of('A', 'b', 'c/d').full).toBe('a@b/c/d')
    for (const [local, domain] of [
      ['a@b', 'c'],
      ['a/b', 'c'],
      ['a', 'b/c'],
      ['a', 'b@c'],
      ['a', ''],
    ] as const) {
      expect(() => Jid.of(local, domain)).toThrow(JidError)
    }
  })

  it('is written escaped, as bytes', () => {
    expect(Jid.parse(`a@b/<'&">`).wire).toBe('a@b/&lt;&apos;&amp;&quot;&gt;')
    expect(Jid.parse('\u03c0@b').wire).toBe('\u00cf\u0080@b')
    expect(Jid.parse('a@b').wire).toBe('a@b')
  })

  it('never undoes XEP-0106 escapes', () => {
    expect(Jid.parse('a\\40b@c').local).toBe('a\\40b')
    expect(Jid.parse('a\\40b@c')).not.toBe(Jid.parse('a\\5c40b@c'))
  })

  it('prints as text', () => {
    const jid = Jid.parse('juliet@example.com/Balcony')
    expect(`${jid}`).toBe(jid.full)
    expect(JSON.stringify({ jid })).toBe('{"jid":"juliet@example.com/Balcony"}')
  })

  it('refuses long text before any work and keeps long addresses out of the table', () => {
    expect(() => Jid.parse('\u0301'.repeat(5_000_000))).toThrow('too long')
    const long = `${'a'.repeat(1023)}@example.com/${'b'.repeat(1023)}`
    expect(Jid.parse(long).full).toBe(long)
    expect(Jid.parse(long)).not.toBe(Jid.parse(long))
  })

  it('outlives a flood of others', () => {
    const before = Jid.parse('steady@example.com/x')
    for (let i = 0; i < 20_000; i++) Jid.parse(`flood${i}@example.com`)
    const after = Jid.parse('steady@example.com/x')
    expect(after.full).toBe(before.full)
    expect(after.bareString).toBe('steady@example.com')
  })
})

describe('Jid.ofStored', () => {
  it('reads by the old profiles what the new ones refuse, and says so', () => {
    const told: Jid[] = []
    const jid = Jid.ofStored('Henry\u2163\u265a', 'Example.com', 'a\u00adb', (legacy) => told.push(legacy))
    expect(jid.full).toBe('henryiv\u265a@example.com/ab')
    expect(jid.bare.full).toBe('henryiv\u265a@example.com')
    expect(told).toEqual([jid])
  })

  it('changes nothing about what is accepted from outside', () => {
    const legacy = Jid.ofStored('\u2666', 'example.com')
    expect(legacy.full).toBe('\u2666@example.com')
    expect(Jid.tryParse('\u2666@example.com')).toBeUndefined()
    expect(legacy.withResource('x').bareString).toBe('\u2666@example.com')
    expect(Jid.tryParse('\u2666@example.com/x')).toBeUndefined()
  })

  it('is the same as of for what is accepted, and refuses what neither takes', () => {
    expect(Jid.ofStored('Juliet', 'example.com', 'x', () => expect.unreachable())).toBe(
      Jid.parse('juliet@example.com/x'),
    )
    expect(() => Jid.ofStored('a b', 'example.com')).toThrow(JidError)
    expect(() => Jid.ofStored('a', 'exa mple.com')).toThrow(JidError)
  })
})
