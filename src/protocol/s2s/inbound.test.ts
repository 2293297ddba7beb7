import { describe, expect, it } from 'vitest'
import { NS } from '../../stanza/namespaces.ts'
import { StreamError } from '../../stanza/stream-error.ts'
import { el } from '../../xml/element.ts'
import { parseElement } from '../../xml/parse.ts'
import { serialise } from '../../xml/serialise.ts'
import { fromWire } from '../../xml/wire.ts'
import { clearPeer, type PeerSecurity, type ReceivedHeader } from './events.ts'
import { InboundNegotiation } from './inbound.ts'
import type { InboundAction, InboundEvent, InboundRules } from './inbound-events.ts'

const pair = { local: 'b.example', remote: 'a.example' }
const rules: InboundRules = {
  startTls: 'required',
  offersBidi: () => true,
  limits: { maxBytes: 10_000, idleSeconds: 600 },
  stateTimeout: 5000,
  maxPairs: 3,
  maxChecks: 2,
  defaultDomain: 'b.example',
  language: 'en',
  isServed: (domain) => domain.endsWith('b.example'),
  features: () => [],
  mayDialBack: () => true,
  refuses: ({ remote }) => remote === 'spam.example',
  isOurKey: (_pair, streamId, key) => streamId === 's1' && key === 'right',
  newStreamId: () => 'id',
}

function header(
  attrs: Readonly<Record<string, string>>,
  defaultNs: string = NS.server,
  dialback = false,
): ReceivedHeader {
  const prefixes = new Map<string, string>(dialback ? [['db', NS.dialback]] : [])
  return { name: 'stream', ns: NS.streams, defaultNs, prefixes, attr: (name) => attrs[name] }
}
const usual = header({ from: 'a.example', to: 'b.example', version: '1.0' })
const tls = (...domains: string[]): PeerSecurity => ({
  isSecure: true,
  vouchesFor: (domain) => domains.includes(domain),
})

/** What is said and done, as text. */
function told(actions: readonly InboundAction[]): string[] {
  return actions
    .filter((action) => action.do !== 'arm')
    .map((action) => {
      if (action.do === 'send') return fromWire(serialise(action.element, NS.server))
      if (action.do === 'send-error') return `error ${action.error.condition}`
      if (action.do === 'settle') return `settle ${action.pair.remote} ${action.pair.local} ${action.by}`
      if (action.do === 'check') return `check ${action.pair.remote} ${action.key}`
      return action.do
    })
}

/** A stream that has come so far. */
function stream(own: Partial<InboundRules> = {}, security: PeerSecurity = clearPeer, first = usual) {
  const machine = new InboundNegotiation({ ...rules, ...own }, security)
  const handle = (event: InboundEvent) => told(machine.handle(event))
  handle({ on: 'connected' })
  const opening = handle({ on: 'header', header: first })
  const says = (xml: string) => handle({ on: 'element', element: parseElement(xml) })
  return { machine, handle, opening, says }
}
const claim = (from = 'a.example', to = 'b.example', key = 'k') =>
  `<result xmlns='${NS.dialback}' from='${from}' to='${to}'>${key}</result>`
const external = (identity: string) =>
  `<auth xmlns='${NS.sasl}' mechanism='EXTERNAL'>${identity === '=' ? '=' : Buffer.from(identity).toString('base64')}</auth>`

