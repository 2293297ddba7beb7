import { describe, expect, it } from 'vitest'
import { NS } from '../../stanza/namespaces.ts'
import { parseElement } from '../../xml/parse.ts'
import { serialise } from '../../xml/serialise.ts'
import { fromWire } from '../../xml/wire.ts'
import { clearPeer, type PeerSecurity, type ReceivedHeader } from './events.ts'
import { type OutboundAction, type OutboundEvent, OutboundNegotiation, type OutboundRules } from './outbound.ts'

const rules: OutboundRules = {
  pair: { local: 'a.example', remote: 'b.example' },
  tls: 'required',
  checksCertificate: true,
  hasCertificate: true,
  mayDialBack: true,
  wantsBidi: true,
  language: 'en',
  stateTimeout: 5000,
  keyFor: (streamId) => `key of ${streamId}`,
}

const good: PeerSecurity = { isSecure: true, vouchesFor: (domain) => domain === 'b.example' }
const selfMade: PeerSecurity = { isSecure: true, vouchesFor: () => false }

function header(version: string | undefined = '1.0', dialback = true): ReceivedHeader {
  const attrs: Record<string, string | undefined> = { from: 'b.example', to: 'a.example', id: 's1', version }
  const prefixes = new Map(dialback ? [['db', NS.dialback]] : [])
  return { name: 'stream', ns: NS.streams, defaultNs: NS.server, prefixes, attr: (name) => attrs[name] }
}

function told(actions: readonly OutboundAction[]): string[] {
  return actions
    .filter((action) => action.do !== 'arm')
    .map((action) => {
      if (action.do === 'send') return fromWire(serialise(action.element, NS.server))
      if (action.do === 'send-error') return `error ${action.error.condition}`
      if (action.do === 'settle') return `settle ${action.by}`
      if (action.do === 'answered') return `answered ${action.streamId} ${action.outcome}`
      return action.do
    })
}

const starttls = `<starttls xmlns='${NS.tls}'/>`
const mechanisms = `<mechanisms xmlns='${NS.sasl}'><mechanism>EXTERNAL</mechanism></mechanisms>`
const dialback = `<dialback xmlns='urn:xmpp:features:dialback'/>`
const bidi = `<bidi xmlns='urn:xmpp:features:bidi'/>`
const features = (...content: string[]) => `<features xmlns='${NS.streams}'>${content.join('')}</features>`
const identity = Buffer.from('a.example').toString('base64')

function stream(own: Partial<OutboundRules> = {}, security: PeerSecurity = clearPeer) {
  const machine = new OutboundNegotiation({ ...rules, ...own }, security)
  const handle = (event: OutboundEvent) => told(machine.handle(event))
  const says = (xml: string) => handle({ on: 'element', element: parseElement(xml) })
  const opening = handle({ on: 'connected' })
  return { machine, handle, says, opening }
}

/** One that has come to its features over TLS. */
function secured(own: Partial<OutboundRules> = {}, security = good, ...offered: string[]) {
  const made = stream(own, security)
  made.handle({ on: 'header', header: header() })
  return { ...made, ready: made.says(features(...offered)) }
}

describe('TLS towards another server', () => {
  it('is begun when it is offered', () => {
    const { handle, says, opening } = stream()
    expect(opening).toEqual(['send-header'])
    handle({ on: 'header', header: header() })
    expect(says(features(starttls))).toEqual([starttls])
    expect(says(`<proceed xmlns='${NS.tls}'/>`)).toEqual(['start-tls'])
    expect(handle({ on: 'secured', security: good })).toEqual(['send-header'])
    handle({ on: 'header', header: header() })
    expect(says(features(mechanisms))).toEqual(['ready'])
  })

  it('is insisted on where it is required, and done without where not', () => {
    const { handle, says, machine } = stream()
    handle({ on: 'header', header: header() })
    expect(says(features(dialback))).toEqual(['close'])
    expect(machine.failure?.reason).toBe('no TLS is offered')
    const other = stream({ tls: 'optional' })
    other.handle({ on: 'header', header: header() })
    expect(other.says(features(dialback))).toEqual(['ready'])
    const none = stream({ tls: 'none' })
    none.handle({ on: 'header', header: header() })
    expect(none.says(features(starttls, dialback))).toEqual(['ready'])
  })

  it('goes no further with whom its certificate does not name, where that is asked for', () => {
    const { opening, machine } = stream({}, selfMade)
    expect(opening).toEqual(['note-failure', 'drop'])
    expect(machine.failure?.reason).toBe('the certificate is not good for b.example')
    expect(stream({ checksCertificate: false }, selfMade).opening).toEqual(['send-header'])
  })

  it('may be refused', () => {
    const { handle, says } = stream()
    handle({ on: 'header', header: header() })
    says(features(starttls))
    expect(says(`<failure xmlns='${NS.tls}'/>`)).toEqual(['close'])
  })
})

