import { z } from 'zod'
import { command } from '../../module/command.ts'
import { CommandError } from '../../module/command-error.ts'
import { domain } from '../../module/scalars.ts'
import type { Host } from '../../router/host.ts'

/** What commands that count work on. */
export interface StatServices {
  readonly allHosts: readonly Host[]
  hostOf(domain: string): Host | undefined
  /** Since the server was started. */
  uptimeSeconds(): number
  /** Connections with other servers: made by them, made by us. */
  readonly peers: { readonly incoming: number; readonly outgoing: number }
}

/** How many accounts some domains have. */
async function registered(hosts: readonly Host[]): Promise<number> {
  const counts = hosts.flatMap((host) => [...host.domains].map((name) => host.accounts.count(name)))
  return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0)
}

const globalStats = command({
  name: 'stat.globalStats',
  about: 'Counts accounts and sessions of the whole server, and the seconds since its start.',
  input: z.strictObject({}),
  output: z.strictObject({
    uptimeSeconds: z.int(),
    registeredUsers: z.int(),
    onlineUsersNode: z.int(),
    onlineUsers: z.int(),
    incomingS2S: z.int(),
    outgoingS2S: z.int(),
  }),
  scope: 'admin',
  async run(_input, services: StatServices) {
    const online = services.allHosts.reduce((sum, { sessions }) => sum + sessions.accounts, 0)
    return {
      uptimeSeconds: services.uptimeSeconds(),
      registeredUsers: await registered(services.allHosts),
      onlineUsersNode: online,
      onlineUsers: online,
      incomingS2S: services.peers.incoming,
      outgoingS2S: services.peers.outgoing,
    }
  },
})

const domainStats = command({
  name: 'stat.domainStats',
  about: 'Counts the accounts of a domain, and those that are online.',
  input: z.strictObject({ domain: domain().describe('A domain of this server.') }),
  output: z.strictObject({ registeredUsers: z.int(), onlineUsers: z.int() }),
  scope: 'admin',
  async run(input, services: StatServices) {
    const host = services.hostOf(input.domain)
    if (host === undefined)
      throw new CommandError('domain_not_found', 'Given domain does not exist', { domain: input.domain })
    const online = new Set(
      [...host.sessions.all()].filter(({ jid }) => jid.domain === input.domain).map(({ jid }) => jid.local),
    )
    return { registeredUsers: await host.accounts.count(input.domain), onlineUsers: online.size }
  },
})

/** The commands of the category `stat`. */
export const statCommands = [globalStats, domainStats]
