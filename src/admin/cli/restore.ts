import { resolve } from 'node:path'
import type { Config } from '../../config/schema.ts'
import { reach } from './admin-command.ts'
import type { CommandLine } from './arguments.ts'
import { exit, type Machine } from './machine.ts'
import { load, printConfigErrors, settingsOf } from './settings.ts'

/** `restore FILE`: puts a copy in the place of the database of a stopped server. */
export function restore(line: CommandLine, machine: Machine): Promise<number> {
  return replace(line, machine, (config, file) => machine.restore(config, file))
}

/** `load FILE`: puts the rows of a dump into the database of a stopped server. */
export function loadDump(line: CommandLine, machine: Machine): Promise<number> {
  return replace(line, machine, (config, file) => machine.load(config, file))
}

async function replace(line: CommandLine, machine: Machine, act: Machine['restore']): Promise<number> {
  const [name, named] = line.words
  if (named === undefined) {
    machine.err(`Usage: meerkat ${name} FILE\n`)
    return exit.usage
  }
  const config = await configOfStopped(line, machine)
  if (config === undefined) return exit.failed
  try {
    const { before } = await act(config, resolve(machine.cwd, named))
    machine.out(`The database has been restored from ${named}.\n`)
    if (before !== undefined) machine.out(`What was there before is in ${before}\n`)
    return exit.ok
  } catch (error) {
    machine.err(`Nothing has been restored: ${error instanceof Error ? error.message : String(error)}\n`)
    return exit.failed
  }
}

/** `db migrate`: runs the migrations that have not run. */
export async function migrate(line: CommandLine, machine: Machine): Promise<number> {
  const config = await configOfStopped(line, machine)
  if (config === undefined) return exit.failed
  try {
    const server = await machine.openOffline(config)
    await server.close()
    machine.out('The tables are up to date.\n')
    return exit.ok
  } catch (error) {
    machine.err(`${error instanceof Error ? error.message : String(error)}\n`)
    return exit.failed
  }
}

/** The configuration of a server that must not run; undefined once it has been told what is wrong. */
async function configOfStopped(line: CommandLine, machine: Machine): Promise<Config | undefined> {
  const client = await reach(line, machine)
  client?.close()
  if (client !== undefined) {
    machine.err('Meerkat is running: stop it first.\n')
    return undefined
  }
  try {
    const { config } = await load(settingsOf(line, machine), line, machine)
    return config
  } catch (error) {
    printConfigErrors(error, machine)
    return undefined
  }
}
