import { describe, expect, it } from 'vitest'
import { Jid } from '../jid/jid.ts'
import { HttpAccounts, type HttpAccountsOptions, type HttpService } from './http.ts'
import { KeyDeriver } from './key-deriver.ts'
import { AuthUnavailable } from './method.ts'

const lena = Jid.parse('lena@example.org')
type Request = Parameters<HttpService['call']>[0]

function accounts(answer: (request: Request) => [number, string?], changes: Partial<HttpAccountsOptions> = {}) {
  const asked: Request[] = []
  const service: HttpService = {
    call: async (request) => {
      asked.push(request)
      const [status, body = ''] = answer(request)
      return { status, body }
    },
  }
  const method = new HttpAccounts({
    service,
    format: 'plain',
    hashes: ['SHA-1', 'SHA-256'],
    iterations: 1,
    secret: Buffer.from('s'),
    deriver: new KeyDeriver(),
    readCertificates: (pem) => pem.split(' ').map((each) => Buffer.from(each)),
    ...changes,
  })
  return { method, asked }
}

describe('accounts over HTTP', () => {
  it('asks whether a password is right', async () => {
    const { method, asked } = accounts(() => [200, 'true'], { basicAuth: 'me:secret' })
    expect(await method.checkPassword(lena, 'pa&ss wörd')).toBe(true)
    expect(asked).toEqual([
      {
        method: 'GET',
        path: 'check_password?user=lena&server=example.org&pass=pa%26ss+w%C3%B6rd',
        headers: { authorization: 'Basic bWU6c2VjcmV0' },
      },
    ])
    expect(await accounts(() => [200, 'false']).method.checkPassword(lena, 'x')).toBe(false)
    expect(await accounts(() => [404]).method.checkPassword(lena, 'x')).toBe(false)
    expect(await accounts(() => [403]).method.checkPassword(lena, 'x')).toBe(false)
    expect(method.scramHashes).toEqual([])
  })

  it('keeps SCRAM keys there and checks passwords here', async () => {
    let stored = ''
    const { method, asked } = accounts(
      ({ path, body = '' }) => {
        if (path === 'register') stored = new URLSearchParams(body).get('pass') ?? ''
        if (path === 'register') return [201]
        return stored === '' ? [404] : [200, stored]
      },
      { format: 'scram' },
    )
    expect(await method.checkPassword(lena, 'secret')).toBe(false)
    expect(await method.register(lena, 'secret')).toBe('created')
    expect(asked[1]).toMatchObject({
      method: 'POST',
      path: 'register',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    })
    expect(stored).toMatch(/^==MULTI_SCRAM==,1,===SHA1===/)
    expect(await method.checkPassword(lena, 'secret')).toBe(true)
    expect(await method.checkPassword(lena, 'Secret')).toBe(false)
    expect((await method.scramKeys(lena, 'SHA-256'))?.storedKey).toHaveLength(32)
    stored = 'in plain text'
    expect(await method.checkPassword(lena, 'in plain text')).toBe(true)
    expect((await method.scramKeys(lena, 'SHA-1'))?.storedKey).toHaveLength(20)
  })

  it.each<[number, boolean]>([
    [200, true],
    [201, true],
    [204, true],
    [404, false],
    [403, false],
  ])('understands %d to a change', async (status, isDone) => {
    const { method } = accounts(() => [status])
    expect(await method.setPassword(lena, 'x')).toBe(isDone)
    expect(await method.remove(lena)).toBe(isDone)
  })

  it('understands what is said about a registration', async () => {
    expect(await accounts(() => [409]).method.register(lena, 'x')).toBe('exists')
    await expect(accounts(() => [403]).method.register(lena, 'x')).rejects.toThrow(AuthUnavailable)
  })

  it('asks whether there is a user', async () => {
    expect(await accounts(() => [200, 'true\n']).method.exists(lena)).toBe(true)
    expect(await accounts(() => [200, 'false']).method.exists(lena)).toBe(false)
    expect(await accounts(() => [404]).method.exists(lena)).toBe(false)
  })

  it('compares certificates', async () => {
    const certificate = { raw: Buffer.from('two'), isVerified: false, commonName: undefined, addresses: [] }
    expect(await accounts(() => [200, 'one two']).method.checkCertificate(lena, certificate)).toBe(true)
    expect(await accounts(() => [200, 'one three']).method.checkCertificate(lena, certificate)).toBe(false)
    expect(await accounts(() => [404]).method.checkCertificate(lena, certificate)).toBe(false)
  })

  it('cannot tell where the server fails', async () => {
    for (const status of [500, 503, 302, 401]) {
      await expect(accounts(() => [status]).method.checkPassword(lena, 'x')).rejects.toThrow(AuthUnavailable)
    }
    const service = { call: () => Promise.reject(new Error('connection refused')) }
    await expect(accounts(() => [200], { service }).method.exists(lena)).rejects.toThrow(AuthUnavailable)
  })
})
