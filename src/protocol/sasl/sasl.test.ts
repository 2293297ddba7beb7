import { describe, expect, it } from 'vitest'
import { deriveKeys } from '../../../test/support/derive-keys.ts'
import { ScramTestClient } from '../../../test/support/scram-test-client.ts'
import { Jid } from '../../jid/jid.ts'
import { SaslAttempt } from './attempt.ts'
import { type ChannelSecurity, clearChannel, isUsable, type SaslContext, type SaslStep } from './mechanism.ts'
import { plainMechanism } from './plain.ts'
import { scramMechanism } from './scram.ts'

const binding = Buffer.from('exported')
const secure: ChannelSecurity = {
  isSecure: true,
  bindingTypes: ['tls-exporter'],
  channelBinding: (type) => (type === 'tls-exporter' ? binding : undefined),
}

function context(changes: Partial<SaslContext> = {}): SaslContext {
  return {
    domain: 'example.org',
    security: secure,
    offered: ['SCRAM-SHA-1', 'PLAIN'],
    decoy: { secret: Buffer.from('secret'), iterations: 10_000 },
    provesOffer: false,
    newNonce: () => 'server-nonce',
    ...changes,
  }
}

const plain = plainMechanism({ onlyOverTls: false })
const lena = Jid.of('lena', 'example.org')

function conditionOf(step: SaslStep): string {
  return step.step === 'failure' ? step.condition : step.step
}

describe('PLAIN', () => {
  function say(text: string | Buffer): SaslStep {
    return new SaslAttempt(plain, context()).receive(Buffer.from(text))
  }

  it('asks whether the password is right, then for admission', () => {
    const attempt = new SaslAttempt(plain, context())
    expect(attempt.receive(Buffer.from('\0lena\0pa:ss wörd'))).toEqual({
      step: 'ask',
      request: { ask: 'password', user: lena, password: 'pa:ss wörd' },
    })
    expect(attempt.answer({ is: 'yes' })).toEqual({
      step: 'ask',
      request: { ask: 'admission', user: lena, mechanism: 'PLAIN' },
    })
    expect(attempt.answer({ is: 'yes' })).toEqual({ step: 'success', user: lena })
  })

  it('fails by the condition of the answer', () => {
    const attempt = new SaslAttempt(plain, context())
    attempt.receive(Buffer.from('\0lena\0secret'))
    expect(conditionOf(attempt.answer({ is: 'no', condition: 'temporary-auth-failure' }))).toBe(
      'temporary-auth-failure',
    )
  })

  it('fails when admission is refused', () => {
    const attempt = new SaslAttempt(plain, context())
    attempt.receive(Buffer.from('\0lena\0secret'))
    attempt.answer({ is: 'yes' })
    expect(attempt.answer({ is: 'no', condition: 'account-disabled', text: 'Banned' })).toEqual({
      step: 'failure',
      condition: 'account-disabled',
      text: 'Banned',
    })
  })

  it('sends an empty challenge when there was no initial response', () => {
    expect(new SaslAttempt(plain, context()).receive(undefined)).toEqual({ step: 'challenge', data: Buffer.alloc(0) })
  })

  it.each([
    '\0Lena\0secret',
    '\0lena@example.org\0secret',
    'lena@example.org\0lena\0secret',
    '\0lena@EXAMPLE.org\0secret',
  ])('takes %j for the account', (text) => {
    expect(say(text)).toEqual({ step: 'ask', request: { ask: 'password', user: lena, password: 'secret' } })
  })

  it.each([
    ['', 'malformed-request'],
    ['lena', 'malformed-request'],
    ['\0lena', 'malformed-request'],
    ['\0lena\0', 'malformed-request'],
    ['\0\0secret', 'malformed-request'],
    ['\0lena\0sec\0ret', 'malformed-request'],
    ['mila@example.org\0lena\0secret', 'invalid-authzid'],
    ['lena@example.org/phone\0lena\0secret', 'invalid-authzid'],
    ['lena\0lena\0secret', 'invalid-authzid'],
    ['lena@other.example\0lena\0secret', 'invalid-authzid'],
    ['\0lena@other.example\0secret', 'not-authorized'],
    ['\0le na\0secret', 'not-authorized'],
    ['\0@example.org\0secret', 'not-authorized'],
  ])('%j fails with %s', (text, condition) => {
    expect(conditionOf(say(text))).toBe(condition)
  })

  it('refuses bytes that are not UTF-8', () => {
    expect(conditionOf(say(Buffer.from('\0lena\0s\xe9cret', 'latin1')))).toBe('malformed-request')
  })
})

