import { z } from 'zod'
import { command } from '../../module/command.ts'
import { CommandError } from '../../module/command-error.ts'
import type { ModuleServices } from '../../module/module-commands.ts'
import { domain, userName } from '../../module/scalars.ts'
import { formatTimestamp } from '../../stanza/delay.ts'
import { StanzaError } from '../../stanza/stanza-error.ts'
import { invitesApi } from './api.ts'

function taken(username: string, cause: unknown): CommandError {
  return new CommandError('exists', `The name ${username} is taken`, { username }, { cause })
}

const createInvitation = command({
  name: 'invitation.createInvitation',
  about: 'Makes a link by which somebody can register an account, once.',
  input: z.strictObject({
    domain: domain().describe('A domain of this server.'),
    username: userName().optional().describe('The name that the account is to have; a free choice unless it is given.'),
  }),
  output: z.strictObject({ uri: z.string(), landingUrl: z.string().nullable(), expires: z.string() }),
  scope: 'admin',
  changes: true,
  async run({ domain, username = '' }, services: ModuleServices) {
    const invites = services.api(domain, invitesApi)
    try {
      const link = await invites.inviteToRegister({ domain, inviter: undefined, username, makesContacts: false })
      return { uri: link.uri, landingUrl: link.landingUrl ?? null, expires: formatTimestamp(link.expires) }
    } catch (cause) {
      if (!(cause instanceof StanzaError)) throw cause
      throw taken(username, cause)
    }
  },
})

/** The commands of the category `invitation`. */
export const inviteCommands = [createInvitation]
