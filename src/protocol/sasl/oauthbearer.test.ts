import { describe, expect, it } from 'vitest'
import { Jid } from '../../jid/jid.ts'
import { SaslAttempt } from './attempt.ts'
import { clearChannel, type SaslStep } from './mechanism.ts'
import { oauthBearerMechanism } from './oauthbearer.ts'

const lena = Jid.of('lena', 'example.org')

function begin(): SaslAttempt {
  return new SaslAttempt(oauthBearerMechanism({ onlyOverTls: true }), {
    domain: 'example.org',
    security: { ...clearChannel, isSecure: true },
    offered: ['OAUTHBEARER'],
    decoy: { secret: Buffer.alloc(0), iterations: 1 },
    provesOffer: false,
    newNonce: () => '',
  })
}

function told(step: SaslStep): string {
  if (step.step === 'challenge') return step.data.toString()
  return step.step === 'failure' ? step.condition : step.step
}

const asksToken = {
  step: 'ask',
  request: { ask: 'token', domain: 'example.org', token: 'vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==' },
}

describe('OAUTHBEARER', () => {
  it('takes the example of RFC 7628 §4.1 but for its user', () => {
    const attempt = begin()
    const text =
      'n,a=lena@example.org,\x01host=server.example.com\x01port=143\x01auth=Bearer vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==\x01\x01'
    expect(attempt.receive(Buffer.from(text))).toEqual(asksToken)
    expect(attempt.answer({ is: 'user', user: lena })).toMatchObject({ request: { ask: 'admission' } })
    expect(attempt.answer({ is: 'yes' })).toEqual({ step: 'success', user: lena })
  })

  it('needs no name', () => {
    const text = 'n,,\x01auth=bearer vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==\x01\x01'
    expect(begin().receive(Buffer.from(text))).toEqual(asksToken)
  })

  it('sends the reason of a refusal, then fails', () => {
    const attempt = begin()
    attempt.receive(Buffer.from('n,,\x01auth=Bearer abc\x01\x01'))
    expect(told(attempt.answer({ is: 'no', condition: 'not-authorized' }))).toBe('{"status":"invalid_token"}')
    expect(told(attempt.receive(Buffer.from('\x01')))).toBe('not-authorized')
  })

  it('tells what it would need to a client without a token', () => {
    expect(told(begin().receive(Buffer.from('n,,\x01auth=\x01\x01')))).toBe('{"status":"invalid_token"}')
    expect(told(begin().receive(Buffer.from('n,,\x01\x01')))).toBe('{"status":"invalid_token"}')
  })

  it('fails at once where nobody can tell', () => {
    const attempt = begin()
    attempt.receive(Buffer.from('n,,\x01auth=Bearer abc\x01\x01'))
    expect(told(attempt.answer({ is: 'no', condition: 'temporary-auth-failure' }))).toBe('temporary-auth-failure')
  })

  it('refuses a token of somebody else', () => {
    const attempt = begin()
    attempt.receive(Buffer.from('n,a=mila@example.org,\x01auth=Bearer abc\x01\x01'))
    expect(() => attempt.answer({ is: 'user', user: lena })).not.toThrow()
    const other = begin()
    other.receive(Buffer.from('n,a=mila@example.org,\x01auth=Bearer abc\x01\x01'))
    expect(told(other.answer({ is: 'user', user: lena }))).toBe('invalid-authzid')
  })

  it.each([
    ['', 'malformed-request'],
    ['n,,', 'malformed-request'],
    ['n,,\x01auth=Basic abc\x01\x01', 'malformed-request'],
    ['n,,\x01auth=Bearer a b\x01\x01', 'malformed-request'],
    ['p=tls-exporter,,\x01auth=Bearer abc\x01\x01', 'malformed-request'],
    ['n,a=lena@other.example,\x01auth=Bearer abc\x01\x01', 'invalid-authzid'],
  ])('%j fails with %s', (text, condition) => {
    expect(told(begin().receive(Buffer.from(text)))).toBe(condition)
  })

  it('asks for a token where nothing was sent', () => {
    expect(begin().receive(undefined)).toEqual({ step: 'challenge', data: Buffer.alloc(0) })
  })
})
