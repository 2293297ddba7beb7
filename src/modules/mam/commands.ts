import { z } from 'zod'
import { command } from '../../module/command.ts'
import { CommandError } from '../../module/command-error.ts'
import type { ModuleServices } from '../../module/module-commands.ts'
import { address, dateTime, posInt, userJid } from '../../module/scalars.ts'
import { mamApi, mostShown, shownStanzas, showStanzas } from './api.ts'

const getLastMessages = command({
  name: 'stanza.getLastMessages',
  about: 'Shows the last messages of an account, oldest first.',
  input: z.strictObject({
    caller: userJid().describe('Whose archive it is.'),
    with: address().optional().describe('Only messages exchanged with this address.'),
    limit: posInt().default(50).describe('Most messages to show.'),
    before: dateTime().optional().describe('Only messages from before this moment.'),
  }),
  output: z.strictObject({
    stanzas: shownStanzas,
    limit: z.int(),
  }),
  scope: 'user',
  own: 'caller',
  async run({ caller, with: peer, limit: asked, before }, services: ModuleServices) {
    const api = services.api(caller.domain, mamApi)
    if (!(await api.hasUser(caller)))
      throw new CommandError('user_does_not_exist', `There is no account ${caller.full}`)
    const limit = Math.min(asked, mostShown)
    const messages = await api.history(caller, { with: peer, limit, before })
    return { stanzas: showStanzas(messages), limit }
  },
})

/** The commands of the archive. */
export const mamCommands = [getLastMessages]
