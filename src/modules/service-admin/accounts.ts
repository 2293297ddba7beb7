import type { DataForm } from '../../stanza/data-form.ts'
import { StanzaError } from '../../stanza/stanza-error.ts'
import { type Element, el } from '../../xml/element.ts'
import type { AdminCall, AdminCommand } from './admin-command.ts'
import { accountField, accountOf, accountsField, accountsOf, answer, done, question } from './form.ts'

interface SessionOutput {
  readonly user: string
  readonly ip: string
}

/** Why something could not be done; undefined when it was. */
async function refusalOf(work: () => Promise<unknown>): Promise<StanzaError | undefined> {
  try {
    await work()
    return undefined
  } catch (error) {
    if (error instanceof StanzaError) return error
    throw error
  }
}

/** A command that does the same to each account named. */
function forEach(name: string, title: string, label: string, act: { operation: string; done: string }): AdminCommand {
  return {
    name,
    title,
    operations: [act.operation],
    ask: () => question(title, accountsField(label)),
    async run({ operations, domain }, form) {
      const users = accountsOf(form, domain).map(({ bareString }) => bareString)
      const failed = new Map<string, StanzaError>()
      for (const user of users) {
        const error = await refusalOf(() => operations.run(act.operation, { user }))
        if (error !== undefined) failed.set(user, error)
      }
      const [first] = failed.values()
      // Where nothing has been done, the form can be mended.
      if (first !== undefined && failed.size === users.length) throw first
      const lines = [`${users.filter((user) => !failed.has(user)).join(', ')}: ${act.done}`]
      for (const [user, { message }] of failed) lines.push(`${user}: ${message}`)
      return { note: { type: first === undefined ? 'info' : 'error', text: lines.join('\n') } }
    },
  }
}

const password = { var: 'password', type: 'text-private', label: 'The password for this account' } as const

const vcardNs = 'vcard-temp'

/** The vCard of the new user's name and address, where the form has one of them. */
function cardOf(form: DataForm): Element | undefined {
  const text = (name: string) => form.value(name) ?? ''
  const [email, given, family] = [text('email'), text('given_name'), text('surname')]
  if (email + given + family === '') return undefined
  const names = [el('FAMILY', vcardNs, family), el('GIVEN', vcardNs, given)]
  return el(
    'vCard',
    vcardNs,
    el('FN', vcardNs, `${given} ${family}`.trim()),
    el('N', vcardNs, names),
    email === '' ? undefined : el('EMAIL', vcardNs, el('INTERNET', vcardNs), el('USERID', vcardNs, email)),
  )
}

const addUser: AdminCommand = {
  name: 'add-user',
  title: 'Add User',
  operations: ['account.registerUser'],
  ask: () =>
    question(
      'Adding a User',
      accountField('The Jabber ID for the account to be added'),
      { ...password, isRequired: true },
      { var: 'password-verify', type: 'text-private', label: 'Retype password', isRequired: true },
      { var: 'email', type: 'text-single', label: 'Email address' },
      { var: 'given_name', type: 'text-single', label: 'Given name' },
      { var: 'surname', type: 'text-single', label: 'Family name' },
    ),
  async run({ operations, domain, saveCard }, form) {
    const user = accountOf(form, domain)
    if (form.value('password') !== form.value('password-verify')) {
      throw new StanzaError('not-acceptable', { text: 'The passwords are not the same' })
    }
    const { message } = await operations.run<{ message: string }>('account.registerUser', {
      domain,
      username: user.local,
      password: form.value('password') ?? '',
    })
    const card = cardOf(form)
    if (card !== undefined) await saveCard(user.bare, card)
    return done(message)
  },
}

const changePassword: AdminCommand = {
  name: 'change-user-password',
  title: 'Change User Password',
  operations: ['account.changeUserPassword'],
  ask: () =>
    question('Changing a User Password', accountField('The Jabber ID for this account'), {
      ...password,
      isRequired: true,
    }),
  async run({ operations, domain }, form) {
    const input = { user: accountOf(form, domain).bareString, newPassword: form.value('password') ?? '' }
    const { message } = await operations.run<{ message: string }>('account.changeUserPassword', input)
    return done(message)
  },
}

const endSession: AdminCommand = {
  name: 'end-user-session',
  title: 'End User Session',
  operations: ['session.kickUser', 'session.kickUserSession'],
  ask: () => question('Ending a User Session', accountsField('The Jabber ID(s) for which to end sessions')),
  async run({ operations, domain }, form) {
    let ended = 0
    for (const user of accountsOf(form, domain)) {
      if (user.isFull) {
        await operations.run('session.kickUserSession', { user: user.full })
        ended++
      } else ended += (await operations.run<unknown[]>('session.kickUser', { user: user.full })).length
    }
    return done(`Sessions ended: ${ended}`)
  },
}

