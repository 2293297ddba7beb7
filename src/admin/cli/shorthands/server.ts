import { exit } from '../machine.ts'
import { lines } from './parts.ts'
import { type Shorthand, shorthand } from './shorthand.ts'

interface HostType {
  readonly name: string
  readonly modules: readonly { readonly name: string; readonly options: readonly { key: string; value: string }[] }[]
  readonly authMethods: readonly string[]
}

interface Hook {
  readonly hostType: string
  readonly hook: string
  readonly handlers: readonly { readonly slot: string; readonly module: string }[]
}

function showModules(hosts: readonly HostType[]): string {
  return lines(
    hosts.flatMap(({ name, modules, authMethods }) => [
      `${name} (accounts: ${authMethods.join(', ')})`,
      ...modules.map((module) => {
        const options = module.options.map(({ key, value }) => `${key}=${value}`).join(' ')
        return `  ${module.name}${options === '' ? '' : `  ${options}`}`
      }),
    ]),
  )
}

function showHooks(hooks: readonly Hook[]): string {
  const hosts = new Set(hooks.map(({ hostType }) => hostType))
  return lines(
    hooks.flatMap(({ hostType, hook, handlers }) => [
      hosts.size > 1 ? `${hook} (${hostType})` : hook,
      ...handlers.map(({ slot, module }) => `  ${slot.padEnd(10)} ${module}`),
    ]),
  )
}

/** The server itself. */
export const serverShorthands: readonly Shorthand[] = [
  shorthand({
    usage: 'modules',
    about: 'Lists the modules that run, with their options.',
    command: 'server.hostTypes',
    show: showModules,
  }),
  shorthand({
    usage: 'hooks [NAME]',
    about: 'Lists the handlers of each hook, or of one, in the order in which they run.',
    command: 'server.hooks',
    input: ([name]): Record<string, string> => (name === undefined ? {} : { name }),
    show: showHooks,
  }),
  shorthand({
    usage: 'get_loglevel',
    about: 'Tells the log level.',
    command: 'server.getLoglevel',
    show: (level: string) => level.toLowerCase(),
  }),
  shorthand({
    usage: 'set_loglevel LEVEL',
    about: 'Sets the log level until the next start.',
    command: 'server.setLoglevel',
    input: ([level = '']) => ({ level }),
    show: () => 'ok',
  }),
  shorthand({
    usage: 'load_config FILE',
    about: 'Of MongooseIM; here the settings go into the configuration file.',
    answer: { text: 'not applicable: put the settings into the configuration file, then run meerkat reload' },
  }),
  shorthand({
    usage: 'bootstrap',
    about: 'Of MongooseIM; the tables are made by the first start.',
    answer: { text: 'not applicable: the first start makes what is needed' },
  }),
  ...['debug', 'escript [FILE]'].map((usage) =>
    shorthand({
      usage,
      about: 'Of MongooseIM; not supported.',
      answer: { text: 'not supported: this is no Erlang node', code: exit.usage },
    }),
  ),
  ...[
    ...['srg_create GROUP HOST NAME DESCRIPTION DISPLAY', 'srg_delete GROUP HOST', 'srg_list HOST'],
    ...['srg_get_info GROUP HOST', 'srg_get_members GROUP HOST'],
    ...['srg_user_add USER HOST GROUP GROUPHOST', 'srg_user_del USER HOST GROUP GROUPHOST'],
  ].map((usage) =>
    shorthand({
      usage,
      about: 'Of MongooseIM; groups come from a directory, by mod_shared_roster_ldap.',
      answer: { text: 'not configured: groups come from a directory, by mod_shared_roster_ldap', code: exit.failed },
    }),
  ),
  ...['set_master NODE', 'mnesia_change_nodename FROM TO OLDFILE NEWFILE', 'install_fallback FILE'].map((usage) =>
    shorthand({ usage, about: 'Of MongooseIM; not applicable here, and does nothing.' }),
  ),
]
