import { address, table } from './parts.ts'
import { type Shorthand, shorthand } from './shorthand.ts'

interface Contact {
  readonly jid: string
  readonly name: string
  readonly subscription: string
  readonly ask: string
  readonly groups: readonly string[]
}

/** Contacts of users. */
export const rosterShorthands: readonly Shorthand[] = [
  shorthand({
    usage: 'get_roster USER HOST',
    about: 'Lists the contacts of a user: address, name, subscription, ask, groups.',
    command: 'roster.listContacts',
    input: ([user, host]) => ({ user: address(user, host) }),
    show: (contacts: readonly Contact[]) =>
      table(
        contacts.map(({ jid, name, subscription, ask, groups }) => [
          jid,
          name,
          subscription.toLowerCase(),
          ask.toLowerCase(),
          groups.join(';'),
        ]),
      ),
  }),
  shorthand({
    usage: 'add_rosteritem LOCALUSER LOCALHOST USER HOST NICK GROUP SUBSCRIPTION',
    about: 'Adds a contact to the roster of a user, with this subscription: none, to, from or both.',
    command: 'roster.addItem',
    input: ([local, localHost, user, host, name = '', group = '', subscription = '']) => ({
      user: address(local, localHost),
      contact: address(user, host),
      name,
      groups: JSON.stringify(group === '' ? [] : group.split(';')),
      subscription: subscription.toUpperCase(),
    }),
    show: () => 'ok',
  }),
  shorthand({
    usage: 'delete_rosteritem LOCALUSER LOCALHOST USER HOST',
    about: 'Removes a contact from the roster of a user.',
    command: 'roster.deleteContact',
    input: ([local, localHost, user, host]) => ({ user: address(local, localHost), contact: address(user, host) }),
    show: () => 'ok',
  }),
  shorthand({
    usage: 'process_rosteritems ACTION SUBSCRIPTIONS ASKS USERS CONTACTS',
    about:
      'Lists or deletes (ACTION: list, delete) the contacts of all users that are like this, each any or with : between, as none:to none:in *@example.org *:*@*.net.',
    command: 'roster.processItems',
    input: ([action = '', subscriptions = '', asks = '', users = '', contacts = '']) => ({
      ...{ action, subscriptions, asks, users, contacts },
    }),
    show: (found: readonly { user: string; contact: string; subscription: string; ask: string }[]) =>
      table(found.map(({ user, contact, subscription, ask }) => [user, contact, subscription, ask])),
  }),
  shorthand({
    usage: 'push_roster FILE USER HOST',
    about: 'Puts the contacts in a file into the roster of a user.',
    command: 'roster.pushFile',
    input: ([path = '', user, host]) => ({ path, user: address(user, host) }),
  }),
  shorthand({
    usage: 'push_roster_all FILE',
    about: 'Makes all users in a file contacts of each other.',
    command: 'roster.pushFileToAll',
    input: ([path = '']) => ({ path }),
  }),
  shorthand({
    usage: 'push_roster_alltoall HOST GROUP',
    about: 'Makes all users of a domain contacts of each other, in a group.',
    command: 'roster.pushAllToAll',
    input: ([domain = '', group = '']) => ({ domain, group }),
  }),
]