const getRoster: AdminCommand = {
  name: 'get-user-roster',
  title: 'Get User Roster',
  operations: ['roster.listContacts'],
  ask: () => question("Getting a User's Roster", accountsField('The Jabber ID(s) for which to retrieve the roster')),
  async run({ operations, domain }, form) {
    const items: { var: string; values: readonly string[] }[][] = []
    const users = accountsOf(form, domain)
    for (const { bareString: user } of users) {
      const contacts = await operations.run<{ jid: string; name: string; subscription: string; groups: string[] }[]>(
        'roster.listContacts',
        { user },
      )
      for (const { jid, name, subscription, groups } of contacts) {
        items.push([
          { var: 'accountjid', values: [user] },
          { var: 'jid', values: [jid] },
          { var: 'name', values: [name] },
          { var: 'subscription', values: [subscription.toLowerCase()] },
          { var: 'groups', values: groups },
        ])
      }
    }
    const { form: fields } = answer('Roster', {
      var: 'accountjids',
      type: 'jid-multi',
      values: users.map(({ bareString }) => bareString),
    })
    const reported = [
      { var: 'accountjid', label: 'Account' },
      { var: 'jid', label: 'Contact' },
      { var: 'name', label: 'Name' },
      { var: 'subscription', label: 'Subscription' },
      { var: 'groups', label: 'Groups' },
    ]
    return { form: { ...fields, reported, items } }
  },
}

async function lastLogin({ operations }: AdminCall, user: string): Promise<string> {
  const sessions = await operations.run<unknown[]>('session.listUserSessions', { user })
  if (sessions.length > 0) return 'online'
  const last = await operations.find<{ timestamp: string }>('last.getLast', { user }, 'last_not_found')
  return last?.timestamp ?? 'never'
}

const getLastLogin: AdminCommand = {
  name: 'get-user-lastlogin',
  title: 'Get User Last Login Time',
  operations: ['last.getLast'],
  ask: () =>
    question(
      "Getting a User's Last Login Time",
      accountsField('The Jabber ID(s) for which to retrieve the last login time'),
    ),
  async run(call, form) {
    const users = accountsOf(form, call.domain).map(({ bareString }) => bareString)
    const times: string[] = []
    for (const user of users) times.push(await lastLogin(call, user))
    return answer(
      'Last login',
      { var: 'accountjids', type: 'jid-multi', values: users },
      { var: 'lastlogin', type: users.length === 1 ? 'text-single' : 'text-multi', values: times },
    )
  },
}

const userStats: AdminCommand = {
  name: 'user-stats',
  title: 'Get User Statistics',
  operations: ['roster.listContacts', 'session.listUserSessions'],
  ask: () => question('Get User Statistics', accountField('The Jabber ID for statistics')),
  async run({ operations, domain }, form) {
    const user = accountOf(form, domain).bareString
    const contacts = await operations.run<unknown[]>('roster.listContacts', { user })
    const sessions = await operations.run<SessionOutput[]>('session.listUserSessions', { user })
    return answer(
      'User statistics',
      { var: 'ipaddresses', type: 'text-multi', label: 'Addresses', values: sessions.map(({ ip }) => ip) },
      { var: 'rostersize', type: 'text-single', label: 'Roster size', values: [String(contacts.length)] },
      {
        var: 'onlineresources',
        type: 'text-multi',
        label: 'Online resources',
        values: sessions.map((session) => session.user.slice(user.length + 1)),
      },
    )
  },
}

/** Commands on single accounts (XEP-0133 §4.1 to §4.10). */
export const accountCommands: readonly AdminCommand[] = [
  addUser,
  forEach('delete-user', 'Delete User', 'The Jabber ID(s) to delete', {
    operation: 'account.removeUser',
    done: 'deleted',
  }),
  forEach('disable-user', 'Disable User', 'The Jabber ID(s) to disable', {
    operation: 'blocklist.addUser',
    done: 'disabled',
  }),
  forEach('reenable-user', 'Re-Enable User', 'The Jabber ID(s) to re-enable', {
    operation: 'blocklist.removeUser',
    done: 'enabled again',
  }),
  endSession,
  changePassword,
  getRoster,
  getLastLogin,
  userStats,
]
