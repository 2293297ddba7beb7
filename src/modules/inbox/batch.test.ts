import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Jid } from '../../jid/jid.ts'
import { Batch } from './batch.ts'

const conversation = (name: string) => ({ owner: Jid.parse('alice@a.example'), remote: Jid.parse(`${name}@b.example`) })
const newest = (at: number, messageId = `m${at}`) => ({
  at,
  messageId,
  archiveId: `a${at}`,
  content: Buffer.from(String(at)),
})

describe('changes that are written together', () => {
  it('are one for each conversation, with the last message and the times of all', () => {
    const batch = new Batch()
    batch.message(conversation('b'), newest(1), 'count')
    batch.message(conversation('c'), newest(2), 'reset')
    batch.message(conversation('b'), newest(3), 'count')
    expect(batch.size).toBe(2)
    expect(batch.span).toEqual({ first: 1, last: 3 })
    expect([...batch.changes]).toMatchObject([
      { newest: { at: 3 }, unread: 2, isReset: false },
      { newest: { at: 2 }, unread: 0, isReset: true },
    ])
    const key = { owner: 'alice@a.example', remote: 'b@b.example' }
    expect(batch.changeAt(key, 3)).toBeDefined()
    expect(batch.changeAt(key, 1)).toBeUndefined()
  })

  it('keep markers of what they do not know for the database', () => {
    const batch = new Batch()
    batch.marker(conversation('b'), 'old')
    batch.message(conversation('b'), newest(1), 'count')
    batch.marker(conversation('b'), 'other')
    expect([...batch.changes]).toMatchObject([{ marked: ['old'], unread: 1, isReset: false }])
    batch.marker(conversation('b'), 'a1')
    expect([...batch.changes]).toMatchObject([{ unread: 0, isReset: true }])
  })

  it('come to the same as one after another', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constantFrom('count' as const, 'reset' as const), id: fc.integer({ min: 1, max: 3 }) }),
      fc.record({ kind: fc.constant('marker' as const), id: fc.integer({ min: 0, max: 3 }) }),
    )
    const start = fc.record({ unread: fc.nat(5), id: fc.integer({ min: 0, max: 3 }) })
    fc.assert(
      fc.property(start, fc.array(step, { maxLength: 12 }), (before, steps) => {
        const batch = new Batch()
        let { unread, id } = before
        steps.forEach((each, at) => {
          const text = `m${each.id}`
          if (each.kind === 'marker') {
            batch.marker(conversation('b'), text)
            if (each.id === id) unread = 0
          } else {
            batch.message(conversation('b'), newest(at, text), each.kind)
            unread = each.kind === 'reset' ? 0 : unread + 1
            id = each.id
          }
        })
        const [change] = batch.changes
        let outcome = before.unread
        if (change !== undefined) {
          if (change.marked.includes(`m${before.id}`)) outcome = 0
          outcome = (change.isReset ? 0 : outcome) + change.unread
        }
        expect(outcome).toBe(unread)
      }),
    )
  })
})
