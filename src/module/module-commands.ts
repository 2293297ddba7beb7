import type { Jid } from '../jid/jid.ts'
import type { Host } from '../router/host.ts'
import type { Clock } from '../util/clock.ts'
import type { ModuleApi } from './api.ts'
import type { CommandRegistry } from './command.ts'
import { CommandError } from './command-error.ts'
import type { AnyModule } from './define.ts'
import type { ModuleHost } from './module-host.ts'

/** What the commands of modules work on: the interfaces that modules provide, domain by domain. */
export interface ModuleServices {
  /** Milliseconds since the epoch. */
  now(): number
  /** The domains where a module provides this interface. */
  domainsWith(api: ModuleApi<unknown>): readonly string[]
  /** The interface for a domain. Throws CommandError `domain_not_found`, or `deps_not_loaded` where the module does not run. */
  api<A>(domain: string, api: ModuleApi<A>): A
  /** Whether there is such an account. */
  hasUser(user: Jid): Promise<boolean>
  /** Local parts of the accounts of a domain, sorted. */
  usersOf(domain: string): Promise<readonly string[]>
}

/** The modules of each host, and which host serves a domain. */
export interface ModulesByDomain {
  readonly running: readonly HostedModules[]
  of(domain: string): HostedModules | undefined
}

interface HostedModules {
  readonly host: Pick<Host, 'domains' | 'accounts'>
  readonly modules: ModuleHost
}

/**
 * Puts the commands of every module that runs on some domain into the registry, once for the whole server; those of the others
 * that exist are refused. The function returned does so for modules that have been started since.
 */
export function registerModuleCommands(
  registry: CommandRegistry,
  {
    hosts,
    everyModule,
    clock,
  }: { hosts: ModulesByDomain; everyModule: () => Promise<readonly AnyModule[]>; clock: Clock },
): () => void {
  registry.explainMissing(async (command) => {
    const owner = (await everyModule()).find(({ commands = [] }) => commands.some(({ name }) => name === command))
    return owner && notLoaded(owner.name)
  })
  const services: ModuleServices = {
    now: () => clock.now(),
    domainsWith: (api) =>
      hosts.running
        .filter(({ modules }) => modules.find(api) !== undefined)
        .flatMap(({ host }) => [...host.domains])
        .sort(),
    api: <A>(domain: string, api: ModuleApi<A>): A => {
      const modules = hosts.of(domain)?.modules
      if (modules === undefined) throw new CommandError('domain_not_found', 'Given domain does not exist', { domain })
      const found = modules.find(api)
      if (found !== undefined) return found
      throw notLoaded(api.module)
    },
    usersOf: async (domain) => (await hosts.of(domain)?.host.accounts.list(domain, {})) ?? [],
    hasUser: async (user) => (await hosts.of(user.domain)?.host.accounts.exists(user)) ?? false,
  }
  const known = new Set<string>()
  const sync = () => {
    for (const { name, commands = [] } of hosts.running.flatMap(({ modules }) => modules.running)) {
      if (known.has(name)) continue
      known.add(name)
      registry.register(name, commands, services)
    }
  }
  sync()
  return sync
}

function notLoaded(module: string): CommandError {
  const context = { not_loaded_modules: [module] }
  return new CommandError('deps_not_loaded', `Some of the required modules are not loaded: ${module}`, context)
}
