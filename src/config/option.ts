import { isIP } from 'node:net'
import { z } from 'zod'
import { Jid } from '../jid/jid.ts'
import { prepareDomainName } from './domain-name.ts'

/** An older or other name of an option. A plain string is a key of the same table; `../x` climbs, `a.b` descends. */
export interface Alias {
  readonly key: string
  /** What the value under the old name must look like, when that differs from the option's own type. */
  readonly schema?: z.ZodType
  /** Turns the old value into the new one. */
  convert?(value: unknown): unknown
  /** Only files written for MongooseIM 4.0.0 have the old name. */
  readonly era?: '4.0'
  /** Both names in one file are an error. Otherwise the newer one wins, with a warning. */
  readonly isExclusive?: boolean
}

/** What a schema's `.meta()` may say to the loader and the reference generator, besides `description`. */
export interface OptionMeta {
  readonly description?: string
  /** The value is never shown. */
  readonly secret?: boolean
  /** Whether a change is taken over at run time or needs a restart. */
  readonly reload?: 'live' | 'restart'
  /** First version that knew the option. */
  readonly since?: string
  /** A telling value for the reference and the example file. */
  readonly example?: unknown
  readonly aliases?: readonly (string | Alias)[]
  /** Known by name, not there yet: an error, or with `skipMissing` a warning unless it protects somebody. */
  readonly notBuilt?: { readonly name: string; readonly protects?: boolean }
  /** Accepted without any effect, for this reason. */
  readonly noEffect?: string
  /** Only files written for MongooseIM 4.0.0 have it. */
  readonly era?: '4.0'
  /** A table of names that files for MongooseIM 4.0.0 write as a list of such tables too. */
  readonly mayBeListed?: boolean
  /** A readable file, named relative to the configuration file; becomes an absolute path. */
  readonly file?: boolean
  /** The value is the name of an environment variable, whose value takes its place. */
  readonly variable?: boolean
  /** The value names something defined elsewhere in the configuration. */
  readonly refers?: 'shaper' | 'access' | 'shaper or access'
  /** The value is the tag of a pool of this type (`outgoing_pools`), which must be there. */
  readonly poolType?: 'http' | 'ldap' | 'redis' | 'rabbit'
  /** The pool is needed only where the table around that of this option has such a `backend`. */
  readonly poolOfBackend?: string
  /** Type as shown in the reference, where the schema alone would be hard to read. */
  readonly shownAs?: string
}

/** A count or size: a positive integer or `"infinity"`, which becomes `Infinity`. */
export function intOrInfinity(least: 0 | 1 = 1) {
  return z
    .union([z.int().min(least), z.literal('infinity')], {
      error: `Expected ${least === 0 ? 'an integer of 0 or more' : 'a positive integer'} or "infinity".`,
    })
    .transform((value) => (value === 'infinity' ? Number.POSITIVE_INFINITY : value))
    .meta({ shownAs: `integer${least === 0 ? ' ≥ 0' : ' > 0'} or "infinity"` })
}

/** A time span as a whole number of `unit`, optionally `"infinity"`. The number is kept in that unit. */
export function duration(unit: 'ms' | 's', options: { least?: 0 | 1; infinite?: boolean } = {}) {
  const least = options.least ?? 1
  const name = unit === 'ms' ? 'milliseconds' : 'seconds'
  return options.infinite === true
    ? intOrInfinity(least).meta({ shownAs: `${name} or "infinity"` })
    : z.int().min(least).meta({ shownAs: name })
}

const unitMs = { days: 86_400_000, hours: 3_600_000, minutes: 60_000, seconds: 1000 }

/** A length of time as a number and its unit, both of them required. */
export const periodFields = {
  value: z.int().min(0).describe('How many.'),
  unit: z.enum(['days', 'hours', 'minutes', 'seconds']).describe('Of what.'),
}

/** A length of time; {@link msOf} gives its milliseconds. */
export interface Period {
  readonly value: number
  readonly unit: keyof typeof unitMs
}

/** A length of time as a table, with the one that it has unless it is given. */
export function period(value: number, unit: Period['unit']) {
  return z.strictObject(periodFields).prefault({ value, unit })
}

/** Milliseconds. */
export function msOf({ value, unit }: Period): number {
  return value * unitMs[unit]
}

