import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { KeyDeriver } from '../../src/auth/key-deriver.ts'
import { UnusablePassword } from '../../src/auth/method.ts'
import { serverSecret } from '../../src/auth/secrets.ts'
import { SqlAccounts, type SqlAccountsOptions } from '../../src/auth/sql.ts'
import { Jid } from '../../src/jid/jid.ts'
import type { Database } from '../../src/storage/database.ts'
import { openDatabase } from '../../src/storage/open.ts'
import { freshDatabase, onEachDatabase } from '../support/databases.ts'
import { deriveKeys } from '../support/derive-keys.ts'

const lena = Jid.parse('lena@example.org')
const nobody = Jid.parse('nobody@example.org')
const secret = Buffer.from('secret of the server')

interface Row {
  domain: string
  username: string
  password: string
  pass_details: string
  created: number
}

let database: Database
let deriver: KeyDeriver

async function open(changes: Partial<SqlAccountsOptions> = {}): Promise<SqlAccounts> {
  deriver = new KeyDeriver()
  return SqlAccounts.open(database, {
    name: 'internal',
    format: 'scram',
    hashes: ['SHA-1', 'SHA-256'],
    iterations: 16,
    secret,
    deriver,
    now: () => 1234,
    ...changes,
  })
}

async function rows(): Promise<Row[]> {
  return database.of<{ auth_accounts: Row }>().q.selectFrom('auth_accounts').selectAll().orderBy('username').execute()
}

async function insert(row: Partial<Row>): Promise<void> {
  const full = { domain: 'example.org', username: 'lena', password: '', pass_details: '', created: 0, ...row }
  await database.of<{ auth_accounts: Row }>().q.insertInto('auth_accounts').values(full).execute()
}

