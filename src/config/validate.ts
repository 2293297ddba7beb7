import { z } from 'zod'
import { formatPath, type KeyPath, valueAt } from './key-path.ts'
import { nearest } from './nearest.ts'
import type { OptionMeta } from './option.ts'
import type { Finding, ProblemKind, Report } from './problem.ts'
import { isTable, peel, schemaAt, shapeOf } from './schema-walk.ts'

type Issue = z.core.$ZodIssue

/** Walks prepared data with a schema; faults go into the report, the typed and defaulted value comes back. */
export function validate<T extends z.ZodType>(schema: T, data: unknown, report: Report): z.output<T> | undefined {
  const result = schema.safeParse(data)
  if (result.success) return result.data
  const missing = new Map<string, { path: KeyPath; keys: string[] }>()
  for (const issue of result.error.issues) {
    const path = issue.path as KeyPath
    const key = path.at(-1)
    if (isMissing(issue, data) && typeof key === 'string') {
      const table = path.slice(0, -1)
      const entry = missing.get(formatPath(table)) ?? { path: table, keys: [] }
      entry.keys.push(key)
      missing.set(formatPath(table), entry)
    } else reportIssue(issue, schema, data, report)
  }
  for (const { path, keys } of missing.values()) {
    report.error('missing_mandatory_keys', path, {
      message: `${keys.length === 1 ? 'This key is' : 'These keys are'} required here: ${keys.join(', ')}.`,
    })
  }
  return undefined
}

function isMissing(issue: Issue, data: unknown): boolean {
  return (
    issue.code !== 'unrecognized_keys' && issue.path.length > 0 && valueAt(data, issue.path as KeyPath) === undefined
  )
}

function reportIssue(issue: Issue, schema: z.ZodType, data: unknown, report: Report): void {
  const path = issue.path as KeyPath
  if (issue.code === 'unrecognized_keys') {
    for (const key of issue.keys)
      report.error('unexpected_key', [...path, key], unexpectedKey(schema, path, key, report))
    return
  }
  const option = schemaAt(schema, path)
  const value = option !== undefined && peel(option).meta.secret === true ? undefined : valueAt(data, path)
  report.error(kindOf(issue, valueAt(data, path)), path, {
    message: sentence(issue, valueAt(data, path), option),
    value,
  })
}

function unexpectedKey(schema: z.ZodType, path: KeyPath, key: string, report: Report): Finding {
  const shape = Object.entries(shapeOf(schemaAt(schema, path) ?? schema)).map(([name, child]) => ({
    name,
    meta: peel(child).meta,
  }))
  const names = shape.flatMap(({ name, meta }) => [name, ...siblingNames(meta)])
  const usable = shape.filter(({ meta }) => meta.notBuilt === undefined && meta.noEffect === undefined)
  const guess = nearest(key, names)
  const place = path.length === 0 ? 'the configuration' : formatPath(report.written(path))
  const known = usable.map(({ name }) => name).sort()
  const list = known.length > 0 ? `known here: ${known.join(', ')}` : 'nothing can be set here'
  return {
    message: `${JSON.stringify(key)} is not known in ${place}.`,
    hint: guess === undefined ? list : `did you mean ${JSON.stringify(guess)}?`,
  }
}

/** Other names of an option in the same table. */
function siblingNames(meta: OptionMeta): string[] {
  const names = (meta.aliases ?? []).map((alias) => (typeof alias === 'string' ? alias : alias.key))
  return names.filter((name) => !/[./]/.test(name))
}

function kindOf(issue: Issue, value: unknown): ProblemKind {
  switch (issue.code) {
    case 'invalid_type':
      return 'invalid_type'
    case 'too_small':
    case 'too_big':
    case 'not_multiple_of':
      return typeof value === 'number' ? 'out_of_range' : 'toml_processing_failed'
    case 'invalid_value':
      return typeof value === 'string' ? 'not_in_enum' : 'invalid_type'
    case 'invalid_union':
      return unionKind(issue, value)
    case 'custom':
      return ((issue.params as { what?: ProblemKind } | undefined)?.what ?? 'toml_processing_failed') as ProblemKind
    default:
      return 'toml_processing_failed'
  }
}

/** A number that some branch would take if it were larger, smaller or another; anything else has the wrong type. */
function unionKind(issue: Issue & { code: 'invalid_union' }, value: unknown): ProblemKind {
  if (typeof value !== 'number') return 'invalid_type'
  const codes = issue.errors.map((branch) => branch[0]?.code)
  if (codes.some((code) => code === 'too_small' || code === 'too_big')) return 'out_of_range'
  return codes.every((code) => code === 'invalid_value') ? 'not_in_enum' : 'invalid_type'
}

const typeNames: Readonly<Record<string, string>> = {
  int: 'an integer',
  number: 'a number',
  string: 'a string',
  boolean: 'true or false',
  array: 'an array',
  object: 'a table',
  record: 'a table',
}

/** One plain sentence about a value that a schema refused. */
export function sentence(issue: Issue, value: unknown, option: z.ZodType | undefined): string {
  switch (issue.code) {
    case 'invalid_type': {
      const isInteger = option !== undefined && peel(option).base instanceof z.ZodNumberFormat
      const expected = isInteger ? 'an integer' : (typeNames[issue.expected] ?? issue.expected)
      return `Expected ${expected}, got ${nameOfType(value)}.`
    }
    case 'invalid_value':
      return `Expected ${oneOfList(issue.values)}.`
    case 'too_small':
      return sizeSentence(value, `at least ${issue.inclusive === false ? Number(issue.minimum) + 1 : issue.minimum}`)
    case 'too_big':
      return sizeSentence(value, `at most ${issue.inclusive === false ? Number(issue.maximum) - 1 : issue.maximum}`)
    default:
      return issue.message
  }
}

function sizeSentence(value: unknown, bound: string): string {
  if (Array.isArray(value)) return `Expected ${bound} ${bound.endsWith(' 1') ? 'entry' : 'entries'}.`
  if (typeof value === 'string') return `Expected ${bound} ${bound.endsWith(' 1') ? 'character' : 'characters'}.`
  return `Expected ${bound}.`
}

function oneOfList(values: readonly unknown[]): string {
  const words = values.map((value) => JSON.stringify(value))
  return words.length === 1 ? String(words[0]) : `one of ${words.join(', ')}`
}

function nameOfType(value: unknown): string {
  if (Array.isArray(value)) return 'an array'
  if (value instanceof Date) return 'a date'
  if (isTable(value)) return 'a table'
  if (typeof value === 'string') return 'a string'
  if (typeof value === 'boolean') return 'a boolean'
  if (typeof value === 'number') return Number.isInteger(value) ? 'an integer' : 'a fraction'
  return typeof value
}
