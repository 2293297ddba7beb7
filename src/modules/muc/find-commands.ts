import { z } from 'zod'
import { command } from '../../module/command.ts'
import { CommandError } from '../../module/command-error.ts'
import type { ModuleServices } from '../../module/module-commands.ts'
import { domain } from '../../module/scalars.ts'
import { serviceBeside } from '../../module/service-commands.ts'
import { mucApi } from './api.ts'

/** The domain of the service beside a domain, or of the service that it is itself. Throws CommandError `muc_server_not_found`. */
function serviceAt(domain: string, services: ModuleServices): string {
  const found = serviceBeside(services, mucApi, domain)
  if (found !== undefined) return found
  throw new CommandError('muc_server_not_found', 'MUC domain not found', { mucDomain: domain })
}

const findService = command({
  name: 'muc.findService',
  about: 'Tells which domain has the rooms of a domain.',
  input: z.strictObject({ domain: domain().describe('A domain, or that of its rooms.') }),
  output: z.string(),
  scope: 'admin',
  run: (input, services: ModuleServices) => serviceAt(input.domain, services),
})

/** The commands that find things by what people know of them. */
export const findCommands = [findService]
