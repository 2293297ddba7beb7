import {
  type GraphQLInputType,
  type GraphQLOutputType,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  isRequiredInputField,
  isUnionType,
} from 'graphql'
import type { Operation } from '../../src/admin/graphql/tags.ts'

/** Arguments of a request by their paths, as in `user.jid`; undefined leaves one out. */
export type Chosen = Readonly<Record<string, unknown>>

const scalars: Readonly<Record<string, (domain: string) => unknown>> = {
  DomainName: (domain) => domain,
  JID: (domain) => `somebody@${domain}`,
  BareJID: (domain) => `somewhere@${domain}`,
  FullJID: (domain) => `somebody@${domain}/pc`,
  DateTime: () => '2026-01-02T03:04:05Z',
  XmlElement: (domain) => `<message from='somebody@${domain}' to='x@${domain}' type='chat'/>`,
  Boolean: () => true,
  Int: () => 1,
  PosInt: () => 1,
  NonNegInt: () => 0,
}

function sample(type: GraphQLInputType, domain: string): unknown {
  if (isNonNullType(type)) return sample(type.ofType as GraphQLInputType, domain)
  if (isListType(type)) return [sample(type.ofType as GraphQLInputType, domain)]
  if (isEnumType(type)) return type.getValues()[0]?.name
  if (isInputObjectType(type)) {
    const fields = Object.values(type.getFields()).filter((field) => isRequiredInputField(field))
    return Object.fromEntries(fields.map((field) => [field.name, sample(field.type, domain)]))
  }
  return scalars[type.name]?.(domain) ?? 'sample'
}

/** What is asked of an answer: everything, a few levels deep. */
export function selectionOf(type: GraphQLOutputType, depth = 4): string {
  const named = getNamedType(type)
  if (isLeafType(named) || depth === 0) return ''
  if (isUnionType(named)) {
    return ` { ${named
      .getTypes()
      .map((each, at) => `... on ${each.name} ${aliased(selectionOf(each, depth - 1), at)}`)
      .join(' ')} }`
  }
  if (!isObjectType(named)) return ''
  const inner = Object.values(named.getFields()).flatMap(({ name, type: of }) => {
    const isLeaf = isLeafType(getNamedType(of))
    const more = selectionOf(of, depth - 1)
    return isLeaf || more !== '' ? [`${name}${more}`] : []
  })
  return inner.length === 0 ? '' : ` { ${inner.join(' ')} }`
}

/** Members of a union have fields of one name and several types. */
function aliased(selection: string, at: number): string {
  return selection.replace(/^ \{ /, '{ ').replace(/\bresult\b/, `result${at}: result`)
}

/** A request for one operation, every argument of which lies in a domain; `more` has others. */
export function requestFor(operation: Operation, domain: string, more: Chosen = {}) {
  const { field, kind, category } = operation
  const declared = field.args.map(({ name, type }) => `$${name}: ${String(type)}`).join(', ')
  const given = field.args.map(({ name }) => `${name}: $${name}`).join(', ')
  const args = given === '' ? '' : `(${given})`
  const variables = Object.fromEntries(field.args.map(({ name, type }) => [name, sample(type, domain)]))
  return {
    query: `${kind}${declared === '' ? '' : ` (${declared})`} { ${category} { ${field.name}${args}${selectionOf(field.type)} } }`,
    variables: { ...variables, ...more } as Record<string, unknown>,
  }
}
