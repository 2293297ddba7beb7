import { z } from 'zod'
import { dataBackend, hostTemplate, intOrInfinity, noEffect, oneOf } from '../../config/option.ts'
import { type ConfigType, type ConfigValue, reservedTypes, type Schema, type SchemaField } from './core/schema.ts'

/** The value of a field by the name of its option. */
const typedValues = {
  string_value: ['string', z.string()],
  integer_value: ['integer', z.int()],
  float_value: ['float', z.number()],
  boolean_value: ['boolean', z.boolean()],
} as const
const valueNames = ['string_value', 'integer_value', 'float_value', 'boolean_value'] as const

const configField = z
  .strictObject({
    field: z.string().min(1).describe('Name of the field.'),
    string_value: z.string().optional().describe('Value in new rooms, of a field that holds text.'),
    integer_value: z.int().optional().describe('The same for a field that holds a whole number.'),
    float_value: z.number().optional().describe('The same for a field that holds a number.'),
    boolean_value: z.boolean().optional().describe('The same for a field that is `true` or `false`.'),
    value: z.union([z.string(), z.number()]).optional().describe('The value as MongooseIM 4 writes it, with `type`.'),
    type: oneOf('binary', 'integer', 'float').optional().describe('What `value` is; `binary` is text.'),
    internal_key: z.string().min(1).optional().describe('Name under which it is stored; that of the field otherwise.'),
  })
  .superRefine((item, context) => {
    const found = typedValue(item)
    const fault = typeof found === 'string' ? found : reservedFault(item.internal_key ?? item.field, found.type)
    if (fault !== undefined) context.addIssue({ code: 'custom', input: item, message: fault })
  })

type ConfigField = z.output<typeof configField>

const limit = (about: string, more: string) =>
  intOrInfinity().default(Number.POSITIVE_INFINITY).describe(`${about}${more}`).meta({ reload: 'live' })
const flag = (fallback: boolean, about: string) =>
  z.boolean().default(fallback).describe(about).meta({ reload: 'live' })

export const options = z.strictObject({
  host: hostTemplate()
    .default('muclight.@HOST@')
    .describe('Address of the rooms; `@HOST@` stands for the domain.')
    .meta({ reload: 'restart' }),
  backend: dataBackend('mnesia', 'rdbms'),
  cache_affs: noEffect(
    z.strictObject({
      strategy: oneOf('fifo', 'lru').optional(),
      time_to_live: intOrInfinity().optional(),
      number_of_segments: z.int().positive().optional(),
    }),
    'rooms in use stay in memory, and are never out of date there',
  ),
  equal_occupants: flag(false, 'New rooms have no owner: who makes one is a member of it as others are.'),
  legacy_mode: z
    .boolean()
    .default(false)
    .describe('Speak to clients in stanzas of XEP-0045 instead of those of MUC Light.')
    .meta({ reload: 'restart' }),
  rooms_per_user: limit('Rooms that one user may belong to', '.'),
  blocking: flag(true, 'Users may say which rooms and users may not add them to rooms.'),
  all_can_configure: flag(false, 'Members may change settings too; all may always change the subject.'),
  all_can_invite: flag(false, 'Members may add others too.'),
  max_occupants: limit('Users that may belong to one room', '.'),
  rooms_per_page: intOrInfinity()
    .default(10)
    .describe('Most rooms in one answer to a request for the list.')
    .meta({ reload: 'live' }),
  rooms_in_rosters: z
    .boolean()
    .default(false)
    .describe('Users find their rooms in their rosters.')
    .meta({ reload: 'restart' }),
  allow_multiple_owners: flag(false, 'A room may have several owners.'),
  promote_on_last_owner_leave: flag(
    true,
    'Somebody else becomes owner when the last one leaves; otherwise that one cannot.',
  ),
  config_schema: z
    .array(configField)
    .default([
      { field: 'roomname', string_value: 'Untitled' },
      { field: 'subject', string_value: '' },
    ])
    .superRefine((items, context) => {
      for (const name of ['field', 'internal_key'] as const) {
        const names = items.map((item) => (name === 'field' ? item.field : keyOf(item)))
        if (new Set(names).size === names.length) continue
        context.addIssue({ code: 'custom', input: items, message: `Two fields have the same \`${name}\`.` })
      }
    })
    .describe('The settings that rooms have.')
    .meta({ reload: 'restart' }),
})

export type LightOptions = z.output<typeof options>

/** The settings that rooms have, as the options say. */
export function schemaOf({ config_schema: items }: Pick<LightOptions, 'config_schema'>): Schema {
  return items.map((item): SchemaField => {
    const found = typedValue(item)
    if (typeof found === 'string') throw new Error(found)
    return { field: item.field, key: keyOf(item), ...found }
  })
}

function keyOf({ internal_key: key, field }: Pick<ConfigField, 'internal_key' | 'field'>): string {
  return key ?? field
}

/** The value of a field and its type, or what is wrong with it. */
function typedValue(item: ConfigField): { type: ConfigType; value: ConfigValue } | string {
  const given = valueNames.filter((name) => item[name] !== undefined)
  const [name] = given
  if (given.length + (item.value === undefined ? 0 : 1) !== 1) {
    return `Exactly one of ${valueNames.map((each) => `\`${each}\``).join(', ')} is required.`
  }
  if (name === undefined) return olderValue(item)
  if (item.type !== undefined) return '`type` goes with `value` only.'
  return { type: typedValues[name][0], value: item[name] as ConfigValue }
}

function olderValue({
  value = '',
  type: named = 'binary',
}: ConfigField): { type: ConfigType; value: ConfigValue } | string {
  const type = named === 'binary' ? 'string' : named
  const fits = typedValues[`${type}_value`][1].safeParse(value)
  return fits.success ? { type, value: fits.data } : `\`value\` is not of the type \`${named}\`.`
}

function reservedFault(key: string, type: ConfigType): string | undefined {
  const needed = Object.hasOwn(reservedTypes, key) ? reservedTypes[key] : undefined
  return needed === undefined || needed === type ? undefined : `\`${key}\` has a \`${needed}_value\`.`
}
