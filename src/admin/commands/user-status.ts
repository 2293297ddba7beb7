import { z } from 'zod'
import { command } from '../../module/command.ts'
import { CommandError } from '../../module/command-error.ts'
import { domain } from '../../module/scalars.ts'
import type { SessionServices, SessionSummary } from './services.ts'

const userStatus = z.strictObject({ user: z.string(), priority: z.int().nullable(), text: z.string().nullable() })

const input = z.strictObject({
  domain: domain().optional().describe('A domain of this server; all of them if none is given.'),
  status: z.string().min(1).describe('`available`, `away`, `chat`, `dnd` or `xa`.'),
})

/** The sessions that say so of their users. */
function withStatus(given: z.output<typeof input>, services: SessionServices): readonly SessionSummary[] {
  const { domain: name, status } = given
  if (name !== undefined && !services.isHosted(name)) {
    throw new CommandError('domain_not_found', 'Given domain does not exist', { domain: name })
  }
  return services.sessions.list(name).filter(({ show }) => show === status)
}

const listUsersWithStatus = command({
  name: 'session.listUsersWithStatus',
  about: 'Lists the sessions that say so of their users.',
  input,
  output: z.array(userStatus),
  scope: 'admin',
  run: (given, services: SessionServices) =>
    withStatus(given, services).map(({ user, priority, text }) => ({
      user: user.full,
      priority: priority ?? null,
      text: text ?? null,
    })),
})

const countUsersWithStatus = command({
  name: 'session.countUsersWithStatus',
  about: 'Counts the sessions that say so of their users.',
  input,
  output: z.int(),
  scope: 'admin',
  run: (given, services: SessionServices) => withStatus(given, services).length,
})

/** The commands of the category `session` that look at presence. */
export const userStatusCommands = [listUsersWithStatus, countUsersWithStatus]
