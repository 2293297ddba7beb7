import { GraphQLError, type GraphQLScalarType, type ValueNode } from 'graphql'
import { Jid } from '../../jid/jid.ts'
import { prepareDomain, prepareLocal } from '../../jid/prepare.ts'
import { parseTimestamp } from '../../stanza/delay.ts'
import { parseElement } from '../../xml/parse.ts'

/** How a scalar is checked when it comes in. Texts stay as they are: commands read them themselves. */
type Check = { readonly of: 'text'; accepts(text: string): boolean } | { readonly of: 'number'; readonly least: number }

function reads(parse: (text: string) => unknown): Check {
  return {
    of: 'text',
    accepts(text) {
      try {
        return parse(text) !== undefined
      } catch {
        // What throws is what is asked here: whether it can be read.
        return false
      }
    },
  }
}

const nonEmpty: Check = { of: 'text', accepts: (text) => text !== '' }

const checks: Readonly<Record<string, Check>> = {
  DateTime: reads(parseTimestamp),
  XmlElement: reads(parseElement),
  JID: reads(Jid.tryParse),
  BareJID: { of: 'text', accepts: (text) => Jid.tryParse(text)?.isBare === true },
  FullJID: { of: 'text', accepts: (text) => Jid.tryParse(text)?.isFull === true },
  UserName: reads(prepareLocal),
  RoomName: reads(prepareLocal),
  DomainName: reads(prepareDomain),
  ResourceName: reads((text) => (text === '' ? undefined : Jid.of('', 'localhost', text))),
  NodeName: nonEmpty,
  NonEmptyString: nonEmpty,
  PosInt: { of: 'number', least: 1 },
  NonNegInt: { of: 'number', least: 0 },
}

/** The names of our scalars. */
export const scalarNames: readonly string[] = Object.keys(checks)

function refusal(name: string): GraphQLError {
  return new GraphQLError(`This is not a ${name}.`, { extensions: { code: 'input_coercion' } })
}

function checked(name: string, check: Check, value: unknown): unknown {
  const isRight =
    check.of === 'text'
      ? typeof value === 'string' && check.accepts(value)
      : Number.isSafeInteger(value) && Number(value) >= check.least
  if (isRight) return value
  throw refusal(name)
}

function literal(node: ValueNode): unknown {
  if (node.kind === 'StringValue') return node.value
  return node.kind === 'IntValue' ? Number(node.value) : undefined
}

/** Gives a scalar of the schema its checks; does nothing for scalars of GraphQL itself. */
export function setScalar(type: GraphQLScalarType): void {
  const check = Object.hasOwn(checks, type.name) ? checks[type.name] : undefined
  if (check === undefined) return
  type.parseValue = (value) => checked(type.name, check, value)
  type.parseLiteral = (node) => checked(type.name, check, literal(node))
  // Whole seconds are told without a fraction.
  const isMoment = type.name === 'DateTime'
  const text = (value: unknown) => (isMoment ? String(value).replace(/\.0+Z$/, 'Z') : String(value))
  type.serialize = (value) => (check.of === 'text' ? text(value) : Number(value))
}
