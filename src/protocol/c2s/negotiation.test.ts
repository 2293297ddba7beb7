import { describe, expect, it } from 'vitest'
import {
  actions,
  auth,
  bindIq,
  driver,
  header,
  hostOf,
  plainAuth,
  secure,
  shown,
} from '../../../test/support/negotiation-driver.ts'
import { Jid } from '../../jid/jid.ts'
import { NS } from '../../stanza/namespaces.ts'
import { StreamError } from '../../stanza/stream-error.ts'
import { el } from '../../xml/element.ts'
import { clearChannel } from '../sasl/mechanism.ts'

const starttls = el('starttls', NS.tls)
const message = el('message', NS.client, { to: 'x@example.org' })
const sessionIq = el('iq', NS.client, { type: 'set', id: 's' }, el('session', NS.session))

describe('the whole way over TCP with STARTTLS', () => {
  it('leads to a session', () => {
    const client = driver({ startTls: 'required', awaitsSessionIq: true })
    expect(client.sees({ on: 'connected' })).toEqual(['arm 5000'])
    expect(client.opens()).toEqual([
      'header from=example.org id=1 lang=en',
      'send features[starttls[required]]',
      'arm 5000',
    ])
    expect(client.says(starttls)).toEqual(['send proceed', 'start-tls', 'arm 5000'])
    expect(client.sees({ on: 'secured', security: secure })).toEqual(['arm 5000'])
    expect(client.opens({ from: 'lena@example.org' })).toEqual([
      'header from=example.org to=lena@example.org id=2 lang=en',
      'send features[mechanisms[SCRAM-SHA-1-PLUS SCRAM-SHA-1 PLAIN] sasl-channel-binding[channel-binding] register]',
      'arm 5000',
    ])
    expect(client.says(plainAuth)).toEqual(['ask password'])
    expect(client.isBusy).toBe(true)
    expect(client.answers({ is: 'yes' })).toEqual(['ask admission'])
    expect(client.answers({ is: 'yes' })).toEqual([
      'success lena@example.org PLAIN',
      'send success',
      'restart',
      'arm 5000',
    ])
    expect(client.opens()).toEqual([
      'header from=example.org id=3 lang=en',
      'send features[bind session[optional] sm]',
      'arm 5000',
    ])
    expect(client.says(bindIq('phone'))).toEqual(['bind phone'])
    expect(client.sees({ on: 'bound', full: Jid.parse('lena@example.org/phone') })).toEqual([
      'send iq/result b1[bind[jid[lena@example.org/phone]]]',
      'disarm',
    ])
    expect(client.says(sessionIq)).toEqual(['send iq/result s', 'hand-over'])
    expect(client.state).toBe('session')
    expect(client.says(message)).toEqual([])
  })
})

describe('features per state', () => {
  it.each([
    ['starttls_required, clear', { startTls: 'required' }, clearChannel, 'features[starttls[required]]'],
    [
      'starttls, clear',
      { startTls: 'offered' },
      clearChannel,
      'features[starttls mechanisms[SCRAM-SHA-1 PLAIN] register]',
    ],
    ['no TLS at all', { startTls: 'none' }, clearChannel, 'features[mechanisms[SCRAM-SHA-1 PLAIN] register]'],
    [
      'direct TLS',
      { startTls: 'none' },
      secure,
      'features[mechanisms[SCRAM-SHA-1-PLUS SCRAM-SHA-1 PLAIN] sasl-channel-binding[channel-binding] register]',
    ],
    [
      'TLS ended by somebody else',
      { startTls: 'none', maxStanzaBytes: 65_536 },
      { ...secure, bindingTypes: [] },
      'features[mechanisms[SCRAM-SHA-1 PLAIN] register limits[max-bytes[65536]]]',
    ],
  ] as const)('%s', (_name, rules, security, expected) => {
    expect(driver(rules, security).opens()[1]).toBe(`send ${expected}`)
  })

  it('leaves mechanisms out where there are none', () => {
    const host = { ...hostOf('example.org'), mechanisms: [] }
    expect(driver({ startTls: 'offered', host: () => host }).opens()[1]).toBe('send features[starttls register]')
  })

  it('announces the type of each channel binding', () => {
    const features = driver({}, secure)
      .machine.handle({ on: 'header', header: header() })
      .flatMap((action) => (action.do === 'send' ? [action.element] : []))[0]
    const announced = features?.child('sasl-channel-binding', 'urn:xmpp:sasl-cb:0')
    expect(announced?.elements().map((each) => each.attr('type'))).toEqual(['tls-exporter'])
  })
})

