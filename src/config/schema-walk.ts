import { z } from 'zod'
import type { OptionMeta } from './option.ts'

/** A schema without its wrappers (optional, default, transform…), and what they said. */
export interface Peeled {
  readonly base: z.ZodType
  /** Meta of all layers, the outermost winning. */
  readonly meta: OptionMeta
  readonly isOptional: boolean
  /** The value taken when nothing is written. */
  readonly defaultValue?: unknown
}

/** Takes the wrappers off a schema. */
export function peel(schema: z.ZodType): Peeled {
  let base = schema
  let meta: OptionMeta = {}
  let isOptional = false
  let defaultValue: unknown
  for (;;) {
    meta = { ...(base.meta() as OptionMeta | undefined), ...meta }
    const inner = innerOf(base)
    if (inner === undefined) break
    isOptional ||= inner.isOptional
    defaultValue ??= inner.defaultValue
    base = inner.schema
  }
  return { base, meta, isOptional, ...(defaultValue === undefined ? {} : { defaultValue }) }
}

interface Layer {
  schema: z.ZodType
  isOptional: boolean
  defaultValue?: unknown
}

/** What a wrapper wraps; `undefined` for a schema that is none. */
function innerOf(schema: z.ZodType): Layer | undefined {
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault) {
    return { schema: schema.def.innerType as z.ZodType, isOptional: true, defaultValue: schema.def.defaultValue }
  }
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable) {
    return { schema: schema.def.innerType as z.ZodType, isOptional: true }
  }
  if (schema instanceof z.ZodReadonly || schema instanceof z.ZodNonOptional) {
    return { schema: schema.def.innerType as z.ZodType, isOptional: false }
  }
  return schema instanceof z.ZodPipe ? { schema: schema.def.in as z.ZodType, isOptional: false } : undefined
}

/** The schema of what stands below `key` of a table or list, `undefined` when it has no such place. */
export function childSchema(schema: z.ZodType, key: string | number): z.ZodType | undefined {
  const { base } = peel(schema)
  if (base instanceof z.ZodObject) {
    const shape = base.def.shape as Readonly<Record<string, z.ZodType>>
    return typeof key === 'string' && Object.hasOwn(shape, key) ? shape[key] : undefined
  }
  if (base instanceof z.ZodRecord) return base.def.valueType as z.ZodType
  if (base instanceof z.ZodArray) return base.def.element as z.ZodType
  return undefined
}

/** The schema at a path below `schema`. */
export function schemaAt(schema: z.ZodType, path: readonly (string | number)[]): z.ZodType | undefined {
  let found: z.ZodType | undefined = schema
  for (const key of path) found = found === undefined ? undefined : childSchema(found, key)
  return found
}

/** The named options of a table schema, nothing for other schemas. */
export function shapeOf(schema: z.ZodType): Readonly<Record<string, z.ZodType>> {
  const { base } = peel(schema)
  return base instanceof z.ZodObject ? (base.def.shape as Readonly<Record<string, z.ZodType>>) : {}
}

/** Calls `visit` for every value that is present at or below `value` and has a schema. */
export function visitValues(
  schema: z.ZodType,
  value: unknown,
  visit: (value: unknown, meta: OptionMeta, path: readonly (string | number)[]) => void,
  path: readonly (string | number)[] = [],
): void {
  visit(value, peel(schema).meta, path)
  if (Array.isArray(value)) {
    const element = childSchema(schema, 0)
    if (element === undefined) return
    for (const [index, item] of value.entries()) visitValues(element, item, visit, [...path, index])
  } else if (isTable(value)) {
    for (const [key, inner] of Object.entries(value)) {
      const child = childSchema(schema, key)
      if (child !== undefined) visitValues(child, inner, visit, [...path, key])
    }
  }
}

/** Whether a value is a TOML table. */
export function isTable(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value) && !(value instanceof Date)
}
