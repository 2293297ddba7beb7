import { describe, expect, it } from 'vitest'
import { el } from './element.ts'

describe('el', () => {
  it('leaves out what is undefined and flattens arrays', () => {
    const item = el('item', 'urn:r', { jid: 'a@b', name: undefined }, undefined, [
      el('group', 'urn:r', 'x'),
      ['y', el('z', 'urn:z')],
    ])
    expect(item.attrs).toEqual({ jid: 'a@b' })
    expect(item.children).toEqual([el('group', 'urn:r', 'x'), 'y', el('z', 'urn:z')])
  })
})

describe('Element', () => {
  const query = el(
    'query',
    'urn:q',
    'a',
    el('item', 'urn:q', 'one'),
    'b',
    el('item', 'urn:other'),
    el('item', 'urn:q', 'two'),
  )

  it('finds children by name, in its own namespace unless told otherwise', () => {
    expect(query.child('item')?.text()).toBe('one')
    expect(query.child('item', 'urn:other')?.ns).toBe('urn:other')
    expect(query.child('none')).toBeUndefined()
    expect(query.childrenNamed('item').map((item) => item.text())).toEqual(['one', 'two'])
    expect(query.childText('item')).toBe('one')
    expect(query.childText('none')).toBeUndefined()
    expect([query.text(), query.elements().length, query.is('query', 'urn:q')]).toEqual(['ab', 3, true])
  })

  it('gives changed copies and stays as it was', () => {
    const iq = el('iq', 'jabber:client', { id: '1', type: 'get' })
    expect(iq.withAttrs({ type: 'result', id: undefined, to: 'x' }).attrs).toEqual({ type: 'result', to: 'x' })
    expect(iq.withChildren([query]).child('query', 'urn:q')).toBe(query)
    expect([iq.attrs, iq.children]).toEqual([{ id: '1', type: 'get' }, []])
  })
})
