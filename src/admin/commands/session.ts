import { z } from 'zod'
import type { Jid } from '../../jid/jid.ts'
import { command } from '../../module/command.ts'
import { CommandError } from '../../module/command-error.ts'
import { domain, fullJid, posInt, userJid } from '../../module/scalars.ts'
import type { SessionServices, SessionSummary } from './services.ts'

const session = z.strictObject({
  user: z.string(),
  connection: z.string(),
  ip: z.string(),
  port: z.int(),
  priority: z.int().nullable(),
  node: z.string(),
  uptime: z.int(),
})

const kickResult = z.strictObject({
  jid: z.string(),
  kicked: z.boolean(),
  code: z.string().nullable(),
  message: z.string(),
})

const someDomain = domain().optional().describe('A domain of this server; all of them if none is given.')
const account = userJid().describe('Address of the account.')
const reason = z.string().optional().describe('Told to the client.')
const defaultReason = 'kicked by an administrator'

function requireDomain(name: string | undefined, services: SessionServices): void {
  if (name === undefined || services.isHosted(name)) return
  throw new CommandError('domain_not_found', 'Given domain does not exist', { domain: name })
}

function shown({ show: _, text: __, ...summary }: SessionSummary): z.input<typeof session> {
  return { ...summary, user: summary.user.full, priority: summary.priority ?? null, uptime: Math.floor(summary.uptime) }
}

async function kick(
  user: Jid,
  why: string | undefined,
  services: SessionServices,
): Promise<z.input<typeof kickResult>> {
  const kicked = await services.sessions.kick(user, why ?? defaultReason)
  return kicked
    ? { jid: user.full, kicked, code: null, message: 'Session kicked' }
    : { jid: user.full, kicked, code: 'no_session', message: 'No active session' }
}

const listSessions = command({
  name: 'session.listSessions',
  about: 'Lists the sessions of a domain or of the whole server.',
  input: z.strictObject({ domain: someDomain }),
  output: z.array(session),
  scope: 'admin',
  run(input, services: SessionServices) {
    requireDomain(input.domain, services)
    return services.sessions.list(input.domain).map(shown)
  },
})

const countSessions = command({
  name: 'session.countSessions',
  about: 'Counts the sessions of a domain or of the whole server.',
  input: z.strictObject({ domain: someDomain }),
  output: z.int(),
  scope: 'admin',
  run(input, services: SessionServices) {
    requireDomain(input.domain, services)
    return services.sessions.count(input.domain)
  },
})

const listUserSessions = command({
  name: 'session.listUserSessions',
  about: 'Lists the sessions of a user.',
  input: z.strictObject({ user: account }),
  output: z.array(session),
  scope: 'user',
  own: 'user',
  run(input, services: SessionServices) {
    requireDomain(input.user.domain, services)
    return services.sessions.of(input.user).map(shown)
  },
})

const countUserResources = command({
  name: 'session.countUserResources',
  about: 'Counts the sessions of a user.',
  input: z.strictObject({ user: account }),
  output: z.int(),
  scope: 'user',
  own: 'user',
  run(input, services: SessionServices) {
    requireDomain(input.user.domain, services)
    return services.sessions.of(input.user).length
  },
})

const getUserResource = command({
  name: 'session.getUserResource',
  about: 'Tells one resource of a user by its number.',
  input: z.strictObject({ user: account, number: posInt().describe('Counted from 1, in the order of names.') }),
  output: z.string(),
  scope: 'admin',
  run(input, services: SessionServices) {
    requireDomain(input.user.domain, services)
    const resources = services.sessions.of(input.user).map((entry) => entry.user.resource)
    const found = resources.sort()[input.number - 1]
    if (found !== undefined) return found
    throw new CommandError('no_session', 'Wrong resource number', { number: input.number })
  },
})

/** Whether a session says that its user is not there. */
function isAway({ show }: SessionSummary): boolean {
  return show === 'away' || show === 'xa'
}

const listOnlineUsers = command({
  name: 'session.listOnlineUsers',
  about:
    'Lists the users of a domain who are online: all, those who are active, or those who are away on all their clients.',
  input: z.strictObject({
    domain: domain().describe('A domain of this server.'),
    activity: z.enum(['any', 'active', 'idle']).default('any').describe('Which of them.'),
  }),
  output: z.array(z.string()),
  scope: 'admin',
  run({ domain: name, activity }, services: SessionServices) {
    requireDomain(name, services)
    const sessions = services.sessions.list(name)
    const all = new Set(sessions.map(({ user }) => user.bareString))
    const active = new Set(sessions.filter((entry) => !isAway(entry)).map(({ user }) => user.bareString))
    const isMeant = (user: string) => activity === 'any' || active.has(user) === (activity === 'active')
    return [...all].filter(isMeant).sort()
  },
})

const kickUserSession = command({
  name: 'session.kickUserSession',
  about: 'Ends one session.',
  input: z.strictObject({ user: fullJid().describe('Address with the resource.'), reason }),
  output: kickResult,
  scope: 'admin',
  changes: true,
  async run(input, services: SessionServices) {
    requireDomain(input.user.domain, services)
    const result = await kick(input.user, input.reason, services)
    if (result.kicked) return result
    throw new CommandError('no_session', result.message, { jid: result.jid })
  },
})

const kickUser = command({
  name: 'session.kickUser',
  about: 'Ends all sessions of a user.',
  input: z.strictObject({ user: account, reason }),
  output: z.array(kickResult),
  scope: 'admin',
  changes: true,
  run(input, services: SessionServices) {
    requireDomain(input.user.domain, services)
    const sessions = services.sessions.of(input.user)
    return Promise.all(sessions.map(({ user }) => kick(user, input.reason, services)))
  },
})

/** The commands of the category `session`. */
export const sessionCommands = [
  listSessions,
  countSessions,
  listUserSessions,
  countUserResources,
  getUserResource,
  listOnlineUsers,
  kickUserSession,
  kickUser,
]
