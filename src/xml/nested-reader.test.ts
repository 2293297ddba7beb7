import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Nested, NestedReader } from './nested-reader.ts'
import { serialise } from './serialise.ts'
import { fromWire } from './wire.ts'

const document = `<?xml version='1.0'?>
<!-- <not-this/> --><a:list xmlns:a='urn:a' xmlns:b="urn:b">
  <a:group name='one &gt; two'>
    <b:item x=">'"><c xmlns='urn:c'>text <![CDATA[<raw>]]></c><!-- gone --></b:item>
    <b:item/>
  </a:group>
  <a:group name='empty'/>
</a:list>
`

function read(text: string, cuts: readonly number[] = [], maxLength = 1000): string[] {
  const reader = new NestedReader({ isContainer: ({ ns, name }) => ns === 'urn:a' && name !== 'item', maxLength })
  const told: Nested[] = []
  let from = 0
  for (const to of [...cuts, text.length].sort((a, b) => a - b)) {
    told.push(...reader.push(text.slice(from, to)))
    from = to
  }
  reader.end()
  return told.map((one) => `${one.depth} ${one.kind}${'element' in one ? ` ${fromWire(serialise(one.element))}` : ''}`)
}

const expected = [
  "0 open <list xmlns='urn:a'/>",
  "1 open <group xmlns='urn:a' name='one &gt; two'/>",
  "2 element <item xmlns='urn:b' x='&gt;&apos;'><c xmlns='urn:c'>text &lt;raw&gt;</c></item>",
  "2 element <item xmlns='urn:b'/>",
  '1 close',
  "1 open <group xmlns='urn:a' name='empty'/>",
  '1 close',
  '0 close',
]

describe('a document that is read without being held', () => {
  it('comes container by container, element by element, with the namespaces that are declared around', () => {
    expect(read(document)).toEqual(expected)
  })

  it('is the same however it is cut', () => {
    const cuts = fc.array(fc.nat(document.length), { maxLength: 8 })
    fc.assert(
      fc.property(cuts, (places) => {
        expect(read(document, places)).toEqual(expected)
      }),
    )
  })

  it.each([
    ["<a:list xmlns:a='urn:a'>", 'ends too early'],
    ["<a:list xmlns:a='urn:a'></a:group>", 'closes nothing'],
    ["<a:list xmlns:a='urn:a'><b></c></b></a:list>", 'closes nothing'],
    ["<a:list xmlns:a='urn:a'/><a:list xmlns:a='urn:a'/>", 'after the end'],
    ["<a:list xmlns:a='urn:a'>text</a:list>", 'text where only elements'],
    ["<!DOCTYPE x [<!ENTITY a 'b'>]><x/>", 'document type'],
    ["<a:list xmlns:a='urn:a'><b>&nbsp;</b></a:list>", 'entity'],
    [`<a:list xmlns:a='urn:a'><b>${'x'.repeat(1001)}</b></a:list>`, 'too l'],
    [`<a:list xmlns:a='urn:a'><b>${'<i/>'.repeat(300)}</b></a:list>`, 'too large'],
  ])('refuses %s', (text, reason) => {
    expect(() => read(text)).toThrow(reason)
  })
})
