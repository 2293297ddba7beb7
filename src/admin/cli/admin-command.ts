import { resolve } from 'node:path'
import type { Config } from '../../config/schema.ts'
import { CommandError } from '../../module/command-error.ts'
import { type CommandDescription, plainName } from '../../module/command-input.ts'
import { type ControlClient, ControlUnreachable, connectControl, controlSocketPath } from '../../net/control-socket.ts'
import { describeError, type ErrorAnswer } from '../control.ts'
import type { CommandLine } from './arguments.ts'
import { commandHelp, findCommand, splitName } from './help.ts'
import { exit, type Machine } from './machine.ts'
import { ProgressLine } from './progress-line.ts'
import { dataFolder, load, printConfigErrors, settingsOf } from './settings.ts'

/** Connects to the server that is meant, if it runs. */
export async function reach(line: CommandLine, machine: Machine): Promise<ControlClient | undefined> {
  try {
    return await connectControl(controlSocketPath(dataFolder(settingsOf(line, machine))))
  } catch (error) {
    if (!(error instanceof ControlUnreachable)) throw error
    if (error.code === 'EACCES' || error.code === 'EPERM') throw error
    return undefined
  }
}

/** The commands of the running server, or those every server has. */
export async function knownCommands(line: CommandLine, machine: Machine): Promise<readonly CommandDescription[]> {
  let client: ControlClient | undefined
  try {
    client = await reach(line, machine)
    const answer = await client?.ask({ command: '$describe' })
    return Array.isArray(answer?.['result']) ? (answer['result'] as CommandDescription[]) : machine.commands
  } catch {
    return machine.commands
  } finally {
    client?.close()
  }
}

/** Runs `CATEGORY COMMAND --argument value …`; answers the exit code. */
export async function runAdminCommand(line: CommandLine, machine: Machine): Promise<number> {
  const [category = '', name = ''] = line.words
  const isCore = findCommand(category, name, machine.commands) !== undefined
  const commands = isCore ? machine.commands : await knownCommands(line, machine)
  const command = findCommand(category, name, commands)
  if (command === undefined) {
    machine.err(`There is no command ${name} in ${category}. See: meerkat ${category} --help\n`)
    return exit.usage
  }
  const fault = line.words.length > 2 ? `What is "${line.words[2]}"? Arguments have names.` : faultOf(command, line)
  if (fault !== undefined) {
    machine.err(`${fault}\n\n${commandHelp(command)}`)
    return exit.usage
  }
  const answer = await carryOut(command, { given: line.arguments, line, form: 'json' }, machine)
  if ('code' in answer) return answer.code
  return printResult(command, answer.result, machine)
}

/** What a command has answered, or the exit code after what went wrong has been told. */
export type CommandAnswer = { readonly result: unknown } | { readonly code: number }

/** Runs a command by its name, on the running server or else on the database of the stopped one. */
export async function answerOf(
  name: string,
  input: Readonly<Record<string, string>>,
  line: CommandLine,
  machine: Machine,
): Promise<CommandAnswer> {
  const [category, short] = splitName(name)
  const core = findCommand(category, short, machine.commands)
  const command = core ?? findCommand(category, short, await knownCommands(line, machine))
  if (command !== undefined) return carryOut(command, { given: input, line, form: 'plain' }, machine)
  machine.err(`No server runs that has the command ${category} ${short}.\n`)
  return { code: exit.unreachable }
}

/** How what went wrong is told: as JSON, or as a sentence. */
type ErrorForm = 'json' | 'plain'

interface Order {
  readonly given: Readonly<Record<string, string>>
  readonly line: CommandLine
  readonly form: ErrorForm
}

async function carryOut(
  command: CommandDescription,
  { given, line, form }: Order,
  machine: Machine,
): Promise<CommandAnswer> {
  const input = withAbsoluteFiles(command, given, machine.cwd)
  const client = await reach(line, machine)
  const tell = (error: ErrorAnswer) => ({ code: printError(command, error, machine, form) })
  if (client === undefined) return runOffline(command, { input, line, tell }, machine)
  try {
    return await runOnline(client, command, { input, line, tell }, machine)
  } finally {
    client.close()
  }
}

