import type { Wire } from '../../xml/wire.ts'

/** An answer that may be asked for again. */
export interface Answered<Place> {
  readonly rid: number
  readonly text: Wire
  /** When it was sent, in milliseconds. */
  readonly at: number
  /** What it carries; none for one that is not to be taken back. */
  readonly payload: readonly Wire[]
  /** Where it goes, until it is known to be there. */
  place: Place | undefined
}

/** Answers that are kept in any case: as many as a client may have requests under way. */
const keptAlways = 2
// A client that acknowledges nothing does not make us keep more than this.
const mostKept = 16
const mostBytes = 1 << 20

/** The answers that a client may ask for again, because it has perhaps not received them (XEP-0124 §14.3). */
export class AnswerCache<Place> {
  /** Whether the client says what it has received (XEP-0124 §9.2). */
  readonly #hasAcks: boolean
  readonly #kept: Answered<Place>[] = []
  #acknowledged = 0
  #bytes = 0

  constructor(hasAcks: boolean) {
    this.#hasAcks = hasAcks
  }

  /** How many are kept. */
  get size(): number {
    return this.#kept.length
  }

  add(answer: Answered<Place>): void {
    this.#kept.push(answer)
    this.#bytes += answer.text.length
    this.#trim()
  }

  find(rid: number): Wire | undefined {
    return this.#kept.find((answer) => answer.rid === rid)?.text
  }

  /**
   * Takes what a request says: the client has all answers up to `ack`, or all there are where it is undefined. Gives the first
   * one that it misses, and how many milliseconds ago that was sent, where it is still here.
   */
  acknowledge(ack: number | undefined, now: number): { report: number; time: number } | undefined {
    const last = this.#kept.at(-1)
    if (!this.#hasAcks || last === undefined) return undefined
    this.#acknowledged = Math.max(this.#acknowledged, Math.min(ack ?? last.rid, last.rid))
    this.#trim()
    if (ack === undefined || ack >= last.rid) return undefined
    const missed = this.#kept.find(({ rid }) => rid === ack + 1)
    return missed && { report: missed.rid, time: Math.max(0, now - missed.at) }
  }

  /** The answer has arrived, as far as can be known here. */
  sent(place: Place): void {
    const answer = this.#kept.find((each) => each.place === place)
    if (answer !== undefined) answer.place = undefined
  }

  /** The answer could not be sent. Gives it back if it has something in it and is the latest, as order would be lost otherwise. */
  takeBack(place: Place): Answered<Place> | undefined {
    const last = this.#kept.at(-1)
    const isLast = last?.place === place && last.payload.length > 0
    if (!isLast) {
      this.sent(place)
      return undefined
    }
    this.#kept.pop()
    this.#bytes -= last.text.length
    return last
  }

  #trim(): void {
    while (this.#kept.length > keptAlways) {
      const [first] = this.#kept
      if (first === undefined) return
      const isWanted = this.#hasAcks && first.rid > this.#acknowledged
      if (isWanted && this.#kept.length <= mostKept && this.#bytes <= mostBytes) return
      this.#kept.shift()
      this.#bytes -= first.text.length
    }
  }
}
