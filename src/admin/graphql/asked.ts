import {
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLObjectType,
  type GraphQLSchema,
  getArgumentValues,
  getNamedType,
  isObjectType,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql'
import type { Operation } from './tags.ts'

/** One operation that a request asks for, with the values of its arguments; without an operation, a field of the root. */
export interface Asked {
  readonly category: string
  readonly operation: Operation | undefined
  readonly args: Readonly<Record<string, unknown>>
  /** Names as in the answer. */
  readonly path: readonly string[]
}

/** A validated document, one operation of which is asked for. */
export interface Chosen {
  readonly schema: GraphQLSchema
  readonly operation: OperationDefinitionNode
  readonly fragments: Readonly<Record<string, FragmentDefinitionNode>>
  /** Values as coerced. */
  readonly variables: Readonly<Record<string, unknown>>
}

/** All fields of a selection; those that `@skip` may leave out too. */
function fieldsOf(set: SelectionSetNode | undefined, fragments: Chosen['fragments']): FieldNode[] {
  return (set?.selections ?? []).flatMap((selection) => {
    if (selection.kind === 'Field') return [selection]
    const inner = selection.kind === 'InlineFragment' ? selection : fragments[selection.name.value]
    return fieldsOf(inner?.selectionSet, fragments)
  })
}

function nameOf({ alias, name }: FieldNode): string {
  return (alias ?? name).value
}

/** What a request asks for, in its order. Introspection is left out. Throws GraphQLError for arguments without a value. */
export function askedIn(chosen: Chosen, operations: ReadonlyMap<string, Operation>): Asked[] {
  const { schema, operation, fragments } = chosen
  const root = schema.getRootType(operation.operation)
  return fieldsOf(operation.selectionSet, fragments).flatMap((node) => {
    const category = node.name.value
    if (root == null || category.startsWith('__')) return []
    const type = getNamedType(root.getFields()[category]?.type)
    const path = [nameOf(node)]
    if (!isObjectType(type) || category === 'checkAuth') return [{ category, operation: undefined, args: {}, path }]
    return insideOf(chosen, type, node).map(({ field, args }) => {
      const found = operations.get(`${operation.operation} ${category}.${field.name.value}`)
      return { category, operation: found, args, path: [...path, nameOf(field)] }
    })
  })
}

function insideOf({ fragments, variables }: Chosen, type: GraphQLObjectType, node: FieldNode) {
  return fieldsOf(node.selectionSet, fragments).flatMap((field) => {
    const definition = type.getFields()[field.name.value]
    return definition === undefined ? [] : [{ field, args: getArgumentValues(definition, field, variables) }]
  })
}
