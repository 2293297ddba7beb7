import { describe, expect, it } from 'vitest'
import { Jid } from '../../jid/jid.ts'
import { Stanza } from '../../stanza/stanza.ts'
import { stanzaKey } from '../../stanza/stanza-key.ts'
import { Holding, overdue } from './holding.ts'

const most = { stanzas: 3, bytes: 2000 }
const stanza = (text: string) =>
  Stanza.fromBytes(Buffer.from(text.replace(/^<\w+/, `$& xmlns='jabber:client'`)), Jid.parse)
const message = (id: string, inner = '') =>
  stanza(`<message from='romeo@example.org/pc' to='juliet@example.org/phone' type='chat' id='${id}'>${inner}</message>`)

/** The ids of what comes out when these go in; `-` where nothing does. */
function outcome(...stanzas: Stanza[]): string {
  const holding = new Holding()
  const out = stanzas.map(
    (one) =>
      holding
        .take(one, 0, most)
        ?.map((held) => held.stanza.id)
        .join(' ') ?? '-',
  )
  return out.join(', ')
}

describe('what is held', () => {
  it('comes out when there is one more than may be', () => {
    expect(outcome(message('1'), message('2'), message('3'), message('4'), message('5'))).toBe('-, -, -, 1 2 3 4, -')
  })

  it('comes out when it is too large', () => {
    const large = `<body>${'x'.repeat(900)}</body>`
    expect(outcome(message('1', large), message('2', large), message('3', large))).toBe('-, -, 1 2 3')
  })

  it('comes out for a request or a call, not for an answer', () => {
    const iq = (type: string) => stanza(`<iq type='${type}' id='${type}'><query xmlns='urn:x'/></iq>`)
    const call = message('call', `<propose xmlns='urn:xmpp:jingle-message:0' id='x'/>`)
    expect(outcome(message('1'), iq('result'), iq('error'))).toBe('-, -, -')
    for (const urgent of [iq('get'), iq('set'), call]) expect(outcome(message('1'), urgent)).toBe(`-, 1 ${urgent.id}`)
  })

  it('keeps its notes', () => {
    const key = stanzaKey<number>('holding.test')
    const holding = new Holding()
    holding.take(message('1').with(key, 7), 0, most)
    expect(holding.empty()[0]?.stanza.get(key)).toBe(7)
    expect(holding.empty()).toEqual([])
  })

  it('says how late it is when that can be noticed, once, and only of messages', () => {
    const delays = (one: Stanza, now: number) =>
      overdue({ stanza: one, at: 0 }, 'example.org', now)
        .elements()
        .map((child) => child.attr('stamp'))
    expect(delays(message('1'), 999)).toEqual([])
    expect(delays(message('1'), 1000)).toEqual(['1970-01-01T00:00:00.000Z'])
    const old = `<delay xmlns='urn:xmpp:delay' stamp='2002-09-10T23:08:25Z'/>`
    expect(delays(message('1', old), 1000)).toEqual(['2002-09-10T23:08:25Z'])
    expect(delays(stanza('<presence/>'), 1000)).toEqual([])
  })
})
