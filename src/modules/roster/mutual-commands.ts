import { z } from 'zod'
import type { Jid } from '../../jid/jid.ts'
import { command } from '../../module/command.ts'
import type { ModuleServices } from '../../module/module-commands.ts'
import { userJid } from '../../module/scalars.ts'
import { changing, givenContact, rosterOf } from './command-target.ts'

type Given = z.output<typeof givenContact>

/** Lets two users see each other. Each has agreed before the other asks (RFC 6121 §3.4). */
async function connect(one: Given, other: Given, services: ModuleServices): Promise<void> {
  const pairs = [
    [one, other],
    [other, one],
  ] as const
  for (const [{ jid }] of pairs) await rosterOf(jid.bare, services)
  for (const [user, contact] of pairs) {
    const rosters = await rosterOf(user.jid.bare, services)
    const { name, groups = [] } = contact
    const known = (await rosters.load(user.jid.bare)).get(contact.jid.bare)
    if (known?.isListed === true && name === '') continue
    await changing(user.jid, () => rosters.put(user.jid.bare, contact.jid.bare, { name, groups }))
  }
  for (const verb of ['subscribed', 'subscribe'] as const) {
    for (const [user, contact] of pairs) {
      const rosters = await rosterOf(user.jid.bare, services)
      await rosters.send(verb, user.jid.bare, contact.jid.bare)
    }
  }
}

async function disconnect(one: Jid, other: Jid, services: ModuleServices): Promise<void> {
  for (const user of [one, other]) await rosterOf(user, services)
  for (const [user, contact] of [[one, other] as const, [other, one] as const]) {
    const rosters = await rosterOf(user, services)
    if ((await rosters.load(user)).get(contact)?.isListed === true) await rosters.remove(user, contact)
  }
}

const setMutualSubscription = command({
  name: 'roster.setMutualSubscription',
  about: 'Makes contacts of two users who see each other, or ends that.',
  input: z.strictObject({
    userA: userJid().describe('One of them.'),
    userB: userJid().describe('The other one.'),
    action: z.enum(['CONNECT', 'DISCONNECT']).describe('What is to be done.'),
  }),
  output: z.string(),
  scope: 'admin',
  changes: true,
  async run({ userA, userB, action }, services: ModuleServices) {
    if (action === 'DISCONNECT') {
      await disconnect(userA, userB, services)
      return 'Mutual subscription removed successfully'
    }
    await connect({ jid: userA, name: '' }, { jid: userB, name: '' }, services)
    return 'Mutual subscription established successfully'
  },
})

/** Connects one with each of the others, and tells what has become of each. */
async function connectAll(pairs: Iterable<readonly [Given, Given]>, services: ModuleServices): Promise<string[]> {
  const answers: string[] = []
  for (const [one, other] of pairs) {
    const names = `${one.jid.bareString} and ${other.jid.bareString}`
    const told = connect(one, other, services).then(
      () => `${names} see each other`,
      (error: Error) => `${names}: ${error.message}`,
    )
    answers.push(await told)
  }
  return answers
}

/** So many have half a million pairs. */
const mostContacts = 1000

const contacts = z.array(givenContact).max(mostContacts)

const subscribeToAll = command({
  name: 'roster.subscribeToAll',
  about: 'Makes contacts who see each other of a user and each of others; tells what has become of each.',
  input: z.strictObject({
    user: givenContact.describe('The user, as the others are to call it.'),
    contacts: contacts.describe('The others, as the user is to call them.'),
  }),
  output: z.array(z.string()),
  scope: 'admin',
  changes: true,
  async run({ user, contacts: others }, services: ModuleServices) {
    await rosterOf(user.jid.bare, services)
    return connectAll(
      others.map((other) => [user, other] as const),
      services,
    )
  },
})

/** Everybody with everybody else, once. */
function* pairsOf(all: readonly Given[]): Generator<readonly [Given, Given]> {
  for (const [at, one] of all.entries()) for (const other of all.slice(at + 1)) yield [one, other]
}

const subscribeAllToAll = command({
  name: 'roster.subscribeAllToAll',
  about: 'Makes contacts who see each other of all these users; tells what has become of each pair.',
  input: z.strictObject({ contacts: contacts.describe('The users, as the others are to call them.') }),
  output: z.array(z.string()),
  scope: 'admin',
  changes: true,
  run({ contacts: all }, services: ModuleServices) {
    return connectAll(pairsOf(all), services)
  },
})

/** The commands that change the rosters of several users. */
export const mutualCommands = [setMutualSubscription, subscribeToAll, subscribeAllToAll]
