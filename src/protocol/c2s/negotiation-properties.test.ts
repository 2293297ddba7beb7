import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { auth, bindIq, header, plainAuth, rulesOf, secure } from '../../../test/support/negotiation-driver.ts'
import { Jid } from '../../jid/jid.ts'
import { NS } from '../../stanza/namespaces.ts'
import { StanzaError } from '../../stanza/stanza-error.ts'
import { StreamError } from '../../stanza/stream-error.ts'
import { el } from '../../xml/element.ts'
import { clearChannel } from '../sasl/mechanism.ts'
import type { C2sAction, C2sEvent } from './events.ts'
import { C2sNegotiation } from './negotiation.ts'

const elements = [
  el('starttls', NS.tls),
  plainAuth,
  auth('PLAIN'),
  auth('SCRAM-SHA-1', Buffer.from('n,,n=lena,r=abc').toString('base64')),
  auth('GSSAPI'),
  el('response', NS.sasl, Buffer.from('\0lena\0secret').toString('base64')),
  el('abort', NS.sasl),
  bindIq('phone'),
  bindIq('\u0007'),
  el('iq', NS.client, { type: 'set', id: 's' }, el('session', NS.session)),
  el('iq', NS.client, { type: 'get', id: 'g' }, el('query', 'jabber:iq:register')),
  el('message', NS.client),
  el('resume', 'urn:xmpp:sm:3'),
  el('stream', NS.streams),
]

const anyEvent: fc.Arbitrary<C2sEvent> = fc.oneof(
  fc.constantFrom<C2sEvent>(
    { on: 'connected' },
    { on: 'header', header: header() },
    { on: 'header', header: header() },
    { on: 'header', header: header({ to: 'nowhere.example' }) },
    { on: 'secured', security: secure },
    { on: 'sasl-answer', answer: { is: 'yes' } },
    { on: 'sasl-answer', answer: { is: 'yes' } },
    { on: 'sasl-answer', answer: { is: 'no', condition: 'not-authorized' } },
    { on: 'sasl-answer', answer: { is: 'keys', keys: undefined } },
    { on: 'offer-answer', answer: { isTaken: true } },
    { on: 'offer-answer', answer: { isTaken: false } },
    { on: 'offer-answer', answer: { isTaken: true, opensSession: true } },
    { on: 'bound', full: Jid.parse('lena@example.org/phone') },
    { on: 'bind-refused', error: new StanzaError('conflict') },
    { on: 'timeout' },
    { on: 'stream-end' },
    { on: 'broken', error: new StreamError('not-well-formed') },
  ),
  fc.constantFrom(...elements).map((element): C2sEvent => ({ on: 'element', element })),
)

/** What a watcher of the actions holds against them. */
class Watcher {
  #headers = 0
  #isOver = false
  #isSecure: boolean
  #isHandedOver = false

  constructor(isSecure: boolean) {
    this.#isSecure = isSecure
  }

  see(action: C2sAction, mustSecure: boolean): void {
    expect(this.#isOver).toBe(false)
    if (this.#isHandedOver) expect(action.do).toBe('pass-on')
    if (action.do === 'send-header') {
      this.#headers++
      expect(this.#headers).toBe(1)
    } else if (action.do === 'restart') this.#headers = 0
    else if (action.do === 'start-tls') {
      expect(this.#isSecure).toBe(false)
      this.#isSecure = true
      this.#headers = 0
    } else if (action.do === 'send') this.#seeElement(action, mustSecure)
    else if (action.do === 'send-error') expect(this.#headers).toBe(1)
    else if (action.do === 'close' || action.do === 'drop') this.#isOver = true
    else if (action.do === 'hand-over') this.#isHandedOver = true
    expect(action.do).not.toBe('note-fault')
  }

  #seeElement({ element }: C2sAction & { do: 'send' }, mustSecure: boolean): void {
    const tellsMechanisms = element.child('mechanisms', NS.sasl) !== undefined
    if (tellsMechanisms && mustSecure) expect(this.#isSecure).toBe(true)
    if (element.is('features', NS.streams)) expect(this.#headers).toBe(1)
  }
}

function watch(machine: C2sNegotiation, events: C2sEvent[], of: { isSecure: boolean; mustSecure: boolean }): void {
  const watcher = new Watcher(of.isSecure)
  for (const event of events) {
    // The owner holds input back while an answer is awaited.
    if (machine.isBusy && (event.on === 'element' || event.on === 'header')) continue
    for (const action of machine.handle(event)) watcher.see(action, of.mustSecure)
  }
}

describe('whatever happens', () => {
  it.each([
    ['required', false],
    ['offered', false],
    ['none', false],
    ['none', true],
  ] as const)(
    'nothing is thrown, said twice, said too early or said after the end (%s, TLS %s)',
    (startTls, isSecure) => {
      const properties = fc.record({
        events: fc.array(anyEvent, { maxLength: 40 }),
        awaitsSessionIq: fc.boolean(),
        hidesServiceName: fc.boolean(),
      })
      fc.assert(
        fc.property(properties, ({ events, ...changes }) => {
          watch(new C2sNegotiation(rulesOf({ startTls, ...changes }), isSecure ? secure : clearChannel), events, {
            isSecure,
            mustSecure: startTls === 'required',
          })
        }),
        { numRuns: 2000 },
      )
    },
  )

  it('a way through, disturbed anywhere, is never a way in without authentication', () => {
    const steps: C2sEvent[] = [
      { on: 'connected' },
      { on: 'header', header: header() },
      { on: 'element', element: plainAuth },
      { on: 'sasl-answer', answer: { is: 'yes' } },
      { on: 'sasl-answer', answer: { is: 'yes' } },
      { on: 'header', header: header() },
      { on: 'element', element: bindIq('phone') },
      { on: 'bound', full: Jid.parse('lena@example.org/phone') },
    ]
    const way = fc.tuple(fc.nat(steps.length), fc.array(anyEvent, { minLength: 1, maxLength: 3 }))
    fc.assert(
      fc.property(way, ([at, extra]) => {
        const machine = new C2sNegotiation(rulesOf({}), secure)
        const events = [...steps.slice(0, at), ...extra, ...steps.slice(at)]
        const seen: string[] = []
        for (const event of events) seen.push(...machine.handle(event).map((action) => action.do))
        if (seen.includes('bind') || seen.includes('hand-over')) expect(seen).toContain('note-success')
      }),
      { numRuns: 2000 },
    )
  })
})
