import { domainName, localPart, optional, text } from '../argument.ts'
import { created, done, found, operation } from '../operation.ts'

const host = domainName()
const user = localPart('user name')

/** Accounts. */
export const userOperations = [
  operation({
    name: 'list_users',
    method: 'GET',
    paths: ['/users/:host', '/users'],
    about: 'Lists the accounts of a domain.',
    arguments: { host },
    run: async ({ host: domain }, { run }) => found(await run('account.listUsers', { domain })),
  }),
  operation({
    name: 'register_user',
    method: 'POST',
    paths: ['/users/:host', '/users'],
    about: 'Makes an account.',
    arguments: { host, username: optional(user), password: text('password') },
    async run({ host: domain, username, password }, { run, location }) {
      const made = await run<{ jid: string; message: string }>('account.registerUser', { domain, username, password })
      const [local = '', ...rest] = made.jid.split('@')
      return created(location('users', rest.join('@'), local), made.message)
    },
  }),
  operation({
    name: 'change_user_password',
    method: 'PUT',
    paths: ['/users/:host/:user', '/users'],
    about: 'Changes a password.',
    arguments: { host, user, newpass: text('new password') },
    async run({ host: domain, user: local, newpass: newPassword }, { run }) {
      await run('account.changeUserPassword', { user: `${local}@${domain}`, newPassword })
      return done
    },
  }),
  operation({
    name: 'unregister_user',
    method: 'DELETE',
    paths: ['/users/:host/:user', '/users'],
    about: 'Removes an account with all its data.',
    arguments: { host, user },
    async run({ host: domain, user: local }, { run, mayBeGone }) {
      await mayBeGone('user_does_not_exist', run('account.removeUser', { user: `${local}@${domain}` }))
      return done
    },
  }),
]
