import fc from 'fast-check'
import { expect, it } from 'vitest'
import { RowPack, readRows } from './row-pack.ts'

function rowsIn(pack: RowPack): unknown[][] {
  const rows: unknown[][] = []
  readRows(pack.finish(), (values) => rows.push(values))
  return rows
}

it('gives back what was written, null for what was not', () => {
  const cell = fc.option(fc.tuple(fc.double({ noNaN: true }), fc.string({ unit: 'grapheme' }), fc.uint8Array()), {
    nil: undefined,
  })
  fc.assert(
    fc.property(fc.array(cell, { maxLength: 300 }), (cells) => {
      const pack = new RowPack(['number', 'text', 'bytes'])
      for (const given of cells) {
        const row = pack.add()
        if (given === undefined) continue
        pack.number(row, 0, given[0])
        pack.text(row, 1, given[1])
        pack.latin1(row, 2, Buffer.from(given[2]).toString('latin1'))
      }
      expect(pack.rows).toBe(cells.length)
      const expected = cells.map((given) => (given ? [given[0], given[1], Buffer.from(given[2])] : [null, null, null]))
      expect(rowsIn(pack)).toEqual(expected)
    }),
  )
})

it('takes the last value of a cell, and texts that are made longer', () => {
  const pack = new RowPack(['text', 'number'])
  const [first, second] = [pack.add(), pack.add()]
  pack.text(first, 0, 'long before')
  pack.text(second, 0, 'other')
  pack.number(first, 1, 1)
  pack.number(first, 1, 2)
  pack.text(first, 0, 'żółw ')
  pack.extend(first, 0, '\x00\x01', Uint8Array.of(97, 98))
  expect(rowsIn(pack)).toEqual([
    ['żółw ab', 2],
    ['other', null],
  ])
})
