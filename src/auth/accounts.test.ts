import { describe, expect, it } from 'vitest'
import { Jid } from '../jid/jid.ts'
import { decoyKeys } from '../protocol/scram/keys.ts'
import { Accounts } from './accounts.ts'
import { Authenticator } from './authenticator.ts'
import { AccountLimitReached, type AuthMethod, AuthUnavailable } from './method.ts'
import { offeredMechanisms } from './offered-mechanisms.ts'

const lena = Jid.parse('lena@example.org/phone')
const keys = decoyKeys({ secret: Buffer.from('s'), iterations: 1 }, 'lena', 'SHA-1')

function method(name: string, users: Record<string, string>, changes: Partial<AuthMethod> = {}): AuthMethod {
  return {
    name,
    scramHashes: ['SHA-1'],
    exists: async (user) => user.full in users,
    scramKeys: async (user) => (user.full in users ? keys : undefined),
    checkPassword: async (user, password) => users[user.full] === password,
    register: async (user, password) => {
      if (user.full in users) return 'exists'
      users[user.full] = password
      return 'created'
    },
    setPassword: async (user, password) => {
      if (!(user.full in users)) return false
      users[user.full] = password
      return true
    },
    remove: async (user) => delete users[user.full],
    list: async () => Object.keys(users).map((user) => Jid.parse(user).local),
    count: async () => Object.keys(users).length,
    ...changes,
  }
}

const down = async (): Promise<never> => {
  throw new Error('connection refused')
}
const broken = method('broken', {}, { exists: down, scramKeys: down, checkPassword: down })

describe('several methods', () => {
  const first = () => method('first', { 'lena@example.org': 'one' })
  const second = () => method('second', { 'lena@example.org': 'two', 'mila@example.org': 'three' })

  it('are asked in order until one says yes', async () => {
    const accounts = new Accounts([first(), second()])
    expect(await accounts.checkPassword(lena, 'one')).toBe(true)
    expect(await accounts.checkPassword(lena, 'two')).toBe(true)
    expect(await accounts.checkPassword(lena, 'three')).toBe(false)
    expect(await accounts.exists(Jid.parse('mila@example.org'))).toBe(true)
    expect(await accounts.exists(Jid.parse('nora@example.org'))).toBe(false)
  })

  it('the first that has keys is the only one used', async () => {
    const asked: string[] = []
    const watching = method('second', {}, { scramKeys: async () => void asked.push('second') })
    expect(await new Accounts([first(), watching]).scramKeys(lena, 'SHA-1')).toBe(keys)
    expect(asked).toEqual([])
    expect(await new Accounts([watching]).scramKeys(lena, 'SHA-256')).toBeUndefined()
    expect(asked).toEqual([])
  })

  it('a new account goes to the first that can make one; a removed one leaves all', async () => {
    const readOnly = method('first', { 'lena@example.org': 'one' }, { register: undefined, setPassword: undefined })
    const users: Record<string, string> = {}
    const accounts = new Accounts([readOnly, method('second', users)])
    expect(accounts.canRegister).toBe(true)
    expect(await accounts.register(Jid.parse('nora@example.org'), 'x')).toBe('created')
    expect(await accounts.register(Jid.parse('nora@example.org'), 'x')).toBe('exists')
    expect(users).toEqual({ 'nora@example.org': 'x' })
    expect(await accounts.setPassword(lena, 'new')).toBe(false)
    expect(await accounts.setPassword(Jid.parse('nora@example.org'), 'new')).toBe(true)
    expect(await accounts.remove(Jid.parse('nora@example.org'))).toBe(true)
    expect(users).toEqual({})
  })

  it('a name kept twice is listed once', async () => {
    const accounts = new Accounts([second(), first()])
    expect(await accounts.list('example.org')).toEqual(['lena', 'mila'])
    expect(await accounts.list('example.org', { offset: 1, limit: 1 })).toEqual(['mila'])
    expect(await new Accounts([first()]).list('example.org')).toEqual(['lena'])
    expect(await accounts.count('example.org')).toBe(3)
  })

  it('without any that makes accounts, none is made', async () => {
    const accounts = new Accounts([method('only', {}, { register: undefined })])
    expect(accounts.canRegister).toBe(false)
    await expect(accounts.register(lena, 'x')).rejects.toThrow(AuthUnavailable)
  })

  it('keeps to the most that a domain may have', async () => {
    const accounts = new Accounts([method('only', { 'a@example.org': '' })], { maxPerDomain: 2 })
    expect(await accounts.register(lena, 'x')).toBe('created')
    await expect(accounts.register(Jid.parse('nora@example.org'), 'x')).rejects.toThrow(AccountLimitReached)
  })
})

