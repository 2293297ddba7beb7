import { type CommandDescription, plainName } from '../../module/command-input.ts'

/** A command that is part of the program rather than of the registry. */
export interface BasicDescription {
  /** Name and arguments, such as `config check [FILE]`. */
  readonly usage: string
  readonly about: string
}

const options: readonly (readonly [string, string])[] = [
  ['--config FILE', 'Which server is meant: its configuration. Default: $MEERKAT_CONFIG, else ./meerkat.toml.'],
  ['--skip-missing', 'Go on without what the configuration asks for and Meerkat does not have yet.'],
  ['--dry-run', 'Of reload and import: only tell what would change.'],
  ['--merge', 'Of import: add to accounts that exist.'],
  ['--auth USER HOST PASSWORD', 'As whom a command is given, where the configuration says who may.'],
  ['--force, -f', 'Of leave_cluster and remove_from_cluster: do not ask whether it is meant.'],
  ['--timeout SECONDS', 'How long to wait, for commands that wait.'],
  ['--version', 'Print the version.'],
  ['--help', 'Print help, after a category or a command too.'],
]

function columns(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length))
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`.trimEnd())
}

/** The part of a command's name before or after the dot. */
export function splitName(name: string): [category: string, command: string] {
  const dot = name.indexOf('.')
  return [name.slice(0, dot), name.slice(dot + 1)]
}

/** Help for the whole program. */
export function programHelp(
  version: string,
  basic: readonly BasicDescription[],
  commands: readonly CommandDescription[],
): string {
  const categories = new Map<string, string[]>()
  for (const { name } of commands) {
    const [category, command] = splitName(name)
    categories.set(category, [...(categories.get(category) ?? []), command])
  }
  return [
    `Meerkat ${version}, an XMPP server.`,
    '',
    'Usage: meerkat COMMAND [OPTIONS]',
    '       meerkat CATEGORY COMMAND [--argument value ...]',
    '',
    'Commands:',
    ...columns(basic.map(({ usage, about }) => [usage, about])),
    '',
    'Categories:',
    ...columns([...categories].map(([category, names]) => [category, names.join(', ')])),
    '',
    'Options:',
    ...columns(options),
    '',
  ].join('\n')
}

/** Help for the commands of one category. */
export function categoryHelp(category: string, commands: readonly CommandDescription[]): string {
  return [
    `Usage: meerkat ${category} COMMAND [--argument value ...]`,
    '',
    'Commands:',
    ...columns(commands.map(({ name, about }) => [splitName(name)[1], about])),
    '',
    `meerkat ${category} COMMAND --help shows the arguments of one.`,
    '',
  ].join('\n')
}

/** Help for one command. */
export function commandHelp(command: CommandDescription): string {
  const [category, name] = splitName(command.name)
  const usage = command.arguments.map(({ name: argument, isRequired }) =>
    isRequired ? ` --${argument} VALUE` : ` [--${argument} VALUE]`,
  )
  const rows = command.arguments.map(({ name: argument, type, about, defaultValue }): readonly [string, string] => {
    const rest = defaultValue === undefined ? about : `${about} Default: ${JSON.stringify(defaultValue)}.`
    return [`--${argument} ${type}`, rest]
  })
  return [
    `Usage: meerkat ${category} ${name}${usage.join('')}`,
    '',
    command.about,
    ...(command.offline ? ['Works on a stopped server too.'] : []),
    '',
    ...(rows.length === 0 ? [] : ['Arguments (! = required):', ...columns(rows), '']),
  ].join('\n')
}

/** Help for a basic command. */
export function basicHelp(basic: BasicDescription): string {
  return `Usage: meerkat ${basic.usage}\n\n${basic.about}\n`
}

/** The commands of a category; its name may be written in any style. */
export function inCategory(category: string, commands: readonly CommandDescription[]): CommandDescription[] {
  return commands.filter(({ name }) => plainName(splitName(name)[0]) === plainName(category))
}

/** A command by category and name, both in any style. */
export function findCommand(
  category: string,
  command: string,
  commands: readonly CommandDescription[],
): CommandDescription | undefined {
  return inCategory(category, commands).find(({ name }) => plainName(splitName(name)[1]) === plainName(command))
}
