import { z } from 'zod'
import { command } from '../../module/command.ts'
import type { ModuleServices } from '../../module/module-commands.ts'
import { domain, nonNegInt, posInt } from '../../module/scalars.ts'
import { extdiscoApi } from './api.ts'

const service = z.strictObject({
  host: z.string(),
  type: z.string(),
  port: nonNegInt().optional(),
  transport: z.string().optional(),
  username: z.string().optional(),
  password: z.string().optional(),
  expires: posInt().optional(),
})

const getServices = command({
  name: 'externalServices.getServices',
  about: 'Tells the external services of a domain, with credentials.',
  input: z.strictObject({
    domain: domain().describe('A domain of this server.'),
    type: z.string().min(1).optional().describe('Only services of this type.'),
  }),
  output: z.array(service),
  scope: 'admin',
  // Each call makes out credentials anew, where there is a secret.
  changes: true,
  run: ({ domain: name, type }, services: ModuleServices) => [...services.api(name, extdiscoApi).services(name, type)],
})

/** The commands of the category `externalServices`. */
export const extdiscoCommands = [getServices]
