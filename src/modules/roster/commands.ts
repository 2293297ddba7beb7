import { z } from 'zod'
import { command } from '../../module/command.ts'
import { CommandError } from '../../module/command-error.ts'
import type { ModuleServices } from '../../module/module-commands.ts'
import { userJid } from '../../module/scalars.ts'
import { rosterApi } from './api.ts'
import type { SubscriptionState } from './subscription.ts'

const subscriptions = ['NONE', 'TO', 'FROM', 'BOTH'] as const
const asks = ['NONE', 'OUT', 'IN', 'BOTH'] as const

const contact = z.strictObject({
  jid: z.string(),
  name: z.string(),
  groups: z.array(z.string()),
  subscription: z.enum(subscriptions),
  ask: z.enum(asks),
})

function subscriptionOf({ to, from }: SubscriptionState): (typeof subscriptions)[number] {
  return subscriptions[(to ? 1 : 0) + (from ? 2 : 0)] ?? 'NONE'
}

function askOf({ pendingOut, pendingIn }: SubscriptionState): (typeof asks)[number] {
  return asks[(pendingOut ? 1 : 0) + (pendingIn ? 2 : 0)] ?? 'NONE'
}

const listContacts = command({
  name: 'roster.listContacts',
  about: 'Lists the contacts of a user.',
  input: z.strictObject({ user: userJid().describe('Address of the account.') }),
  output: z.array(contact),
  scope: 'admin',
  async run({ user }, services: ModuleServices) {
    const rosters = services.api(user.domain, rosterApi)
    if (!(await rosters.hasUser(user))) {
      throw new CommandError('user_not_exist', 'Given user does not exist', { jid: user.bareString })
    }
    const { listed } = await rosters.load(user)
    return listed.map(({ jid, name, groups, state }) => ({
      jid: jid.full,
      name,
      groups: [...groups],
      subscription: subscriptionOf(state),
      ask: askOf(state),
    }))
  },
})

/** The commands of the category `roster`. */
export const rosterCommands = [listContacts]
