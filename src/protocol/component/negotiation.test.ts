import { describe, expect, it } from 'vitest'
import { NS } from '../../stanza/namespaces.ts'
import { StreamError } from '../../stanza/stream-error.ts'
import { el } from '../../xml/element.ts'
import type { ReceivedHeader } from '../s2s/events.ts'
import type { ComponentAction, ComponentRules } from './events.ts'
import { handshakeOf } from './handshake.ts'
import { ComponentNegotiation } from './negotiation.ts'

const rules: ComponentRules = {
  password: 'secret',
  stateTimeout: 5000,
  defaultDomain: 'localhost',
  newStreamId: () => '3BF96D32',
}

function header(attrs: Readonly<Record<string, string>>, other: Partial<ReceivedHeader> = {}): ReceivedHeader {
  const usual = { name: 'stream', ns: NS.streams, defaultNs: NS.component, prefixes: new Map() }
  return { ...usual, attr: (name) => attrs[name], ...other }
}
const usual = header({ to: 'plays.shakespeare.lit' })
const handshake = (text: string, ns: string = NS.client) => el('handshake', ns, text)
const right = handshake(handshakeOf('3BF96D32', 'secret'))

/** What is done, and the conditions of errors. */
function shown(actions: readonly ComponentAction[]): string[] {
  return actions.map((action) => (action.do === 'send-error' ? `error ${action.error.condition}` : action.do))
}

function opened(by = usual): ComponentNegotiation {
  const machine = new ComponentNegotiation(rules)
  expect(shown(machine.handle({ on: 'connected' }))).toEqual(['arm'])
  expect(shown(machine.handle({ on: 'header', header: by }))).toEqual(['send-header', 'arm'])
  return machine
}

describe('the stream of a component', () => {
  it('XEP-0114 §3: is answered in the name of the component, and opened by the hash of id and password', () => {
    const machine = new ComponentNegotiation(rules)
    const [answer] = machine.handle({ on: 'header', header: usual })
    expect(answer).toEqual({ do: 'send-header', header: { from: 'plays.shakespeare.lit', id: '3BF96D32' } })
    // SHA-1 of "3BF96D32secret", made elsewhere.
    const element = handshake('b09ea9b3b7f586be8a08d0a3dd7466f110aeb136')
    expect(handshakeOf('3BF96D32', 'secret')).toBe(element.text())
    const claim = { name: 'plays.shakespeare.lit', isPrefix: false }
    expect(machine.handle({ on: 'element', element })).toEqual([{ do: 'register', claim }])
    expect(machine.isEstablished).toBe(false)
    expect(shown(machine.handle({ on: 'registered', isGiven: true }))).toEqual(['welcome'])
    expect(machine.isEstablished).toBe(true)
  })

  it.each([
    ['another one', handshakeOf('3BF96D32', 'other')],
    ['upper case', handshakeOf('3BF96D32', 'secret').toUpperCase()],
    ['too short', handshakeOf('3BF96D32', 'secret').slice(1)],
    ['empty', ''],
  ])('XEP-0114 §3: a handshake that is wrong, %s, is not-authorized and noted', (_what, text) => {
    const actions = opened().handle({ on: 'element', element: handshake(text) })
    expect(shown(actions)).toEqual(['note-failure', 'error not-authorized', 'close'])
  })

  it('core §2.1: what comes before the handshake is not-authorized, a handshake of another namespace invalid-namespace', () => {
    const element = el('message', NS.client, { to: 'alice@localhost' })
    expect(shown(opened().handle({ on: 'element', element }))).toEqual(['error not-authorized', 'close'])
    const strange = handshake(right.text(), 'urn:strange')
    expect(shown(opened().handle({ on: 'element', element: strange }))).toEqual(['error invalid-namespace', 'close'])
  })

  it.each([
    ['the namespace of clients', header({ to: 'a.example' }, { defaultNs: NS.client }), 'invalid-namespace'],
    ['the other way to connect', header({ to: 'a' }, { defaultNs: 'jabber:component:connect' }), 'invalid-namespace'],
    ['a root that is no stream', header({ to: 'a.example' }, { ns: NS.component }), 'invalid-namespace'],
    ['another root of streams', header({ to: 'a.example' }, { name: 'features' }), 'bad-format'],
    ['nobody named', header({}), 'host-unknown'],
    ['an address of somebody', header({ to: 'romeo@a.example' }), 'host-unknown'],
    ['what is no domain', header({ to: 'a b' }), 'host-unknown'],
  ])(
    'XEP-0114 §3, RFC 6120 §4.9.1.2: a header with %s is answered with one, then the error',
    (_what, by, condition) => {
      const actions = new ComponentNegotiation(rules).handle({ on: 'header', header: by })
      expect(shown(actions)).toEqual(['send-header', `error ${condition}`, 'close'])
    },
  )

  it('core §10: is_subdomain asks for a name beside each hosted domain', () => {
    const machine = opened(header({ to: 'Chat', is_subdomain: 'true' }))
    const [action] = machine.handle({ on: 'element', element: right })
    expect(action).toEqual({ do: 'register', claim: { name: 'chat', isPrefix: true } })
    const plain = opened(header({ to: 'chat', is_subdomain: 'false' })).handle({ on: 'element', element: right })
    expect(plain).toEqual([{ do: 'register', claim: { name: 'chat', isPrefix: false } }])
  })

  it('core §10: a name that is taken is a conflict', () => {
    const machine = opened()
    machine.handle({ on: 'element', element: right })
    expect(shown(machine.handle({ on: 'registered', isGiven: false }))).toEqual(['error conflict', 'close'])
    expect(machine.handle({ on: 'stream-end' })).toEqual([])
  })

  it('core §8: silence is connection-timeout, with a header first where there was none', () => {
    expect(shown(opened().handle({ on: 'timeout' }))).toEqual(['error connection-timeout', 'close'])
    const silent = new ComponentNegotiation(rules)
    silent.handle({ on: 'connected' })
    expect(shown(silent.handle({ on: 'timeout' }))).toEqual(['send-header', 'error connection-timeout', 'close'])
    const patient = new ComponentNegotiation({ ...rules, stateTimeout: Number.POSITIVE_INFINITY })
    expect(patient.handle({ on: 'connected' })).toEqual([])
  })

  it('RFC 6120 §4.4: its end is answered in kind, whatever its state', () => {
    expect(shown(opened().handle({ on: 'stream-end' }))).toEqual(['close'])
    const machine = opened()
    machine.handle({ on: 'element', element: right })
    machine.handle({ on: 'registered', isGiven: true })
    const error = new StreamError('system-shutdown')
    expect(shown(machine.handle({ on: 'broken', error }))).toEqual(['error system-shutdown', 'close'])
    expect(machine.isEstablished).toBe(false)
  })

  it('RFC 6120 §4.3.5: a second header is a violation', () => {
    expect(shown(opened().handle({ on: 'header', header: usual }))).toEqual(['error policy-violation', 'close'])
  })
})
