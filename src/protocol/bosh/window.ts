import type { Wire } from '../../xml/wire.ts'
import { AnsweringMachine, type Held, type WindowAction, type WindowRules } from './answering.ts'
import type { BoshRequest } from './request.ts'
import { type Farewell, farewellText, recoverableText } from './response.ts'

/** How many requests a client may have under way, and how many of them wait here. */
export const requestsAllowed = 2
export const requestsHeld = 1

// How long the end of a session is kept for a client that has no request here, in milliseconds.
const mostLinger = 30_000

interface Early<Place> extends Held<Place> {
  readonly request: BoshRequest
}

type Actions<Place> = readonly WindowAction<Place>[]

/**
 * The requests and answers of one session (XEP-0124 §8 to §14): puts requests into the order of their ids, holds one of them,
 * keeps answers for those who have not received them. No I/O and no clock: what happens comes in with its time, what is to
 * be done comes out. `Place` is where an answer can be sent, once.
 */
export class BoshWindow<Place extends object> extends AnsweringMachine<Place> {
  /** The id of the request that is to be taken next. */
  #next: number
  /** Requests that came before their turn, at most {@link requestsAllowed}. */
  readonly #early = new Map<number, Early<Place>>()
  /** The request that is being taken. */
  #taking: BoshRequest | undefined = undefined
  /** What the client has asked for, until its next request; milliseconds. */
  #pause: number | undefined = undefined
  #farewell: Wire | undefined = undefined
  #isFarewellTold = false

  /** Begins with the request that asked for the session; say `taken` for it, too, if there is something in it. */
  constructor(rules: WindowRules, first: { readonly request: BoshRequest; readonly place: Place }, now: number) {
    const { request, place } = first
    super(rules, { rid: request.rid, place, since: now })
    this.#next = request.rid + 1
    if (request.elements.length > 0) this.#taking = request
  }

  /** Whether the session is over and the client has been told. */
  get isOver(): boolean {
    return this.#isFarewellTold
  }