describe('proof of who we are', () => {
  it('is by certificate where that is offered', () => {
    const { says, handle, ready } = secured({ wantsBidi: false }, good, mechanisms, dialback)
    expect(ready).toEqual(['ready'])
    expect(handle({ on: 'authenticate' })).toEqual([`<auth xmlns='${NS.sasl}' mechanism='EXTERNAL'>${identity}</auth>`])
    expect(says(`<success xmlns='${NS.sasl}'/>`)).toEqual(['restart', 'send-header'])
    handle({ on: 'header', header: header() })
    expect(says(features())).toEqual(['settle certificate'])
  })

  it('waits until it is asked for, but not longer', () => {
    const { handle, says } = stream({}, good)
    expect(handle({ on: 'authenticate' })).toEqual([])
    handle({ on: 'header', header: header() })
    expect(says(features(mechanisms))).toEqual(['ready', expect.stringContaining('<auth')])
    expect(handle({ on: 'authenticate' })).toEqual([])
  })

  it('is by dialback where a certificate is refused, missing or not asked for', () => {
    const key = `<result xmlns='${NS.dialback}' from='a.example' to='b.example'>key of s1</result>`
    const { says, handle } = secured({ wantsBidi: false }, good, mechanisms, dialback)
    handle({ on: 'authenticate' })
    const failure = `<failure xmlns='${NS.sasl}'><not-authorized/></failure>`
    expect(says(failure)).toEqual(['note-failure', key])
    expect(secured({ hasCertificate: false }, good, mechanisms).handle({ on: 'authenticate' })).toEqual([key])
    expect(secured({}, good, dialback).handle({ on: 'authenticate' })).toEqual([key])
    const valid = `<result xmlns='${NS.dialback}' from='b.example' to='a.example' type='valid'/>`
    expect(says(valid)).toEqual(['settle dialback'])
  })

  it('is not by dialback where that is forbidden', () => {
    const { handle, machine } = secured({ mayDialBack: false }, good, dialback)
    expect(handle({ on: 'authenticate' })).toEqual(['close'])
    expect(machine.failure?.reason).toBe('no way to prove who we are is offered')
    const refused = secured({ mayDialBack: false, wantsBidi: false }, good, mechanisms, dialback)
    refused.handle({ on: 'authenticate' })
    refused.says(`<failure xmlns='${NS.sasl}'><not-authorized/></failure>`)
    expect(refused.machine.failure?.reason).toBe('EXTERNAL was refused: not-authorized')
  })

  it.each(['invalid', 'error'])('fails when the key is answered with %s', (type) => {
    const { handle, says, machine } = secured({}, good, dialback)
    handle({ on: 'authenticate' })
    expect(says(`<result xmlns='${NS.dialback}' from='b.example' to='a.example' type='${type}'/>`)).toEqual([
      'note-failure',
      'close',
    ])
    expect(machine.isAuthenticated).toBe(false)
  })

  it('is not given by an answer for others', () => {
    const { handle, says, machine } = secured({}, good, dialback)
    handle({ on: 'authenticate' })
    says(`<result xmlns='${NS.dialback}' from='c.example' to='a.example' type='valid'/>`)
    says(`<result xmlns='${NS.dialback}' from='b.example' to='c.example' type='valid'/>`)
    expect(machine.isAuthenticated).toBe(false)
  })

  it('is by dialback with a server that knows no features (XEP-0220 §2.2)', () => {
    const { handle } = stream({ tls: 'optional' })
    expect(handle({ on: 'header', header: header('0.9') })).toEqual(['ready'])
    expect(handle({ on: 'authenticate' })[0]).toContain('key of s1')
  })
})

describe('both directions (XEP-0288)', () => {
  it('are asked for before proof, of whom a certificate names', () => {
    const { handle, machine } = secured({}, good, mechanisms, bidi)
    expect(handle({ on: 'authenticate' })[0]).toBe(`<bidi xmlns='urn:xmpp:bidi'/>`)
    expect(machine.isBidirectional).toBe(false)
    const other = secured({ checksCertificate: false }, selfMade, mechanisms, bidi)
    expect(other.handle({ on: 'authenticate' })[0]).toContain('<auth')
  })
})

describe('what the other server says', () => {
  it('are not believed before TLS', () => {
    const said = `<verify xmlns='${NS.dialback}' from='b.example' to='a.example' id='x' type='valid'/>`
    const { handle, says } = stream()
    handle({ on: 'header', header: header() })
    expect(says(said)).toEqual(['error invalid-xml', 'close'])
  })

  it('about keys is passed on at any time', () => {
    const { says } = secured({}, good)
    const said = `<verify xmlns='${NS.dialback}' from='b.example' to='a.example' id='x' type='valid'/>`
    expect(says(said)).toEqual(['answered x valid'])
    const error = `<error type='cancel'><item-not-found xmlns='${NS.stanzaErrors}'/></error>`
    expect(says(said.replace(`type='valid'/>`, `type='error'>${error}</verify>`))).toEqual([
      'answered x item-not-found',
    ])
  })

  it('of limits is remembered (XEP-0478)', () => {
    const limits = `<limits xmlns='urn:xmpp:stream-limits:0'><max-bytes>12000</max-bytes><idle-seconds>60</idle-seconds></limits>`
    expect(secured({}, good, limits).machine.limits).toEqual({ maxBytes: 12_000, idleSeconds: 60 })
    const nonsense = limits.replace('12000', '-1').replace('60', 'soon')
    expect(secured({}, good, nonsense).machine.limits).toEqual({})
  })

  it('as an error is the reason of the end', () => {
    const { says, machine } = stream()
    const error = `<error xmlns='${NS.streams}'><host-unknown xmlns='${NS.streamErrors}'/></error>`
    expect(says(error)).toEqual(['close'])
    expect(machine.failure).toEqual({ reason: 'stream error host-unknown', isTimeout: false })
  })

  it('may be nothing', () => {
    const { handle, machine } = stream()
    expect(handle({ on: 'timeout' })).toEqual(['error connection-timeout', 'close'])
    expect(machine.failure?.isTimeout).toBe(true)
  })
})
