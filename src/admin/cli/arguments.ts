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
  readonly help: boolean
  readonly version: boolean
  readonly skipMissing: boolean
  /** Options that belong to the command, as typed. */
  readonly arguments: Readonly<Record<string, string>>
}

const flags: Readonly<Record<string, 'help' | 'version' | 'skipMissing'>> = {
  '--help': 'help',
  '-h': 'help',
  '--version': 'version',
  '--skip-missing': 'skipMissing',
}

/**
 * Takes a command line apart. Every option that is not a flag has a value, which may begin with a dash (a password
 * may). `takes` tells the arguments of a command, so that one called `config` or `timeout` is left to it.
 */
export function parseCommandLine(
  argv: readonly string[],
  takes: (category: string, name: string) => readonly string[],
): CommandLine {
  const words: string[] = []
  const own: { config?: string; timeout?: string } = {}
  const set = { help: false, version: false, skipMissing: false }
  const given: Record<string, string> = {}
  for (let at = 0; at < argv.length; at++) {
    const word = argv[at] ?? ''
    const flag = flags[word]
    if (flag !== undefined) set[flag] = true
    else if (!word.startsWith('--')) words.push(word)
    else {
      const equals = word.indexOf('=')
      const name = word.slice(2, equals === -1 ? undefined : equals)
      const value = equals === -1 ? argv[++at] : word.slice(equals + 1)
      if (name === '') throw new CommandLineError('-- needs a name.')
      if (value === undefined) throw new CommandLineError(`--${name} needs a value.`)
      const [category, command] = words
      const taken = category !== undefined && command !== undefined ? takes(category, command).map(plainName) : []
      if ((name === 'config' || name === 'timeout') && !taken.includes(name)) own[name] = value
      else if (Object.hasOwn(given, name)) throw new CommandLineError(`--${name} is given twice.`)
      else given[name] = value
    }
  }
  return { words, ...own, ...set, arguments: given }
}
