import type { ErrorAnswer, ReloadAnswer } from '../control.ts'
import { reach } from './admin-command.ts'
import type { CommandLine } from './arguments.ts'
import { exit, type Machine } from './machine.ts'

/** `reload`: the running server reads its configuration again. With errors nothing changes, and they are printed. */
export async function reload(line: CommandLine, machine: Machine): Promise<number> {
  const client = await reach(line, machine)
  if (client === undefined) {
    machine.err('Meerkat is not running.\n')
    return exit.unreachable
  }
  try {
    const answer = await client.ask({ command: '$reload', dryRun: line.dryRun, auth: line.auth })
    const error = answer['error'] as ErrorAnswer | undefined
    if (error === undefined) return tell(answer['result'] as ReloadAnswer, line.dryRun, machine)
    machine.err(`${error.message}\nNothing has been changed.\n`)
    return exit.failed
  } finally {
    client.close()
  }
}

function tell({ applied, needsRestart, failed, warnings }: ReloadAnswer, isDryRun: boolean, machine: Machine): number {
  for (const warning of warnings) machine.err(`warning: ${warning}\n`)
  const list = (heading: string, paths: readonly string[]) => {
    if (paths.length > 0) machine.out(`${heading}:\n${paths.map((path) => `  ${path}\n`).join('')}`)
  }
  list(isDryRun ? 'Would change' : 'Changed', applied)
  list('Needs a restart', needsRestart)
  list('Failed', failed)
  if (applied.length === 0 && needsRestart.length === 0) machine.out('Nothing has changed in the configuration.\n')
  return failed.length === 0 ? exit.ok : exit.failed
}
