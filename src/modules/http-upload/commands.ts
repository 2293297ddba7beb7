import { z } from 'zod'
import type { Jid } from '../../jid/jid.ts'
import { command } from '../../module/command.ts'
import { CommandError } from '../../module/command-error.ts'
import type { ModuleServices } from '../../module/module-commands.ts'
import { domain, posInt, userJid } from '../../module/scalars.ts'
import { refusing } from '../../module/service-commands.ts'
import { httpUploadApi } from './api.ts'

const header = z.strictObject({ name: z.string(), value: z.string() })

async function mustBelong(user: Jid, domain: string, services: ModuleServices): Promise<void> {
  if (user.domain === domain && (await services.hasUser(user))) return
  throw new CommandError('user_not_found', 'Given user does not exist', { jid: user.bareString })
}

const getUrl = command({
  name: 'httpUpload.getUrl',
  about: 'Makes addresses to which a file can be uploaded and from which it can be got.',
  input: z.strictObject({
    domain: domain().describe('A domain of this server.'),
    filename: z.string().min(1).describe('Name of the file.'),
    size: posInt().describe('Its size in bytes; no other will be taken.'),
    contentType: z.string().optional().describe('Its content type; no other will be taken.'),
    timeout: posInt().describe('Seconds within which the upload has to begin.'),
    user: userJid().optional().describe("Whose file it is; nobody's unless given."),
  }),
  output: z.strictObject({ putUrl: z.string(), getUrl: z.string(), headers: z.array(header) }),
  scope: 'user',
  changes: true,
  async run(input, services: ModuleServices) {
    const { filename, size, contentType, timeout: lifetime, user: owner, domain } = input
    const api = services.api(domain, httpUploadApi)
    if (owner !== undefined) await mustBelong(owner, domain, services)
    const file = { filename, size, contentType: contentType?.trim() || undefined }
    const { put, get } = await refusing(() => api.slot(file, { owner, domain, lifetime }), {
      'bad-request': 'bad_parameter',
      'not-acceptable': 'file_too_large_error',
    })
    return { putUrl: put, getUrl: get, headers: [] }
  },
})

/** The commands of the category `httpUpload`. */
export const httpUploadCommands = [getUrl]
