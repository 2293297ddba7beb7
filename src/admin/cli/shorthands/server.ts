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
  ...['set_master NODE', 'mnesia_change_nodename FROM TO OLDFILE NEWFILE', 'install_fallback FILE'].map((usage) =>
    shorthand({ usage, about: 'Of MongooseIM; not applicable here, and does nothing.' }),
  ),
]
