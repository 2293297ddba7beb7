import { readFileSync } from 'node:fs'
import { basename, dirname, resolve } from 'node:path'
import { parse, TomlError } from 'smol-toml'
import { gatherBosh } from './bosh.ts'
import { checkAdminApis } from './check-admin-apis.ts'
import { checkCertificates } from './check-certificates.ts'
import { checkClusterModules } from './check-cluster.ts'
import { checkDynamicModules } from './check-hosts.ts'
import { checkUploads } from './check-uploads.ts'
import { checkAuth, crossCheck } from './cross-check.ts'
import { mergeHostTables } from './host-config.ts'
import { valueAt } from './key-path.ts'
import { locateKeys } from './locate.ts'
import type { ModuleDeclaration, ModuleSource } from './modules.ts'
import { prepare } from './prepare.ts'
import { ConfigErrors, type Notice, type Problem, Report } from './problem.ts'
import { type Config, configSchema } from './schema.ts'
import { isTable } from './schema-walk.ts'
import { spreadServerTls } from './server-tls.ts'
import { settle } from './settle.ts'
import { validate } from './validate.ts'

/** What a configuration is read with. */
export interface LoadOptions {
  /** Path of the file; what is relative in it starts from its folder. */
  readonly file: string
  /** The modules that exist. */
  readonly modules: readonly ModuleDeclaration[]
  /** Warn of what is not built yet and go on without it, except for what protects somebody. */
  readonly skipMissing?: boolean
  /** Environment for `{ env = "NAME" }` values; that of the process unless given. */
  readonly env?: Readonly<Record<string, string | undefined>>
}

/** A configuration that can be used, and what is worth telling about it. */
export interface LoadedConfig {
  readonly config: Config
  readonly notices: readonly Notice[]
}

/** Reads and checks a configuration file. Throws `ConfigErrors` with everything that is wrong. */
export function loadConfig(options: LoadOptions): LoadedConfig {
  return parseConfig({ ...options, text: textOf(options.file) })
}

/** What a configuration is read with when its modules are loaded for it; the text that `file` would have, unless that is read. */
export interface LazyLoadOptions extends Omit<LoadOptions, 'modules'> {
  readonly modules: ModuleSource
  readonly text?: string
}

/** Loads the modules that a configuration names and checks it. Rejects with `ConfigErrors` with everything that is wrong. */
export async function loadConfigLazily({ modules, ...options }: LazyLoadOptions): Promise<LoadedConfig> {
  const { file, text = textOf(file) } = options
  const data = parseToml(text, file)
  await modules.load(moduleNames(data))
  return check(data, new Report(file, locateKeys(text)), { ...options, modules: modules.known })
}

/** The keys of `[modules]` and of the `modules` of hosts, whatever else is wrong with them. */
function moduleNames({ modules, host_config: hosts }: Record<string, unknown>): string[] {
  const entries: unknown[] = Array.isArray(hosts) ? hosts : []
  const tables = [modules, ...entries.map((entry) => (isTable(entry) ? entry['modules'] : undefined))]
  return tables.flatMap((table) => (isTable(table) ? Object.keys(table) : []))
}

/** Checks the text of a configuration. Throws `ConfigErrors` with everything that is wrong. */
export function parseConfig(options: LoadOptions & { readonly text: string }): LoadedConfig {
  const { text, file } = options
  return check(parseToml(text, file), new Report(file, locateKeys(text)), options)
}

/**
 * Checks a configuration that is written as a value: the tables of the file as objects, `Infinity` for "infinity".
 * Throws `ConfigErrors` with everything that is wrong.
 */
export function configFromValue(options: LoadOptions & { readonly value: unknown }): LoadedConfig {
  return check(copyOf(options.value), new Report(options.file), options)
}

/** Preparation changes what it is given. */
function copyOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copyOf)
  if (value === Number.POSITIVE_INFINITY) return 'infinity'
  if (!isTable(value)) return value
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined)
  return Object.fromEntries(entries.map(([key, inner]) => [key, copyOf(inner)]))
}

function check(data: unknown, report: Report, options: LoadOptions): LoadedConfig {
  if (isTable(data)) gatherBosh(data, report)
  const { file, modules } = options
  const folder = dirname(resolve(file))
  const schema = configSchema(modules)
  const prepared = prepare(schema, data, {
    report,
    folder,
    skipMissing: options.skipMissing ?? false,
    env: options.env ?? process.env,
  })
  if (report.isEra40) {
    spreadServerTls(prepared)
    mergeHostTables(prepared)
  }
  const parsed = validate(schema, prepared, report)
  crossCheck(schema, parsed ?? prepared, report)
  if (parsed === undefined) throw new ConfigErrors(report.errors, report.notices)
  const config = settle(parsed, { file: resolve(file), folder, modules, report })
  checkAuth(config, report)
  checkAdminApis(config, report)
  checkUploads(config, report)
  checkDynamicModules(config, modules, report)
  checkClusterModules(config, modules, report)
  checkCertificates(config, report)
  if (report.hasErrors) throw new ConfigErrors(report.errors, report.notices)
  return { config, notices: report.notices }
}

function parseToml(text: string, file: string): Record<string, unknown> {
  try {
    return parse(text, { unsafeKeyBehaviour: 'throw' }) as Record<string, unknown>
  } catch (error) {
    throw error instanceof TomlError ? notToml(file, error) : error
  }
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw unreadable(file, error)
  }
}

function unreadable(file: string, cause: unknown): ConfigErrors {
  const isAbsent = (cause as NodeJS.ErrnoException).code === 'ENOENT'
  const what = isAbsent ? 'file_not_found' : 'file_not_readable'
  const message = isAbsent ? 'There is no such file.' : 'The file cannot be read.'
  return new ConfigErrors([{ what, file, path: '', message }], [], { cause })
}

function notToml(file: string, error: TomlError): ConfigErrors {
  const sentence = error.message.split('\n')[0]?.replace(/^Invalid TOML document: /, '') ?? ''
  const problem: Problem = {
    what: 'toml_parsing_failed',
    file,
    line: error.line,
    path: '',
    message: `${sentence[0]?.toUpperCase() ?? ''}${sentence.slice(1)} (line ${error.line}, column ${error.column}).`,
    hint: `in ${basename(file)}:\n${error.codeblock.trimEnd()}`,
  }
  return new ConfigErrors([problem], [], { cause: error })
}

/**
 * The data folder a file names, even if the file has faults elsewhere: enough to find a running server. A file that
 * is absent or cannot be parsed means the default.
 */
export function dataFolderOf(file: string): string {
  let named: unknown
  try {
    named = valueAt(parse(readFileSync(file, 'utf8')), ['general', 'data_dir'])
  } catch {
    named = undefined
  }
  return resolve(dirname(resolve(file)), typeof named === 'string' && named !== '' ? named : 'data')
}
