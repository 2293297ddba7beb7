import { systemClock } from '../../../util/clock.ts'
import { address, lines, message } from './parts.ts'
import { type Shorthand, shorthand } from './shorthand.ts'

interface Imported {
  readonly created: readonly string[]
  readonly existing: readonly string[]
  readonly notAllowed: readonly string[]
  readonly invalidJID: readonly string[]
  readonly emptyPassword: readonly string[]
  readonly invalidRecord: readonly string[]
}

/** Names of the outcomes of an import as MongooseIM 4.0.0 prints them. */
const outcomes: readonly (readonly [keyof Imported, string])[] = [
  ['created', 'ok'],
  ['existing', 'exists'],
  ['notAllowed', 'not_allowed'],
  ['invalidJID', 'invalid_jid'],
  ['emptyPassword', 'null_password'],
  ['invalidRecord', 'bad_csv'],
]

const day = 86_400_000
const daysAgo = (days: string | undefined) => new Date(systemClock.now() - Number(days) * day).toISOString()

/** Accounts. */
export const accountShorthands: readonly Shorthand[] = [
  shorthand({
    usage: 'register HOST PASSWORD',
    about: "Registers a user with a name of the server's choice.",
    command: 'account.registerUser',
    input: ([domain = '', password = '']) => ({ domain, password }),
    show: message,
  }),
  shorthand({
    usage: 'register_identified USER HOST PASSWORD',
    about: 'Registers a user.',
    command: 'account.registerUser',
    input: ([username = '', domain = '', password = '']) => ({ username, domain, password }),
    show: message,
  }),
  shorthand({
    usage: 'unregister USER HOST',
    about: 'Removes a user with all data.',
    command: 'account.removeUser',
    input: ([user, host]) => ({ user: address(user, host) }),
    show: message,
  }),
  shorthand({
    usage: 'registered_users HOST',
    about: 'Lists the users of a domain.',
    command: 'account.listUsers',
    input: ([domain = '']) => ({ domain }),
    show: (users: readonly string[]) => lines(users.map((user) => user.slice(0, user.lastIndexOf('@')))),
  }),
  shorthand({
    usage: 'import_users FILE',
    about: 'Registers the users of a CSV file with records of user,domain,password.',
    command: 'account.importUsers',
    input: ([filename = '']) => ({ filename }),
    show: (result: Imported) =>
      lines(outcomes.flatMap(([list, outcome]) => result[list].map((record) => `${outcome}\t${record}`))),
  }),
  shorthand({
    usage: 'change_password USER HOST PASSWORD',
    about: 'Changes the password of a user.',
    command: 'account.changeUserPassword',
    input: ([user, host, newPassword = '']) => ({ user: address(user, host), newPassword }),
    show: message,
  }),
  shorthand({
    usage: 'check_account USER HOST',
    about: 'Tells whether a user exists.',
    command: 'account.checkUser',
    input: ([user, host]) => ({ user: address(user, host) }),
    show: (result: { exist: boolean; message: string }) => ({ text: result.message, code: result.exist ? 0 : 1 }),
  }),
  shorthand({
    usage: 'check_password USER HOST PASSWORD',
    about: 'Tells whether a password is right.',
    command: 'account.checkPassword',
    input: ([user, host, password = '']) => ({ user: address(user, host), password }),
    show: (result: { correct: boolean; message: string }) => ({ text: result.message, code: result.correct ? 0 : 1 }),
  }),
  shorthand({
    usage: 'check_password_hash USER HOST HASH METHOD',
    about: 'Tells whether a hash is that of the password: md5 or sha, where passwords are kept in plain.',
    command: 'account.checkPasswordHash',
    input: ([user, host, passwordHash = '', hashMethod = '']) => ({
      user: address(user, host),
      passwordHash,
      hashMethod,
    }),
    show: (result: { correct: boolean; message: string }) => ({ text: result.message, code: result.correct ? 0 : 1 }),
  }),
  shorthand({
    usage: 'ban_account USER HOST REASON',
    about: 'Shuts a user out: sets a password that nobody knows, then ends all sessions.',
    command: 'account.banUser',
    input: ([user, host, reason = '']) => ({ user: address(user, host), reason }),
    show: message,
  }),
  shorthand({
    usage: 'delete_old_users DAYS',
    about: 'Removes the users who have not been there for so many days.',
    command: 'last.removeOldUsers',
    input: ([days]) => ({ timestamp: daysAgo(days) }),
    show: removedUsers,
  }),
  shorthand({
    usage: 'delete_old_users_vhost HOST DAYS',
    about: 'Removes the users of a domain who have not been there for so many days.',
    command: 'last.removeOldUsers',
    input: ([domain = '', days]) => ({ domain, timestamp: daysAgo(days) }),
    show: removedUsers,
  }),
  shorthand({
    usage: 'num_active_users HOST DAYS',
    about: 'Counts the users of a domain who have been there within so many days.',
    command: 'last.countActiveUsers',
    input: ([domain = '', days]) => ({ domain, timestamp: daysAgo(days) }),
  }),
  shorthand({
    usage: 'set_last USER HOST UNIXTIME STATUS',
    about: 'Notes when a user was last there.',
    command: 'last.setLast',
    input: ([user, host, seconds, status = '']) => ({
      user: address(user, host),
      timestamp: new Date(Number(seconds) * 1000).toISOString(),
      status,
    }),
    show: () => 'ok',
  }),
  shorthand({
    usage: 'retrieve_personal_data USER HOST FILE',
    about: 'Writes what is known about a user into a zip file.',
    command: 'gdpr.retrievePersonalData',
    input: ([username = '', domain = '', resultFilepath = '']) => ({ username, domain, resultFilepath }),
  }),
]

function removedUsers(users: readonly { jid: string }[]): string {
  return `Deleted ${users.length} users:\n${lines(users.map(({ jid }) => jid))}`
}
