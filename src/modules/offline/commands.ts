import { z } from 'zod'
import { command } from '../../module/command.ts'
import type { ModuleServices } from '../../module/module-commands.ts'
import { domain, posInt } from '../../module/scalars.ts'
import { offlineApi } from './api.ts'

const day = 86_400_000

const oneDomain = domain().describe('A domain of this server.')
const removed = (count: number) => `Removed ${count} message${count === 1 ? '' : 's'}`

const deleteExpiredMessages = command({
  name: 'offline.deleteExpiredMessages',
  about: 'Deletes the messages kept for users of a domain that have expired.',
  input: z.strictObject({ domain: oneDomain }),
  output: z.string(),
  scope: 'admin',
  changes: true,
  async run(input, services: ModuleServices) {
    return removed(await services.api(input.domain, offlineApi).removeExpired(input.domain))
  },
})

const deleteOldMessages = command({
  name: 'offline.deleteOldMessages',
  about: 'Deletes the messages kept for users of a domain that are older than some days.',
  input: z.strictObject({ domain: oneDomain, days: posInt().describe('What is older than so many days goes.') }),
  output: z.string(),
  scope: 'admin',
  changes: true,
  async run(input, services: ModuleServices) {
    const before = services.now() - input.days * day
    return removed(await services.api(input.domain, offlineApi).removeOlder(input.domain, before))
  },
})

/** The category `offline`. */
export const offlineCommands = [deleteExpiredMessages, deleteOldMessages]