describe('the header of another server (RFC 6120 §4.7, §4.9.3)', () => {
  it.each([
    ['to nobody', header({ from: 'a.example', version: '1.0' }), 'improper-addressing'],
    ['to a domain that is not here', header({ to: 'c.example', version: '1.0' }), 'host-unknown'],
    ['of a client', header({ to: 'b.example', version: '1.0' }, NS.client), 'invalid-namespace'],
    ['of the time before versions, without dialback', header({ to: 'b.example' }), 'invalid-xml'],
    ['of the future', header({ to: 'b.example', version: '2.0' }), 'unsupported-version'],
    ['without a version where TLS is required', header({ to: 'b.example' }, NS.server, true), 'policy-violation'],
  ])('%s ends the stream, which is opened first', (_what, first, condition) => {
    expect(stream({}, clearPeer, first).opening).toEqual(['send-header', `error ${condition}`, 'close'])
  })

  it('is told of TLS only, where that is required', () => {
    const [, features] = stream().opening
    expect(features).toBe(
      `<features xmlns='${NS.streams}'><starttls xmlns='${NS.tls}'><required/></starttls></features>`,
    )
  })

  it('is told of EXTERNAL only with a certificate that names it', () => {
    expect(stream({}, tls('a.example')).opening[1]).toContain('<mechanism>EXTERNAL</mechanism>')
    expect(stream({}, tls('c.example')).opening[1]).not.toContain('EXTERNAL')
    expect(stream({}, tls()).opening[1]).toContain('<errors/></dialback>')
    expect(stream({ mayDialBack: () => false }, tls()).opening[1]).not.toContain('dialback')
    expect(stream({}, tls()).opening[1]).toContain('<max-bytes>10000</max-bytes><idle-seconds>600</idle-seconds>')
  })

  it('may come once', () => {
    expect(stream().handle({ on: 'header', header: usual })).toEqual(['error policy-violation', 'close'])
  })
})

describe('STARTTLS', () => {
  it('is followed by a new stream', () => {
    const { says, handle } = stream()
    expect(says(`<starttls xmlns='${NS.tls}'/>`)).toEqual([`<proceed xmlns='${NS.tls}'/>`, 'start-tls'])
    expect(handle({ on: 'secured', security: tls('a.example') })).toEqual([])
    expect(handle({ on: 'header', header: usual })[1]).toContain('EXTERNAL')
  })

  it('is refused where there is TLS already, or none', () => {
    for (const { says } of [stream({}, tls()), stream({ startTls: 'none' })]) {
      expect(says(`<starttls xmlns='${NS.tls}'/>`)).toEqual([`<failure xmlns='${NS.tls}'/>`, 'close'])
    }
  })

  it('says nothing when it fails in the middle', () => {
    const { says, handle } = stream()
    says(`<starttls xmlns='${NS.tls}'/>`)
    expect(handle({ on: 'timeout' })).toEqual(['drop'])
  })
})

describe('EXTERNAL (XEP-0178 §4)', () => {
  it('admits the domain of the header, and begins a new stream', () => {
    for (const identity of ['a.example', '=']) {
      const { says, machine, handle } = stream({}, tls('a.example'))
      const success = `<success xmlns='${NS.sasl}'/>`
      expect(says(external(identity))).toEqual([success, 'restart'])
      // Nothing may be sent until the new stream is open.
      expect(machine.admits(pair)).toBe(false)
      const [opening, features, settled] = handle({ on: 'header', header: usual })
      expect([opening, settled]).toEqual(['send-header', 'settle a.example b.example certificate'])
      expect(features).not.toContain('EXTERNAL')
      expect(machine.admits(pair)).toBe(true)
      expect(machine.admits({ local: 'b.example', remote: 'c.example' })).toBe(false)
      expect(says(external('a.example'))).toEqual(['error policy-violation', 'close'])
    }
  })

  it('takes a response after an empty challenge', () => {
    const { says } = stream({}, tls('a.example'))
    expect(says(`<auth xmlns='${NS.sasl}' mechanism='EXTERNAL'/>`)).toEqual([`<challenge xmlns='${NS.sasl}'/>`])
    const response = `<response xmlns='${NS.sasl}'>${Buffer.from('a.example').toString('base64')}</response>`
    expect(says(response)[0]).toContain('<success')
  })

  it.each([
    ['another domain than the header names', tls('a.example', 'c.example'), 'c.example', 'not-authorized'],
    ['a domain that the certificate does not name', tls('c.example'), 'a.example', 'not-authorized'],
    ['what is no domain', tls('a.example'), 'user@a.example', 'not-authorized'],
  ])('refuses %s', (_what, security, identity, condition) => {
    const { says } = stream({}, security)
    const failure = `<failure xmlns='${NS.sasl}'><${condition}/></failure>`
    expect(says(external(identity))).toEqual(['note-failure', failure, 'close'])
  })

  it('refuses other mechanisms, and before TLS ends the stream', () => {
    const { says } = stream({}, tls('a.example'))
    expect(says(`<auth xmlns='${NS.sasl}' mechanism='PLAIN'>AAAA</auth>`)[1]).toContain('<invalid-mechanism/>')
    expect(stream().says(external('a.example'))).toEqual(['error policy-violation', 'close'])
  })

  it('refuses whom a policy forbids', () => {
    const first = header({ from: 'spam.example', to: 'b.example', version: '1.0' })
    const { says } = stream({}, tls('spam.example'), first)
    expect(says(external('spam.example'))[1]).toContain('<not-authorized/>')
  })

  it('may not be followed by another domain', () => {
    const { says, handle } = stream({}, tls('a.example'))
    says(external('a.example'))
    const other = header({ from: 'c.example', to: 'b.example', version: '1.0' })
    expect(handle({ on: 'header', header: other })).toEqual(['send-header', 'error invalid-from', 'close'])
  })
})

