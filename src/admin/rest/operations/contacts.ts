import { Jid } from '../../../jid/jid.ts'
import { anyJid, jidList, oneOfWords, userJid } from '../argument.ts'
import { done, found, type OperationContext, operation } from '../operation.ts'

/** A contact as commands show it. */
interface Contact {
  readonly jid: string
  readonly name: string
  readonly groups: readonly string[]
  readonly subscription: string
  readonly ask: string
}

function shown({ jid, name, groups, subscription, ask }: Contact, generation: OperationContext['generation']) {
  const own = { jid, subscription: subscription.toLowerCase(), ask: ask.toLowerCase() }
  if (generation !== '4.0') return own
  return { ...own, ...(name !== '' && { name }), ...(groups.length > 0 && { groups }) }
}

const caller = userJid('caller JID')
const contact = anyJid('contact JID')

/** Words of this API and those of older descriptions of it. */
const actions = { subscribe: 'INVITE', subscribed: 'ACCEPT', invite: 'INVITE', accept: 'ACCEPT' } as const

/** Rosters. */
export const contactOperations = [
  operation({
    name: 'list_contacts',
    method: 'GET',
    paths: ['/contacts/:caller', '/contacts'],
    about: 'Lists the contacts of a user.',
    arguments: { caller },
    async run({ caller: user }, { run, generation }) {
      const contacts = await run<Contact[]>('roster.listContacts', { user })
      return found(contacts.map((each) => shown(each, generation)))
    },
  }),
  operation({
    name: 'add_contact',
    method: 'POST',
    paths: ['/contacts/:caller', '/contacts'],
    about: 'Adds a contact, without a subscription.',
    arguments: { caller, jid: contact },
    async run({ caller: user, jid }, { run }) {
      const known = await run<Contact[]>('roster.listContacts', { user })
      const { bareString } = Jid.parse(jid)
      // One who is there already keeps name and groups.
      if (!known.some((each) => each.jid === bareString)) await run('roster.addContact', { user, contact: jid })
      return done
    },
  }),
  operation({
    name: 'subscription',
    method: 'PUT',
    paths: ['/contacts/:caller/:jid', '/contacts'],
    about: 'Asks a contact for its presence, or agrees to be seen.',
    arguments: {
      caller,
      jid: contact,
      action: oneOfWords('action', 'subscribe', 'subscribed', 'invite', 'accept'),
    },
    async run({ caller: user, jid, action }, { run }) {
      await run('roster.subscription', { user, contact: jid, action: actions[action] })
      return done
    },
  }),
  operation({
    name: 'delete_contact',
    method: 'DELETE',
    paths: ['/contacts/:caller/:jid', '/contacts'],
    about: 'Removes a contact, and ends the subscriptions.',
    arguments: { caller, jid: contact },
    async run({ caller: user, jid }, { run, mayBeGone }) {
      await mayBeGone('contact_not_found', run('roster.deleteContact', { user, contact: jid }))
      return done
    },
  }),
  operation({
    name: 'delete_contacts',
    method: 'DELETE',
    paths: ['/contacts/:caller/multiple'],
    about: 'Removes contacts; tells which of them were not there.',
    arguments: { caller, to_delete: jidList('list of contacts') },
    async run({ caller: user, to_delete: all }, { run, isRefused }) {
      await run('roster.listContacts', { user })
      const missing: string[] = []
      for (const jid of all) {
        if (await isRefused('contact_not_found', run('roster.deleteContact', { user, contact: jid }))) missing.push(jid)
      }
      return found({ not_deleted: missing })
    },
  }),
  operation({
    name: 'subscription_manage',
    method: 'PUT',
    paths: ['/contacts/:caller/:jid/manage', '/contacts/manage'],
    about: 'Makes contacts of two users who see each other, or ends that.',
    arguments: { caller, jid: userJid('contact JID'), action: oneOfWords('action', 'connect', 'disconnect') },
    async run({ caller: userA, jid: userB, action }, { run }) {
      await run('roster.setMutualSubscription', { userA, userB, action: action.toUpperCase() })
      return done
    },
  }),
]