describe('a method that fails', () => {
  it('is never a no', async () => {
    const failures: string[] = []
    const accounts = new Accounts([broken], { onFailure: (name) => failures.push(name) })
    await expect(accounts.checkPassword(lena, 'one')).rejects.toThrow(AuthUnavailable)
    await expect(accounts.exists(lena)).rejects.toThrow(AuthUnavailable)
    await expect(accounts.scramKeys(lena, 'SHA-1')).rejects.toThrow(AuthUnavailable)
    expect(failures).toEqual(['broken', 'broken', 'broken'])
  })

  it('does not matter where another says yes', async () => {
    const accounts = new Accounts([broken, method('good', { 'lena@example.org': 'one' })])
    expect(await accounts.checkPassword(lena, 'one')).toBe(true)
    expect(await accounts.exists(lena)).toBe(true)
    await expect(accounts.checkPassword(lena, 'two')).rejects.toThrow(AuthUnavailable)
  })
})

describe('answers to mechanisms', () => {
  const accounts = new Accounts([method('only', { 'lena@example.org': 'one' })])

  it('come from the accounts', async () => {
    const authenticator = new Authenticator(accounts)
    expect(await authenticator.answer({ ask: 'keys', user: lena, hash: 'SHA-1' })).toEqual({ is: 'keys', keys })
    expect(await authenticator.answer({ ask: 'password', user: lena, password: 'one' })).toEqual({ is: 'yes' })
    expect(await authenticator.answer({ ask: 'password', user: lena, password: 'two' })).toEqual({
      is: 'no',
      condition: 'not-authorized',
    })
    expect(await authenticator.answer({ ask: 'admission', user: lena, mechanism: 'PLAIN' })).toEqual({ is: 'yes' })
  })

  it('admission is decided by whoever is asked', async () => {
    const authenticator = new Authenticator(accounts, () => ({ condition: 'account-disabled', text: 'Banned' }))
    expect(await authenticator.answer({ ask: 'admission', user: lena, mechanism: 'PLAIN' })).toEqual({
      is: 'no',
      condition: 'account-disabled',
      text: 'Banned',
    })
  })

  it('nobody being able to tell is a temporary failure, and reported', async () => {
    const reported: unknown[] = []
    const authenticator = new Authenticator(new Accounts([broken]), undefined, (error) => reported.push(error))
    const answer = { is: 'no', condition: 'temporary-auth-failure' }
    expect(await authenticator.answer({ ask: 'password', user: lena, password: 'one' })).toEqual(answer)
    expect(await authenticator.answer({ ask: 'keys', user: lena, hash: 'SHA-1' })).toEqual(answer)
    expect(reported).toHaveLength(2)
  })
})

describe('mechanisms offered', () => {
  const names = ['scram_sha256_plus', 'scram_sha1_plus', 'scram_sha1', 'plain', 'anonymous', 'oauth']

  it('are those that the accounts can serve, in the order configured', () => {
    const accounts = new Accounts([method('only', {})])
    const offered = offeredMechanisms(names, accounts, { plainOnlyOverTls: true })
    expect(offered.map(({ name, needs }) => [name, needs])).toEqual([
      ['SCRAM-SHA-1-PLUS', 'channel-binding'],
      ['SCRAM-SHA-1', 'nothing'],
      ['PLAIN', 'tls'],
    ])
  })

  it('are none for accounts that can check nothing', () => {
    const accounts = new Accounts([method('only', {}, { checkPassword: undefined, scramHashes: undefined })])
    expect(offeredMechanisms(names, accounts, { plainOnlyOverTls: false })).toEqual([])
  })
})
