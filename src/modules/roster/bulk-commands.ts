import { z } from 'zod'
import { readTextFile } from '../../config/text-file.ts'
import { Jid } from '../../jid/jid.ts'
import { type CommandCall, command } from '../../module/command.ts'
import { CommandError } from '../../module/command-error.ts'
import type { ModuleServices } from '../../module/module-commands.ts'
import { domain, fileName, userJid } from '../../module/scalars.ts'
import { StanzaError } from '../../stanza/stanza-error.ts'
import { type RosterApi, rosterApi } from './api.ts'
import { changing, rosterOf } from './command-target.ts'
import { asksOf, selectionOf } from './selection.ts'
import { subscriptionName } from './subscription.ts'
import { readTemplate, type TemplateContact } from './template.ts'

const selected = z.strictObject({ user: z.string(), contact: z.string(), subscription: z.string(), ask: z.string() })
const choices = (names: string) =>
  z.string().default('any').describe(`\`any\`, or of ${names}, with \`:\` between them.`)
const patterns = z
  .string()
  .default('any')
  .describe('`any`, or patterns with `:` between them: `*@example.org`; without `@`, addresses without a local part.')

const processItems = command({
  name: 'roster.processItems',
  about: 'Lists the contacts in all rosters that are like this, or removes them and ends the subscriptions.',
  input: z.strictObject({
    action: z.enum(['list', 'delete']).describe('What is to be done.'),
    subscriptions: choices('none, to, from, both'),
    asks: choices('none, in, out'),
    users: patterns,
    contacts: patterns,
  }),
  output: z.array(selected),
  scope: 'admin',
  changes: true,
  offline: true,
  async run({ action, ...words }, services: ModuleServices) {
    const isMeant = selectionOf(words)
    const found: z.input<typeof selected>[] = []
    for (const name of services.domainsWith(rosterApi)) {
      const rosters = services.api(name, rosterApi)
      for await (const { user, item } of rosters.all(name)) {
        if (!item.isListed || !isMeant(user, item)) continue
        const { bareString } = user
        const subscription = subscriptionName(item.state)
        if (action === 'delete') await remove(rosters, user, item.jid)
        found.push({ user: bareString, contact: item.jid.full, subscription, ask: asksOf(item).join(':') })
      }
    }
    return found
  },
})

/** Removes a contact, unless that has been done meanwhile. */
async function remove(rosters: RosterApi, user: Jid, contact: Jid): Promise<void> {
  try {
    await rosters.remove(user, contact)
  } catch (error) {
    if (!(error instanceof StanzaError) || error.condition !== 'item-not-found') throw error
  }
}

/** Rosters that are filled at the same time: each waits for the disk with every contact. */
const atOnce = 50

/** Puts contacts into the rosters of users, both seeing each other, and nobody into the own one; answers how many. */
async function fill(
  users: readonly Jid[],
  contacts: readonly TemplateContact[],
  services: ModuleServices,
  { progress }: CommandCall,
): Promise<number> {
  let added = 0
  const fillOne = async (user: Jid) => {
    const rosters = await rosterOf(user, services)
    for (const { jid, name, groups } of contacts) {
      if (jid.bareString === user.bareString) continue
      await changing(user, () => rosters.put(user, jid, { name, groups, subscription: { to: true, from: true } }))
      added++
    }
  }
  for (let at = 0; at < users.length; at += atOnce) {
    await Promise.all(users.slice(at, at + atOnce).map(fillOne))
    progress?.({ done: Math.min(at + atOnce, users.length), total: users.length })
  }
  return added
}

async function templateIn(path: string): Promise<TemplateContact[]> {
  const text = await readTextFile(path).catch((cause: Error) => {
    throw new CommandError('file_not_found', `${path}: ${cause.message}`, { path }, { cause })
  })
  return readTemplate(text)
}

const path = fileName().describe(
  'JSON as `roster.addContacts` takes it, or Erlang terms: `[{<<"bob">>, <<"example.org">>, <<"Group">>, <<"Bob">>}].`',
)

const push = command({
  name: 'roster.pushFile',
  about: 'Puts the contacts in a file into the roster of a user, each seeing the other; the contacts are not told.',
  input: z.strictObject({ path, user: userJid().describe('Address of the account.') }),
  output: z.string(),
  scope: 'admin',
  changes: true,
  offline: true,
  async run({ path: file, user }, services: ModuleServices, call) {
    const added = await fill([user], await templateIn(file), services, call)
    return `${added} contacts added`
  },
})

const pushToAll = command({
  name: 'roster.pushFileToAll',
  about: 'Makes all users in a file contacts of each other.',
  input: z.strictObject({ path }),
  output: z.string(),
  scope: 'admin',
  changes: true,
  offline: true,
  async run({ path: file }, services: ModuleServices, call) {
    const contacts = await templateIn(file)
    // Who does not exist is told of before anything changes.
    for (const { jid } of contacts) await rosterOf(jid, services)
    const users = contacts.map(({ jid }) => jid)
    return `${await fill(users, contacts, services, call)} contacts added`
  },
})

const pushAllToAll = command({
  name: 'roster.pushAllToAll',
  about: 'Makes all users of a domain contacts of each other, in a group.',
  input: z.strictObject({
    domain: domain().describe('The domain.'),
    group: z.string().default('').describe('The group they are in for each other.'),
  }),
  output: z.string(),
  scope: 'admin',
  changes: true,
  offline: true,
  async run({ domain: name, group }, services: ModuleServices, call) {
    services.api(name, rosterApi)
    const users = (await services.usersOf(name)).map((local) => Jid.of(local, name))
    const groups = group === '' ? [] : [group]
    const contacts = users.map((jid) => ({ jid, name: jid.local, groups }))
    return `${await fill(users, contacts, services, call)} contacts added`
  },
})

/** Commands on many rosters at once. */
export const bulkCommands = [processItems, push, pushToAll, pushAllToAll]
