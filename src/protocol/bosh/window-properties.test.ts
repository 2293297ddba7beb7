import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Conversation } from '../../../test/support/bosh-conversation.ts'

/** What may happen next. */
type Step =
  | { readonly is: 'ask'; readonly behind: number; readonly messages: number }
  | { readonly is: 'repeat'; readonly back: number }
  | { readonly is: 'hang-up'; readonly back: number }
  | { readonly is: 'write' | 'pause' | 'taken' | 'read' }
  | { readonly is: 'wait'; readonly ms: number }

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ is: fc.constant('ask' as const), behind: fc.nat(1), messages: fc.nat(2) }) },
  { weight: 2, arbitrary: fc.record({ is: fc.constantFrom('repeat' as const, 'hang-up' as const), back: fc.nat(2) }) },
  {
    weight: 5,
    arbitrary: fc.record({
      is: fc.constantFrom('write' as const, 'pause' as const, 'taken' as const, 'read' as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ is: fc.constant('wait' as const), ms: fc.nat(20_000) }) },
)

const rules = fc.record({
  wait: fc.constantFrom(0, 1000, 60_000),
  serverAcks: fc.boolean(),
  clientAcks: fc.boolean(),
})

/** A client that keeps to the rules, over connections that break: it sends again what has had no answer. */
class Client {
  readonly talk: Conversation
  /** Numbers of the messages in each request, from 101 on. */
  readonly requests: number[][] = []
  /** What it has read, in the order of its requests. */
  readonly read: number[] = []
  #written = 0
  #sent = 0
  #nextRead = 100
  /** Ids of requests that it has not sent yet, although the one behind has been. */
  #late: number[] = []

  constructor(...of: ConstructorParameters<typeof Conversation>) {
    this.talk = new Conversation({ ...of[0], inactivity: Number.POSITIVE_INFINITY })
    this.talk.isSlow = true
    this.write()
  }

  get written(): number {
    return this.#written
  }

  get sent(): number {
    return this.#sent
  }

  write(): void {
    this.talk.writes(`<m n='${++this.#written}'/>`)
  }

  play(next: Step): void {
    switch (next.is) {
      case 'ask':
        this.#ask(next)
        break
      case 'repeat':
      case 'hang-up':
        this.#again(next)
        break
      case 'write':
        this.write()
        break
      case 'pause':
        if (this.#underWay.length < 2 && this.#late.length === 0) this.#send([], { pause: '60' })
        break
      case 'taken':
        this.talk.hasTaken()
        break
      case 'read':
        this.readAnswers()
        break
      case 'wait':
        this.talk.waits(next.ms)
    }
  }

  /** Reads answers as far as there are any without a gap. */
  readAnswers(): void {
    for (;;) {
      const answer = this.talk.answersTo(this.#nextRead).findLast((text) => !text.includes(`type='error'`))
      if (answer === undefined) return
      for (const [, number] of answer.matchAll(/<m n='(\d+)'\/>/g)) this.read.push(Number(number))
      this.#nextRead++
    }
  }

  /** Everything that is late is sent, everything is taken, and everything read. */
  finish(): void {
    for (let round = 0; round < 200; round++) {
      if (this.#late.length > 0) this.#sendLate()
      for (const rid of this.#underWay) this.talk.asks(rid, this.#asked(rid))
      this.talk.hasTaken()
      this.readAnswers()
      if (this.#underWay.length === 0) this.#send([])
    }
  }

  /** Ids of requests whose answer it has not read. */
  get #underWay(): number[] {
    const last = 100 + this.requests.length
    return Array.from({ length: last - this.#nextRead + 1 }, (_, i) => this.#nextRead + i).filter(
      (rid) => rid > 100 && !this.#late.includes(rid),
    )
  }

  #ask({ behind, messages }: Step & { is: 'ask' }): void {
    if (this.#late.length > 0) {
      this.#sendLate()
      return
    }
    // Two may be under way; one that is overtaken counts as well.
    this.readAnswers()
    const room = 2 - this.#underWay.length
    if (room < 1) return
    const numbers = Array.from({ length: messages }, () => ++this.#sent)
    if (behind === 1 && room === 2) {
      this.requests.push(numbers)
      this.#late.push(100 + this.requests.length)
      this.#send([++this.#sent])
    } else this.#send(numbers)
  }

  #sendLate(): void {
    const rid = this.#late.shift()
    if (rid !== undefined) this.talk.asks(rid, this.#asked(rid))
  }

  #send(numbers: number[], more: Record<string, string> = {}): void {
    this.requests.push(numbers)
    const rid = 100 + this.requests.length
    this.talk.asks(rid, { ...this.#asked(rid), ...more })
  }

  #asked(rid: number): { messages: readonly number[]; ack?: string } {
    return { messages: this.requests[rid - 101] ?? [], ack: String(Math.max(100, this.#nextRead - 1)) }
  }

  #again({ is, back }: Step & { is: 'repeat' | 'hang-up' }): void {
    const rid = this.#underWay.at(-1 - back)
    if (rid === undefined) return
    if (is === 'repeat') this.talk.asks(rid, this.#asked(rid))
    else if (!this.talk.answersTo(rid).length) this.talk.hangsUp(rid)
  }
}

describe('whatever happens to the connections of a client that keeps to the rules', () => {
  it('everything arrives once and in order, both ways, and nothing ends', () => {
    fc.assert(
      fc.property(rules, fc.array(step, { maxLength: 60 }), (chosen, steps) => {
        const client = new Client(chosen)
        for (const next of steps) {
          client.play(next)
          expect(client.talk.events).toEqual([])
          expect(client.talk.window.kept).toBeLessThanOrEqual(16)
        }
        client.finish()
        expect(client.talk.events).toEqual([])
        expect(client.talk.taken).toEqual(Array.from({ length: client.sent }, (_, i) => i + 1))
        expect(client.read).toEqual(Array.from({ length: client.written }, (_, i) => i + 1))
      }),
      { numRuns: 1000 },
    )
  })
})

describe('whatever a client sends', () => {
  it('is answered once a request, taken once, and what is kept has a bound', () => {
    const anything = fc.record({
      rid: fc.integer({ min: 95, max: 110 }),
      kind: fc.constantFrom({}, { pause: '5' }, { pause: 'x' }, { type: 'terminate' }, { ack: '101' }, { ack: '999' }),
      messages: fc.nat(2),
      ms: fc.constantFrom(0, 10, 70_000),
      isTaken: fc.boolean(),
      hangsUp: fc.boolean(),
    })
    fc.assert(
      fc.property(rules, fc.array(anything, { maxLength: 40 }), (chosen, asked) => {
        const talk = new Conversation(chosen)
        talk.isSlow = true
        let number = 0
        for (const { rid, kind, messages, ms, isTaken, hangsUp } of asked) {
          talk.asks(rid, { ...kind, messages: Array.from({ length: messages }, () => ++number) })
          talk.writes('<a/>')
          if (isTaken) talk.hasTaken()
          if (hangsUp) talk.hangsUp(rid)
          talk.waits(ms)
          expect(talk.window.kept).toBeLessThanOrEqual(16)
        }
        expect(new Set(talk.taken).size).toBe(talk.taken.length)
        talk.ends({})
        talk.asks(1)
        expect(talk.window.isOver).toBe(true)
        expect(talk.answersTo(1)).toHaveLength(1)
        expect(talk.events.length).toBeLessThanOrEqual(1)
      }),
      { numRuns: 1000 },
    )
  })
})
