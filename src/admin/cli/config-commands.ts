import { resolve } from 'node:path'
import { printConfig } from '../../config/print.ts'
import type { CommandLine } from './arguments.ts'
import { exit, type Machine } from './machine.ts'
import { load, printConfigErrors, printNotices, type Settings, settingsOf } from './settings.ts'

function meant(line: CommandLine, machine: Machine): Settings {
  const named = line.words[2]
  return named === undefined ? settingsOf(line, machine) : { file: resolve(machine.cwd, named), isNamed: true }
}

/** `config check [FILE]`: tells everything that is wrong with a configuration, and what is worth knowing. */
export async function checkConfig(line: CommandLine, machine: Machine): Promise<number> {
  const settings = meant(line, machine)
  try {
    const { notices } = await load(settings, line, machine)
    printNotices(notices, machine)
    const name = !settings.isNamed && !machine.fileExists(settings.file) ? 'The built-in configuration' : settings.file
    machine.out(`${name} is in order.\n`)
    return exit.ok
  } catch (error) {
    printConfigErrors(error, machine)
    return exit.failed
  }
}

/** `config print [FILE]`: writes the configuration with every default filled in. */
export async function showConfig(line: CommandLine, machine: Machine): Promise<number> {
  try {
    const { config } = await load(meant(line, machine), line, machine)
    machine.out(printConfig(config, machine.modules.known))
    return exit.ok
  } catch (error) {
    printConfigErrors(error, machine)
    return exit.failed
  }
}