  /** Sends what is queued, if there is a request to answer. */
  flush(now: number): Actions<Place> {
    return this.collect(() => this.#flush(now))
  }

  /** A request has come. */
  arrived(request: BoshRequest, place: Place, now: number): Actions<Place> {
    return this.collect(() => {
      const { rid } = request
      this.quietSince = now
      if (this.#farewell !== undefined) this.#tell(place, this.#farewell)
      else if (rid >= this.#next && rid < this.#next + requestsAllowed) this.#await(request, place, now)
      else this.#again(rid, place, now)
    })
  }

  /** The request that was last given to be taken has been handled. */
  taken(now: number): Actions<Place> {
    return this.collect(() => {
      const request = this.#taking
      this.#taking = undefined
      if (request === undefined || this.#farewell !== undefined) return
      this.#finish(request, now)
      this.#accept(now)
    })
  }

  /** The client has hung up before the answer had been sent: a held request, or one that has just been answered. */
  gone(place: Place, now: number): Actions<Place> {
    return this.collect(() => {
      if (this.#farewell !== undefined) return
      for (const held of [...this.open, ...this.#early.values()]) {
        if (held.place !== place) continue
        held.place = undefined
        this.quietSince = now
      }
      if (this.takeBack(place, now)) this.#settle(now)
    })
  }

  /** When {@link timeout} is to be called next; Infinity for never. */
  get deadline(): number {
    if (this.#farewell !== undefined) return this.quietSince + Math.min(this.#mayBeQuiet, mostLinger)
    const waiting = this.#waiting().map(({ since }) => since + this.rules.wait)
    return Math.min(...waiting, this.#isQuiet ? this.quietSince + this.#mayBeQuiet : Number.POSITIVE_INFINITY)
  }

  timeout(now: number): Actions<Place> {
    return this.collect(() => {
      if (now < this.deadline) return
      if (this.#farewell !== undefined) this.#expire()
      else if (this.#isQuiet && now >= this.quietSince + this.#mayBeQuiet) {
        this.#end({ condition: 'item-not-found' }, [], now)
        this.#expire()
      } else this.#answerLate(now)
    })
  }

  /** The session is over; every request that is here is told, the first one with what is queued. */
  end(farewell: Farewell, now: number): Actions<Place> {
    return this.collect(() => {
      if (this.#farewell === undefined) this.#end(farewell, this.takeQueue(), now)
    })
  }

  protected get highest(): number {
    let highest = this.#next - 1
    while (this.#early.has(highest + 1)) highest++
    return highest
  }

  /** A request for the window. One that has come before takes its place: it is the same one again. */
  #await(request: BoshRequest, place: Place, now: number): void {
    const { rid } = request
    const before = this.#early.get(rid)
    if (before?.place !== undefined) this.answer(before.place, recoverableText)
    this.#early.set(rid, { rid, request: before?.request ?? request, place, since: now })
    this.#accept(now)
  }

  /** A request that was taken before: it is answered again, but not done again. */
  #again(rid: number, place: Place, now: number): void {
    const held = this.open.find((each) => each.rid === rid)
    const answer = this.answers.find(rid)
    if (held !== undefined) {
      if (held.place !== undefined) this.answer(held.place, recoverableText)
      held.place = place
      held.since = now
      this.#settle(now)
    } else if (answer !== undefined) this.answer(place, answer)
    else {
      this.#violate({ condition: 'item-not-found' }, now)
      this.#tell(place, farewellText({ condition: 'item-not-found' }))
    }
  }

  /** Takes the requests whose turn it is, as long as nothing has to be waited for. */
  #accept(now: number): void {
    while (this.#taking === undefined && this.#farewell === undefined) {
      const early = this.#early.get(this.#next)
      if (early === undefined) break
      const { rid, place, since, request } = early
      this.#early.delete(rid)
      this.#next++
      this.open.push({ rid, place, since })
      this.#begin(request, now)
    }
    if (this.#farewell === undefined) this.#settle(now)
  }

  #begin(request: BoshRequest, now: number): void {
    this.#pause = undefined
    this.report = this.answers.acknowledge(request.ack, now)
    const isPause = request.kind === 'pause'
    if (isPause && request.pause === 0) this.#violate({ condition: 'bad-request' }, now)
    else if (isPause && request.pause * 1000 > this.rules.maxPause) {
      this.#violate({ condition: 'policy-violation' }, now)
    } else if (request.elements.length === 0 && (isPause || request.kind === 'payload')) this.#finish(request, now)
    else {
      this.#taking = request
      this.actions.push({ do: 'take', request })
    }
  }

  /** A pause gives every request back, with nothing in it (XEP-0124 §10). */
  #finish({ kind, pause }: BoshRequest, now: number): void {
    if (kind !== 'pause') return
    this.#pause = pause * 1000
    while (this.open.length > 0) this.answerOldest(now, 'empty')
  }

  /** Answers what is not to be held, and where there is something to tell. */
  #settle(now: number): void {
    while (this.open.length > requestsHeld) this.answerOldest(now)
    const mayHold = this.rules.wait > 0 && this.report === undefined
    if (this.#taking === undefined && !mayHold) this.answerOldest(now)
    this.#flush(now)
  }

  #flush(now: number): void {
    // What these are answered with is known when they have been handled.
    const isHeldBack = this.#taking?.kind === 'pause' || this.#taking?.kind === 'terminate'
    if (!isHeldBack && this.isReady) this.answerOldest(now)
  }

  /** The requests that somebody waits for the answer of. */
  #waiting(): Held<Place>[] {
    return [...this.open, ...this.#early.values()].filter(({ place }) => place !== undefined)
  }

  get #isQuiet(): boolean {
    return this.open.every(({ place }) => place === undefined)
  }

  get #mayBeQuiet(): number {
    return this.#pause ?? this.rules.inactivity
  }

  #answerLate(now: number): void {
    const isLate = ({ place, since }: Held<Place>) => place !== undefined && now >= since + this.rules.wait
    const [oldest] = this.open
    if (oldest !== undefined && isLate(oldest)) this.answerOldest(now)
    for (const early of [...this.#early.values()].filter(isLate)) {
      // The one before it has not come: both may come again.
      if (this.#taking === undefined) this.#early.delete(early.rid)
      if (early.place !== undefined) this.answer(early.place, recoverableText)
      early.place = undefined
    }
  }

  #violate(farewell: Farewell, now: number): void {
    this.#end(farewell, [], now)
    this.actions.push({ do: 'break' })
  }

  #expire(): void {
    this.#isFarewellTold = true
    this.actions.push({ do: 'expire' })
  }

  #end(farewell: Farewell, queued: readonly Wire[], now: number): void {
    const bare = farewellText(farewell)
    const whole = queued.length === 0 ? bare : farewellText(farewell, queued)
    const waiting = this.#waiting().sort((a, b) => a.rid - b.rid)
    this.#farewell = waiting.length === 0 ? whole : bare
    for (const [nth, { place }] of waiting.entries()) {
      if (place !== undefined) this.#tell(place, nth === 0 ? whole : bare)
    }
    this.open.length = 0
    this.#early.clear()
    this.takeQueue()
    this.quietSince = now
  }

  #tell(place: Place, text: Wire): void {
    this.#isFarewellTold = true
    this.answer(place, text)
  }
}
