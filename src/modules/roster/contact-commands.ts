import { z } from 'zod'
import type { Jid } from '../../jid/jid.ts'
import { command } from '../../module/command.ts'
import type { ModuleServices } from '../../module/module-commands.ts'
import { address, userJid } from '../../module/scalars.ts'
import { changing, givenContact, rosterOf } from './command-target.ts'
import type { SubscriptionVerb } from './subscription.ts'

const user = userJid().describe('Address of the account.')
const contact = address().describe('Address of the contact.')

type Given = z.output<typeof givenContact>

async function add(user: Jid, { jid, name, groups = [] }: Given, services: ModuleServices): Promise<string> {
  const rosters = await rosterOf(user, services)
  await changing(user, () => rosters.put(user, jid.bare, { name, groups }))
  return `Contact ${jid.bareString} added successfully`
}

async function remove(user: Jid, jid: Jid, services: ModuleServices): Promise<string> {
  const rosters = await rosterOf(user, services)
  await changing(user, () => rosters.remove(user, jid))
  return `Contact ${jid.full} deleted successfully`
}

const addContact = command({
  name: 'roster.addContact',
  about: 'Adds a contact to the roster of a user, without a subscription.',
  input: z.strictObject({
    user,
    contact,
    name: z.string().default('').describe('What the user calls it.'),
    groups: z.array(z.string()).default([]).describe('Groups that it is in.'),
  }),
  output: z.string(),
  scope: 'user',
  own: 'user',
  changes: true,
  offline: true,
  run: ({ user: owner, contact: jid, name, groups }, services: ModuleServices) =>
    add(owner, { jid, name, groups }, services),
})

const addItem = command({
  name: 'roster.addItem',
  about: 'Puts a contact into the roster of a user, with a subscription; the contact is not told.',
  input: z.strictObject({
    user,
    contact,
    name: z.string().default('').describe('What the user calls it.'),
    groups: z.array(z.string()).default([]).describe('Groups that it is in.'),
    subscription: z.enum(['NONE', 'TO', 'FROM', 'BOTH']).describe('Who sees the presence of whom.'),
  }),
  output: z.string(),
  scope: 'admin',
  changes: true,
  offline: true,
  async run({ user: owner, contact: jid, name, groups, subscription: kind }, services: ModuleServices) {
    const rosters = await rosterOf(owner, services)
    const state = { to: kind === 'TO' || kind === 'BOTH', from: kind === 'FROM' || kind === 'BOTH' }
    await changing(owner, () => rosters.put(owner, jid.bare, { name, groups, subscription: state }))
    return `Contact ${jid.bareString} added successfully`
  },
})

/** Does something for each, one after another, and tells of each what has become of it. */
async function forEach<T>(all: readonly T[], act: (one: T) => Promise<string>): Promise<string[]> {
  const answers: string[] = []
  for (const one of all) answers.push(await act(one).catch((error: Error) => error.message))
  return answers
}

const addContacts = command({
  name: 'roster.addContacts',
  about: 'Adds contacts to the roster of a user, without subscriptions; tells what has become of each.',
  input: z.strictObject({ user, contacts: z.array(givenContact).describe('The contacts.') }),
  output: z.array(z.string()),
  scope: 'user',
  own: 'user',
  changes: true,
  offline: true,
  async run({ user: owner, contacts }, services: ModuleServices) {
    await rosterOf(owner, services)
    return forEach(contacts, (one) => add(owner, one, services))
  },
})

const deleteContact = command({
  name: 'roster.deleteContact',
  about: 'Removes a contact from the roster of a user, and ends the subscriptions.',
  input: z.strictObject({ user, contact }),
  output: z.string(),
  scope: 'user',
  own: 'user',
  changes: true,
  offline: true,
  run: ({ user: owner, contact: jid }, services: ModuleServices) => remove(owner, jid, services),
})

const deleteContacts = command({
  name: 'roster.deleteContacts',
  about: 'Removes contacts from the roster of a user; tells what has become of each.',
  input: z.strictObject({ user, contacts: z.array(address()).describe('Addresses of the contacts.') }),
  output: z.array(z.string()),
  scope: 'user',
  own: 'user',
  changes: true,
  offline: true,
  async run({ user: owner, contacts }, services: ModuleServices) {
    await rosterOf(owner, services)
    return forEach(contacts, (one) => remove(owner, one, services))
  },
})

const verbs: Readonly<Record<string, SubscriptionVerb>> = {
  INVITE: 'subscribe',
  ACCEPT: 'subscribed',
  DECLINE: 'unsubscribed',
  CANCEL: 'unsubscribe',
}

const subscription = command({
  name: 'roster.subscription',
  about: 'Asks a contact for its presence, agrees to be seen, declines that, or ends it.',
  input: z.strictObject({
    user,
    contact,
    action: z.enum(['INVITE', 'ACCEPT', 'DECLINE', 'CANCEL']).describe('What the user does.'),
  }),
  output: z.string(),
  scope: 'user',
  own: 'user',
  changes: true,
  async run({ user: owner, contact: jid, action }, services: ModuleServices) {
    const verb = verbs[action] as SubscriptionVerb
    await (await rosterOf(owner, services)).send(verb, owner, jid.bare)
    return `Subscription stanza with type ${verb} sent successfully`
  },
})

/** The commands that change the roster of one user. */
export const contactCommands = [addContact, addContacts, addItem, deleteContact, deleteContacts, subscription]
