import { z } from 'zod'
import { UsageError } from './command-error.ts'

/** One argument of a command, as help shows it. */
export interface ArgumentDescription {
  readonly name: string
  /** `DomainName!`, `[JID!]`…; an exclamation mark means that it must be given. */
  readonly type: string
  readonly isRequired: boolean
  /** Names a file; relative names start from where the caller is. */
  readonly isFile: boolean
  readonly about: string
  readonly defaultValue?: unknown
}

/** A command as help shows it. */
export interface CommandDescription {
  readonly name: string
  readonly about: string
  readonly offline: boolean
  readonly changes: boolean
  readonly arguments: readonly ArgumentDescription[]
}

interface Layers {
  base: z.ZodType
  isRequired: boolean
  meta: Readonly<Record<string, unknown>>
  defaultValue?: unknown
}

function layersOf(schema: z.ZodType): Layers {
  const layers: Layers = { base: schema, isRequired: true, meta: {} }
  for (;;) {
    const { base } = layers
    layers.meta = { ...base.meta(), ...layers.meta }
    if (base instanceof z.ZodDefault) layers.defaultValue = base.def.defaultValue
    if (base instanceof z.ZodOptional || base instanceof z.ZodDefault || base instanceof z.ZodNullable) {
      layers.isRequired = false
      layers.base = base.def.innerType as z.ZodType
    } else if (base instanceof z.ZodPipe) layers.base = base.def.in as z.ZodType
    else return layers
  }
}

function typeName({ base, meta }: Layers): string {
  if (typeof meta['scalar'] === 'string') return meta['scalar']
  if (base instanceof z.ZodNumberFormat) return 'Int'
  if (base instanceof z.ZodNumber) return 'Float'
  if (base instanceof z.ZodBoolean) return 'Boolean'
  if (base instanceof z.ZodEnum) return base.options.map(String).join('|')
  if (base instanceof z.ZodArray) {
    const element = layersOf(base.def.element as z.ZodType)
    return `[${typeName(element)}${element.isRequired ? '!' : ''}]`
  }
  return base instanceof z.ZodString ? 'String' : 'JSON'
}

type Describable = Omit<CommandDescription, 'arguments'> & { readonly input: z.ZodObject }

/** Describes a command for help. */
export function describeCommand({ name, about, offline, changes, input }: Describable): CommandDescription {
  const shape = input.shape as Readonly<Record<string, z.ZodType>>
  const described = Object.entries(shape).map(([argument, schema]) => {
    const layers = layersOf(schema)
    return {
      name: argument,
      type: `${typeName(layers)}${layers.isRequired ? '!' : ''}`,
      isRequired: layers.isRequired,
      isFile: layers.meta['file'] === true,
      about: String(layers.meta['description'] ?? ''),
      ...(layers.defaultValue === undefined ? {} : { defaultValue: layers.defaultValue }),
    }
  })
  return { name, about, offline, changes, arguments: described }
}

/** A name without regard to how its words are joined: `newPassword`, `new-password` and `new_password` are one. */
export function plainName(name: string): string {
  return name.replace(/[-_]/g, '').toLowerCase()
}

/**
 * Turns texts from a command line into what the schema expects: numbers, true and false, JSON for lists and objects;
 * strings stay as they are. Throws `UsageError`.
 */
export function inputFromText(schema: z.ZodObject, texts: unknown): Record<string, unknown> {
  const shape = schema.shape as Readonly<Record<string, z.ZodType>>
  const byPlainName = new Map(Object.keys(shape).map((name) => [plainName(name), name]))
  const input: Record<string, unknown> = {}
  for (const [given, text] of Object.entries(Object(texts) as Record<string, unknown>)) {
    const name = byPlainName.get(plainName(given)) ?? given
    const option = Object.hasOwn(shape, name) ? shape[name] : undefined
    if (Object.hasOwn(input, name)) throw new UsageError('input_coercion', `Argument ${name} is given twice.`)
    input[name] = option !== undefined && typeof text === 'string' ? valueFromText(name, option, text) : text
  }
  return input
}

function valueFromText(name: string, schema: z.ZodType, text: string): unknown {
  const { base } = layersOf(schema)
  if (base instanceof z.ZodNumber) {
    const value = text.trim() === '' ? Number.NaN : Number(text)
    if (Number.isNaN(value)) throw new UsageError('input_coercion', `Argument ${name}: expected a number.`)
    return value
  }
  if (base instanceof z.ZodBoolean) {
    if (text === 'true' || text === 'false') return text === 'true'
    throw new UsageError('input_coercion', `Argument ${name}: expected true or false.`)
  }
  if (base instanceof z.ZodString || base instanceof z.ZodEnum) return text
  try {
    return JSON.parse(text) as unknown
  } catch (error) {
    throw notJson(name, error)
  }
}

function notJson(name: string, cause: unknown): UsageError {
  return new UsageError('input_coercion', `Argument ${name}: expected JSON.`, { cause })
}
