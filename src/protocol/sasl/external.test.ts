import { describe, expect, it } from 'vitest'
import { SaslAttempt } from './attempt.ts'
import { type ExternalOptions, externalMechanism } from './external.ts'
import { type ChannelSecurity, type ClientCertificate, clearChannel, isUsable, type SaslStep } from './mechanism.ts'

interface Shown {
  readonly rules?: ExternalOptions['rules']
  readonly addresses?: readonly string[]
  readonly commonName?: string
  readonly prefix?: string
}

function certificate({ addresses = [], commonName }: Shown, isVerified = true): ClientCertificate {
  return { raw: Buffer.alloc(0), isVerified, commonName, addresses }
}

function attempt(shown: Shown): SaslAttempt {
  const { rules = ['standard'], prefix = '' } = shown
  return new SaslAttempt(externalMechanism({ rules, prefix, suffix: '', takesUnverified: false }), {
    domain: 'example.org',
    security: { ...clearChannel, isSecure: true, clientCertificate: certificate(shown) },
    offered: ['EXTERNAL'],
    decoy: { secret: Buffer.alloc(0), iterations: 1 },
    provesOffer: false,
    newNonce: () => '',
  })
}

/** What came of it: whom it asks about, or why it failed. */
function told(step: SaslStep): string {
  if (step.step === 'ask' && step.request.ask === 'certificate') return step.request.user.full
  return step.step === 'failure' ? step.condition : step.step
}

const lena = 'lena@example.org'

describe('EXTERNAL', () => {
  it.each<[string, Shown, string, string]>([
    ['one address', { addresses: [lena] }, '', lena],
    ['one address, prepared', { addresses: ['LENA@Example.org'] }, '', lena],
    ['one address here, one elsewhere', { addresses: [lena, 'lena@other.example'] }, '', lena],
    ['the address asked for', { addresses: [lena, 'mila@example.org'] }, 'mila@example.org', 'mila@example.org'],
    ['the local part asked for', { addresses: [lena] }, 'lena', lena],
    ['several addresses', { addresses: [lena, 'mila@example.org'] }, '', 'invalid-authzid'],
    ['an address that it has not', { addresses: [lena] }, 'mila@example.org', 'not-authorized'],
    ['an address elsewhere', { addresses: ['lena@other.example'] }, '', 'not-authorized'],
    ['another domain asked for', { addresses: [lena] }, 'lena@other.example', 'not-authorized'],
    ['a domain for an address', { addresses: ['example.org'] }, '', 'not-authorized'],
    ['no name at all', {}, '', 'not-authorized'],
    ['a common name', { rules: ['common_name'], commonName: 'Lena' }, '', lena],
    [
      'a common name with a prefix',
      { rules: ['common_name'], commonName: '7', prefix: 'dev-' },
      '',
      'dev-7@example.org',
    ],
    ['a common name asked for', { rules: ['common_name'], commonName: 'lena' }, lena, lena],
    ['another than the common name', { rules: ['common_name'], commonName: 'lena' }, 'mila', 'not-authorized'],
    ['a common name that no rule reads', { commonName: 'lena' }, '', 'not-authorized'],
    ['what the client says', { rules: ['auth_id'] }, lena, lena],
    ['nothing said', { rules: ['auth_id'] }, '', 'not-authorized'],
  ])('%s', (_what, shown, authzid, outcome) => {
    expect(told(attempt(shown).receive(Buffer.from(authzid)))).toBe(outcome)
  })

  it('asks for the identity where nothing was sent', () => {
    expect(attempt({ addresses: [lena] }).receive(undefined)).toEqual({ step: 'challenge', data: Buffer.alloc(0) })
  })

  it('tries the rules in their order, each user once', () => {
    const trial = attempt({ rules: ['common_name', 'standard'], commonName: 'mila', addresses: [lena] })
    expect(told(trial.receive(Buffer.alloc(0)))).toBe('mila@example.org')
    expect(told(trial.answer({ is: 'no', condition: 'not-authorized' }))).toBe(lena)
    expect(told(trial.answer({ is: 'no', condition: 'not-authorized' }))).toBe('not-authorized')
    const same = attempt({ rules: ['common_name', 'standard'], commonName: 'lena', addresses: [lena] })
    same.receive(Buffer.alloc(0))
    expect(told(same.answer({ is: 'no', condition: 'not-authorized' }))).toBe('not-authorized')
  })

  it('succeeds when the user may come in', () => {
    const trial = attempt({ addresses: [lena] })
    trial.receive(Buffer.alloc(0))
    expect(trial.answer({ is: 'yes' })).toMatchObject({ request: { ask: 'admission', mechanism: 'EXTERNAL' } })
    expect(trial.answer({ is: 'yes' })).toMatchObject({ step: 'success', user: { full: lena } })
  })

  it('does not go on to other rules when nobody can tell', () => {
    const trial = attempt({ rules: ['common_name', 'standard'], commonName: 'mila', addresses: [lena] })
    trial.receive(Buffer.alloc(0))
    expect(told(trial.answer({ is: 'no', condition: 'temporary-auth-failure' }))).toBe('temporary-auth-failure')
  })

  it('is offered to clients with a certificate that somebody vouches for, unless each is known', () => {
    const options = { rules: ['standard'], prefix: '', suffix: '' } as const
    const strict = externalMechanism({ ...options, takesUnverified: false })
    const known = externalMechanism({ ...options, takesUnverified: true })
    const channel = (shown?: ClientCertificate): ChannelSecurity => ({ ...clearChannel, clientCertificate: shown })
    expect([strict, known].map((mechanism) => isUsable(mechanism, channel()))).toEqual([false, false])
    expect([strict, known].map((mechanism) => isUsable(mechanism, channel(certificate({}))))).toEqual([true, true])
    expect([strict, known].map((mechanism) => isUsable(mechanism, channel(certificate({}, false))))).toEqual([
      false,
      true,
    ])
  })
})
