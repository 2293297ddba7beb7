import { z } from 'zod'
import type { Jid } from '../../jid/jid.ts'
import { CommandError } from '../../module/command-error.ts'
import type { ModuleServices } from '../../module/module-commands.ts'
import { address } from '../../module/scalars.ts'
import { StanzaError } from '../../stanza/stanza-error.ts'
import { type RosterApi, rosterApi } from './api.ts'
import type { RosterItem } from './roster.ts'
import type { SubscriptionState } from './subscription.ts'

const subscriptions = ['NONE', 'TO', 'FROM', 'BOTH'] as const
const asks = ['NONE', 'OUT', 'IN', 'BOTH'] as const

/** A contact as commands show it. */
export const shownContact = z.strictObject({
  jid: z.string(),
  name: z.string(),
  groups: z.array(z.string()),
  subscription: z.enum(subscriptions),
  ask: z.enum(asks),
})

export type Contact = z.input<typeof shownContact>

/** A contact as commands are given it. */
export const givenContact = z.strictObject({
  jid: address(),
  name: z.string(),
  groups: z.array(z.string()).optional(),
})

function subscriptionOf({ to, from }: SubscriptionState): (typeof subscriptions)[number] {
  return subscriptions[(to ? 1 : 0) + (from ? 2 : 0)] ?? 'NONE'
}

function askOf({ pendingOut, pendingIn }: SubscriptionState): (typeof asks)[number] {
  return asks[(pendingOut ? 1 : 0) + (pendingIn ? 2 : 0)] ?? 'NONE'
}

export function contactOf({ jid, name, groups, state }: RosterItem): Contact {
  return { jid: jid.full, name, groups: [...groups], subscription: subscriptionOf(state), ask: askOf(state) }
}

/** The rosters that a user's is among. Throws CommandError where there is no such user. */
export async function rosterOf(user: Jid, services: ModuleServices): Promise<RosterApi> {
  const rosters = services.api(user.domain, rosterApi)
  if (await rosters.hasUser(user)) return rosters
  throw new CommandError('user_not_exist', 'Given user does not exist', { jid: user.bareString })
}

/** Makes what a roster refuses an error of the command. */
export async function changing<T>(user: Jid, change: () => Promise<T>): Promise<T> {
  try {
    return await change()
  } catch (error) {
    throw error instanceof StanzaError ? refused(user, error) : error
  }
}

function refused(user: Jid, cause: StanzaError): CommandError {
  const jid = user.bareString
  if (cause.condition === 'item-not-found')
    return new CommandError('contact_not_found', 'Given contact does not exist', { jid }, { cause })
  return new CommandError('internal', cause.message, { jid }, { cause })
}
