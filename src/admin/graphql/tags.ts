import {
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLSchema,
  getDirectiveValues,
  getNamedType,
  isObjectType,
} from 'graphql'
import { rootsOf } from './schema.ts'

/** What has to run for an operation. */
export interface Uses {
  readonly modules: readonly string[]
  readonly services: readonly string[]
  readonly databases: readonly string[]
}

/** Who may ask for an operation: `DEFAULT`: everybody who has signed in. */
export interface Protection {
  readonly type: 'DEFAULT' | 'DOMAIN' | 'GLOBAL'
  /** Paths of the arguments that have to lie in the domain of who asks. */
  readonly args: readonly string[]
}

/** A field of a category, as the schema has it. */
export interface Operation {
  /** `category.field`, the name of its command. */
  readonly name: string
  readonly category: string
  readonly kind: 'query' | 'mutation' | 'subscription'
  readonly field: GraphQLField<unknown, unknown>
  readonly protection: Protection
  readonly uses: Uses
}

type Tagged = Pick<GraphQLObjectType, 'astNode'> | Pick<GraphQLField<unknown, unknown>, 'astNode'>

function directive(schema: GraphQLSchema, name: string, at: Tagged): Readonly<Record<string, unknown>> | undefined {
  const definition = schema.getDirective(name)
  if (definition == null || at.astNode == null) return undefined
  return getDirectiveValues(definition, at.astNode as { directives?: [] })
}

function usesOf(schema: GraphQLSchema, places: readonly Tagged[]): Uses {
  const found = places.map((place) => directive(schema, 'use', place) ?? {})
  const all = (name: string) => [...new Set(found.flatMap((each) => (each[name] ?? []) as string[]))]
  return { modules: all('modules'), services: all('services'), databases: all('internal_databases') }
}

function protectionOf(schema: GraphQLSchema, type: GraphQLObjectType, field: Tagged): Protection {
  const values = directive(schema, 'protected', field) ?? directive(schema, 'protected', type)
  // What nobody has thought about is for global administrators only.
  return (values ?? { type: 'GLOBAL', args: [] }) as unknown as Protection
}

/** Every operation of a schema, with what its tags say. */
export function operationsOf(schema: GraphQLSchema): Operation[] {
  const kinds = {
    [schema.getMutationType()?.name ?? '']: 'mutation',
    [schema.getSubscriptionType()?.name ?? '']: 'subscription',
  }
  return rootsOf(schema).flatMap((root) =>
    Object.values(root.getFields()).flatMap(({ name: category, type: fieldType }) => {
      const type = getNamedType(fieldType)
      if (!isObjectType(type) || category === 'checkAuth') return []
      return Object.values(type.getFields()).map((field) => ({
        name: `${category}.${field.name}`,
        category,
        kind: (kinds[root.name] ?? 'query') as Operation['kind'],
        field,
        protection: protectionOf(schema, type, field),
        uses: usesOf(schema, [type, field]),
      }))
    }),
  )
}
