import { describe, expect, it } from 'vitest'
import { Conversation, message } from '../../../test/support/bosh-conversation.ts'
import { asWire } from '../../xml/wire.ts'

const empty = `<body xmlns='http://jabber.org/protocol/httpbind'/>`
const again = `<body xmlns='http://jabber.org/protocol/httpbind' type='error'/>`
const ended = (condition: string) =>
  `<body xmlns='http://jabber.org/protocol/httpbind' type='terminate' condition='${condition}'/>`
const holding = (...content: string[]) => `<body xmlns='http://jabber.org/protocol/httpbind'>${content.join('')}</body>`

/** A session whose first request, 100, has been answered. */
function begun(...changes: ConstructorParameters<typeof Conversation>): Conversation {
  const talk = new Conversation(...changes)
  talk.writes('<stream:features/>')
  return talk
}

describe('requests', () => {
  it('are held, one of them, until there is something to say', () => {
    const talk = begun()
    talk.asks(101)
    expect(talk.answersTo(101)).toEqual([])
    talk.writes('<a/>', '<b/>')
    expect(talk.answersTo(101)).toEqual([holding('<a/>', '<b/>')])
  })

  it('are answered empty when another one comes', () => {
    const talk = begun()
    talk.asks(101)
    talk.asks(102, message(1))
    expect(talk.answersTo(101)).toEqual([empty])
    expect(talk.answersTo(102)).toEqual([])
    expect(talk.taken).toEqual([1])
  })

  it('are answered empty when they have waited long enough', () => {
    const talk = begun()
    talk.asks(101)
    talk.waits(59_999)
    expect(talk.answersTo(101)).toEqual([])
    talk.waits(1)
    expect(talk.answersTo(101)).toEqual([empty])
  })

  it('are taken in the order of their ids', () => {
    const talk = begun()
    talk.asks(102, message(2))
    expect(talk.taken).toEqual([])
    talk.asks(101, message(1))
    expect(talk.taken).toEqual([1, 2])
    expect([talk.answersTo(101), talk.answersTo(102)]).toEqual([[empty], []])
  })

  it('wait as long as the one before is being taken', () => {
    const talk = begun()
    talk.isSlow = true
    talk.asks(101, message(1))
    talk.asks(102, message(2))
    expect(talk.taken).toEqual([1])
    talk.hasTaken()
    expect(talk.taken).toEqual([1, 2])
  })

  it.each([99, 103, 0, Number.MAX_SAFE_INTEGER])('that are out of the window end the session: %d', (rid) => {
    const talk = begun()
    talk.asks(101)
    talk.asks(102)
    talk.asks(103)
    talk.asks(rid === 103 ? 106 : rid, message(1))
    const wrong = rid === 103 ? 106 : rid
    expect(talk.answersTo(wrong)).toEqual([ended('item-not-found')])
    expect(talk.answersTo(103)).toEqual([ended('item-not-found')])
    expect(talk.taken).toEqual([])
    expect(talk.events).toEqual(['break'])
    expect(talk.window.isOver).toBe(true)
  })

  it('that poll are answered at once', () => {
    const talk = begun({ wait: 0 })
    talk.asks(101)
    expect(talk.answersTo(101)).toEqual([empty])
    talk.writes('<a/>')
    talk.asks(102, message(1))
    expect(talk.answersTo(102)).toEqual([holding('<a/>')])
    expect(talk.taken).toEqual([1])
  })

  it('whose predecessor does not come are to be sent again', () => {
    const talk = begun()
    talk.asks(102, message(2))
    talk.waits(29_999)
    expect(talk.answersTo(102)).toEqual([])
    talk.waits(1)
    expect(talk.answersTo(102)).toEqual([ended('item-not-found')])
    expect(talk.events).toEqual(['expire'])
    const patient = begun({ inactivity: Number.POSITIVE_INFINITY })
    patient.asks(102, message(2))
    patient.waits(60_000)
    expect(patient.answersTo(102)).toEqual([again])
    patient.asks(101, message(1))
    patient.asks(102, message(2))
    expect(patient.taken).toEqual([1, 2])
  })
})

