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
    if (base instanceof z.ZodDefault || base instanceof z.ZodPrefault) {
      isOptional = true
      defaultValue ??= base.def.defaultValue
      base = base.def.innerType as z.ZodType
    } else if (base instanceof z.ZodOptional || base instanceof z.ZodNullable) {
      isOptional = true
      base = base.def.innerType as z.ZodType
    } else if (base instanceof z.ZodReadonly || base instanceof z.ZodNonOptional) base = base.def.innerType as z.ZodType
    else if (base instanceof z.ZodPipe) base = base.def.in as z.ZodType
    else return { base, meta, isOptional, ...(defaultValue === undefined ? {} : { defaultValue }) }
  }
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
    if (element !== undefined) value.forEach((item, index) => visitValues(element, item, visit, [...path, index]))
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
