import { describe, expect, it } from 'vitest'
import { Jid } from '../jid/jid.ts'
import { FakeClock } from '../util/clock.ts'
import { AnonymousAccounts, type AnonymousOptions } from './anonymous.ts'
import { KeyDeriver } from './key-deriver.ts'

const lena = Jid.parse('lena@example.org')
const kept = Jid.parse('kept@example.org')

function accounts(changes: Partial<AnonymousOptions> = {}): AnonymousAccounts {
  return new AnonymousAccounts({
    protocol: 'both',
    allowMultipleConnections: false,
    hashes: ['SHA-1'],
    secret: Buffer.from('s'),
    iterations: 1,
    deriver: new KeyDeriver(),
    clock: new FakeClock(),
    isKept: async (user) => user.full === kept.full,
    ...changes,
  })
}

describe('anonymous accounts', () => {
  it('have names that nobody has', async () => {
    const asked: Jid[] = []
    const isKept = async (user: Jid) => asked.push(user) === 1
    const guest = await accounts({ isKept }).newGuest?.('example.org')
    expect(asked).toHaveLength(2)
    expect(guest?.full).toBe(asked[1]?.full)
    expect(guest?.local).toMatch(/^[0-9a-f]{30}$/)
  })

  it('live as long as their sessions', async () => {
    const method = accounts({ allowMultipleConnections: true })
    expect(await method.exists(lena)).toBe(false)
    expect(await method.sessionOpened(lena)).toBe(true)
    expect(await method.sessionOpened(lena)).toBe(false)
    expect(await method.exists(lena)).toBe(true)
    expect([await method.list('example.org', {}), await method.count('other.example')]).toEqual([['lena'], 0])
    expect(await method.sessionEnded(lena)).toBe(false)
    expect(await method.sessionEnded(lena)).toBe(true)
    expect(await method.exists(lena)).toBe(false)
    expect(await method.sessionEnded(lena)).toBe(false)
  })

  it('are none that another method keeps', async () => {
    const method = accounts()
    expect(await method.checkPassword?.(kept, 'any')).toBe(false)
    expect(await method.scramKeys(kept, 'SHA-1')).toBeUndefined()
    expect(await method.sessionOpened(kept)).toBe(false)
    expect(await method.exists(kept)).toBe(false)
  })

  it('are not removed when somebody has registered the name meanwhile', async () => {
    let isKept = false
    const method = accounts({ isKept: async () => isKept })
    await method.sessionOpened(lena)
    isKept = true
    expect(await method.sessionEnded(lena)).toBe(false)
  })

  it('are for one session unless configured otherwise', async () => {
    const clock = new FakeClock()
    const method = accounts({ clock })
    expect(await method.checkPassword?.(lena, 'any')).toBe(true)
    // Held for who has logged in and not bound yet.
    expect(await method.checkPassword?.(lena, 'any')).toBe(false)
    clock.advance(10_000)
    expect(await method.checkPassword?.(lena, 'any')).toBe(true)
    await method.sessionOpened(lena)
    clock.advance(10_000)
    expect(await method.checkPassword?.(lena, 'any')).toBe(false)
    await method.sessionEnded(lena)
    expect(await method.checkPassword?.(lena, 'any')).toBe(true)
    const open = accounts({ allowMultipleConnections: true })
    await open.sessionOpened(lena)
    expect(await open.checkPassword?.(lena, 'any')).toBe(true)
  })

  it('have SCRAM keys of the empty password, with the same salt each time', async () => {
    const method = accounts()
    const keys = await method.scramKeys(lena, 'SHA-1')
    expect(await method.scramKeys(lena, 'SHA-1')).toEqual(keys)
    expect(keys?.iterations).toBe(1)
    expect(await method.scramKeys(lena, 'SHA-256')).toBeUndefined()
  })

  it('do what the protocol says', () => {
    const able = (protocol: AnonymousOptions['protocol']) => {
      const { newGuest, checkPassword, scramHashes } = accounts({ protocol })
      return [newGuest !== undefined, checkPassword !== undefined, scramHashes.length > 0]
    }
    expect(able('sasl_anon')).toEqual([true, false, false])
    expect(able('login_anon')).toEqual([false, true, true])
    expect(able('both')).toEqual([true, true, true])
  })
})