describe('a request that comes again', () => {
  it('gets the same answer and does nothing', () => {
    const talk = begun()
    talk.asks(101, message(1))
    talk.writes('<a/>')
    talk.asks(101, message(1))
    expect(talk.answersTo(101)).toEqual([holding('<a/>'), holding('<a/>')])
    expect(talk.taken).toEqual([1])
  })

  it('takes the place of the one that is held', () => {
    const talk = begun()
    talk.asks(101, message(1))
    talk.asks(101, message(1))
    expect(talk.answersTo(101)).toEqual([again])
    talk.writes('<a/>')
    expect(talk.answersTo(101)).toEqual([again, holding('<a/>')])
    expect(talk.taken).toEqual([1])
  })

  it('takes the place of the one that came before its turn', () => {
    const talk = begun()
    talk.asks(102, message(2))
    talk.asks(102, message(2))
    expect(talk.answersTo(102)).toEqual([again])
    talk.asks(101)
    expect(talk.taken).toEqual([2])
  })

  it('is out of the window when its answer is no longer kept', () => {
    const talk = begun()
    for (let rid = 101; rid <= 104; rid++) talk.asks(rid)
    expect(talk.window.kept).toBe(2)
    talk.asks(101)
    expect(talk.answersTo(101)).toEqual([empty, ended('item-not-found')])
  })
})

describe('a client that hangs up', () => {
  it('gets with its next request what there is', () => {
    const talk = begun()
    talk.asks(101)
    talk.hangsUp(101)
    talk.writes('<a/>')
    expect(talk.window.queuedBytes).toBe(4)
    talk.asks(101)
    expect(talk.answersTo(101)).toEqual([holding('<a/>')])
  })

  it('may go on with another one', () => {
    const talk = begun()
    talk.asks(101)
    talk.hangsUp(101)
    talk.writes('<a/>')
    talk.asks(102)
    expect(talk.answersTo(102)).toEqual([holding('<a/>')])
    talk.asks(101)
    expect(talk.answersTo(101)).toEqual([empty])
  })

  it('loses no answer that could not be sent', () => {
    const talk = begun()
    talk.asks(101)
    talk.writes('<a/>')
    talk.hangsUp(101)
    talk.writes('<b/>')
    talk.asks(102)
    expect(talk.answersTo(102)).toEqual([holding('<a/>', '<b/>')])
  })

  it('has what was sent, once it is known to be there', () => {
    const talk = begun()
    talk.asks(101)
    talk.writes('<a/>')
    talk.receives(101)
    talk.hangsUp(101)
    talk.asks(102)
    expect(talk.answersTo(102)).toEqual([])
  })

  it('gets what was sent in its order, even where that cannot be taken back', () => {
    const talk = begun()
    talk.asks(101)
    talk.writes('<a/>')
    talk.asks(102)
    talk.writes('<b/>')
    talk.hangsUp(101)
    talk.asks(101)
    expect(talk.answersTo(101).at(-1)).toBe(holding('<a/>'))
    expect(talk.answersTo(102)).toEqual([holding('<b/>')])
  })
})

describe('silence', () => {
  it('ends the session', () => {
    const talk = begun()
    talk.waits(29_999)
    expect(talk.events).toEqual([])
    talk.waits(1)
    expect(talk.events).toEqual(['expire'])
  })

  it('does not begin while a request is held, and begins anew with each', () => {
    const talk = begun()
    talk.waits(29_000)
    talk.asks(101)
    talk.waits(60_000)
    expect(talk.answersTo(101)).toEqual([empty])
    talk.waits(29_999)
    expect(talk.events).toEqual([])
    talk.asks(102)
    talk.hangsUp(102)
    talk.waits(30_000)
    expect(talk.events).toEqual(['expire'])
  })

  it('may last for ever', () => {
    const talk = begun({ inactivity: Number.POSITIVE_INFINITY })
    expect(talk.window.deadline).toBe(Number.POSITIVE_INFINITY)
  })
})

describe('a pause', () => {
  it('gives every request back, empty, and may be as long as it says', () => {
    const talk = begun()
    talk.asks(101)
    talk.asks(102, { pause: '100' })
    expect([talk.answersTo(101), talk.answersTo(102)]).toEqual([[empty], [empty]])
    talk.writes('<a/>')
    talk.waits(99_999)
    expect(talk.events).toEqual([])
    talk.asks(103)
    expect(talk.answersTo(103)).toEqual([holding('<a/>')])
    talk.waits(30_000)
    expect(talk.events).toEqual(['expire'])
  })

  it('with something in it is answered empty all the same', () => {
    const talk = begun()
    talk.isSlow = true
    talk.asks(101, { pause: '100', ...message(1) })
    talk.writes('<a/>')
    expect(talk.answersTo(101)).toEqual([])
    talk.hasTaken()
    expect(talk.answersTo(101)).toEqual([empty])
  })

  it.each([
    ['121', 'policy-violation'],
    ['0', 'bad-request'],
    ['-1', 'bad-request'],
    ['a while', 'bad-request'],
    ['', 'bad-request'],
  ])('of %j seconds is refused: %s', (pause, condition) => {
    const talk = begun()
    talk.asks(101)
    talk.asks(102, { pause })
    expect(talk.answersTo(102)).toEqual([ended(condition)])
    expect(talk.events).toEqual(['break'])
  })
})

