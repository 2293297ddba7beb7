import {
  type GraphQLInputType,
  type GraphQLOutputType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isObjectType,
  isRequiredArgument,
  isRequiredInputField,
  isUnionType,
} from 'graphql'
import { z } from 'zod'
import type { Done } from '../../src/admin/graphql/own-account.ts'
import type { Operation } from '../../src/admin/graphql/tags.ts'
import type { Command } from '../../src/module/command.ts'

interface Peeled {
  readonly base: z.ZodType
  /** Whether nothing at all will do. */
  readonly mayMiss: boolean
}

function peel(schema: z.ZodType, side: 'in' | 'out'): Peeled {
  let base = schema
  let mayMiss = false
  for (;;) {
    if (base instanceof z.ZodOptional || base instanceof z.ZodNullable) {
      mayMiss = true
      base = base.def.innerType as z.ZodType
    } else if (base instanceof z.ZodDefault) {
      mayMiss ||= side === 'in'
      base = base.def.innerType as z.ZodType
    } else if (base instanceof z.ZodPipe) base = base.def[side] as z.ZodType
    else if (base instanceof z.ZodLazy) base = base.def.getter() as z.ZodType
    else return { base, mayMiss }
  }
}

function kindOf(base: z.ZodType): string {
  if (base instanceof z.ZodString || base instanceof z.ZodEnum || base instanceof z.ZodLiteral) return 'text'
  if (base instanceof z.ZodNumber) return 'number'
  return base instanceof z.ZodBoolean ? 'boolean' : base.constructor.name
}

const kinds: Readonly<Record<string, string>> = {
  Int: 'number',
  PosInt: 'number',
  NonNegInt: 'number',
  Boolean: 'boolean',
}

/**
 * What a command and its field do not agree about. `user`: how users do it, who are filled in as the command says, and whose
 * arguments and answers may be made of others.
 */
export function disagreements({ name, field }: Operation, command: Command<never>, user?: Done): string[] {
  const { own } = command
  const input =
    user === undefined || own === undefined
      ? command.input
      : (command.input.partial({ [own]: true } as never) as z.ZodObject)
  const made =
    user?.input === undefined ? argumentsOf(field.args, input, { where: name, isRequired: isRequiredArgument }) : []
  return [...made, ...(user?.answer === undefined ? outputOf(field.type, command.output, name, new Set()) : [])]
}

interface Named {
  readonly name: string
  readonly type: GraphQLInputType
}

function argumentsOf<T extends Named>(
  fields: readonly T[],
  schema: z.ZodObject,
  { where, isRequired }: { where: string; isRequired: (field: T) => boolean },
): string[] {
  const shape = schema.shape as Readonly<Record<string, z.ZodType>>
  const known = new Set(fields.map((each) => each.name))
  const surplus = Object.keys(shape).filter((key) => !known.has(key) && !peel(shape[key] as z.ZodType, 'in').mayMiss)
  return [
    ...surplus.map((key) => `${where}: the command wants ${key}`),
    ...fields.flatMap((each) => {
      const inner = shape[each.name]
      if (inner === undefined) return [`${where}: the command has no ${each.name}`]
      const { mayMiss } = peel(inner, 'in')
      const missing = mayMiss || isRequired(each) ? [] : [`${where}.${each.name}: the command cannot do without`]
      return [...missing, ...inputOf(each.type, inner, `${where}.${each.name}`)]
    }),
  ]
}

const seen = new Set<string>()

function inputOf(type: GraphQLInputType, schema: z.ZodType, where: string): string[] {
  if (isNonNullType(type)) return inputOf(type.ofType as GraphQLInputType, schema, where)
  const { base } = peel(schema, 'in')
  if (isListType(type)) {
    if (!(base instanceof z.ZodArray)) return [`${where}: the command wants no list`]
    return inputOf(type.ofType as GraphQLInputType, base.def.element as z.ZodType, `${where}[]`)
  }
  if (isInputObjectType(type)) {
    if (!(base instanceof z.ZodObject)) return [`${where}: the command wants no object`]
    // Cards stand in cards.
    if (seen.has(type.name)) return []
    seen.add(type.name)
    const found = argumentsOf(Object.values(type.getFields()), base, { where, isRequired: isRequiredInputField })
    seen.delete(type.name)
    return found
  }
  if (isEnumType(type) && base instanceof z.ZodEnum) {
    const strange = type.getValues().filter(({ name }) => !base.options.includes(name))
    return strange.map(({ name }) => `${where}: the command does not take ${name}`)
  }
  const wanted = kinds[type.name] ?? 'text'
  return kindOf(base) === wanted ? [] : [`${where}: ${kindOf(base)} in the command, ${wanted} in the schema`]
}

function outputOf(type: GraphQLOutputType, schema: z.ZodType, where: string, inside: Set<string>): string[] {
  const { base, mayMiss } = peel(schema, 'out')
  if (isNonNullType(type)) {
    const missing = mayMiss ? [`${where}: the command may leave it out`] : []
    return [...missing, ...outputOf(type.ofType as GraphQLOutputType, base, where, inside)]
  }
  if (isListType(type)) {
    if (!(base instanceof z.ZodArray)) return [`${where}: the command answers no list`]
    return outputOf(type.ofType as GraphQLOutputType, base.def.element as z.ZodType, `${where}[]`, inside)
  }
  if (isUnionType(type)) return []
  if (isObjectType(type)) {
    if (inside.has(type.name)) return []
    if (!(base instanceof z.ZodObject)) return [`${where}: the command answers no object`]
    const shape = base.shape as Readonly<Record<string, z.ZodType>>
    const fields = Object.values(type.getFields())
    const known = new Set(fields.map(({ name }) => name))
    const surplus = Object.keys(shape).filter((key) => !known.has(key))
    return [
      ...surplus.map((key) => `${where}: the schema has no ${key}`),
      ...fields.flatMap(({ name, type: inner }) => {
        const value = shape[name]
        if (value === undefined) return [`${where}: the command answers no ${name}`]
        return outputOf(inner, value, `${where}.${name}`, new Set([...inside, type.name]))
      }),
    ]
  }
  if (isEnumType(type)) {
    if (!(base instanceof z.ZodEnum || base instanceof z.ZodLiteral)) return [`${where}: the command answers any text`]
    const values = base instanceof z.ZodEnum ? base.options : [...base.def.values]
    const names = new Set(type.getValues().map(({ name }) => name))
    return values
      .filter((each) => !names.has(String(each)))
      .map((each) => `${where}: the schema has no ${String(each)}`)
  }
  const wanted = kinds[type.name] ?? 'text'
  return kindOf(base) === wanted ? [] : [`${where}: ${kindOf(base)} in the command, ${wanted} in the schema`]
}