describe('dialback (XEP-0220)', () => {
  const answer = (type: string, from = 'b.example', to = 'a.example') =>
    `<result xmlns='${NS.dialback}' from='${from}' to='${to}' type='${type}'`

  it('§2.1 admits a pair when its key is valid', () => {
    const { says, handle, machine } = stream({}, tls())
    expect(says(claim())).toEqual(['check a.example k'])
    expect(machine.admits(pair)).toBe(false)
    expect(handle({ on: 'checked', pair, streamId: 'id', outcome: 'valid' })).toEqual([
      `${answer('valid')}/>`,
      'settle a.example b.example dialback',
    ])
    expect(machine.admits(pair)).toBe(true)
  })

  it('§2.1.2 ends the stream for a key that is not', () => {
    const { says, handle, machine } = stream({}, tls())
    says(claim())
    expect(handle({ on: 'checked', pair, streamId: 'id', outcome: 'invalid' })).toEqual([
      'note-failure',
      `${answer('invalid')}/>`,
      'close',
    ])
    expect(machine.admits(pair)).toBe(false)
  })

  it('§2.4 tells what went wrong, and goes on', () => {
    const { says, handle, machine } = stream({}, tls())
    says(claim())
    const [, told] = handle({ on: 'checked', pair, streamId: 'id', outcome: 'remote-server-timeout' })
    expect(told).toContain(`${answer('error')}><error xmlns='jabber:server' type='wait'`)
    expect(told).toContain('<remote-server-timeout')
    expect(machine.isClosed).toBe(false)
  })

  it.each([
    ['a domain that is not here', claim('a.example', 'c.example'), 'item-not-found'],
    ['whom a policy forbids', claim('spam.example'), 'policy-violation'],
  ])('§2.4 refuses %s', (_what, said, condition) => {
    const [, refusal] = stream({}, tls()).says(said)
    expect(refusal).toContain(`<${condition}`)
  })

  it('is refused before TLS, and where only certificates count', () => {
    expect(stream().says(claim())[1]).toContain('<policy-violation')
    expect(stream({ mayDialBack: () => false }, tls()).says(claim())[1]).toContain('<policy-violation')
  })

  it('needs no question where the certificate says it all', () => {
    const { says } = stream({ mayDialBack: () => false }, tls('a.example'))
    expect(says(claim())).toEqual([`${answer('valid')}/>`, 'settle a.example b.example certificate'])
  })

  it('§2.3 takes several pairs on one stream, but not without end', () => {
    const { says, handle, machine } = stream({}, tls())
    says(claim())
    says(claim('a.example', 'rooms.b.example'))
    expect(says(claim('c.example'))[1]).toContain('<resource-constraint')
    expect(says(claim())[1]).toContain('<not-acceptable')
    for (const local of ['b.example', 'rooms.b.example']) {
      handle({ on: 'checked', pair: { local, remote: 'a.example' }, streamId: 'id', outcome: 'valid' })
    }
    expect(machine.admits({ local: 'rooms.b.example', remote: 'a.example' })).toBe(true)
    says(claim('c.example'))
    expect(says(claim('d.example'))[1]).toContain('<resource-constraint')
  })

  it('does not take an answer for the stream before TLS, or before EXTERNAL', () => {
    let id = 0
    const newStreamId = () => `id${++id}`
    const early = stream({ startTls: 'offered', newStreamId })
    early.says(claim())
    early.says(`<starttls xmlns='${NS.tls}'/>`)
    early.handle({ on: 'secured', security: tls('c.example') })
    const other = header({ from: 'c.example', to: 'b.example', version: '1.0' })
    early.handle({ on: 'header', header: other })
    expect(early.handle({ on: 'checked', pair, streamId: 'id1', outcome: 'valid' })).toEqual([])
    early.says(claim())
    expect(early.handle({ on: 'checked', pair, streamId: 'id1', outcome: 'valid' })).toEqual([])
    early.says(external('c.example'))
    expect(early.handle({ on: 'checked', pair, streamId: 'id2', outcome: 'valid' })).toEqual([])
    expect(early.machine.admits(pair)).toBe(false)
  })

  it('§2.4 ends the stream of who claims too much that cannot be proven', () => {
    const { says, handle, machine } = stream({}, tls())
    for (const remote of ['c.example', 'd.example', 'e.example']) {
      expect(machine.isClosed).toBe(false)
      says(claim(remote))
      handle({ on: 'checked', pair: { local: 'b.example', remote }, streamId: 'id', outcome: 'item-not-found' })
    }
    expect(machine.isClosed).toBe(true)
  })

  it('does not take an answer that nobody has asked for', () => {
    const { handle, machine } = stream({}, tls())
    expect(handle({ on: 'checked', pair, streamId: 'id', outcome: 'valid' })).toEqual([])
    expect(machine.admits(pair)).toBe(false)
    expect(stream({}, tls()).says(`${answer('valid', 'a.example', 'b.example')}/>`)).toEqual([
      'error invalid-xml',
      'close',
    ])
  })

  it('§2.2 answers questions about keys of our own', () => {
    const { says } = stream({}, tls())
    const ask = (id: string, key: string, to = 'b.example') =>
      says(`<verify xmlns='${NS.dialback}' from='a.example' to='${to}' id='${id}'>${key}</verify>`)
    const attrs = `from='b.example' to='a.example' id='s1'`
    expect(ask('s1', 'right')).toEqual([`<verify xmlns='${NS.dialback}' ${attrs} type='valid'/>`])
    expect(ask('s1', 'wrong')).toEqual([`<verify xmlns='${NS.dialback}' ${attrs} type='invalid'/>`])
    expect(ask('s2', 'right')[0]).toContain(`type='invalid'`)
    expect(ask('s1', 'right', 'c.example')[0]).toContain('<item-not-found')
  })

  it.each([`<result xmlns='${NS.dialback}' to='b.example'>k</result>`, claim('a@b'), claim('')])(
    'ends the stream for %s',
    (said) => {
      expect(stream({}, tls()).says(said)).toEqual(['error improper-addressing', 'close'])
    },
  )
})