describe('SCRAM', () => {
  async function play(
    username: string,
    plays: { isPlus?: boolean; gs2?: string; offered?: string[] } = {},
  ): Promise<SaslStep> {
    const { isPlus = false, gs2 = 'n', offered = ['SCRAM-SHA-1'] } = plays
    const keys = await deriveKeys('SHA-1', 'pencil', Buffer.from('0123456789abcdef'), 32)
    const attempt = new SaslAttempt(scramMechanism('SHA-1', isPlus), context({ offered }))
    const client = new ScramTestClient({ username, password: 'pencil', gs2, binding: isPlus ? binding : undefined })
    const asked = attempt.receive(client.first())
    if (asked.step !== 'ask') return asked
    expect(asked.request).toEqual({ ask: 'keys', user: lena, hash: 'SHA-1' })
    const challenge = attempt.answer({ is: 'keys', keys })
    if (challenge.step !== 'challenge') return challenge
    const admission = attempt.receive(client.final(challenge.data))
    if (admission.step !== 'ask') return admission
    const success = attempt.answer({ is: 'yes' })
    if (success.step === 'success') expect(client.isServerProven(success.data ?? Buffer.alloc(0))).toBe(true)
    return success
  }

  it('succeeds with proof of the server', async () => {
    expect(await play('lena')).toMatchObject({ step: 'success', user: lena })
    expect(await play('Lena@example.org')).toMatchObject({ step: 'success', user: lena })
  })

  it('binds to the channel in its PLUS form', async () => {
    expect(conditionOf(await play('lena', { isPlus: true, gs2: 'p=tls-exporter' }))).toBe('success')
    expect(conditionOf(await play('lena', { isPlus: true, gs2: 'p=tls-unique' }))).toBe('not-authorized')
  })

  it('notices that somebody hid the PLUS forms', async () => {
    expect(conditionOf(await play('lena', { gs2: 'y' }))).toBe('success')
    const offered = ['SCRAM-SHA-256-PLUS', 'SCRAM-SHA-1']
    expect(conditionOf(await play('lena', { gs2: 'y', offered }))).toBe('not-authorized')
  })

  it.each(['lena', 'no such name'])(
    'a name without keys (%s) gets a challenge like any other, then fails',
    (username) => {
      const challenges = [1, 2].map(() => {
        const attempt = new SaslAttempt(scramMechanism('SHA-1', false), context())
        const client = new ScramTestClient({ username, password: 'pencil' })
        const asked = attempt.receive(client.first())
        const challenge = asked.step === 'ask' ? attempt.answer({ is: 'keys', keys: undefined }) : asked
        if (challenge.step !== 'challenge') throw new Error(challenge.step)
        const end = attempt.receive(Buffer.from('c=biws,r=fyko+d2lbbFgONRv9qkxdawLserver-nonce,p=AAAA'))
        expect(conditionOf(end)).toBe('not-authorized')
        return challenge.data.toString()
      })
      expect(challenges[0]).toMatch(/^r=fyko\+d2lbbFgONRv9qkxdawLserver-nonce,s=[A-Za-z0-9+/]{22}==,i=10000$/)
      expect(challenges[1]).toBe(challenges[0])
    },
  )

  it('proves what it offered when asked to', () => {
    const attempt = new SaslAttempt(scramMechanism('SHA-1', false), context({ provesOffer: true }))
    attempt.receive(Buffer.from('n,,n=lena,r=abc'))
    const challenge = attempt.answer({ is: 'keys', keys: undefined })
    expect(challenge.step === 'challenge' && challenge.data.toString()).toMatch(/,h=[A-Za-z0-9+/]{27}=$/)
  })

  it.each([
    ['n,a=mila@example.org,n=lena,r=abc', 'invalid-authzid'],
    ['n,a=lena@example.org,n=lena,r=abc', 'ask'],
    ['nonsense', 'malformed-request'],
  ])('%j leads to %s', (text, expected) => {
    const attempt = new SaslAttempt(scramMechanism('SHA-1', false), context())
    expect(conditionOf(attempt.receive(Buffer.from(text)))).toBe(expected)
  })

  it('begins with an empty challenge when there was no initial response', () => {
    const attempt = new SaslAttempt(scramMechanism('SHA-1', false), context())
    expect(attempt.receive(undefined)).toEqual({ step: 'challenge', data: Buffer.alloc(0) })
    expect(conditionOf(attempt.receive(Buffer.from('n,,n=lena,r=abc')))).toBe('ask')
  })

  it('says so when the backend cannot tell', () => {
    const attempt = new SaslAttempt(scramMechanism('SHA-1', false), context())
    attempt.receive(Buffer.from('n,,n=lena,r=abc'))
    expect(conditionOf(attempt.answer({ is: 'no', condition: 'temporary-auth-failure' }))).toBe(
      'temporary-auth-failure',
    )
  })
})

describe('what can be offered', () => {
  it('PLUS needs channel binding; PLAIN may need TLS', () => {
    const unbound: ChannelSecurity = { ...secure, bindingTypes: [] }
    expect(isUsable(scramMechanism('SHA-1', true), secure)).toBe(true)
    expect(isUsable(scramMechanism('SHA-1', true), unbound)).toBe(false)
    expect(isUsable(scramMechanism('SHA-1', false), clearChannel)).toBe(true)
    expect(isUsable(plain, clearChannel)).toBe(true)
    expect(isUsable(plainMechanism({ onlyOverTls: true }), clearChannel)).toBe(false)
    expect(isUsable(plainMechanism({ onlyOverTls: true }), unbound)).toBe(true)
  })
})
