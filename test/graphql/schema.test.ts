import { readFileSync } from 'node:fs'
import {
  buildClientSchema,
  type GraphQLField,
  type GraphQLNamedType,
  getIntrospectionQuery,
  graphqlSync,
  isEnumType,
  isInputObjectType,
  isObjectType,
  isScalarType,
  isSpecifiedScalarType,
  isUnionType,
  lexicographicSortSchema,
  printSchema,
} from 'graphql'
import { describe, expect, it } from 'vitest'
import { scalarNames } from '../../src/admin/graphql/scalars.ts'
import { makeSchema, type SchemaKind } from '../../src/admin/graphql/schema.ts'
import { type Operation, operationsOf } from '../../src/admin/graphql/tags.ts'

function fixture(name: string): string[] {
  return readFileSync(new URL(`fixtures/${name}.txt`, import.meta.url), 'utf8')
    .split('\n')
    .filter(Boolean)
}

const letters = { query: 'q', mutation: 'm', subscription: 's' } as const

function argumentsOf({ args }: GraphQLField<unknown, unknown>): string {
  const shown = args.map(({ name, type, defaultValue }) => {
    const value = defaultValue === undefined ? '' : ` = ${String(defaultValue)}`
    return `${name}: ${String(type)}${value}`
  })
  return shown.length === 0 ? '' : `(${shown.join(', ')})`
}

/** An operation as the fixture has it; what a category needs is said with the category. */
function line(kind: SchemaKind, { category, kind: of, field, protection, uses }: Operation, needs: string[]): string {
  const { type, args } = protection
  const tag = { DEFAULT: '', GLOBAL: ' G', DOMAIN: ` D(${args.join(',')})` }[type]
  const more = [...uses.modules, ...uses.services, ...uses.databases].filter((name) => !needs.includes(name))
  const shown = `${field.name}${argumentsOf(field)}: ${String(field.type)}${kind === 'admin' ? tag : ''}`
  return `${category} ${letters[of]} ${shown}${more.map((name) => ` +${name}`).join('')}`
}

/** The fixture, line by line, and what each category needs. */
function wanted(name: string): { lines: string[]; needs: Map<string, string> } {
  let category = ''
  const needs = new Map<string, string>()
  const lines = fixture(name).flatMap((text) => {
    const [, found, need] = /^(\w+)(?: +# needs (\w+))?$/.exec(text) ?? []
    if (found === undefined) return [`${category} ${text.trim()}`]
    category = found
    if (need !== undefined) needs.set(category, need)
    return []
  })
  return { lines, needs }
}

function shownType(type: GraphQLNamedType): string[] {
  if (isEnumType(type))
    return [
      `enum ${type.name} { ${type
        .getValues()
        .map(({ name }) => name)
        .join(' ')} }`,
    ]
  if (isUnionType(type)) return [`union ${type.name} = ${type.getTypes().join(' | ')}`]
  if (!isObjectType(type) && !isInputObjectType(type)) return []
  const fields = Object.values(type.getFields()).map((field) => `${field.name}: ${String(field.type)}`)
  return [`${isObjectType(type) ? 'type' : 'input'} ${type.name} { ${fields.join(', ')} }`]
}

describe('the published schemas', () => {
  const { needs } = wanted('admin-operations')

  it.each(['admin', 'user'] as const)('have exactly the operations that are documented: %s', (kind) => {
    const { lines } = wanted(`${kind}-operations`)
    // Who may import users is said nowhere else: global administrators.
    const expected = lines.map((text) => (text.includes('importUsers') ? `${text} G` : text))
    const found = operationsOf(makeSchema(kind)).map((each) => line(kind, each, [needs.get(each.category) ?? '']))
    expect(found.sort()).toEqual(expected.sort())
    for (const { category, uses } of operationsOf(makeSchema(kind))) {
      const need = needs.get(category)
      if (need !== undefined) expect([...uses.modules, ...uses.services, ...uses.databases]).toContain(need)
    }
  })

  it('have exactly the types that are documented', () => {
    const schemas = [makeSchema('admin'), makeSchema('user')]
    const all = new Map(schemas.flatMap((schema) => Object.entries(schema.getTypeMap())))
    const shown = [...all.values()].flatMap(shownType)
    const documented = fixture('types')
    expect(documented.filter((text) => !shown.includes(text))).toEqual([])
    const known = new Set(documented.map((text) => /^\w+ (\w+)/.exec(text)?.[1] ?? ''))
    const isOwn = (name: string) => !/^(__|.*(Admin|User)(Query|Mutation|Subscription)$)/.test(name)
    const others = [...all.values()].filter(({ name }) => isOwn(name) && !known.has(name))
    const scalars = others.filter((type) => isScalarType(type) && !isSpecifiedScalarType(type))
    expect(scalars.map(({ name }) => name).sort()).toEqual([...scalarNames].filter((name) => all.has(name)).sort())
    const inputs = others.filter((type) => isInputObjectType(type)).map(({ name }) => name)
    expect(inputs.filter((name) => !/^(\w+Input|SpectaqlOption)$/.test(name))).toEqual([])
    const rest = others.filter((type) => !isScalarType(type) && !isInputObjectType(type)).map(({ name }) => name)
    expect(rest).toEqual(['ProtectionType'])
  })

  it('tell numbers of metrics that are larger than 32 bits', () => {
    const schema = makeSchema('admin')
    const { metric } = { metric: { getMetrics: [{ name: ['bytes'], type: 'gauge', value: 2 ** 40 }] } }
    const source = '{ metric { getMetrics { ... on GaugeMetric { name value } } } }'
    expect(graphqlSync({ schema, source, rootValue: { metric } })).toEqual({
      data: { metric: { getMetrics: [{ name: ['bytes'], value: 2 ** 40 }] } },
    })
  })

  it.each(['admin', 'user'] as const)('are read by clients through introspection: %s', (kind) => {
    const schema = makeSchema(kind)
    const { data, errors } = graphqlSync({ schema, source: getIntrospectionQuery() })
    expect(errors).toBeUndefined()
    const client = buildClientSchema(data as never)
    expect(printSchema(lexicographicSortSchema(client))).toBe(printSchema(lexicographicSortSchema(schema)))
    expect(client.getDirective('protected')?.args.map(({ name }) => name)).toEqual(['type', 'args'])
    const uses = client.getDirective('use')?.args.map(({ name }) => name)
    expect(uses).toEqual(['modules', 'services', 'internal_databases', 'args'])
    expect(client.getDirective('spectaql')?.args.map(({ name }) => name)).toEqual(['options'])
  })
})
