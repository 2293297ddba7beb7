import { findShorthand } from '../admin/cli/shorthands.ts'
import type { AllowedCommands } from '../config/sections/command-access.ts'
import { Jid } from '../jid/jid.ts'
import type { CommandRegistry, LineCaller } from '../module/command.ts'
import { CommandError } from '../module/command-error.ts'
import { plainName } from '../module/command-input.ts'
import type { Host } from '../router/host.ts'
import type { LiveConfig } from './live-config.ts'

/** What the guard of commands needs of the server. */
export interface GuardedServer {
  readonly live: LiveConfig
  hostOf(domain: string): Host | undefined
}

type Table = Readonly<Record<string, AllowedCommands>>
type Input = Readonly<Record<string, unknown>>

/** Lets the command line give only those commands that `general.mongooseimctl_access_commands` allows, where it says something. */
export function guardCommands(commands: CommandRegistry, server: GuardedServer): void {
  commands.guardWith(async (name, input, caller) => {
    const tables = tablesFor(input, server)
    if (tables.length === 0) return
    const user = await userOf(caller, server)
    const isAllowed = tables.every((table) =>
      Object.entries(table).some(([rule, allowed]) => fits(rule, user, server) && allows(allowed, name, input)),
    )
    if (!isAllowed) {
      throw new CommandError('forbidden', `general.mongooseimctl_access_commands does not allow ${name} here`, { name })
    }
  })
}

/** What must allow a call: the tables of the hosts whose domains it names; where it names none, or another one, all tables. */
function tablesFor(input: Input, { live, hostOf }: GuardedServer): readonly Table[] {
  const { general, host_config: hosts } = live.current
  const named = domainsIn(input).map((domain) => hostOf(domain))
  const served = named.flatMap((host) => (host === undefined ? [] : [live.of(host.type).general]))
  const isServed = named.length > 0 && served.length === named.length
  const asked = isServed ? served : [general, ...hosts.map((own) => own.general)]
  const tables = new Set(asked.map(({ mongooseimctl_access_commands: table = {} }) => table))
  return [...tables].filter((table) => Object.keys(table).length > 0)
}

/** The domains that an input names, wherever in it. */
function domainsIn(value: unknown, name = ''): string[] {
  if (value instanceof Jid) return [value.domain]
  if (typeof value === 'string') return isHostName(name) ? [value] : []
  const isData = Array.isArray(value) || (typeof value === 'object' && value?.constructor === Object)
  return isData ? Object.entries(value as Input).flatMap(([key, inner]) => domainsIn(inner, key)) : []
}

/** How 4.0 and we call a domain. */
function isHostName(name: string): boolean {
  return ['domain', 'host', 'server', 'vhost'].includes(plainName(name))
}

/** Who gives commands. Throws CommandError where the password is not right. */
async function userOf({ auth }: LineCaller, { hostOf }: GuardedServer): Promise<Jid | undefined> {
  if (auth === undefined) return undefined
  const user = Jid.tryParse(`${auth.user}@${auth.host}`)
  const accounts = user === undefined ? undefined : hostOf(user.domain)?.accounts
  if (user !== undefined && (await accounts?.checkPassword(user, auth.password)) === true) return user
  throw new CommandError('unauthorized', 'There is no such user, or the password is not right')
}

/** Who does not say who it is has the rights of everybody. */
function fits(rule: string, user: Jid | undefined, { hostOf }: GuardedServer): boolean {
  if (user === undefined) return rule === 'all'
  return hostOf(user.domain)?.access.allows(rule, user, user.domain) === true
}

function allows(
  { commands, argument_restrictions: restrictions }: AllowedCommands,
  name: string,
  input: Input,
): boolean {
  const isListed = commands === 'all' || commands.some((each) => isName(each, name))
  return isListed && Object.entries(restrictions).every(([argument, wanted]) => has(argument, wanted, input))
}

/** A name of a command, or of a short form of it. */
function isName(listed: string, name: string): boolean {
  return plainName(listed) === plainName(name) || findShorthand(listed)?.command === name
}

/** Whether an argument has this value. One that the command does not have is no permission: 4.0 has other names for some. */
function has(argument: string, wanted: string, input: Input): boolean {
  const name = plainName(argument)
  const given = Object.entries(input).find(([key]) => plainName(key) === name)?.[1]
  if (isHostName(name)) {
    const domains = domainsIn(input)
    return domains.length > 0 && domains.every((domain) => domain === wanted)
  }
  if (name === 'user' && given instanceof Jid && given.local === wanted) return true
  return given !== undefined && String(given) === wanted
}