describe('acknowledgements', () => {
  it('of ours name the highest request that has come', () => {
    const talk = begun({ serverAcks: true })
    talk.asks(102, message(2))
    talk.asks(101, message(1))
    expect(talk.answersTo(101)).toEqual([`<body xmlns='http://jabber.org/protocol/httpbind' ack='102'/>`])
    talk.waits(60_000)
    expect(talk.answersTo(102)).toEqual([empty])
  })

  it('of the client tell which answers are kept', () => {
    const talk = begun({ clientAcks: true })
    for (let rid = 101; rid <= 106; rid++) talk.asks(rid, { ack: '100' })
    expect(talk.window.kept).toBe(5)
    talk.asks(107, { ack: '105' })
    expect(talk.window.kept).toBe(2)
  })

  it('that are missing mean that everything has come', () => {
    const talk = begun({ clientAcks: true })
    for (let rid = 101; rid <= 110; rid++) talk.asks(rid)
    expect(talk.window.kept).toBe(2)
  })

  it('of the client that are behind bring a report', () => {
    const talk = begun({ clientAcks: true })
    talk.asks(101)
    talk.writes('<a/>')
    talk.waits(852)
    talk.asks(102, { ack: '100' })
    expect(talk.answersTo(102)).toEqual([`<body xmlns='http://jabber.org/protocol/httpbind' report='101' time='852'/>`])
    talk.asks(103, { ack: '102' })
    talk.writes('<b/>')
    expect(talk.answersTo(103)).toEqual([holding('<b/>')])
  })

  it('do not make us keep everything', () => {
    const talk = begun({ clientAcks: true })
    for (let rid = 101; rid <= 200; rid++) talk.asks(rid, { ack: '100' })
    expect(talk.window.kept).toBeLessThanOrEqual(16)
    const large = begun({ clientAcks: true })
    for (let rid = 101; rid <= 110; rid++) {
      large.asks(rid, { ack: '100' })
      large.writes(`<a>${'x'.repeat(250_000)}</a>`)
    }
    expect(large.window.kept).toBeLessThanOrEqual(5)
  })
})

describe('the end', () => {
  it('is told to every request, and what is queued to the first', () => {
    const talk = begun()
    talk.asks(101)
    talk.asks(103, message(3))
    talk.window.queue(asWire('<a/>'))
    talk.ends({ condition: 'system-shutdown' })
    const tag = `<body xmlns='http://jabber.org/protocol/httpbind' type='terminate' condition='system-shutdown'`
    expect(talk.answersTo(101)).toEqual([`${tag}><a/></body>`])
    expect(talk.answersTo(103)).toEqual([`${tag}/>`])
    expect(talk.window.isOver).toBe(true)
  })

  it('waits for a request, for a while', () => {
    const talk = begun()
    talk.window.queue(asWire('<a/>'))
    talk.ends({})
    expect(talk.window.isOver).toBe(false)
    talk.asks(101, message(1))
    expect(talk.answersTo(101)).toEqual([
      `<body xmlns='http://jabber.org/protocol/httpbind' type='terminate'><a/></body>`,
    ])
    expect(talk.taken).toEqual([])
    const forgotten = begun({ inactivity: Number.POSITIVE_INFINITY })
    forgotten.ends({})
    forgotten.waits(30_000)
    expect(forgotten.window.isOver).toBe(true)
  })

  it('that the client asks for comes after what it has sent, with what that caused', () => {
    const talk = begun()
    talk.isSlow = true
    talk.asks(101)
    talk.asks(102, { type: 'terminate', ...message(1) })
    expect(talk.answersTo(101)).toEqual([empty])
    talk.writes('<a/>')
    expect(talk.answersTo(102)).toEqual([])
    talk.ends({})
    expect(talk.answersTo(102)).toEqual([
      `<body xmlns='http://jabber.org/protocol/httpbind' type='terminate'><a/></body>`,
    ])
  })
})

describe('what an answer carries', () => {
  it('has a limit; the rest goes with the next one', () => {
    const talk = begun()
    const large = `<a>${'x'.repeat(200_000)}</a>`
    talk.window.queue(asWire(large))
    talk.window.queue(asWire(large))
    talk.asks(101)
    talk.writes()
    talk.asks(102)
    talk.writes()
    expect([talk.answersTo(101), talk.answersTo(102)]).toEqual([[holding(large)], [holding(large)]])
  })
})
