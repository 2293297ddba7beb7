import {
  buildASTSchema,
  GraphQLInt,
  type GraphQLObjectType,
  GraphQLScalarType,
  GraphQLSchema,
  isObjectType,
  isUnionType,
  parse,
} from 'graphql'
import { setScalar } from './scalars.ts'
import { adminPeople } from './sdl/admin-people.ts'
import { adminRooms } from './sdl/admin-rooms.ts'
import { adminRoot } from './sdl/admin-root.ts'
import { adminServer } from './sdl/admin-server.ts'
import { common } from './sdl/common.ts'
import { peopleTypes } from './sdl/people-types.ts'
import { roomTypes } from './sdl/room-types.ts'
import { serverTypes } from './sdl/server-types.ts'
import { userOperations } from './sdl/user.ts'
import { vcardInputs } from './sdl/vcard-inputs.ts'
import { vcardTypes } from './sdl/vcard-types.ts'

/** The two schemas: of administrators, and of users. */
export type SchemaKind = 'admin' | 'user'

const types = [common, peopleTypes, roomTypes, serverTypes, vcardTypes, vcardInputs]
const operations: Readonly<Record<SchemaKind, readonly string[]>> = {
  admin: [adminRoot, adminPeople, adminRooms, adminServer],
  user: [userOperations],
}

/** One schema with the types that it uses, and no others. Its fields have no resolvers yet. */
export function makeSchema(kind: SchemaKind): GraphQLSchema {
  const whole = buildASTSchema(parse([...types, ...operations[kind]].join('\n')))
  const { query, mutation, subscription, directives } = whole.toConfig()
  const schema = new GraphQLSchema({ query, mutation, subscription, directives })
  for (const type of Object.values(schema.getTypeMap())) {
    if (type instanceof GraphQLScalarType) setScalar(type)
    if (isObjectType(type) && /Metric$|^MetricDictEntry$/.test(type.name)) tellLargeNumbers(type)
    if (isUnionType(type)) type.resolveType = (value) => members[type.name]?.(value as Values)
  }
  return schema
}

type Values = Readonly<Record<string, unknown>>

const metricTypes: Readonly<Record<string, string>> = {
  histogram: 'HistogramMetric',
  counter: 'CounterMetric',
  spiral: 'SpiralMetric',
  gauge: 'GaugeMetric',
}

/** Whether a value has something under a name. */
function has(value: Values, name: string): boolean {
  return value[name] !== undefined && value[name] !== null
}

const members: Readonly<Record<string, (value: Values) => string | undefined>> = {
  MetricResult: ({ type }) => metricTypes[String(type)],
  MnesiaInfo({ result }) {
    if (Array.isArray(result)) return 'MnesiaListResponse'
    return typeof result === 'number' ? 'MnesiaIntResponse' : 'MnesiaStringResponse'
  },
  Image: (value) => (has(value, 'extValue') ? 'External' : 'ImageData'),
  Agent: (value) => (has(value, 'vcard') ? 'AgentVcard' : 'External'),
  Sound(value) {
    if (has(value, 'extValue')) return 'External'
    return has(value, 'phonetic') ? 'Phonetic' : 'BinValue'
  },
}

/** An Int that may be larger than those of GraphQL: bytes that have been counted are soon more than 2^31. */
const counted = new GraphQLScalarType({ name: 'Int', serialize: Number })

function tellLargeNumbers(type: GraphQLObjectType): void {
  for (const field of Object.values(type.getFields())) if (field.type === GraphQLInt) field.type = counted
}

/** The roots of a schema. */
export function rootsOf(schema: GraphQLSchema): GraphQLObjectType[] {
  return [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()].filter(isObjectType)
}
