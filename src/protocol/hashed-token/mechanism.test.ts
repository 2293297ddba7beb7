import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { Jid } from '../../jid/jid.ts'
import { el } from '../../xml/element.ts'
import { SaslAttempt } from '../sasl/attempt.ts'
import type { SaslAnswer, SaslStep } from '../sasl/mechanism.ts'
import { hashedTokenMechanism, type TokenClaim } from './mechanism.ts'
import { hashedTokenKinds } from './names.ts'

const token = 'c2VjcmV0IHRva2Vu'

function attempt(name: string, hasBinding = true) {
  const kind = hashedTokenKinds.get(name)
  if (kind === undefined) throw new Error(`no ${name}`)
  const check = async (claim: TokenClaim): Promise<SaslAnswer> =>
    claim.user.full === 'lena@example.org' && claim.isFor(token)
      ? { is: 'yes', data: claim.answerTo(token) }
      : { is: 'no', condition: 'not-authorized' }
  return new SaslAttempt(hashedTokenMechanism(name, kind, check), {
    domain: 'example.org',
    security: {
      isSecure: true,
      bindingTypes: [],
      channelBinding: () => (hasBinding ? Buffer.from('exported') : undefined),
    },
    offered: [],
    decoy: { secret: Buffer.from('x'), iterations: 1 },
    provesOffer: false,
    newNonce: () => 'n',
    request: { element: el('authenticate', 'urn:xmpp:sasl:2'), agent: undefined },
  })
}

function message(digest: string, binding: string, user = 'lena'): Buffer {
  const proof = createHmac(digest, token).update(`Initiator${binding}`).digest()
  return Buffer.concat([Buffer.from(`${user}\0`), proof])
}

async function played(exchange: SaslAttempt, data: Buffer): Promise<SaslStep> {
  const step = exchange.receive(data)
  return step.step === 'run' ? exchange.answer(await step.run()) : step
}

describe('hashed tokens', () => {
  it.each([...hashedTokenKinds])('%s takes the right proof and gives its own', async (name, { digest, binding }) => {
    const bound = binding === undefined ? '' : 'exported'
    const exchange = attempt(name)
    expect((await played(exchange, message(digest, bound))).step).toBe('ask')
    expect(exchange.answer({ is: 'yes' })).toMatchObject({
      step: 'success',
      user: Jid.parse('lena@example.org'),
      data: createHmac(digest, token).update(`Responder${bound}`).digest(),
    })
  })

  it.each([
    ['another binding', 'HT-SHA-256-EXPR', message('sha256', 'other')],
    ['no binding', 'HT-SHA-256-EXPR', message('sha256', '')],
    ['another hash', 'HT-SHA-256-NONE', message('sha512', '')],
    ['another user', 'HT-SHA-256-NONE', message('sha256', '', 'mara')],
    ['a name that nobody can have', 'HT-SHA-256-NONE', message('sha256', '', 'a b')],
    ['no proof', 'HT-SHA-256-NONE', Buffer.from('lena\0')],
  ])('not-authorized: %s', async (_, name, data) => {
    expect(await played(attempt(name), data)).toMatchObject({ step: 'failure', condition: 'not-authorized' })
  })

  it('not-authorized: the connection has no such binding', async () => {
    const step = await played(attempt('HT-SHA-256-ENDP', false), message('sha256', ''))
    expect(step).toMatchObject({ step: 'failure', condition: 'not-authorized' })
  })

  it.each([['', 'lena', '\0proof', '\u0080\0']])('malformed-request: %o', async (...texts) => {
    for (const text of texts) {
      const data = Buffer.from(text, 'latin1')
      expect(await played(attempt('HT-SHA-256-NONE'), data)).toMatchObject({ condition: 'malformed-request' })
    }
  })

  it('asks for a missing initial response', () => {
    expect(attempt('HT-SHA-256-NONE').receive(undefined).step).toBe('challenge')
  })
})
