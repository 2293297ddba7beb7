import { z } from 'zod'
import type { Jid } from '../../jid/jid.ts'
import { command } from '../../module/command.ts'
import { CommandError } from '../../module/command-error.ts'
import type { ModuleServices } from '../../module/module-commands.ts'
import { domain, nonNegInt, userJid } from '../../module/scalars.ts'
import { inboxApi } from './api.ts'

const days = nonNegInt().default(0).describe('Only conversations whose last message is older than so many days.')
const user = userJid().describe('Address of the account.')
/** How many conversations were deleted. */
const output = z.int()

async function flushOf(jid: Jid, olderThan: number, services: ModuleServices): Promise<number> {
  const { domain: of, local } = jid
  const api = services.api(of, inboxApi)
  if (!(await api.hasUser(jid))) throw new CommandError('user_does_not_exist', `There is no account ${jid.full}`)
  return api.flushBin({ domain: of, local }, olderThan)
}

const flushUserBin = command({
  name: 'inbox.flushUserBin',
  about: 'Deletes what an account has in its bin.',
  input: z.strictObject({ user, days }),
  output,
  scope: 'admin',
  changes: true,
  run: (input, services: ModuleServices) => flushOf(input.user, input.days, services),
})

const flushBin = command({
  name: 'inbox.flushBin',
  about: 'Deletes what is in the own bin.',
  input: z.strictObject({ caller: user, days }),
  output,
  scope: 'user',
  own: 'caller',
  changes: true,
  run: (input, services: ModuleServices) => flushOf(input.caller, input.days, services),
})

const flushDomainBin = command({
  name: 'inbox.flushDomainBin',
  about: 'Deletes what all accounts of a domain have in their bins.',
  input: z.strictObject({ domain: domain().describe('A domain of this server.'), days }),
  output,
  scope: 'admin',
  changes: true,
  run: (input, services: ModuleServices) =>
    services.api(input.domain, inboxApi).flushBin({ domain: input.domain }, input.days),
})

const flushGlobalBin = command({
  name: 'inbox.flushGlobalBin',
  about: 'Deletes what all accounts of all domains of a host type have in their bins.',
  input: z.strictObject({ hostType: z.string().min(1).describe('One of `general.host_types`, or a host.'), days }),
  output,
  scope: 'admin',
  changes: true,
  async run(input, services: ModuleServices) {
    const domains = services
      .domainsWith(inboxApi)
      .filter((name) => services.api(name, inboxApi).hostType === input.hostType)
    if (domains.length === 0) {
      throw new CommandError('host_type_not_found', 'No domain of this host type has inboxes', {
        hostType: input.hostType,
      })
    }
    const deleted = await Promise.all(
      domains.map((name) => services.api(name, inboxApi).flushBin({ domain: name }, input.days)),
    )
    return deleted.reduce((sum, count) => sum + count, 0)
  },
})

/** The category `inbox`. */
export const inboxCommands = [flushUserBin, flushDomainBin, flushGlobalBin, flushBin]