/** A TCP port; 0 lets the system choose one. */
export function port() {
  return z.int().min(0).max(65_535).meta({ shownAs: 'port' })
}

/** A domain name; becomes its prepared form. */
export function domainName() {
  return z
    .string()
    .transform((text, context) => {
      const prepared = prepareDomainName(text)
      if (prepared !== undefined) return prepared
      context.addIssue({ code: 'custom', input: text, message: 'This is not a domain name.' })
      return z.NEVER
    })
    .meta({ shownAs: 'domain' })
}

/** The domain of a service: a name, in which `@HOST@` (or `@HOSTS@`) stands for the domain that it belongs to. */
export function hostTemplate() {
  return z
    .string()
    .overwrite((text) => text.replaceAll('@HOSTS@', '@HOST@'))
    .refine((text) => prepareDomainName(text.replaceAll('@HOST@', 'localhost')) !== undefined, {
      error: 'This is not a domain name, nor one with @HOST@ for the domain that it belongs to.',
    })
    .meta({ type: 'domain, may contain `@HOST@`' })
}

/** An XMPP address; becomes a Jid. */
export function address() {
  return z
    .string()
    .transform((text, context) => {
      const jid = Jid.tryParse(text)
      if (jid !== undefined) return jid
      context.addIssue({ code: 'custom', input: text, message: 'This is not an XMPP address.' })
      return z.NEVER
    })
    .meta({ shownAs: 'XMPP address' })
}

/** An IPv4 or IPv6 address. */
export function ipAddress() {
  return z
    .string()
    .refine((text) => isIP(text) !== 0, { error: 'This is not an IPv4 or IPv6 address.' })
    .meta({ shownAs: 'IP address' })
}

/** The path of a file that must be readable; relative paths start at the folder of the configuration file. */
export function filePath() {
  return z.string().min(1).meta({ file: true, shownAs: 'path' })
}

/** The name of a rule of the `access` section, or `all` or `none`. */
export function ruleName() {
  return z.string().min(1).meta({ refers: 'access', shownAs: 'access rule' })
}

/** The name of a shaper, or `none`. */
export function shaperName() {
  return z.string().min(1).meta({ refers: 'shaper', shownAs: 'shaper' })
}

/** The tag of a pool in `outgoing_pools.http`. */
export function httpPoolTag() {
  return z.string().min(1).meta({ poolType: 'http', shownAs: 'tag of an HTTP pool' })
}

/** One of a few words. */
export function oneOf<const T extends readonly [string, ...string[]]>(...words: T) {
  return z.enum(words)
}

/** A list in which nothing may stand twice. */
export function uniqueList<T extends z.ZodType>(item: T, options: { least?: number } = {}) {
  return z
    .array(item)
    .min(options.least ?? 0)
    .refine((list) => new Set(list.map((entry) => JSON.stringify(entry))).size === list.length, {
      error: 'Nothing may be listed twice.',
    })
}

/** An option or section that is known by name and not there yet. `protects`: leaving it out would expose somebody. */
export function notBuilt(name: string, protects = false) {
  return z.unknown().optional().meta({ notBuilt: { name, protects } })
}

/** An option that is accepted and does nothing, for the given reason. */
export function noEffect<T extends z.ZodType>(schema: T, reason: string) {
  return schema.optional().meta({ noEffect: reason })
}

/**
 * The `backend` of a module whose data goes into the database of the server, whichever of MongooseIM's `names` is written.
 * Backends that will be of their own are given as a name and what it would give.
 */
export function dataBackend(...names: readonly (string | { readonly name: string; readonly gives: string })[]) {
  const known = names.filter((entry) => typeof entry === 'string')
  const list = known.map((name) => JSON.stringify(name)).join(', ')
  return z
    .string()
    .superRefine((value, context) => {
      if (known.includes(value)) return
      const later = names.find((entry) => typeof entry !== 'string' && entry.name === value)
      const [message, what] =
        typeof later === 'object'
          ? [`Meerkat does not have ${later.gives} yet.`, 'not_built_yet']
          : [`Expected one of ${list}.`, 'not_in_enum']
      context.addIssue({ code: 'custom', input: value, message, params: { what } })
    })
    .optional()
    .describe('Where data is kept.')
    .meta({ noEffect: 'data is kept in the database of the server', type: `one of ${list}` })
}
