import { describe, expect, it } from 'vitest'
import { initialConfig, nameOf, overridden, readConfig, type Schema, showConfig } from './schema.ts'

const schema: Schema = [
  { field: 'title', key: 'roomname', type: 'string', value: 'Untitled' },
  { field: 'size', key: 'size', type: 'integer', value: 3 },
  { field: 'weight', key: 'weight', type: 'float', value: 0.5 },
  { field: 'open', key: 'all_can_invite', type: 'boolean', value: true },
]

describe('settings of rooms', () => {
  it('are read by their types, the last of the same name', () => {
    const raw = [
      ['title', 'One'],
      ['size', '-12'],
      ['weight', '2.5e1'],
      ['open', 'false'],
      ['title', 'Two'],
    ] as const
    expect([...readConfig(schema, raw)]).toEqual([
      ['roomname', 'Two'],
      ['size', -12],
      ['weight', 25],
      ['all_can_invite', false],
    ])
  })

  it('are refused where they are not of their type, or unknown', () => {
    const wrong = [
      ['size', '1.5'],
      ['size', 'x'],
      ['weight', '1e999'],
      ['weight', 'NaN'],
      ['open', '1'],
      ['other', 'x'],
      ['constructor', 'x'],
    ] as const
    for (const entry of wrong) expect(() => readConfig(schema, [entry]), entry[1]).toThrow()
  })

  it('are shown in the order of the schema, with its value where a room has none', () => {
    const config = new Map([['weight', 2]])
    expect(showConfig(schema, config)).toEqual([
      ['title', 'Untitled'],
      ['size', '3'],
      ['weight', '2'],
      ['open', 'true'],
    ])
    expect(showConfig(schema, config, new Set(['weight']))).toEqual([['weight', '2']])
    expect(showConfig(schema, initialConfig(schema))[1]).toEqual(['size', '3'])
  })

  it('name a room and stand above those of the service, where the schema has such fields', () => {
    expect(nameOf(schema, new Map([['roomname', 'Den']]), 'den')).toBe('Den')
    expect(nameOf([], new Map(), 'den')).toBe('den')
    expect(overridden(schema, new Map([['all_can_invite', false]]), 'all_can_invite', true)).toBe(false)
    expect(overridden(schema, new Map(), 'all_can_invite', false)).toBe(true)
    expect(overridden(schema, new Map(), 'all_can_configure', true)).toBe(true)
  })
})
