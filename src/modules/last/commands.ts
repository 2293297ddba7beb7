import { z } from 'zod'
import type { Jid } from '../../jid/jid.ts'
import { command } from '../../module/command.ts'
import { CommandError } from '../../module/command-error.ts'
import type { ModuleServices } from '../../module/module-commands.ts'
import { dateTime, domain, userJid } from '../../module/scalars.ts'
import { formatTimestamp } from '../../stanza/delay.ts'
import { type LastActivity, type LastApi, lastApi, type OldUser } from './api.ts'

const lastActivity = z.strictObject({ user: z.string(), timestamp: z.string(), status: z.string() })
const oldUser = z.strictObject({ jid: z.string(), timestamp: z.string().nullable() })

const account = userJid().describe('Address of the account.')
const oneDomain = domain().describe('A domain of this server.')
const someDomain = domain().optional().describe('A domain of this server; all of them if none is given.')
const before = dateTime().describe('Who was last there before this moment, or never, is old.')

function shown(user: Jid, { at, status }: LastActivity): z.input<typeof lastActivity> {
  return { user: user.bareString, timestamp: formatTimestamp(at), status }
}

function shownOld({ user, at }: OldUser): z.input<typeof oldUser> {
  return { jid: user.bareString, timestamp: at === undefined ? null : formatTimestamp(at) }
}

async function recordsOf(user: Jid, services: ModuleServices): Promise<LastApi> {
  const api = services.api(user.domain, lastApi)
  if (await api.hasUser(user)) return api
  throw new CommandError('not_found', 'Given user does not exist', { jid: user.bareString })
}

async function overDomains(
  name: string | undefined,
  services: ModuleServices,
  act: (api: LastApi, domain: string) => Promise<OldUser[]>,
): Promise<z.input<typeof oldUser>[]> {
  const found: OldUser[] = []
  for (const each of name === undefined ? services.domainsWith(lastApi) : [name]) {
    found.push(...(await act(services.api(each, lastApi), each)))
  }
  return found.map(shownOld)
}

const getLast = command({
  name: 'last.getLast',
  about: 'Tells when a user was last there.',
  input: z.strictObject({ user: account }),
  output: lastActivity,
  scope: 'user',
  async run({ user }, services: ModuleServices, { user: asker }) {
    const records = await recordsOf(user, services)
    if (asker !== undefined && !(await records.maySee(user, asker))) {
      throw new CommandError('not_allowed', 'You may not see when this user was last there', { jid: user.bareString })
    }
    const last = await records.get(user)
    if (last !== undefined) return shown(user, last)
    throw new CommandError('last_not_found', 'Given user never logged in', { jid: user.bareString })
  },
})

const setLast = command({
  name: 'last.setLast',
  about: 'Notes when a user was last there.',
  input: z.strictObject({
    user: account,
    timestamp: dateTime().optional().describe('When; now if it is not given.'),
    status: z.string().describe('What the last presence said.'),
  }),
  output: lastActivity,
  scope: 'user',
  own: 'user',
  changes: true,
  async run({ user, timestamp, status }, services: ModuleServices) {
    const records = await recordsOf(user, services)
    const at = timestamp ?? services.now()
    const last = { at: at - (at % 1000), status }
    await records.set(user, last)
    return shown(user, last)
  },
})

const countActiveUsers = command({
  name: 'last.countActiveUsers',
  about: 'Counts the users of a domain who were there after a moment.',
  input: z.strictObject({
    domain: oneDomain,
    timestamp: dateTime().optional().describe('The moment; now if it is not given.'),
  }),
  output: z.int(),
  scope: 'admin',
  run: (input, services: ModuleServices) =>
    services.api(input.domain, lastApi).countSince(input.domain, input.timestamp ?? services.now()),
})

const listOldUsers = command({
  name: 'last.listOldUsers',
  about: 'Lists the users who have not been there for long.',
  input: z.strictObject({ domain: someDomain, timestamp: before }),
  output: z.array(oldUser),
  scope: 'admin',
  run: (input, services: ModuleServices) =>
    overDomains(input.domain, services, (api, domain) => api.oldUsers(domain, input.timestamp)),
})

const removeOldUsers = command({
  name: 'last.removeOldUsers',
  about: 'Removes the users who have not been there for long, with all their data; those online now stay.',
  input: z.strictObject({ domain: someDomain, timestamp: before }),
  output: z.array(oldUser),
  scope: 'admin',
  changes: true,
  run: (input, services: ModuleServices) =>
    overDomains(input.domain, services, (api, domain) => api.removeOldUsers(domain, input.timestamp)),
})

/** The commands of the category `last`. */
export const lastCommands = [getLast, setLast, countActiveUsers, listOldUsers, removeOldUsers]