describe('the answer to a header', () => {
  it.each([
    [{ from: 'lena@example.org' }, 'header from=example.org to=lena@example.org id=1 lang=en'],
    [{ from: 'not an address' }, 'header from=example.org id=1 lang=en'],
    [{ 'xml:lang': 'de-CH' }, 'header from=example.org id=1 lang=de-CH'],
    [{ 'xml:lang': 'x'.repeat(36) }, 'header from=example.org id=1 lang=en'],
    [{ 'xml:lang': '' }, 'header from=example.org id=1 lang=en'],
    [{ to: 'EXAMPLE.org' }, 'header from=example.org id=1 lang=en'],
    [{ to: 'other.example' }, 'header from=other.example id=1 lang=en'],
    [{ to: 'nowhere.example' }, 'header from=example.org id=1 lang=en'],
  ])('%j', (attributes, expected) => {
    expect(driver().opens(attributes)[0]).toBe(expected)
  })
})

describe('headers that end the stream', () => {
  it.each([
    [{ to: undefined }, {}, 'host-unknown'],
    [{ to: '' }, {}, 'host-unknown'],
    [{ to: 'nowhere.example' }, {}, 'host-unknown'],
    [{ to: 'lena@example.org' }, {}, 'host-unknown'],
    [{ version: undefined }, {}, 'unsupported-version'],
    [{ version: '0.9' }, {}, 'unsupported-version'],
    [{ version: '2.0' }, {}, 'unsupported-version'],
    [{ version: '1' }, {}, 'unsupported-version'],
    [{}, { ns: 'jabber:client' }, 'invalid-namespace'],
    [{}, { defaultNs: 'jabber:server' }, 'invalid-namespace'],
    [{}, { name: 'streams' }, 'bad-format'],
  ])('%j %j: %s', (attributes, changes, condition) => {
    const client = driver()
    const seen = client.sees({ on: 'header', header: { ...header(attributes), ...changes } })
    expect(seen.slice(1)).toEqual([`error ${condition}`, 'close'])
    expect(client.state).toBe('closed')
    expect(client.opens()).toEqual([])
  })

  it('takes minor versions that it does not know', () => {
    expect(driver().opens({ version: '1.7' })[1]).toMatch(/^send features/)
  })

  it('a second one', () => {
    const client = driver()
    client.opens()
    expect(client.opens()).toEqual(['error policy-violation', 'close'])
    const other = driver()
    other.opens()
    expect(other.says(el('stream', NS.streams))).toEqual(['error policy-violation', 'close'])
  })
})

describe('before a header', () => {
  it('an element is an error, with a header of our own', () => {
    expect(driver().says(message)).toEqual(['header from=example.org id=1 lang=en', 'error bad-format', 'close'])
  })

  it.each([
    ['timeout', 'connection-timeout'],
    ['broken', 'not-well-formed'],
  ] as const)('%s', (on, condition) => {
    const event = on === 'timeout' ? { on } : { on, error: new StreamError('not-well-formed') }
    expect(driver().sees(event)).toEqual(['header from=example.org id=1 lang=en', `error ${condition}`, 'close'])
  })

  it('says nothing to what is not XMPP when it hides', () => {
    expect(
      driver({ hidesServiceName: true }).sees({ on: 'broken', error: new StreamError('not-well-formed') }),
    ).toEqual(['drop'])
    expect(driver({ hidesServiceName: true }).says(message)).toEqual(['drop'])
    const open = driver({ hidesServiceName: true })
    open.opens()
    expect(open.sees({ on: 'broken', error: new StreamError('not-well-formed') })).toEqual([
      'error not-well-formed',
      'close',
    ])
  })

  it('the end of the stream is just the end', () => {
    expect(driver().sees({ on: 'stream-end' })).toEqual(['drop'])
    const open = driver()
    open.opens()
    expect(open.sees({ on: 'stream-end' })).toEqual(['close'])
  })
})

