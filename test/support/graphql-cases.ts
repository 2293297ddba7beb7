import { GraphQLError } from 'graphql'
import { expect } from 'vitest'
import { makeSchema } from '../../src/admin/graphql/schema.ts'
import { operationsOf } from '../../src/admin/graphql/tags.ts'
import { adminLogin, type Endpoint, type GraphqlServer } from './graphql.ts'
import { type Chosen, requestFor } from './graphql-samples.ts'

/** An operation with its arguments, and what it answers or fails with. */
export type Case = readonly [operation: string, args: Chosen | 'any', outcome: { gives: unknown } | { fails: string }]

export function gives(value: unknown): { gives: unknown } {
  return { gives: value }
}

export function fails(code: string): { fails: string } {
  return { fails: code }
}

const schemas = { admin: operationsOf(makeSchema('admin')), user: operationsOf(makeSchema('user')) }

/** The names of all operations of some categories, subscriptions left out. */
export function operationNames(schema: 'admin' | 'user', categories: readonly string[]): string[] {
  const meant = schemas[schema].filter(({ category, kind }) => categories.includes(category) && kind !== 'subscription')
  return meant.map(({ name }) => name)
}

/** Asks for one operation with everything that it can answer, and looks at the outcome. */
export async function runCase(
  server: GraphqlServer,
  [name, args, outcome]: Case,
  as: string = adminLogin,
): Promise<void> {
  const endpoint: Endpoint = as === adminLogin ? 'admin' : 'user'
  const operation = schemas[endpoint].find((each) => each.name === name && each.kind !== 'subscription')
  if (operation === undefined) throw new GraphQLError(`There is no operation ${name}`)
  const nothing = Object.fromEntries(operation.field.args.map((each) => [each.name, undefined]))
  // `any`: what may stand there.
  const request = requestFor(operation, 'localhost', args === 'any' ? {} : { ...nothing, ...args })
  const { text, status, data, errors } = await server.ask(endpoint, request.query, { as, variables: request.variables })
  const value = data?.[operation.category]?.[operation.field.name]
  if ('fails' in outcome) {
    expect(errors?.[0]?.extensions.code, text).toBe(outcome.fails)
    expect(value ?? null).toBeNull()
    return
  }
  expect([status, errors], text).toEqual([200, undefined])
  if (typeof outcome.gives === 'object' && outcome.gives !== null) expect(value).toMatchObject(outcome.gives)
  else expect(value).toEqual(outcome.gives)
}
