import { createHash, randomBytes } from 'node:crypto'
import { z } from 'zod'
import { Jid } from '../../jid/jid.ts'
import { command } from '../../module/command.ts'
import { CommandError } from '../../module/command-error.ts'
import { domain, fileName, nonNegInt, posInt, userJid, userName } from '../../module/scalars.ts'
import { RemovalIncomplete } from '../../router/accounts.ts'
import { importUsers } from './import-users.ts'
import type { AccountServices } from './services.ts'

const userPayload = z.strictObject({ jid: z.string(), message: z.string() })

const hosted = domain().describe('A domain of this server.')
const account = userJid().describe('Address of the account.')
const password = z.string().describe('Password, at least one character.')

function requireDomain(name: string, services: AccountServices): void {
  if (!services.isHosted(name))
    throw new CommandError('domain_not_found', 'Given domain does not exist', { domain: name })
}

function requirePassword(text: string): void {
  if (text === '') throw new CommandError('empty_password', 'Empty password')
}

async function requireUser(user: Jid, services: AccountServices): Promise<void> {
  requireDomain(user.domain, services)
  if (await services.accounts.exists(user)) return
  throw new CommandError('user_does_not_exist', `User ${user.bareString} does not exist`, { jid: user.bareString })
}

function unreadable(filename: string, cause: unknown): CommandError {
  const code = (cause as NodeJS.ErrnoException).code
  const message = code === 'ENOENT' ? 'File not found' : `File cannot be read (${code ?? 'unknown reason'})`
  return new CommandError('file_not_found', message, { filename }, { cause })
}

const registerUser = command({
  name: 'account.registerUser',
  about: 'Registers a user.',
  input: z.strictObject({
    domain: hosted,
    username: userName().optional().describe('Local part; one is made up if none is given.'),
    password,
  }),
  output: userPayload,
  scope: 'admin',
  changes: true,
  offline: true,
  async run(input, services: AccountServices) {
    requireDomain(input.domain, services)
    requirePassword(input.password)
    const user = Jid.of(input.username ?? services.newName(), input.domain)
    const name = user.bareString
    const context = { jid: name }
    switch (await services.accounts.register(user, input.password)) {
      case 'created':
        return { jid: name, message: `User ${name} successfully registered` }
      case 'exists':
        throw new CommandError('exists', `User ${name} already registered`, context)
      case 'limit':
        throw new CommandError('limit_per_domain_exceeded', 'User limit has been exceeded', context)
      case 'not_allowed':
        throw new CommandError('cannot_register', `Can't register user ${name}`, context)
    }
  },
})

const listUsers = command({
  name: 'account.listUsers',
  about: 'Lists the users of a domain.',
  input: z.strictObject({
    domain: hosted,
    limit: posInt().optional().describe('Most users listed.'),
    index: nonNegInt().optional().describe('How many users are left out at the beginning.'),
  }),
  output: z.array(z.string()),
  scope: 'admin',
  offline: true,
  async run(input, services: AccountServices) {
    requireDomain(input.domain, services)
    const names = await services.accounts.list(input.domain, {
      ...(input.limit === undefined ? {} : { limit: input.limit }),
      ...(input.index === undefined ? {} : { offset: input.index }),
    })
    return names.map((name) => `${name}@${input.domain}`)
  },
})

const countUsers = command({
  name: 'account.countUsers',
  about: 'Counts the users of a domain.',
  input: z.strictObject({ domain: hosted }),
  output: z.int(),
  scope: 'admin',
  offline: true,
  run(input, services: AccountServices) {
    requireDomain(input.domain, services)
    return services.accounts.count(input.domain)
  },
})

const checkPassword = command({
  name: 'account.checkPassword',
  about: 'Tells whether a password is right.',
  input: z.strictObject({ user: account, password }),
  output: z.strictObject({ correct: z.boolean(), message: z.string() }),
  scope: 'admin',
  offline: true,
  async run(input, services: AccountServices) {
    await requireUser(input.user, services)
    const correct = await services.accounts.checkPassword(input.user, input.password)
    return { correct, message: correct ? 'Password is correct' : 'Password is incorrect' }
  },
})

const checkUser = command({
  name: 'account.checkUser',
  about: 'Tells whether a user exists.',
  input: z.strictObject({ user: account }),
  output: z.strictObject({ exist: z.boolean(), message: z.string() }),
  scope: 'admin',
  offline: true,
  async run(input, services: AccountServices) {
    requireDomain(input.user.domain, services)
    const exist = await services.accounts.exists(input.user)
    return { exist, message: `User ${input.user.bareString} ${exist ? 'exists' : 'does not exist'}` }
  },
})