onEachDatabase('accounts', (kind) => {
  beforeEach(async () => {
    database = await openDatabase(await freshDatabase(kind))
  })

  afterEach(() => database.close())

  describe('an account', () => {
    it('is made once, with keys and without its password', async () => {
      const accounts = await open()
      expect(await accounts.exists(lena)).toBe(false)
      expect(await accounts.register(lena, 'sécret')).toBe('created')
      expect(await accounts.exists(lena)).toBe(true)
      expect(await accounts.register(lena, 'other')).toBe('exists')
      expect(await accounts.checkPassword(lena, 'sécret')).toBe(true)
      const [row] = await rows()
      expect(row).toMatchObject({ domain: 'example.org', username: 'lena', password: '', created: 1234 })
      expect(row?.pass_details).toMatch(
        /^==MULTI_SCRAM==,16,===SHA1===[^|]+\|[^|]+\|[^|]+,==SHA256==[^|]+\|[^|]+\|[^|]+$/,
      )
    })

    it('made twice at once is made once', async () => {
      const accounts = await open()
      const outcomes = await Promise.all([accounts.register(lena, 'one'), accounts.register(lena, 'two')])
      expect(outcomes.sort()).toEqual(['created', 'exists'])
    })

    it('has the keys that its password gives', async () => {
      const accounts = await open()
      await accounts.register(lena, 'secret')
      for (const hash of ['SHA-1', 'SHA-256'] as const) {
        const keys = await accounts.scramKeys(lena, hash)
        expect(keys).toEqual(await deriveKeys(hash, 'secret', keys?.salt ?? Buffer.alloc(0), 16))
      }
      expect(await accounts.scramKeys(lena, 'SHA-512')).toBeUndefined()
      expect(await accounts.scramKeys(nobody, 'SHA-1')).toBeUndefined()
    })

    it('gets another password', async () => {
      const accounts = await open()
      await accounts.register(lena, 'old')
      expect(await accounts.checkPassword(lena, 'old')).toBe(true)
      const before = await accounts.scramKeys(lena, 'SHA-1')
      expect(await accounts.setPassword(lena, 'new')).toBe(true)
      expect(await accounts.checkPassword(lena, 'old')).toBe(false)
      expect(await accounts.checkPassword(lena, 'new')).toBe(true)
      expect(await accounts.scramKeys(lena, 'SHA-1')).not.toEqual(before)
      expect(await accounts.setPassword(nobody, 'new')).toBe(false)
      expect(await rows()).toHaveLength(1)
    })

    it('an old password is not remembered when it was being checked while it changed', async () => {
      const accounts = await open()
      await accounts.register(lena, 'old')
      const [checked] = await Promise.all([accounts.checkPassword(lena, 'old'), accounts.setPassword(lena, 'new')])
      expect(checked).toBe(true)
      expect(await accounts.checkPassword(lena, 'old')).toBe(false)
    })

    it('is removed', async () => {
      const accounts = await open()
      await accounts.register(lena, 'secret')
      await accounts.checkPassword(lena, 'secret')
      expect(await accounts.remove(lena)).toBe(true)
      expect(await accounts.checkPassword(lena, 'secret')).toBe(false)
      expect(await accounts.exists(lena)).toBe(false)
      expect(await accounts.scramKeys(lena, 'SHA-1')).toBeUndefined()
      expect(await accounts.remove(lena)).toBe(false)
      expect(await accounts.register(lena, 'again')).toBe('created')
    })

    it('cannot have a password that is none', async () => {
      const accounts = await open()
      await expect(accounts.register(lena, '')).rejects.toThrow(UnusablePassword)
      await accounts.register(lena, 'secret')
      await expect(accounts.setPassword(lena, '')).rejects.toThrow(UnusablePassword)
      expect(await accounts.checkPassword(lena, '')).toBe(false)
      expect(await accounts.checkPassword(lena, 'secret')).toBe(true)
    })

    it('that somebody else changed is read again when it is said so', async () => {
      const accounts = await open()
      await accounts.register(lena, 'secret')
      await accounts.checkPassword(lena, 'secret')
      const other = await open()
      await other.setPassword(lena, 'new')
      accounts.forget(lena)
      expect(await accounts.checkPassword(lena, 'secret')).toBe(false)
      expect(await accounts.checkPassword(lena, 'new')).toBe(true)
    })
  })

  describe('the cost of checking a password', () => {
    it('is one derivation the first time and none again', async () => {
      const accounts = await open()
      await accounts.register(lena, 'secret')
      const before = deriver.count
      expect(await accounts.checkPassword(lena, 'secret')).toBe(true)
      expect(deriver.count - before).toBe(1)
      expect(await accounts.checkPassword(lena, 'secret')).toBe(true)
      expect(deriver.count - before).toBe(1)
    })

    it('is the same for somebody with a wrong password and for nobody', async () => {
      const accounts = await open()
      await accounts.register(lena, 'secret')
      const before = deriver.count
      expect(await accounts.checkPassword(lena, 'wrong')).toBe(false)
      expect(deriver.count - before).toBe(1)
      expect(await accounts.checkPassword(nobody, 'wrong')).toBe(false)
      expect(deriver.count - before).toBe(2)
    })

    it('of reading is paid once', async () => {
      const accounts = await open()
      await accounts.register(lena, 'secret')
      await accounts.scramKeys(lena, 'SHA-1')
      // What changes behind its back is not seen: so it was not read again.
      await database.of<{ auth_accounts: Row }>().q.deleteFrom('auth_accounts').execute()
      expect(await accounts.scramKeys(lena, 'SHA-256')).toBeDefined()
      expect(await accounts.exists(lena)).toBe(true)
    })
  })

  describe('accounts that were taken over', () => {
    function field(data: Buffer): string {
      return data.toString('base64')
    }

    it('with keys of one hash log in by it', async () => {
      const accounts = await open()
      const keys = await deriveKeys('SHA-1', 'secret', Buffer.from('salt'), 8)
      const pass_details = `==SCRAM==,${field(keys.storedKey)},${field(keys.serverKey)},${field(keys.salt)},8`
      await insert({ pass_details })
      expect(await accounts.scramKeys(lena, 'SHA-1')).toEqual(keys)
      expect(await accounts.scramKeys(lena, 'SHA-256')).toBeUndefined()
      expect(await accounts.checkPassword(lena, 'secret')).toBe(true)
    })

    it('whose password was prepared by the old rules log in with it', async () => {
      const accounts = await open()
      const keys = await deriveKeys('SHA-1', 'fish', Buffer.from('salt'), 8)
      const triple = [keys.salt, keys.storedKey, keys.serverKey].map(field).join('|')
      await insert({ pass_details: `==MULTI_SCRAM==,8,===SHA1===${triple}` })
      expect(await accounts.checkPassword(lena, 'ﬁsh')).toBe(true)
      expect(await accounts.checkPassword(lena, 'fsh')).toBe(false)
    })

    it('with a plain password log in by any mechanism', async () => {
      const accounts = await open()
      await insert({ password: 'secret' })
      expect(await accounts.checkPassword(lena, 'secret')).toBe(true)
      expect(await accounts.checkPassword(lena, 'Secret')).toBe(false)
      const keys = await accounts.scramKeys(lena, 'SHA-1')
      expect(keys).toEqual(await deriveKeys('SHA-1', 'secret', keys?.salt ?? Buffer.alloc(0), 16))
      const before = deriver.count
      expect(await accounts.scramKeys(lena, 'SHA-1')).toBe(keys)
      expect(deriver.count).toBe(before)
    })

    it('whose credentials are damaged are an error, not a no', async () => {
      const accounts = await open()
      await insert({ pass_details: '==MULTI_SCRAM==,8,===SHA1===x' })
      await expect(accounts.checkPassword(lena, 'secret')).rejects.toThrow(/credentials/)
    })
  })

  describe('passwords stored as they are', () => {
    it('when so configured', async () => {
      const accounts = await open({ format: 'plain' })
      await accounts.register(lena, 'secret')
      expect(await rows()).toMatchObject([{ password: 'secret', pass_details: '' }])
      const before = deriver.count
      expect(await accounts.checkPassword(lena, 'secret')).toBe(true)
      expect(await accounts.checkPassword(lena, 'wrong')).toBe(false)
      expect(await accounts.checkPassword(nobody, 'wrong')).toBe(false)
      expect(deriver.count).toBe(before)
      expect((await accounts.scramKeys(lena, 'SHA-256'))?.iterations).toBe(16)
      const again = await open({ format: 'plain' })
      expect((await again.scramKeys(lena, 'SHA-256'))?.salt).toEqual((await accounts.scramKeys(lena, 'SHA-256'))?.salt)
    })
  })

  describe('the accounts of a domain', () => {
    it('are listed and counted', async () => {
      const accounts = await open()
      const names = ['ada', 'bob', 'bobo', 'boris', 'zoë']
      for (const name of names) await accounts.register(Jid.of(name, 'example.org'), 'x')
      await accounts.register(Jid.of('bob', 'other.example'), 'x')
      expect(await accounts.list('example.org', {})).toEqual(names)
      expect(await accounts.list('example.org', { prefix: 'bo' })).toEqual(['bob', 'bobo', 'boris'])
      expect(await accounts.list('example.org', { prefix: 'bob', limit: 1, offset: 1 })).toEqual(['bobo'])
      expect(await accounts.list('example.org', { offset: 3 })).toEqual(['boris', 'zoë'])
      expect(await accounts.count('example.org')).toBe(5)
      expect(await accounts.count('nowhere.example')).toBe(0)
    })
  })

  describe('secrets of the server', () => {
    it('are made once, each by its name', async () => {
      const made = await serverSecret(database, 'decoy')
      expect(made.length).toBe(32)
      expect(await serverSecret(database, 'decoy')).toEqual(made)
      expect(await serverSecret(database, 'other')).not.toEqual(made)
    })
  })
})
