import { describe, expect, it } from 'vitest'
import { StreamError } from '../../stanza/stream-error.ts'
import { asWire } from '../../xml/wire.ts'
import { type BoshRequest, boshNs, readCreation, readRequest, xboshNs } from './request.ts'
import { bodyText, farewellFor, farewellText } from './response.ts'

function request(attributes: Record<string, string>, name = 'body', ns = boshNs): BoshRequest | undefined {
  return readRequest({ name, ns, attr: (key) => attributes[key] }, [])
}

function asked(attributes: Record<string, string>, maxWait = Number.POSITIVE_INFINITY) {
  const read = request({ rid: '1', to: 'example.org', ...attributes })
  return read && readCreation(read, maxWait)
}

describe('what a request is for', () => {
  it.each([
    [{}, 'create'],
    [{ sid: 'a' }, 'payload'],
    [{ sid: 'a', pause: '1' }, 'pause'],
    [{ sid: 'a', pause: '1', [`{${xboshNs}}restart`]: 'true' }, 'restart'],
    [{ sid: 'a', [`{${xboshNs}}restart`]: '1' }, 'restart'],
    [{ sid: 'a', [`{${xboshNs}}restart`]: 'false' }, 'payload'],
    [{ sid: 'a', pause: '1', type: 'terminate', [`{${xboshNs}}restart`]: 'true' }, 'terminate'],
    [{ sid: 'a', type: 'error' }, 'payload'],
    [{ type: 'terminate' }, 'terminate'],
  ])('%j: %s', (attributes, kind) => {
    expect(request(attributes)?.kind).toBe(kind)
  })

  it('is nothing without a body', () => {
    expect(request({}, 'message')).toBeUndefined()
    expect(request({}, 'body', 'jabber:client')).toBeUndefined()
  })
})

describe('numbers', () => {
  it.each([
    ['1', 1],
    ['0001', 1],
    ['9007199254740991', 9_007_199_254_740_991],
    ['9007199254740992', 0],
    ['99999999999999999999', 0],
    ['0', 0],
    ['-1', 0],
    ['1.5', 0],
    ['1e3', 0],
    [' 1', 0],
    ['', 0],
  ])('%j is %d', (rid, expected) => {
    expect(request({ rid })?.rid).toBe(expected)
  })

  it('of acknowledgements are left out when they are none', () => {
    expect([request({ ack: '7' })?.ack, request({ ack: 'x' })?.ack, request({})?.ack]).toEqual([
      7,
      undefined,
      undefined,
    ])
  })
})

describe('a request for a session', () => {
  it.each([
    [{}, { wait: 60, acks: false, ver: '1.11' }],
    [
      { wait: '40', hold: '1', ver: '1.6', ack: '1' },
      { wait: 40, acks: true, ver: '1.6' },
    ],
    [
      { wait: '0', hold: '5', ver: '1.12' },
      { wait: 0, acks: false, ver: '1.11' },
    ],
    [
      { ver: '2.0', ack: '2' },
      { wait: 60, acks: false, ver: '1.11' },
    ],
    [{ ver: '0.99' }, { wait: 60, acks: false, ver: '0.99' }],
    [{ ver: 'new' }, { wait: 60, acks: false, ver: '1.11' }],
    [{ hold: '0' }, 'undefined-condition'],
    [{ hold: 'some' }, 'undefined-condition'],
    [{ wait: 'long' }, 'undefined-condition'],
    [{ wait: '-1' }, 'undefined-condition'],
    [{ to: '' }, 'improper-addressing'],
    [{ rid: 'x' }, 'bad-request'],
  ])('%j: %j', (attributes, expected) => {
    expect(asked(attributes)).toEqual(expected)
  })

  it('waits no longer than it may', () => {
    expect(asked({ wait: '100' }, 50)).toMatchObject({ wait: 50 })
  })
})

describe('an answer', () => {
  it('declares what it uses', () => {
    expect(bodyText({ sid: `a'b`, wait: undefined, 'xmpp:version': '1.0' }, [asWire('<stream:features/>')])).toBe(
      `<body xmlns='http://jabber.org/protocol/httpbind' xmlns:xmpp='urn:xmpp:xbosh' xmlns:stream='http://etherx.jabber.org/streams' sid='a&apos;b' xmpp:version='1.0'><stream:features/></body>`,
    )
  })

  it.each([
    ['system-shutdown', `type='terminate' condition='system-shutdown'/>`],
    ['host-unknown', `type='terminate' condition='host-unknown'/>`],
    [
      'conflict',
      `type='terminate' condition='remote-stream-error'><stream:error><conflict xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error></body>`,
    ],
    [undefined, `type='terminate'/>`],
  ] as const)('that ends a stream with %s', (condition, end) => {
    const error = condition && new StreamError(condition).toElement()
    expect(farewellText(farewellFor(error)).endsWith(end)).toBe(true)
  })
})
