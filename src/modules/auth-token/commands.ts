import { z } from 'zod'
import type { Jid } from '../../jid/jid.ts'
import { command } from '../../module/command.ts'
import { CommandError } from '../../module/command-error.ts'
import type { ModuleServices } from '../../module/module-commands.ts'
import { userJid } from '../../module/scalars.ts'
import { authTokenApi } from './api.ts'

const user = userJid().describe('Address of the account.')
const notFound = (jid: Jid) => new CommandError('not_found', 'User or token not found', { jid: jid.bareString })

const requestToken = command({
  name: 'token.requestToken',
  about: 'Makes an access and a refresh token for a user.',
  input: z.strictObject({ user }),
  output: z.strictObject({ access: z.string(), refresh: z.string() }),
  scope: 'user',
  own: 'user',
  changes: true,
  async run(input, services: ModuleServices) {
    const tokens = services.api(input.user.domain, authTokenApi)
    if (!(await tokens.hasUser(input.user))) throw notFound(input.user)
    return tokens.issue(input.user)
  },
})

const revokeToken = command({
  name: 'token.revokeToken',
  about: 'Revokes the refresh tokens of a user.',
  input: z.strictObject({ user }),
  output: z.string(),
  scope: 'user',
  own: 'user',
  changes: true,
  async run(input, services: ModuleServices) {
    if (!(await services.api(input.user.domain, authTokenApi).revoke(input.user))) throw notFound(input.user)
    return 'Revoked.'
  },
})

/** The commands of the category `token`. */
export const tokenCommands = [requestToken, revokeToken]
