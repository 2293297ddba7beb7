import { z } from 'zod'
import type { OptionMeta } from './option.ts'
import { peel, shapeOf } from './schema-walk.ts'

/** One option as the reference shows it. */
export interface OptionDescription {
  readonly key: string
  readonly type: string
  readonly isRequired: boolean
  readonly defaultValue?: unknown
  readonly meta: OptionMeta
}

/** One table of the configuration with the options that stand directly in it. */
export interface TableDescription {
  /** Path of keys; in an array of tables the key is followed by `[]`, a freely chosen name is `NAME`. */
  readonly path: readonly string[]
  readonly about: string
  readonly options: readonly OptionDescription[]
  /** Nothing can be written in it, at least not now. */
  readonly isEmpty: boolean
  /** For tables of freely chosen names that hold lists: a telling value. */
  readonly example?: unknown
}

/** What an operator can write, table by table, in the order of the schema. */
export function describeTables(schema: z.ZodType, path: readonly string[] = []): TableDescription[] {
  const { base, meta } = peel(schema)
  const about = meta.description ?? ''
  if (base instanceof z.ZodRecord) {
    const inner = describeTables(base.def.valueType as z.ZodType, [...path, 'NAME'])
    return [
      { path, about, options: [], isEmpty: false, ...(meta.example === undefined ? {} : { example: meta.example }) },
      ...inner,
    ]
  }
  if (base instanceof z.ZodArray) {
    const last = path.at(-1) ?? ''
    const inner = describeTables(base.def.element as z.ZodType, [...path.slice(0, -1), `${last}[]`])
    return inner.map((table, index) => (index === 0 && table.about === '' ? { ...table, about } : table))
  }
  if (!(base instanceof z.ZodObject)) return []
  const children = Object.entries(shapeOf(schema)).filter(([, child]) => !isSetAside(child))
  const options = children.filter(([, child]) => !isTableLike(child)).map(([key, child]) => describeOption(key, child))
  const tables = children
    .filter(([, child]) => isTableLike(child))
    .flatMap(([key, child]) => describeTables(child, [...path, key]))
  // A table all of whose options are set aside is not worth showing; one that never had any is written as it is.
  if (options.length === 0 && tables.length === 0 && Object.keys(shapeOf(schema)).length > 0) return []
  return [{ path, about, options, isEmpty: Object.keys(shapeOf(schema)).length === 0 }, ...tables]
}

/** Options that are accepted without effect, or known and not built, as dotted paths with the reason. */
export function describeSetAside(
  schema: z.ZodType,
  path: readonly string[] = [],
): { path: string; meta: OptionMeta }[] {
  const { base } = peel(schema)
  if (base instanceof z.ZodArray) return describeSetAside(base.def.element as z.ZodType, path)
  return Object.entries(shapeOf(schema)).flatMap(([key, child]) => {
    const place = [...path, key]
    return isSetAside(child) ? [{ path: place.join('.'), meta: peel(child).meta }] : describeSetAside(child, place)
  })
}

function isSetAside(schema: z.ZodType): boolean {
  const { meta } = peel(schema)
  return meta.noEffect !== undefined || meta.notBuilt !== undefined
}

/** Whether a schema is written as a table, or as tables, of its own. */
function isTableLike(schema: z.ZodType): boolean {
  const { base } = peel(schema)
  if (base instanceof z.ZodArray) return peel(base.def.element as z.ZodType).base instanceof z.ZodObject
  return base instanceof z.ZodObject || base instanceof z.ZodRecord
}

function describeOption(key: string, schema: z.ZodType): OptionDescription {
  const { meta, isOptional, defaultValue } = peel(schema)
  return {
    key,
    type: typeOf(schema),
    isRequired: !isOptional,
    ...(defaultValue === undefined ? {} : { defaultValue }),
    meta,
  }
}

function typeOf(schema: z.ZodType): string {
  const { base, meta } = peel(schema)
  if (meta.shownAs !== undefined) return meta.shownAs
  if (base instanceof z.ZodEnum) return base.options.map((word) => JSON.stringify(word)).join(', ')
  if (base instanceof z.ZodArray) return `array of ${typeOf(base.def.element as z.ZodType)}`
  if (base instanceof z.ZodNumberFormat) return integerType(base)
  if (base instanceof z.ZodNumber) return 'number'
  if (base instanceof z.ZodBoolean) return 'true or false'
  if (base instanceof z.ZodUnion) {
    return (base.def.options as z.ZodType[]).map(typeOf).join(' or ')
  }
  if (base instanceof z.ZodLiteral) return [...base.values].map((value) => JSON.stringify(value)).join(' or ')
  return base instanceof z.ZodString ? 'string' : base.def.type
}

function integerType({ minValue, maxValue }: z.ZodNumberFormat): string {
  const hasLeast = minValue !== null && minValue > Number.MIN_SAFE_INTEGER
  const hasMost = maxValue !== null && maxValue < Number.MAX_SAFE_INTEGER
  if (hasLeast && hasMost) return `integer from ${minValue} to ${maxValue}`
  return hasLeast ? `integer ≥ ${minValue}` : 'integer'
}
