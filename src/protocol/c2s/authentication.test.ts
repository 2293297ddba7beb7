import { describe, expect, it } from 'vitest'
import { auth, bindIq, driver, hostOf, lena, plainAuth, secure } from '../../../test/support/negotiation-driver.ts'
import { Jid } from '../../jid/jid.ts'
import { NS } from '../../stanza/namespaces.ts'
import { StanzaError } from '../../stanza/stanza-error.ts'
import { el } from '../../xml/element.ts'
import { plainMechanism } from '../sasl/plain.ts'
import { scramMechanism } from '../sasl/scram.ts'

const starttls = el('starttls', NS.tls)
const iqGet = el('iq', NS.client, { type: 'get', id: 'g' }, el('query', 'jabber:iq:register'))
const message = el('message', NS.client, { to: 'x@example.org' })

describe('what modules know', () => {
  it('is answered by them, before and after authentication', () => {
    const client = driver({}, secure)
    client.opens()
    expect(client.says(iqGet)).toEqual(['offer iq for nobody at example.org'])
    const reply = el('iq', NS.client, { type: 'result', id: 'g' })
    expect(client.sees({ on: 'offer-answer', answer: { isTaken: true, replies: [reply] } })).toEqual([
      'send iq/result g',
    ])
    expect(client.state).toBe('pre-auth')
    client.authenticates()
    expect(client.says(iqGet)).toEqual(['offer iq for lena@example.org at example.org'])
    expect(client.sees({ on: 'offer-answer', answer: { isTaken: true } })).toEqual([])
    expect(client.state).toBe('post-auth')
  })

  it('may open a session', () => {
    const client = driver({}, secure)
    client.authenticates()
    client.says(el('resume', 'urn:xmpp:sm:3'))
    const resumed = el('resumed', 'urn:xmpp:sm:3')
    expect(
      client.sees({ on: 'offer-answer', answer: { isTaken: true, replies: [resumed], opensSession: true } }),
    ).toEqual(['send resumed', 'hand-over'])
  })

  it.each([
    [iqGet, ['send iq/error g[query] bad-request']],
    [el('iq', NS.client, { type: 'result', id: 'r' }), []],
    [message, ['error not-authorized', 'close']],
    [el('enable', 'urn:example:sm'), ['error unsupported-stanza-type', 'close']],
  ])('what nobody knows after authentication: %o', (element, expected) => {
    const client = driver({}, secure)
    client.authenticates()
    client.says(element)
    const seen = client.sees({ on: 'offer-answer', answer: { isTaken: false } })
    expect(seen.map((line) => line.replace('[query]', ''))).toEqual(expected.map((line) => line.replace('[query]', '')))
  })
})

