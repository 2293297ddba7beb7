import { describe, expect, it } from 'vitest'
import { Jid } from '../../jid/jid.ts'
import { Stanza } from '../../stanza/stanza.ts'
import { el } from '../../xml/element.ts'
import { fromWire } from '../../xml/wire.ts'
import type { ArchivedMessage } from './reader.ts'
import { resultMessage } from './results.ts'

const romeo = Jid.parse('żółw@montague.example/orchard')
const envelope = { from: romeo, to: romeo, ns: 'urn:xmpp:mam:2', queryId: `a'b<` }

function archived(bytes: Buffer): ArchivedMessage {
  return { id: 1_714_637_469_120_331, flags: 0, remote: 1, resource: '', stanza: 1, bytes }
}

const forwardedIn = (result: Stanza) =>
  result.child('result', 'urn:xmpp:mam:2')?.child('forwarded', 'urn:xmpp:forward:0')

describe('a result', () => {
  it('has the message as it was, who sent it, and when to the microsecond', () => {
    const message = Stanza.make('message', { from: romeo, id: 'ü' }, el('body', 'jabber:client', '🐢 & <b>'))
    const result = resultMessage(archived(message.toBytes()), envelope)
    expect(result.child('result', 'urn:xmpp:mam:2')?.attrs).toEqual({ queryid: `a'b<`, id: '1GNEGIK7TQB' })
    const forwarded = forwardedIn(result)
    expect(forwarded?.child('delay', 'urn:xmpp:delay')?.attrs).toEqual({
      from: romeo.full,
      stamp: '2024-05-02T08:11:09.120331Z',
    })
    expect(fromWire(result.toWire('client'))).toContain(fromWire(message.toWire('framed')))
  })

  it('has no queryid where the question had none', () => {
    const message = Stanza.make('message', { from: romeo })
    const result = resultMessage(archived(message.toBytes()), { ...envelope, queryId: undefined })
    expect(result.child('result', 'urn:xmpp:mam:2')?.attr('queryid')).toBeUndefined()
  })

  it('tells that a message cannot be read any more', () => {
    for (const broken of ['<message', '</forwarded>', '', '<message>']) {
      const message = forwardedIn(resultMessage(archived(Buffer.from(broken)), envelope))?.child(
        'message',
        'jabber:client',
      )
      expect(message?.attr('type')).toBe('error')
      expect(message?.childText('body')).toBe('Failed to decode message in database')
    }
  })

  it('shows what may be seen of it', () => {
    const message = Stanza.make('message', { from: romeo, to: romeo }, el('x', 'urn:x'))
    const result = resultMessage(archived(message.toBytes()), envelope, (stored) =>
      stored.without(() => true).readdressed(stored.from, undefined),
    )
    const shown = forwardedIn(result)?.child('message', 'jabber:client')
    expect([shown?.attr('to'), shown?.children]).toEqual([undefined, []])
  })
})