const changeUserPassword = command({
  name: 'account.changeUserPassword',
  about: 'Changes the password of a user.',
  input: z.strictObject({ user: account, newPassword: password }),
  output: userPayload,
  scope: 'user',
  own: 'user',
  changes: true,
  offline: true,
  async run(input, services: AccountServices) {
    await requireUser(input.user, services)
    requirePassword(input.newPassword)
    const jid = input.user.bareString
    if (await services.accounts.setPassword(input.user, input.newPassword)) return { jid, message: 'Password changed' }
    throw new CommandError('not_allowed', 'Password change not allowed', { jid })
  },
})

const hashes: Readonly<Record<string, string>> = { md5: 'md5', sha: 'sha1' }

const checkPasswordHash = command({
  name: 'account.checkPasswordHash',
  about: 'Tells whether a hash is that of the password, where passwords are kept in plain.',
  input: z.strictObject({
    user: account,
    passwordHash: z.string().describe('The hash in hexadecimal digits.'),
    hashMethod: z.string().describe('`md5` or `sha`.'),
  }),
  output: z.strictObject({ correct: z.boolean(), message: z.string() }),
  scope: 'admin',
  offline: true,
  async run({ user, passwordHash, hashMethod }, services: AccountServices) {
    await requireUser(user, services)
    const algorithm = Object.hasOwn(hashes, hashMethod) ? hashes[hashMethod] : undefined
    if (algorithm === undefined) throw new CommandError('wrong_method', 'Given hash method is incorrect')
    const plain = await services.accounts.plainPassword(user)
    if (plain === undefined)
      throw new CommandError('wrong_user', 'The password of this user is not kept in plain', { jid: user.bareString })
    const correct = createHash(algorithm).update(plain).digest('hex') === passwordHash.toLowerCase()
    return { correct, message: `Password hash is ${correct ? 'correct' : 'incorrect'}` }
  },
})

const banUser = command({
  name: 'account.banUser',
  about: 'Shuts a user out: sets a password that nobody knows, then ends all sessions.',
  input: z.strictObject({ user: account, reason: z.string().describe('Told to the clients.') }),
  output: userPayload,
  scope: 'admin',
  changes: true,
  offline: true,
  async run({ user, reason }, services: AccountServices) {
    await requireUser(user, services)
    const jid = user.bareString
    const isShutOut = await services.accounts.setPassword(user, randomBytes(32).toString('base64url'))
    if (!isShutOut) throw new CommandError('not_allowed', 'Password change not allowed', { jid })
    await services.accounts.endSessions(user, reason)
    return { jid, message: `User ${jid} successfully banned with reason: ${reason}` }
  },
})

const removeUser = command({
  name: 'account.removeUser',
  about: 'Removes a user with all data.',
  input: z.strictObject({ user: account }),
  output: userPayload,
  scope: 'user',
  own: 'user',
  changes: true,
  offline: true,
  async run(input, services: AccountServices) {
    await requireUser(input.user, services)
    const jid = input.user.bareString
    if (await withoutRest(services.accounts.remove(input.user), jid))
      return { jid, message: `User ${jid} successfully unregistered` }
    throw new CommandError('not_allowed', `User ${jid} cannot be removed`, { jid })
  },
})

function incomplete(cause: RemovalIncomplete, jid: string): CommandError {
  return new CommandError('removal_incomplete', cause.message, { jid, modules: cause.modules }, { cause })
}

async function withoutRest(removal: Promise<boolean>, jid: string): Promise<boolean> {
  try {
    return await removal
  } catch (error) {
    if (!(error instanceof RemovalIncomplete)) throw error
    throw incomplete(error, jid)
  }
}

const importUsersCommand = command({
  name: 'account.importUsers',
  about: 'Registers the users of a CSV file with records of user,domain,password.',
  input: z.strictObject({ filename: fileName().describe('Path of the file.') }),
  output: z.strictObject({
    status: z.string(),
    created: z.array(z.string()),
    existing: z.array(z.string()),
    notAllowed: z.array(z.string()),
    invalidJID: z.array(z.string()),
    emptyPassword: z.array(z.string()),
    invalidRecord: z.array(z.string()),
  }),
  scope: 'admin',
  changes: true,
  offline: true,
  async run(input, services: AccountServices, call) {
    let csv: string
    try {
      csv = await services.readTextFile(input.filename)
    } catch (error) {
      throw unreadable(input.filename, error)
    }
    return importUsers(csv, services, call)
  },
})

/** The commands of the category `account`. */
export const accountCommands = [
  registerUser,
  listUsers,
  countUsers,
  checkPassword,
  checkUser,
  checkPasswordHash,
  changeUserPassword,
  banUser,
  removeUser,
  importUsersCommand,
]