describe('elements out of place before authentication', () => {
  it.each([
    [message, 'not-authorized'],
    [el('auth', 'urn:wrong'), 'invalid-namespace'],
    [el('starttls', 'urn:wrong'), 'invalid-namespace'],
    [el('response', 'urn:wrong'), 'invalid-namespace'],
    [el('success', NS.sasl), 'bad-format'],
  ])('%o', (element, condition) => {
    const client = driver({}, secure)
    client.opens()
    let seen = client.says(element)
    if (seen[0]?.startsWith('offer') === true) seen = client.sees({ on: 'offer-answer', answer: { isTaken: false } })
    expect(seen).toEqual([`error ${condition}`, 'close'])
  })

  it.each([
    [message, 'not-authorized'],
    [starttls, 'invalid-namespace'],
    [el('response', 'urn:wrong'), 'invalid-namespace'],
    [el('abort', 'urn:wrong'), 'invalid-namespace'],
    [auth('PLAIN'), 'policy-violation'],
  ])('in the middle of an exchange: %o', (element, condition) => {
    const client = driver({}, secure)
    client.opens()
    expect(client.says(auth('PLAIN'))).toEqual(['send challenge', 'arm 5000'])
    expect(client.state).toBe('sasl')
    expect(client.says(element).at(-2)).toMatch(new RegExp(`^error ${condition}`))
  })

  it('an element while an answer is awaited is a fault of ours', () => {
    const client = driver({}, secure)
    client.opens()
    client.says(plainAuth)
    expect(client.says(plainAuth)).toEqual(['error internal-server-error', 'close'])
  })
})

describe('over WebSocket', () => {
  const open = (attributes = {}) => ({ ...header(attributes), name: 'open', ns: NS.framing, defaultNs: '' })

  it('is opened by open', () => {
    const client = driver({ framing: 'framed' }, { ...secure, bindingTypes: [] })
    expect(client.sees({ on: 'header', header: open() })).toEqual([
      'header from=example.org id=1 lang=en',
      'send features[mechanisms[SCRAM-SHA-1 PLAIN] register]',
      'arm 5000',
    ])
    client.logsIn()
    expect(client.sees({ on: 'header', header: open() })[1]).toBe('send features[bind session[optional] sm]')
  })

  it('knows no stream header', () => {
    const client = driver({ framing: 'framed' })
    expect(client.opens()).toEqual(['header from=example.org id=1 lang=en', 'error invalid-namespace', 'close'])
  })
})

describe('timers and faults', () => {
  it('arms none where states may last', () => {
    const client = driver({ stateTimeout: Infinity }, secure)
    expect(client.sees({ on: 'connected' })).toEqual([])
    expect(client.opens()).toHaveLength(2)
  })

  it('a fault of ours is told to the log, not to the client', () => {
    const client = driver({
      host: () => {
        throw new Error('secret detail')
      },
    })
    const done = client.machine.handle({ on: 'header', header: header() })
    expect(shown(done)).toEqual([
      'fault secret detail',
      'header from=example.org id=1 lang=en',
      'error internal-server-error',
      'close',
    ])
    expect(actions(done)).toContain('note-fault')
  })

  it('keeps what the session wants to know', () => {
    const client = driver({}, secure)
    client.authenticates()
    expect(client.machine.mechanism).toBe('PLAIN')
    expect(client.machine.streamId).toBe('2')
    expect(client.machine.lang).toBeUndefined()
    const german = driver({}, secure)
    german.opens({ 'xml:lang': 'de' })
    expect(german.machine.lang).toBe('de')
  })
})
