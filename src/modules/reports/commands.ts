import { z } from 'zod'
import { Jid } from '../../jid/jid.ts'
import { command } from '../../module/command.ts'
import { CommandError } from '../../module/command-error.ts'
import type { ModuleServices } from '../../module/module-commands.ts'
import { domain, nonNegInt, posInt } from '../../module/scalars.ts'
import { formatTimestamp } from '../../stanza/delay.ts'
import { reportsApi } from './api.ts'

const report = z.strictObject({
  id: z.int(),
  timestamp: z.string(),
  reporter: z.string(),
  offender: z.string(),
  reason: z.string(),
  text: z.string(),
  stanzaIds: z.array(z.strictObject({ by: z.string(), id: z.string() })),
})

const oneDomain = domain().describe('The domain of those who have reported.')

const listReports = command({
  name: 'reports.listReports',
  about: 'Lists what users have reported when they blocked somebody, oldest first.',
  input: z.strictObject({
    domain: oneDomain,
    offender: z.string().optional().describe('Only reports about this address.'),
    after: nonNegInt().default(0).describe('Only reports younger than the one with this id.'),
    limit: posInt().default(100).describe('At most so many.'),
  }),
  output: z.array(report),
  scope: 'admin',
  async run({ domain, offender, after, limit }, services: ModuleServices) {
    const about = offender === undefined ? undefined : Jid.tryParse(offender)?.full
    if (offender !== undefined && about === undefined) {
      throw new CommandError('invalid_address', `${offender} is not an address`)
    }
    const found = await services.api(domain, reportsApi).list(domain, { offender: about, after, limit })
    return found.map(({ at, messages, ...rest }) => ({
      ...rest,
      timestamp: formatTimestamp(at),
      stanzaIds: [...messages],
    }))
  },
})

const removeReport = command({
  name: 'reports.removeReport',
  about: 'Removes a report that has been dealt with.',
  input: z.strictObject({ domain: oneDomain, id: nonNegInt().describe('Its id.') }),
  output: z.boolean(),
  scope: 'admin',
  changes: true,
  run: (input, services: ModuleServices) => services.api(input.domain, reportsApi).remove(input.domain, input.id),
})

/** The commands of the category `reports`. */
export const reportCommands = [listReports, removeReport]
