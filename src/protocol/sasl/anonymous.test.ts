import { describe, expect, it } from 'vitest'
import { Jid } from '../../jid/jid.ts'
import { anonymousMechanism } from './anonymous.ts'
import { SaslAttempt } from './attempt.ts'
import { clearChannel } from './mechanism.ts'

const guest = Jid.of('c0ffee', 'example.org')

function begin(): SaslAttempt {
  return new SaslAttempt(anonymousMechanism(), {
    domain: 'example.org',
    security: clearChannel,
    offered: ['ANONYMOUS'],
    decoy: { secret: Buffer.alloc(0), iterations: 1 },
    provesOffer: false,
    newNonce: () => '',
  })
}

describe('ANONYMOUS', () => {
  it.each([undefined, Buffer.alloc(0), Buffer.from('sirhc')])('asks for a name, whatever the client says', (trace) => {
    const attempt = begin()
    expect(attempt.receive(trace)).toEqual({ step: 'ask', request: { ask: 'guest', domain: 'example.org' } })
    expect(attempt.answer({ is: 'user', user: guest })).toEqual({
      step: 'ask',
      request: { ask: 'admission', user: guest, mechanism: 'ANONYMOUS' },
    })
    expect(attempt.answer({ is: 'yes' })).toEqual({ step: 'success', user: guest })
  })

  it('fails with what is answered', () => {
    const attempt = begin()
    attempt.receive(undefined)
    expect(attempt.answer({ is: 'no', condition: 'temporary-auth-failure' })).toMatchObject({
      step: 'failure',
      condition: 'temporary-auth-failure',
    })
  })

  it('takes no endless trace', () => {
    expect(begin().receive(Buffer.alloc(1021, 'x'))).toMatchObject({ condition: 'malformed-request' })
  })
})
