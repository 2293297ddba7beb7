import { describe, expect, it } from 'vitest'
import { parseElement } from '../xml/parse.ts'
import { serialise } from '../xml/serialise.ts'
import { pageOf, type RsmRequest, readRsm, rsmElement } from './rsm.ts'

const ns = `xmlns='http://jabber.org/protocol/rsm'`
const read = (set: string) => readRsm(parseElement(`<query xmlns='urn:q'><set ${ns}>${set}</set></query>`))

describe('a request for a page', () => {
  it('reads every element of XEP-0059', () => {
    expect(readRsm(parseElement(`<query xmlns='urn:q'/>`))).toBeUndefined()
    expect(read('')).toEqual({})
    expect(read('<max>10</max><after>a</after>')).toEqual({ max: 10, after: 'a' })
    expect(read('<max>10</max><before/>')).toEqual({ max: 10, before: '' })
    expect(read('<index>3</index><max>0</max>')).toEqual({ index: 3, max: 0 })
    expect(read('<after/>')).toEqual({})
  })

  it.each(['<max>ten</max>', '<max>-1</max>', '<index>1.5</index>'])('refuses %s', (set) => {
    expect(() => read(set)).toThrow(expect.objectContaining({ condition: 'bad-request' }))
  })
})

describe('a page of a list', () => {
  const list = ['a', 'b', 'c', 'd', 'e']
  const page = (request: RsmRequest) => pageOf(list, (item) => item, request)

  it('goes forward, backward, to a position, and beyond the ends', () => {
    expect(page({ max: 2 })).toEqual({ items: ['a', 'b'], first: 'a', last: 'b', index: 0, count: 5 })
    expect(page({ max: 2, after: 'b' })).toEqual({ items: ['c', 'd'], first: 'c', last: 'd', index: 2, count: 5 })
    expect(page({ max: 2, before: '' })).toEqual({ items: ['d', 'e'], first: 'd', last: 'e', index: 3, count: 5 })
    expect(page({ max: 2, before: 'd' })).toEqual({ items: ['b', 'c'], first: 'b', last: 'c', index: 1, count: 5 })
    expect(page({ max: 2, index: 4 })).toEqual({ items: ['e'], first: 'e', last: 'e', index: 4, count: 5 })
    expect(page({ after: 'e' })).toEqual({ items: [], count: 5 })
    expect(page({ before: 'a' })).toEqual({ items: [], count: 5 })
    expect(page({ index: 9 })).toEqual({ items: [], count: 5 })
  })

  it('counts alone, and gives everything when nothing is asked', () => {
    expect(page({ max: 0 })).toEqual({ items: [], count: 5 })
    expect(page({}).items).toEqual(list)
  })

  it('finds the place of an item that is gone', () => {
    expect(page({ max: 1, after: 'bb' }).items).toEqual(['c'])
    expect(page({ max: 1, before: 'bb' }).items).toEqual(['b'])
  })
})

describe('the place of a page', () => {
  it('is written as XEP-0059 has it', () => {
    expect(serialise(rsmElement({ first: 'a', last: 'b', index: 0, count: 5 }))).toBe(
      `<set ${ns}><first index='0'>a</first><last>b</last><count>5</count></set>`,
    )
    expect(serialise(rsmElement({ count: 0 }))).toBe(`<set ${ns}><count>0</count></set>`)
  })
})
