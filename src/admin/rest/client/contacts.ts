import { anyJid, jidList, oneOfWords } from '../argument.ts'
import { done, found, operation } from '../operation.ts'

interface Contact {
  readonly jid: string
  readonly subscription: string
  readonly ask: string
}

const jid = anyJid('JID')
const actions = { invite: 'INVITE', accept: 'ACCEPT' } as const

/** The roster of the user. */
export const contactOperations = [
  operation({
    name: 'list_contacts',
    method: 'GET',
    paths: ['/contacts'],
    about: 'Your contacts, and who asks to become one.',
    arguments: {},
    async run(_given, { run }) {
      const contacts = await run<readonly Contact[]>('roster.listContacts', {})
      return found(
        contacts.map(({ jid, subscription, ask }) => ({
          ...{ jid, subscription: subscription.toLowerCase(), ask: ask.toLowerCase() },
        })),
      )
    },
  }),
  operation({
    name: 'add_contact',
    method: 'POST',
    paths: ['/contacts'],
    about: 'Adds a contact, without a subscription.',
    arguments: { jid },
    async run({ jid: contact }, { run, isRefused }) {
      // One who is there already keeps name and groups.
      const isNew = await isRefused('contact_not_found', run('roster.getContact', { contact }))
      if (isNew) await run('roster.addContact', { contact })
      return done
    },
  }),
  operation({
    name: 'delete_contacts',
    method: 'DELETE',
    paths: ['/contacts'],
    about: 'Removes contacts, and tells which were none.',
    arguments: { to_delete: jidList('contact JIDs') },
    async run({ to_delete: given }, { run, isRefused }) {
      const left: string[] = []
      for (const contact of given) {
        if (await isRefused('contact_not_found', run('roster.deleteContact', { contact }))) left.push(contact)
      }
      return found({ not_deleted: left })
    },
  }),
  operation({
    name: 'change_subscription',
    method: 'PUT',
    paths: ['/contacts/:jid'],
    about: 'Asks a contact for its presence (`invite`), or agrees to be seen (`accept`).',
    arguments: { jid, action: oneOfWords('action', 'invite', 'accept') },
    async run({ jid: contact, action }, { run }) {
      await run('roster.getContact', { contact })
      await run('roster.subscription', { contact, action: actions[action] })
      return done
    },
  }),
  operation({
    name: 'delete_contact',
    method: 'DELETE',
    paths: ['/contacts/:jid'],
    about: 'Removes a contact.',
    arguments: { jid },
    async run({ jid: contact }, { run }) {
      await run('roster.deleteContact', { contact })
      return done
    },
  }),
]