describe('both directions (XEP-0288)', () => {
  const bidi = `<bidi xmlns='urn:xmpp:bidi'/>`

  it('are asked for before authentication', () => {
    const { says, machine } = stream({}, tls('a.example'))
    expect(says(bidi)).toEqual([])
    says(external('a.example'))
    expect(machine.isBidirectional).toBe(true)
  })

  it('are not to be had later, nor where they are not offered', () => {
    const { says, machine } = stream({}, tls('a.example'))
    says(claim())
    says(bidi)
    expect(machine.isBidirectional).toBe(false)
    expect(stream({ offersBidi: () => false }, tls()).says(bidi)).toEqual(['error policy-violation', 'close'])
  })
})

describe('the end', () => {
  it('comes with an error, in time, or in good order', () => {
    const error = new StreamError('system-shutdown')
    expect(stream().handle({ on: 'broken', error })).toEqual(['error system-shutdown', 'close'])
    expect(stream().handle({ on: 'timeout' })).toEqual(['error connection-timeout', 'close'])
    const { handle, says } = stream()
    expect(handle({ on: 'stream-end' })).toEqual(['close'])
    expect(says(claim())).toEqual([])
  })

  it('comes for what has no place on a stream between servers', () => {
    expect(stream().says('<x xmlns="urn:x"/>')).toEqual(['error not-authorized', 'close'])
    const { says } = stream({}, tls('a.example'))
    says(claim())
    expect(says('<x xmlns="urn:x"/>')).toEqual(['error unsupported-stanza-type', 'close'])
  })
})

it('tells the features that modules have', () => {
  const { opening } = stream({ features: () => [el('c', 'urn:c')] }, tls())
  expect(opening[1]).toContain(`<c xmlns='urn:c'/>`)
})
