import { describe, expect, it } from 'vitest'
import { driver, plainAuth, secure } from '../../../test/support/negotiation-driver.ts'
import { NS } from '../../stanza/namespaces.ts'
import { StreamError } from '../../stanza/stream-error.ts'
import { el } from '../../xml/element.ts'
import { clearChannel } from '../sasl/mechanism.ts'

const starttls = el('starttls', NS.tls)
const iqGet = el('iq', NS.client, { type: 'get', id: 'g' }, el('query', 'jabber:iq:register'))

describe('STARTTLS', () => {
  it.each([
    ['already secure', { startTls: 'required' }, secure],
    ['not configured', { startTls: 'none' }, clearChannel],
  ] as const)('%s: failure, and the stream ends', (_name, rules, security) => {
    const client = driver(rules, security)
    client.opens()
    expect(client.says(starttls)).toEqual(['send failure', 'close'])
  })

  it('authentication before it is an error where it is required', () => {
    const client = driver({ startTls: 'required' })
    client.opens()
    expect(client.says(plainAuth)).toEqual(['error encryption-required "Use of STARTTLS required"', 'close'])
  })

  it('registration before it is not offered to modules', () => {
    const client = driver({ startTls: 'required' })
    client.opens()
    expect(client.says(iqGet)).toEqual(['error not-authorized', 'close'])
  })

  it('whatever goes wrong during the handshake ends without a word', () => {
    for (const event of [{ on: 'timeout' }, { on: 'broken', error: new StreamError('system-shutdown') }] as const) {
      const client = driver({ startTls: 'offered' })
      client.opens()
      client.says(starttls)
      expect(client.sees(event)).toEqual(['drop'])
    }
  })

  it('a handshake that nobody asked for changes nothing', () => {
    const client = driver()
    client.opens()
    expect(client.sees({ on: 'secured', security: secure })).toEqual([])
    expect(client.state).toBe('pre-auth')
  })
})
