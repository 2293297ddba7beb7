import { nearest } from '../../config/nearest.ts'
import { ControlUnreachable } from '../../net/control-socket.ts'
import { installFolder } from '../../util/product.ts'
import { knownCommands, runAdminCommand } from './admin-command.ts'
import { type CommandLine, CommandLineError, parseCommandLine } from './arguments.ts'
import { checkConfig, showConfig } from './config-commands.ts'
import {
  type BasicDescription,
  basicHelp,
  categoryHelp,
  commandHelp,
  findCommand,
  inCategory,
  programHelp,
  splitName,
} from './help.ts'
import { exit, type Machine } from './machine.ts'
import { reload } from './reload.ts'
import { loadDump, migrate, restore } from './restore.ts'
import { restart, runForeground, start, status, stop, waitFor } from './server-commands.ts'
import { findShorthand, runShorthand, shorthands } from './shorthands.ts'
import { trace } from './trace.ts'

/** A command that is part of the program rather than of the registry. */
interface BasicCommand extends BasicDescription {
  /** The words it is called by. */
  readonly words: readonly string[]
  /** How many more words it takes at most. */
  readonly more?: number
  run(line: CommandLine, machine: Machine): Promise<number>
}

/** Commands that need no running server, or begin and end one. */
export const basicCommands: readonly BasicCommand[] = [
  { words: ['start'], usage: 'start', about: 'Starts the server in the background.', run: start },
  {
    words: ['foreground'],
    usage: 'foreground',
    about: 'Runs the server until it is stopped. This is what happens without a command.',
    run: (line, machine) => runForeground(line, machine),
  },
  {
    words: ['live'],
    usage: 'live',
    about: 'Runs the server until it is stopped, with a debug log.',
    run: (line, machine) => runForeground(line, machine, { logLevel: 'debug' }),
  },
  { words: ['stop'], usage: 'stop', about: 'Stops the server in good order and waits for its end.', run: stop },
  {
    words: ['restart'],
    usage: 'restart',
    about: 'Stops the server and starts it again, unless its configuration has errors.',
    run: restart,
  },
  {
    words: ['reload'],
    usage: 'reload [--dry-run]',
    about: 'Lets the running server read its configuration again, and tells what has changed and what needs a restart.',
    run: reload,
  },
  ...['reload_local', 'reload_cluster'].map((name) => ({
    words: [name],
    usage: name,
    about: 'The same as reload: each node of a cluster has a file of its own.',
    run: reload,
  })),
  {
    words: ['reload_cluster_dryrun'],
    usage: 'reload_cluster_dryrun',
    about: 'The same as reload --dry-run.',
    run: (line, machine) => reload({ ...line, dryRun: true }, machine),
  },
  {
    words: ['print_flat_config'],
    usage: 'print_flat_config',
    about: 'The same as config print.',
    run: showConfig,
  },
  {
    words: ['print_install_dir'],
    usage: 'print_install_dir',
    about: 'Tells where this program lies.',
    run: async (_line, machine) => {
      machine.out(`${installFolder}\n`)
      return exit.ok
    },
  },
  { words: ['status'], usage: 'status', about: 'Tells whether the server runs, and how.', run: status },
  {
    words: ['started'],
    usage: 'started',
    about: 'Waits until the server has started.',
    run: (line, machine) => waitFor('started', line, machine),
  },
  {
    words: ['stopped'],
    usage: 'stopped',
    about: 'Waits until the server has stopped.',
    run: (line, machine) => waitFor('stopped', line, machine),
  },
  {
    words: ['trace'],
    more: 1,
    usage: 'trace JID',
    about:
      'Shows what a session (full address) or all sessions of an account send (->) and receive (<-), from sign-in on.',
    run: trace,
  },
  {
    words: ['restore'],
    more: 1,
    usage: 'restore FILE',
    about:
      'Puts a copy made by backup in the place of the database of a stopped server; the old one is kept beside it.',
    run: restore,
  },
  {
    words: ['load'],
    more: 1,
    usage: 'load FILE',
    about: 'Puts what dump has written into the database of a stopped server; the old one is kept beside it.',
    run: loadDump,
  },
  {
    words: ['db', 'migrate'],
    usage: 'db migrate',
    about: 'Brings the tables of a stopped server up to date, as a start does.',
    run: migrate,
  },
  {
    words: ['config', 'check'],
    more: 1,
    usage: 'config check [FILE]',
    about: 'Tells everything that is wrong with a configuration.',
    run: checkConfig,
  },
  {
    words: ['config', 'print'],
    more: 1,
    usage: 'config print [FILE]',
    about: 'Prints a configuration with every default filled in.',
    run: showConfig,
  },
]

