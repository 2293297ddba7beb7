import { describe, expect, it } from 'vitest'
import { CredentialCache } from './credential-cache.ts'
import { Credentials } from './credentials.ts'

const plain = (password: string): Credentials => new Credentials({ password, pass_details: '' })

/** A reading that ends when it is told to. */
function reading() {
  let end: (credentials: Credentials | undefined) => void = () => {}
  let times = 0
  const load = (): Promise<Credentials | undefined> => {
    times++
    return new Promise((resolve) => {
      end = resolve
    })
  }
  return { load, end: (credentials: Credentials | undefined) => end(credentials), times: () => times }
}

describe('credentials kept in memory', () => {
  it('are read once', async () => {
    const cache = new CredentialCache(10)
    const db = reading()
    const both = [cache.get('lena', db.load), cache.get('lena', db.load)]
    const lena = plain('a')
    db.end(lena)
    expect(await Promise.all(both)).toEqual([lena, lena])
    expect(await cache.get('lena', db.load)).toBe(lena)
    expect(db.times()).toBe(1)
  })

  it('are not kept when they changed while they were read', async () => {
    const cache = new CredentialCache(10)
    const before = reading()
    const old = cache.get('lena', before.load)
    cache.drop('lena')
    const after = reading()
    const fresh = cache.get('lena', after.load)
    after.end(plain('new'))
    before.end(plain('old'))
    expect((await old)?.plain).toBe('old')
    expect((await fresh)?.plain).toBe('new')
    expect((await cache.get('lena', reading().load))?.plain).toBe('new')
  })

  it('do not hold who does not exist, nor failures', async () => {
    const cache = new CredentialCache(10)
    expect(await cache.get('nobody', async () => undefined)).toBeUndefined()
    await expect(cache.get('nobody', () => Promise.reject(new Error('gone')))).rejects.toThrow('gone')
    expect((await cache.get('nobody', async () => plain('now')))?.plain).toBe('now')
  })

  it('are forgotten beyond their number', async () => {
    const cache = new CredentialCache(2)
    for (const user of ['a', 'b', 'c']) await cache.get(user, async () => plain(user))
    expect(cache.size).toBe(2)
  })
})

describe('a password found right', () => {
  it('is remembered with the credentials it was found right by', () => {
    const credentials = plain('')
    expect(credentials.remembers('secret')).toBe(false)
    credentials.remember('secret')
    expect(credentials.remembers('secret')).toBe(true)
    expect(credentials.remembers('Secret')).toBe(false)
    expect(plain('').remembers('secret')).toBe(false)
  })
})
