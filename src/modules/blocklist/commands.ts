import { z } from 'zod'
import { command } from '../../module/command.ts'
import { CommandError } from '../../module/command-error.ts'
import type { ModuleServices } from '../../module/module-commands.ts'
import { domain, nonNegInt, posInt, userJid } from '../../module/scalars.ts'
import { blocklistApi } from './api.ts'

const account = userJid().describe('Address of the account.')
const oneDomain = domain().describe('A domain of this server.')
const barredUser = z.strictObject({ jid: z.string(), reason: z.string().nullable() })

const addUser = command({
  name: 'blocklist.addUser',
  about: 'Bars an account from signing in and ends its sessions.',
  input: z.strictObject({
    user: account,
    reason: z.string().min(1).optional().describe('What its clients are told.').meta({ scalar: 'NonEmptyString' }),
  }),
  output: z.boolean(),
  scope: 'admin',
  changes: true,
  async run({ user, reason }, services: ModuleServices) {
    if (await services.api(user.domain, blocklistApi).add(user, reason)) return true
    throw new CommandError('user_not_found', 'User does not exist', { jid: user.bareString })
  },
})

const removeUser = command({
  name: 'blocklist.removeUser',
  about: 'Lets a barred account sign in again.',
  input: z.strictObject({ user: account }),
  output: z.boolean(),
  scope: 'admin',
  changes: true,
  run: ({ user }, services: ModuleServices) => services.api(user.domain, blocklistApi).remove(user),
})

const userCount = command({
  name: 'blocklist.userCount',
  about: 'Counts the barred accounts of a domain.',
  input: z.strictObject({ domain: oneDomain }),
  output: z.int(),
  scope: 'admin',
  run: (input, services: ModuleServices) => services.api(input.domain, blocklistApi).count(input.domain),
})

const listBlockedUsers = command({
  name: 'blocklist.listBlockedUsers',
  about: 'Lists the barred accounts of a domain by name.',
  input: z.strictObject({
    domain: oneDomain,
    limit: posInt().optional().describe('At most so many; the rest if it is not given.'),
    index: nonNegInt().default(0).describe('Where to begin, counted from 0.'),
  }),
  output: z.array(barredUser),
  scope: 'admin',
  async run({ domain, limit, index }, services: ModuleServices) {
    const found = await services.api(domain, blocklistApi).list(domain, { limit, index })
    return found.map(({ user, reason }) => ({ jid: user.bareString, reason: reason ?? null }))
  },
})

/** The commands of the category `blocklist`. */
export const blocklistCommands = [addUser, removeUser, userCount, listBlockedUsers]
