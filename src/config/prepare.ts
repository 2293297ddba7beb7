import { accessSync, constants, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { z } from 'zod'
import type { KeyPath } from './key-path.ts'
import { formatPath, valueAt } from './key-path.ts'
import type { Alias, OptionMeta } from './option.ts'
import type { Report } from './problem.ts'
import { childSchema, isTable, peel, shapeOf } from './schema-walk.ts'
import { sentence } from './validate.ts'

/** What preparation needs to know besides schema and data. */
export interface PrepareOptions {
  readonly report: Report
  /** Folder that relative paths start from. */
  readonly folder: string
  readonly skipMissing: boolean
  readonly env: Readonly<Record<string, string | undefined>>
}

/**
 * Brings what the operator wrote into the form the schema describes, before validation: old names become new ones,
 * what is not built yet is refused or skipped, strings kept elsewhere (`{ env = … }`, `{ file = … }`) are fetched, file
 * paths become absolute. Answers the new value; `value` is changed in place and must be the caller's own.
 */
export function prepare(schema: z.ZodType, value: unknown, options: PrepareOptions, path: KeyPath = []): unknown {
  // The aliases of tables within tables are applied from the outermost one, since they may climb.
  if (peel(schema).base instanceof z.ZodObject && isTable(value)) applyAliases(schema, value, options, path)
  return prepareInner(schema, value, options, path)
}

function prepareInner(schema: z.ZodType, value: unknown, options: PrepareOptions, path: KeyPath): unknown {
  if (Array.isArray(value) && value.every(isTable) && peel(schema).meta.mayBeListed === true) {
    return prepareInner(schema, Object.assign({}, ...value), options, path)
  }
  if (Array.isArray(value)) {
    const element = childSchema(schema, 0)
    return element === undefined ? value : value.map((item, index) => prepare(element, item, options, [...path, index]))
  }
  if (isTable(value)) return prepareTable(schema, value, options, path)
  if (typeof value !== 'string') return value
  const { file, variable } = peel(schema).meta
  if (variable === true) return valueOfVariable(value, options, path)
  return file === true ? readableFile(value, options, path) : value
}

function prepareTable(
  schema: z.ZodType,
  table: Record<string, unknown>,
  options: PrepareOptions,
  path: KeyPath,
): unknown {
  const { base } = peel(schema)
  if (base instanceof z.ZodString) return textFromElsewhere(table, options, path)
  const isObject = base instanceof z.ZodObject
  if (isObject) sortOut(schema, table, options, path)
  const prepareChild = isObject ? prepareInner : prepare
  for (const [key, inner] of Object.entries(table)) {
    const child = childSchema(schema, key)
    if (child !== undefined) table[key] = prepareChild(child, inner, options, [...path, key])
  }
  return table
}

/** Takes out what is not built yet and tells of what has no effect. */
function sortOut(schema: z.ZodType, table: Record<string, unknown>, options: PrepareOptions, path: KeyPath): void {
  for (const [key, child] of Object.entries(shapeOf(schema))) {
    if (!Object.hasOwn(table, key)) continue
    const { meta } = peel(child)
    const place = [...path, key]
    if (meta.era === '4.0') options.report.isEra40 = true
    if (meta.noEffect !== undefined) {
      options.report.notice('no_effect', place, { message: `Accepted without effect: ${meta.noEffect}.` })
    }
    if (meta.notBuilt === undefined) continue
    refuseMissing(meta.notBuilt, place, options)
    delete table[key]
  }
}

function refuseMissing(missing: NonNullable<OptionMeta['notBuilt']>, path: KeyPath, options: PrepareOptions): void {
  const { report, skipMissing } = options
  if (!skipMissing) {
    report.error('not_built_yet', path, {
      message: `Meerkat does not have ${missing.name} yet.`,
      hint:
        missing.protects === true
          ? 'remove it; --skip-missing does not skip what protects somebody'
          : 'remove it, or start with --skip-missing to go on without it',
    })
  } else if (missing.protects === true) {
    report.error('not_built_yet', path, {
      message: `Meerkat does not have ${missing.name} yet, and it protects somebody: it is not skipped.`,
      hint: 'remove it if you can do without it',
    })
  } else report.warning('not_built_yet', path, { message: `Skipped: Meerkat does not have ${missing.name} yet.` })
}

interface FoundAlias {
  readonly alias: Alias
  readonly from: readonly string[]
  readonly to: readonly string[]
}

const aliasCache = new WeakMap<z.ZodType, FoundAlias[]>()

/** The aliases of a table's options, those of tables within it included, as paths relative to the table. */
function aliasesOf(schema: z.ZodType): FoundAlias[] {
  const { base } = peel(schema)
  const known = aliasCache.get(base)
  if (known !== undefined) return known
  const found = collectAliases(schema, [])
  aliasCache.set(base, found)
  return found
}

function collectAliases(schema: z.ZodType, within: readonly string[]): FoundAlias[] {
  return Object.entries(shapeOf(schema)).flatMap(([key, child]) => {
    const own = (peel(child).meta.aliases ?? []).map((entry) => {
      const alias = typeof entry === 'string' ? { key: entry } : entry
      return { alias, from: resolveAlias(within, alias.key), to: [...within, key] }
    })
    return [...own, ...collectAliases(child, [...within, key])]
  })
}

function resolveAlias(within: readonly string[], key: string): string[] {
  const path = [...within]
  let rest = key
  while (rest.startsWith('../')) {
    path.pop()
    rest = rest.slice(3)
  }
  return [...path, ...rest.split('.')]
}

function applyAliases(schema: z.ZodType, table: Record<string, unknown>, options: PrepareOptions, path: KeyPath): void {
  for (const found of aliasesOf(schema)) {
    const holder = valueAt(table, found.from.slice(0, -1))
    const oldKey = found.from.at(-1) ?? ''
    if (!isTable(holder) || !Object.hasOwn(holder, oldKey)) continue
    const written = holder[oldKey]
    delete holder[oldKey]
    takeOver({ table, found, written, path, options })
  }
}

interface TakeOver {
  table: Record<string, unknown>
  found: FoundAlias
  written: unknown
  path: KeyPath
  options: PrepareOptions
}

/** Moves one value from its old name to its new one; what stands under the new name already wins. */
function takeOver({ table, found, written, path, options }: TakeOver): void {
  const { report } = options
  if (found.alias.era === '4.0') report.isEra40 = true
  const oldPath = [...path, ...found.from]
  const newPath = [...path, ...found.to]
  const present = valueAt(table, found.to)
  const value = convertAlias(found.alias, written, oldPath, report)
  if (value === undefined) return
  if (Array.isArray(present) && Array.isArray(value) && value.every(isTable)) {
    for (const index of value.keys()) report.moved([...newPath, present.length + index], [...oldPath, index])
    present.push(...value)
    return
  }
  if (present !== undefined) {
    reportBoth(found.alias, oldPath, newPath, report)
    return
  }
  let holder = table
  for (const key of found.to.slice(0, -1)) {
    const next = holder[key] ?? {}
    if (!isTable(next)) return
    holder[key] = next
    holder = next
  }
  holder[found.to.at(-1) ?? ''] = value
  report.moved(newPath, oldPath)
  report.notice('renamed_key', oldPath, { message: `Read as ${formatPath(newPath)}, its newer name.` })
}

function reportBoth(alias: Alias, oldPath: KeyPath, newPath: KeyPath, report: Report): void {
  const newer = formatPath(newPath)
  if (alias.isExclusive === true) {
    report.error('renamed_key', oldPath, { message: `Written twice: ${newer} is its newer name.` })
  } else {
    report.warning('renamed_key', oldPath, { message: `Ignored, because ${newer}, its newer name, is written too.` })
  }
}

function convertAlias(alias: Alias, written: unknown, path: KeyPath, report: Report): unknown {
  const checked = alias.schema?.safeParse(written)
  const issue = checked?.error?.issues[0]
  if (issue !== undefined) {
    report.error('invalid_type', path, { message: sentence(issue, written, alias.schema), value: written })
    return undefined
  }
  return alias.convert === undefined ? written : alias.convert(written)
}

function readableFile(name: string, options: PrepareOptions, path: KeyPath): string {
  const file = resolve(options.folder, name)
  try {
    accessSync(file, constants.R_OK)
  } catch (error) {
    const isAbsent = (error as NodeJS.ErrnoException).code === 'ENOENT'
    options.report.error(isAbsent ? 'file_not_found' : 'file_not_readable', path, {
      message: isAbsent ? `There is no file ${file}.` : `The file ${file} cannot be read.`,
      value: name,
    })
  }
  return file
}

/** A string that stands in an environment variable or a file of its own, or is written as a table all the same. */
function valueOfVariable(name: string, { env, report }: PrepareOptions, path: KeyPath): string | undefined {
  const value = env[name]
  if (value !== undefined) return value
  report.error('environment_variable_not_set', path, {
    message: `The environment variable ${name} is not set.`,
    value: name,
  })
  return undefined
}

function textFromElsewhere(table: Record<string, unknown>, options: PrepareOptions, path: KeyPath): unknown {
  const keys = Object.keys(table)
  const { env, file, value } = table
  if (keys.length !== 1) return table
  if (typeof value === 'string') return value
  if (typeof env === 'string') return valueOfVariable(env, options, [...path, 'env'])
  if (typeof file === 'string') {
    const name = readableFile(file, options, [...path, 'file'])
    try {
      return readFileSync(name, 'utf8').replace(/\r?\n$/, '')
    } catch {
      return undefined
    }
  }
  return table
}
