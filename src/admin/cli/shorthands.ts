import { plainName } from '../../module/command-input.ts'
import { answerOf } from './admin-command.ts'
import type { CommandLine } from './arguments.ts'
import { exit, type Machine } from './machine.ts'
import { accountShorthands } from './shorthands/accounts.ts'
import { clusterShorthands } from './shorthands/cluster.ts'
import { countShorthands } from './shorthands/counts.ts'
import { dataShorthands } from './shorthands/data.ts'
import { keptShorthands } from './shorthands/kept.ts'
import { rosterShorthands } from './shorthands/rosters.ts'
import { serverShorthands } from './shorthands/server.ts'
import { sessionShorthands } from './shorthands/sessions.ts'
import type { Shorthand } from './shorthands/shorthand.ts'
import { stanzaShorthands } from './shorthands/stanzas.ts'

/** All of them. */
export const shorthands: readonly Shorthand[] = [
  ...dataShorthands,
  ...serverShorthands,
  ...clusterShorthands,
  ...accountShorthands,
  ...sessionShorthands,
  ...countShorthands,
  ...rosterShorthands,
  ...keptShorthands,
  ...stanzaShorthands,
]

function nameOf({ usage }: Shorthand): string {
  return usage.split(' ', 1)[0] ?? ''
}

/** The shorthand of this name; `_` and `-` are equal. */
export function findShorthand(name: string): Shorthand | undefined {
  return shorthands.find((entry) => plainName(nameOf(entry)) === plainName(name))
}

/** What is wrong with the words after a shorthand's name; undefined when nothing is. */
function faultOf({ usage }: Shorthand, line: CommandLine): string | undefined {
  const given = line.words.length - 1
  const [, ...parameters] = usage.split(' ')
  const least = parameters.filter((name) => !name.startsWith('[')).length
  const [strange] = Object.keys(line.arguments)
  if (strange !== undefined) return `What is "--${strange}"? Usage: meerkat ${usage}\n`
  return given < least || given > parameters.length ? `Usage: meerkat ${usage}\n` : undefined
}

/** Runs a shorthand; answers the exit code. */
export async function runShorthand(entry: Shorthand, line: CommandLine, machine: Machine): Promise<number> {
  const fault = faultOf(entry, line)
  if (fault !== undefined) {
    machine.err(fault)
    return exit.usage
  }
  if (entry.command === undefined) {
    const { text, code = exit.ok } = entry.answer ?? { text: 'not applicable' }
    const say = code === exit.ok ? machine.out : machine.err
    say(`${text}\n`)
    return code
  }
  return (await isMeant(entry, line, machine)) ? runCommand(entry, entry.command, line, machine) : exit.failed
}

/** Whether what needs to be confirmed has been; tells where it has not. */
async function isMeant({ question }: Shorthand, line: CommandLine, machine: Machine): Promise<boolean> {
  if (question === undefined || line.force || (await machine.confirm(question))) return true
  machine.err('Nothing has been done.\n')
  return false
}

async function runCommand(entry: Shorthand, command: string, line: CommandLine, machine: Machine): Promise<number> {
  const words = line.words.slice(1)
  const answer = await answerOf(command, entry.input?.(words, line) ?? {}, line, machine)
  if ('code' in answer) return answer.code
  const shown = entry.show?.(answer.result as never, words) ?? String(answer.result)
  const { text, code = exit.ok } = typeof shown === 'string' ? { text: shown } : shown
  if (text !== '') machine.out(text.endsWith('\n') ? text : `${text}\n`)
  return code
}
