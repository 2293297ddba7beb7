import { z } from 'zod'
import { command } from '../../module/command.ts'
import type { ModuleServices } from '../../module/module-commands.ts'
import { domain } from '../../module/scalars.ts'
import { serviceAt } from './command-target.ts'

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
