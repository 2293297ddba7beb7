import { describe, expect, it } from 'vitest'
import { options, schemaOf } from './options.ts'

const fieldsOf = (...config_schema: object[]) => schemaOf(options.parse({ config_schema }))
const isRefused = (...config_schema: object[]) => !options.safeParse({ config_schema }).success

describe('options of MUC Light', () => {
  it('rooms have a name and a subject unless more is said', () => {
    expect(schemaOf(options.parse({}))).toEqual([
      { field: 'roomname', key: 'roomname', type: 'string', value: 'Untitled' },
      { field: 'subject', key: 'subject', type: 'string', value: '' },
    ])
    expect(fieldsOf()).toEqual([])
  })

  it('a field has a value of one type', () => {
    const fields = fieldsOf(
      { field: 'a', string_value: 'x' },
      { field: 'b', integer_value: 1, internal_key: 'key' },
      { field: 'c', float_value: 0.5 },
      { field: 'd', boolean_value: false },
    )
    expect(fields.map(({ key, type, value }) => [key, type, value])).toEqual([
      ['a', 'string', 'x'],
      ['key', 'integer', 1],
      ['c', 'float', 0.5],
      ['d', 'boolean', false],
    ])
    expect(isRefused({ field: 'a' })).toBe(true)
    expect(isRefused({ field: '', string_value: '' })).toBe(true)
    expect(isRefused({ field: 'a', string_value: 'x', integer_value: 1 })).toBe(true)
    expect(isRefused({ field: 'a', string_value: 'x', type: 'binary' })).toBe(true)
  })

  it('a field may be written as MongooseIM 4 does', () => {
    expect(fieldsOf({ field: 'a', value: 'x' }, { field: 'b', value: 2, type: 'integer' })).toMatchObject([
      { type: 'string', value: 'x' },
      { type: 'integer', value: 2 },
    ])
    expect(isRefused({ field: 'a', value: 'x', type: 'float' })).toBe(true)
    expect(isRefused({ field: 'a', value: 'x', string_value: 'y' })).toBe(true)
  })

  it('what means something to the server is of its type, and nothing is there twice', () => {
    expect(isRefused({ field: 'open', internal_key: 'all_can_invite', string_value: 'true' })).toBe(true)
    expect(isRefused({ field: 'roomname', integer_value: 1 })).toBe(true)
    expect(isRefused({ field: 'a', string_value: '' }, { field: 'a', string_value: '', internal_key: 'b' })).toBe(true)
    expect(isRefused({ field: 'a', string_value: '' }, { field: 'b', string_value: '', internal_key: 'a' })).toBe(true)
  })
})
