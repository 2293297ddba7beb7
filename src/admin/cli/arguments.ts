import type { LineCaller } from '../../module/command.ts'
import { plainName } from '../../module/command-input.ts'

/** A command line that cannot be understood. */
export class CommandLineError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'CommandLineError'
  }
}

/** A command line taken apart. */
export interface CommandLine {
  /** What is not an option: category and command, or a basic command and what follows it. */
  readonly words: readonly string[]
  /** Options of the program itself. */
  readonly config?: string
  readonly timeout?: string
  /** As whom commands are given, where they are guarded. */
  readonly auth?: LineCaller['auth']
  readonly help: boolean
  readonly version: boolean
  readonly skipMissing: boolean
  readonly dryRun: boolean
  readonly merge: boolean
  readonly force: boolean
  /** Options that belong to the command, as typed. */
  readonly arguments: Readonly<Record<string, string>>
}

const flags: Readonly<Record<string, 'help' | 'version' | 'skipMissing' | 'dryRun' | 'merge' | 'force'>> = {
  '--help': 'help',
  '-h': 'help',
  '--version': 'version',
  '--skip-missing': 'skipMissing',
  '--dry-run': 'dryRun',
  '--merge': 'merge',
  '--force': 'force',
  '-f': 'force',
}

/** Tells the arguments of a command, so that one called `config` or `timeout` is left to it. */
export type ArgumentsOf = (category: string, name: string) => readonly string[]

/**
 * Takes a command line apart. Every option that is not a flag has a value, which may begin with a dash (a password
 * may).
 */
export function parseCommandLine(argv: readonly string[], argumentsOf: ArgumentsOf): CommandLine {
  const none = { help: false, version: false, skipMissing: false, dryRun: false, merge: false, force: false }
  const line = { words: [] as string[], ...none }
  const own: { config?: string; timeout?: string } = {}
  let who: Pick<CommandLine, 'auth'> = {}
  const given: Record<string, string> = {}
  const rest = [...argv]
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    const flag = flags[word]
    if (flag !== undefined) line[flag] = true
    else if (word === '--auth') who = { auth: authFrom(rest) }
    else if (!word.startsWith('--')) line.words.push(word)
    else {
      const { name, value } = optionFrom(word, rest)
      put(isOwn(name, line.words, argumentsOf) ? own : given, name, value)
    }
  }
  return { ...line, ...own, ...who, arguments: given }
}

function put(place: Record<string, string>, name: string, value: string): void {
  if (Object.hasOwn(place, name)) throw new CommandLineError(`--${name} is given twice.`)
  place[name] = value
}

/** The three words after `--auth`, which are taken from `rest`. */
function authFrom(rest: string[]): LineCaller['auth'] {
  const [user, host, password] = rest.splice(0, 3)
  if (user === undefined || host === undefined || password === undefined) {
    throw new CommandLineError('--auth needs a user, a host and a password.')
  }
  return { user, host, password }
}

/** `--name=value`, or `--name` and the next word, which is taken from `rest`. */
function optionFrom(word: string, rest: string[]): { name: string; value: string } {
  const equals = word.indexOf('=')
  const name = word.slice(2, equals === -1 ? undefined : equals)
  const value = equals === -1 ? rest.shift() : word.slice(equals + 1)
  if (name === '') throw new CommandLineError('-- needs a name.')
  if (value === undefined) throw new CommandLineError(`--${name} needs a value.`)
  return { name, value }
}

/** Whether an option is one of the program: it is called so, and the command has no argument of that name. */
function isOwn(name: string, words: readonly string[], argumentsOf: ArgumentsOf): name is 'config' | 'timeout' {
  if (name !== 'config' && name !== 'timeout') return false
  const [category, command] = words
  return (
    category === undefined || command === undefined || !argumentsOf(category, command).map(plainName).includes(name)
  )
}
