import { z } from 'zod'
import type { Jid } from '../../jid/jid.ts'
import { command } from '../../module/command.ts'
import { CommandError } from '../../module/command-error.ts'
import type { ModuleServices } from '../../module/module-commands.ts'
import { address, userJid } from '../../module/scalars.ts'
import { bulkCommands } from './bulk-commands.ts'
import { type Contact, contactOf, rosterOf, shownContact } from './command-target.ts'
import { contactCommands } from './contact-commands.ts'
import { mutualCommands } from './mutual-commands.ts'

const user = userJid().describe('Address of the account.')

const listContacts = command({
  name: 'roster.listContacts',
  about: 'Lists the contacts of a user, and who asks to become one.',
  input: z.strictObject({ user }),
  output: z.array(shownContact),
  scope: 'user',
  own: 'user',
  async run(input, services: ModuleServices): Promise<Contact[]> {
    const { items } = await (await rosterOf(input.user, services)).load(input.user)
    return [...items.values()].map(contactOf)
  },
})

function contactNotFound(user: Jid, contact: Jid): CommandError {
  return new CommandError('contact_not_found', 'Given contact does not exist', {
    jid: user.bareString,
    contact: contact.full,
  })
}

const getContact = command({
  name: 'roster.getContact',
  about: 'Tells of one contact of a user, or of somebody who asks to become one.',
  input: z.strictObject({ user, contact: address().describe('Address of the contact.') }),
  output: shownContact,
  scope: 'user',
  own: 'user',
  async run(input, services: ModuleServices): Promise<Contact> {
    const item = (await (await rosterOf(input.user, services)).load(input.user)).get(input.contact)
    if (item !== undefined) return contactOf(item)
    throw contactNotFound(input.user, input.contact)
  },
})

/** The commands of the category `roster`. */
export const rosterCommands = [listContacts, getContact, ...contactCommands, ...mutualCommands, ...bulkCommands]
