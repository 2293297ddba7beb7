import { describe, expect, it } from 'vitest'
import { stanzas, streamEnd, streamStart } from './corpus/stanzas.ts'
import { fuzzCount, mutate, numbers } from './mutate.ts'
import { piecesOf, scan } from './xml-events.ts'

const documents = stanzas.map((stanza) => Buffer.from(`${streamStart}${stanza} \n${stanza}${streamEnd}`))

describe('however the bytes are cut, the outcome is the same', () => {
  it('for each stanza of the corpus cut in two at every place', () => {
    for (const stanza of stanzas) {
      const bytes = Buffer.from(streamStart + stanza + streamEnd)
      const whole = scan([bytes])
      expect(whole.end, stanza).toBe('closed')
      for (let at = 1; at < bytes.length; at++) {
        expect(scan([bytes.subarray(0, at), bytes.subarray(at)]), `${stanza} cut at ${at}`).toEqual(whole)
      }
    }
  })

  it('for each document byte by byte and in threes', () => {
    for (const bytes of documents) {
      const whole = scan([bytes])
      for (const size of [1, 3]) expect(scan(piecesOf(bytes, size))).toEqual(whole)
    }
  })

  it('for the whole corpus in one stream, in pieces of many sizes', () => {
    const bytes = Buffer.from(streamStart + stanzas.join('\n') + streamEnd)
    const whole = scan([bytes])
    expect(whole.end).toBe('closed')
    for (let size = 1; size < 3000; size += 1 + (size >> 3))
      expect(scan(piecesOf(bytes, size)), `pieces of ${size}`).toEqual(whole)
  })

  it('for mutated documents, errors included', () => {
    const below = numbers(6120)
    for (let i = 0; i < fuzzCount(4000); i++) {
      const bytes = mutate(documents[i % documents.length] as Buffer, below)
      const whole = scan([bytes])
      expect(scan(piecesOf(bytes, 1)), bytes.toString('latin1')).toEqual(whole)
      expect(scan(piecesOf(bytes, 1 + below(100))), bytes.toString('latin1')).toEqual(whole)
    }
  })

  it('for limits that are reached', () => {
    const below = numbers(8)
    for (let i = 0; i < 2000; i++) {
      const bytes = documents[i % documents.length] as Buffer
      const limits = {
        maxElementBytes: 20 + below(400),
        maxHeaderBytes: 150 + below(200),
        maxDepth: 1 + below(6),
        maxAttributes: 1 + below(8),
        maxNameBytes: 10 + below(150),
      }
      expect(scan(piecesOf(bytes, 1), limits)).toEqual(scan([bytes], limits))
    }
  })
})