describe('SASL', () => {
  function ready() {
    const client = driver({}, secure)
    client.opens()
    return client
  }

  it.each([
    [auth('GSSAPI'), 'invalid-mechanism'],
    [el('auth', NS.sasl), 'invalid-mechanism'],
    [auth('PLAIN', 'not base64'), 'incorrect-encoding'],
    [auth('PLAIN', '='), 'malformed-request'],
    [el('response', NS.sasl), 'malformed-request'],
    [el('abort', NS.sasl), 'aborted'],
  ])('%o fails', (element, condition) => {
    const client = ready()
    const seen = client.says(element)
    expect(seen.slice(1)).toEqual([`send failure[${condition}]`, 'arm 5000'])
    expect(seen[0]).toMatch(new RegExp(`^failure .*${condition}$`))
    expect(client.state).toBe('pre-auth')
  })

  it('closes after three failures', () => {
    const client = ready()
    for (const isLast of [false, false, true]) {
      expect(client.says(plainAuth)).toEqual(['ask password'])
      const seen = client.answers({ is: 'no', condition: 'not-authorized' })
      expect(seen.slice(0, 2)).toEqual(['failure PLAIN not-authorized', 'send failure[not-authorized]'])
      expect(seen.slice(2)).toEqual(
        isLast ? ['error policy-violation "Too many failed attempts"', 'close'] : ['arm 5000'],
      )
    }
  })

  it('lets a client look for a mechanism that fits, but not for ever', () => {
    // It thinks that there is no channel binding, which was offered: no password has been tried.
    const misfit = auth('SCRAM-SHA-1', Buffer.from('y,,n=lena,r=abc').toString('base64'))
    const client = ready()
    for (let attempt = 1; attempt <= 10; attempt++) {
      const seen = client.says(misfit)
      expect(seen.slice(0, 2)).toEqual(['failure SCRAM-SHA-1 not-authorized', 'send failure[not-authorized]'])
      expect(seen.at(-1)).toBe(attempt === 10 ? 'close' : 'arm 5000')
    }
  })

  it('counts failures over an upgrade to TLS', () => {
    const client = driver({ startTls: 'offered' })
    client.opens()
    client.says(auth('GSSAPI'))
    client.says(auth('GSSAPI'))
    client.says(starttls)
    client.sees({ on: 'secured', security: secure })
    client.opens()
    expect(client.says(auth('GSSAPI')).at(-1)).toBe('close')
  })

  it('gives up an exchange when the client aborts it, then begins anew', () => {
    const client = ready()
    client.says(auth('PLAIN'))
    expect(client.says(el('abort', NS.sasl))).toContain('send failure[aborted]')
    expect(client.says(plainAuth)).toEqual(['ask password'])
  })

  it('tells why a mechanism is not there off TLS', () => {
    const mechanisms = [
      plainMechanism({ onlyOverTls: true }),
      scramMechanism('SHA-1', false),
      scramMechanism('SHA-1', true),
    ]
    const client = driver({ host: () => ({ ...hostOf('example.org'), mechanisms }) })
    expect(client.opens()[1]).toBe('send features[mechanisms[SCRAM-SHA-1] register]')
    expect(client.says(plainAuth)).toContain('send failure[encryption-required]')
    expect(client.says(auth('SCRAM-SHA-1-PLUS'))).toContain('send failure[invalid-mechanism]')
  })

  it('says no more than it must, but says the text of a refusal', () => {
    const client = ready()
    client.says(plainAuth)
    client.answers({ is: 'yes' })
    expect(client.answers({ is: 'no', condition: 'account-disabled', text: 'Banned' })).toContain(
      'send failure[account-disabled Banned]',
    )
  })

  it('asks for the keys of SCRAM and sends the proof with success', () => {
    const client = ready()
    expect(client.says(auth('SCRAM-SHA-1', Buffer.from('n,,n=lena,r=abc').toString('base64')))).toEqual(['ask keys'])
    const seen = client.answers({ is: 'keys', keys: undefined })
    expect(seen[0]).toMatch(/^send challenge\[/)
    expect(client.state).toBe('sasl')
  })

  it('ends a stream whose `from` was somebody else', () => {
    const client = driver({}, secure)
    client.opens({ from: 'mila@example.org' })
    client.says(plainAuth)
    client.answers({ is: 'yes' })
    expect(client.answers({ is: 'yes' })).toEqual(['error invalid-from', 'close'])
  })

  it.each([
    [{ from: 'mila@example.org' }, 'invalid-from'],
    [{ to: 'other.example' }, 'host-unknown'],
  ])('the stream after it must be the same: %j', (attributes, condition) => {
    const client = ready()
    client.logsIn()
    expect(client.opens(attributes).slice(1)).toEqual([`error ${condition}`, 'close'])
  })

  it.each([plainAuth, starttls])('a second time is refused: %o', (element) => {
    const client = driver({}, secure)
    client.authenticates()
    expect(client.says(element)).toEqual(['error policy-violation "Authenticated already"', 'close'])
  })

  it('a late answer changes nothing', () => {
    const client = ready()
    client.says(plainAuth)
    expect(client.sees({ on: 'timeout' })).toEqual(['error connection-timeout', 'close'])
    expect(client.isBusy).toBe(false)
    expect(client.answers({ is: 'yes' })).toEqual([])
    const other = ready()
    expect(other.answers({ is: 'yes' })).toEqual([])
    expect(other.sees({ on: 'offer-answer', answer: { isTaken: false } })).toEqual([])
    expect(other.sees({ on: 'bound', full: lena })).toEqual([])
  })
})

describe('binding', () => {
  function ready() {
    const client = driver({}, secure)
    client.authenticates()
    return client
  }

  it.each([
    [bindIq('phone'), 'bind phone'],
    [bindIq(''), 'bind (any)'],
    [bindIq(undefined), 'bind (any)'],
  ])('%o', (element, expected) => {
    expect(ready().says(element)).toEqual([expected])
  })

  it('hands over at once where no session IQ is waited for', () => {
    const client = ready()
    client.says(bindIq('phone'))
    const seen = client.sees({ on: 'bound', full: Jid.parse('lena@example.org/phone') })
    expect(seen.at(-1)).toBe('hand-over')
  })

  it('refuses a resource that is none, and an IQ without id', () => {
    const client = ready()
    expect(client.says(bindIq('a\u0007b'))).toEqual(['send iq/error b1 bad-request'])
    const nameless = el('iq', NS.client, { type: 'set' }, el('bind', NS.bind))
    expect(client.says(nameless)).toEqual(['send iq/error bad-request'])
  })

  it('closes after five refusals', () => {
    const client = ready()
    const error = new StanzaError('not-allowed')
    for (let i = 1; i <= 5; i++) {
      client.says(bindIq('phone'))
      const seen = client.sees({ on: 'bind-refused', error })
      expect(seen[0]).toBe('send iq/error b1 not-allowed')
      expect(seen.at(-1)).toBe(i === 5 ? 'close' : seen[0])
    }
  })

  it('a client that asks for no session moves on by its first stanza', () => {
    const client = driver({ awaitsSessionIq: true }, secure)
    client.authenticates()
    client.says(bindIq('phone'))
    client.sees({ on: 'bound', full: Jid.parse('lena@example.org/phone') })
    expect(client.says(message)).toEqual(['hand-over', 'pass-on'])
    expect(client.state).toBe('session')
  })
})