/** Runs the program with the arguments of a command line; answers the exit code. */
export async function runCommandLine(machine: Machine): Promise<number> {
  try {
    const takes = (category: string, name: string) =>
      findCommand(category, name, machine.commands)?.arguments.map((argument) => argument.name) ?? []
    return await dispatch(parseCommandLine(machine.argv, takes), machine)
  } catch (error) {
    if (error instanceof CommandLineError) {
      machine.err(`${error.message} See: meerkat --help\n`)
      return exit.usage
    }
    if (error instanceof ControlUnreachable) {
      machine.err(`${error.message}.\n`)
      return exit.unreachable
    }
    throw error
  }
}

async function dispatch(line: CommandLine, machine: Machine): Promise<number> {
  const [first, second] = line.words
  if (line.version) {
    machine.out(`${machine.version}\n`)
    return exit.ok
  }
  if (first === 'help') return help({ ...line, words: line.words.slice(1) }, machine)
  if (line.help) return help(line, machine)
  if (first === undefined) return runBasic(basicCommands[1] as BasicCommand, line, machine)
  const basic = basicCommands.find(({ words }) => words.every((word, index) => word === line.words[index]))
  if (basic !== undefined) return runBasic(basic, line, machine)
  const short = findShorthand(first)
  // `mnesia` is a shorthand and a category.
  const isCommand = second !== undefined && findCommand(first, second, machine.commands) !== undefined
  if (short !== undefined && !isCommand) return runShorthand(short, line, machine)
  if (second === undefined || first === 'config') return help(line, machine)
  if (inCategory(first, await commandsFor(first, line, machine)).length === 0) return unknown(first, line, machine)
  return runAdminCommand(line, machine)
}

async function runBasic(basic: BasicCommand, line: CommandLine, machine: Machine): Promise<number> {
  const [extra] = [
    ...line.words.slice(basic.words.length + (basic.more ?? 0)),
    ...Object.keys(line.arguments).map((name) => `--${name}`),
  ]
  if (extra === undefined) return basic.run(line, machine)
  machine.err(`What is "${extra}"?\n\n${basicHelp(basic)}`)
  return exit.usage
}

/** The core commands if they have the category, else those of the running server. */
async function commandsFor(category: string, line: CommandLine, machine: Machine) {
  return inCategory(category, machine.commands).length > 0 ? machine.commands : knownCommands(line, machine)
}

/** Help at the level of the words; wrong words are told and make the exit code that of wrong usage. */
async function help(line: CommandLine, machine: Machine): Promise<number> {
  const [first, second] = line.words
  const commands = await knownCommands(line, machine)
  if (first === undefined) {
    machine.out(programHelp(machine.version, [...basicCommands, ...shorthands], commands))
    return exit.ok
  }
  const basic = basicCommands.filter(
    ({ words }) => words[0] === first && (second === undefined || words.length === 1 || words[1] === second),
  )
  if (basic.length > 0) {
    machine.out(basic.map(basicHelp).join('\n'))
    return exit.ok
  }
  const category = inCategory(first, commands)
  const short = findShorthand(first)
  if (short !== undefined && category.length === 0) {
    machine.out(basicHelp(short))
    return exit.ok
  }
  if (category.length === 0) return unknown(first, line, machine)
  const name = splitName(category[0]?.name ?? '')[0]
  const command = second === undefined ? undefined : findCommand(first, second, commands)
  if (second !== undefined && command === undefined) {
    machine.err(`There is no command ${second} in ${name}.\n\n${categoryHelp(name, category)}`)
    return exit.usage
  }
  machine.out(command === undefined ? categoryHelp(name, category) : commandHelp(command))
  return exit.ok
}

async function unknown(word: string, line: CommandLine, machine: Machine): Promise<number> {
  const commands = await knownCommands(line, machine)
  const words = [
    ...basicCommands.map(({ words: [first = ''] }) => first),
    ...shorthands.map(({ usage }) => usage.split(' ', 1)[0] ?? ''),
    ...commands.map(({ name }) => splitName(name)[0]),
  ]
  const guess = nearest(word, words)
  machine.err(
    `There is no command or category ${word}.${guess === undefined ? '' : ` Did you mean ${guess}?`} See: meerkat --help\n`,
  )
  return exit.usage
}
