import { resolve } from 'node:path'
import { defaultConfig } from '../../config/default-config.ts'
import { dataFolderOf, type LoadedConfig, loadConfigLazily } from '../../config/load.ts'
import { ConfigErrors, formatProblem, type Notice } from '../../config/problem.ts'
import type { CommandLine } from './arguments.ts'
import type { Machine } from './machine.ts'

/** Which configuration a command line means. */
export interface Settings {
  /** Absolute path of the file. */
  readonly file: string
  /** Somebody named it, so it must exist. */
  readonly isNamed: boolean
}

/** `--config`, else `MEERKAT_CONFIG`, else `meerkat.toml` here. */
export function settingsOf(line: CommandLine, machine: Machine): Settings {
  const named = line.config ?? (machine.env['MEERKAT_CONFIG'] || undefined)
  return { file: resolve(machine.cwd, named ?? 'meerkat.toml'), isNamed: named !== undefined }
}

/** The data folder of the server that is meant; never fails. */
export function dataFolder(settings: Settings): string {
  return dataFolderOf(settings.file)
}

/** Loads the configuration; where nobody named or wrote one, the built-in one. Rejects with `ConfigErrors`. */
export async function load(settings: Settings, line: CommandLine, machine: Machine): Promise<LoadedConfig> {
  const { file, isNamed } = settings
  const common = { file, modules: machine.modules, skipMissing: line.skipMissing, env: machine.env }
  if (isNamed || machine.fileExists(file)) return await loadConfigLazily(common)
  return await loadConfigLazily({ ...common, text: builtIn(machine) })
}

function builtIn(machine: Machine): string {
  return defaultConfig(machine.modules.known.map(({ name }) => name))
}

/** Before a start: where nobody has configured anything, writes the built-in configuration as a file to edit. */
export function writeDefault(settings: Settings, machine: Machine): void {
  const { file, isNamed } = settings
  if (isNamed || machine.fileExists(file)) return
  try {
    machine.writeFile(file, builtIn(machine))
    machine.err(`There was no configuration: wrote ${file}\n`)
  } catch {
    machine.err(`There is no configuration, and ${file} cannot be written: going on with the built-in one\n`)
  }
}

/** Prints what is wrong with a configuration; errors that are not about it are thrown on. */
export function printConfigErrors(error: unknown, machine: Machine): void {
  if (!(error instanceof ConfigErrors)) throw error
  printNotices(
    error.notices.filter(({ level }) => level === 'warning'),
    machine,
  )
  machine.err(`${error.message}\n`)
}

export function printNotices(notices: readonly Notice[], machine: Machine): void {
  for (const notice of notices) machine.err(`${notice.level}: ${formatProblem(notice)}\n`)
}
