import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { SignJWT } from 'jose'
import { describe, expect, it } from 'vitest'
import { Jid } from '../jid/jid.ts'
import { JwtAccounts } from './jwt.ts'

const lena = Jid.parse('lena@example.org')
const now = 1_700_000_000_000
const seconds = now / 1000

function accounts(algorithm: string, secret: string): JwtAccounts {
  return new JwtAccounts({ secret, algorithm, usernameKey: 'user', now: () => now })
}

function token(alg: string, key: Uint8Array | KeyObject, claims: Record<string, unknown> = { user: 'lena' }) {
  return new SignJWT(claims).setProtectedHeader({ alg }).sign(key)
}

const secret = 'a secret of more than thirty-two bytes, which is much'
const bytes = Buffer.from(secret)

describe('web tokens', () => {
  it.each([
    ['HS256', 'HS256'],
    ['HS386', 'HS384'],
    ['HS384', 'HS384'],
    ['HS512', 'HS512'],
  ])('signed with a shared secret, %s', async (algorithm, alg) => {
    const method = accounts(algorithm, secret)
    expect(await method.checkPassword(lena, await token(alg, bytes))).toBe(true)
    expect((await method.userOfToken('example.org', await token(alg, bytes)))?.full).toBe('lena@example.org')
    expect(await method.checkPassword(lena, await token(alg, Buffer.from('another secret, just as long as it')))).toBe(
      false,
    )
  })

  it.each([
    ['RS256', 'RS256', undefined],
    ['RS386', 'RS384', undefined],
    ['RS512', 'RS512', undefined],
    ['ES256', 'ES256', 'P-256'],
    ['ES386', 'ES384', 'P-384'],
    ['ES512', 'ES512', 'P-521'],
  ])('signed with a private key, %s', async (algorithm, alg, namedCurve) => {
    const pair =
      namedCurve === undefined
        ? generateKeyPairSync('rsa', { modulusLength: 2048 })
        : generateKeyPairSync('ec', { namedCurve })
    const method = accounts(algorithm, pair.publicKey.export({ type: 'spki', format: 'pem' }).toString())
    expect(await method.checkPassword(lena, await token(alg, pair.privateKey))).toBe(true)
    expect(await method.checkPassword(lena, await token('HS256', bytes))).toBe(false)
  })

  it.each<[string, Record<string, unknown>]>([
    ['of somebody else', { user: 'mila' }],
    ['without the claim', { sub: 'lena' }],
    ['with a claim that is no text', { user: 1 }],
    ['with an empty name', { user: '' }],
    ['with a name that none can have', { user: 'le na' }],
    ['that is over', { user: 'lena', exp: seconds - 1 }],
    ['that is not good yet', { user: 'lena', nbf: seconds + 60 }],
  ])('%s are refused', async (_what, claims) => {
    expect(await accounts('HS256', secret).checkPassword(lena, await token('HS256', bytes, claims))).toBe(false)
  })

  it('that are good now are taken, in any spelling of the name', async () => {
    const claims = { user: 'LENA', exp: seconds + 1, nbf: seconds }
    expect(await accounts('HS256', secret).checkPassword(lena, await token('HS256', bytes, claims))).toBe(true)
  })

  it('of another algorithm, unsigned or not tokens at all are refused', async () => {
    const method = accounts('HS256', secret)
    const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from('{"user":"lena"}').toString('base64url')}.`
    for (const text of [await token('HS512', bytes), unsigned, 'lena', '', 'a.b.c']) {
      expect(await method.checkPassword(lena, text)).toBe(false)
    }
  })

  it('need a key that fits the algorithm', () => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    expect(() => accounts('RS256', publicKey.export({ type: 'spki', format: 'pem' }).toString())).toThrow(TypeError)
    expect(() => accounts('RS256', 'not a key')).toThrow()
  })
})