interface Call {
  readonly input: Readonly<Record<string, string>>
  readonly line: CommandLine
  tell(error: ErrorAnswer): CommandAnswer
}

/** What is wrong with the names of the arguments; their values are judged where the command runs. */
function faultOf(command: CommandDescription, line: CommandLine): string | undefined {
  const given = Object.keys(line.arguments)
  const known = new Set(command.arguments.map(({ name }) => plainName(name)))
  const unknown = given.filter((name) => !known.has(plainName(name)))
  if (unknown.length > 0) return `Unknown argument: ${unknown.map((name) => `--${name}`).join(', ')}`
  const plainGiven = given.map(plainName)
  const missing = command.arguments.filter(
    ({ name, isRequired }) => isRequired && !plainGiven.includes(plainName(name)),
  )
  if (missing.length > 0) return `Missing argument: ${missing.map(({ name }) => `--${name}`).join(', ')}`
  return undefined
}

function withAbsoluteFiles(
  command: CommandDescription,
  given: Readonly<Record<string, string>>,
  cwd: string,
): Record<string, string> {
  const files = new Set(command.arguments.filter(({ isFile }) => isFile).map(({ name }) => plainName(name)))
  const entries = Object.entries(given)
  return Object.fromEntries(
    entries.map(([name, value]) => [name, files.has(plainName(name)) ? resolve(cwd, value) : value]),
  )
}

async function runOnline(
  client: ControlClient,
  command: CommandDescription,
  { input, line, tell }: Call,
  machine: Machine,
): Promise<CommandAnswer> {
  const progress = new ProgressLine(machine.err, machine.isTerminal)
  try {
    const answer = await client.ask({ command: command.name, input, form: 'text', auth: line.auth }, (message) => {
      progress.show(message['progress'] as { done: number; total: number })
    })
    progress.end()
    return answer['error'] === undefined ? { result: answer['result'] } : tell(answer['error'] as ErrorAnswer)
  } catch (error) {
    progress.end()
    if (!(error instanceof ControlUnreachable)) throw error
    machine.err('The server went away before it answered.\n')
    return { code: exit.unreachable }
  }
}

async function runOffline(
  command: CommandDescription,
  { input, line, tell }: Call,
  machine: Machine,
): Promise<CommandAnswer> {
  if (!command.offline) {
    machine.err(`The server is not running, and ${splitName(command.name).join(' ')} needs it.\n`)
    return { code: exit.unreachable }
  }
  let config: Config
  try {
    config = (await load(settingsOf(line, machine), line, machine)).config
  } catch (error) {
    printConfigErrors(error, machine)
    return { code: exit.failed }
  }
  const progress = new ProgressLine(machine.err, machine.isTerminal)
  try {
    const server = await machine.openOffline(config)
    try {
      const result = await server.commands.run(command.name, input, {
        form: 'text',
        caller: { auth: line.auth },
        progress: (p) => progress.show(p),
      })
      return { result }
    } finally {
      progress.end()
      await server.close()
    }
  } catch (error) {
    if (error instanceof CommandError) return tell(describeError(error))
    machine.err(`${error instanceof Error ? error.message : String(error)}\n`)
    return { code: exit.failed }
  }
}

function printResult(command: CommandDescription, result: unknown, machine: Machine): number {
  const [category, name] = splitName(command.name)
  machine.out(`${JSON.stringify({ data: { [category]: { [name]: result ?? null } } }, null, 2)}\n`)
  return exit.ok
}

function printError(command: CommandDescription, error: ErrorAnswer, machine: Machine, form: ErrorForm): number {
  if (form === 'plain') {
    machine.err(`${error.message}\n`)
    return error.isUsage === true ? exit.usage : exit.failed
  }
  if (error.isUsage === true) {
    machine.err(`${error.message}\n\n${commandHelp(command)}`)
    return exit.usage
  }
  const path = splitName(command.name)
  const extensions = { code: error.code, ...error.context }
  machine.out(
    `${JSON.stringify({ errors: [{ message: error.message, path, extensions }], data: { [path[0]]: { [path[1]]: null } } }, null, 2)}\n`,
  )
  return exit.failed
}
