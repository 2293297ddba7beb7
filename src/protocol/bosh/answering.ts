import type { Wire } from '../../xml/wire.ts'
import { AnswerCache } from './answer-cache.ts'
import type { BoshRequest } from './request.ts'
import { type BodyAttributes, bodyText } from './response.ts'

// What an answer carries at most, as it is kept for a while; one element may be larger.
const mostPayload = 262_144

/** What is the same for the whole session; milliseconds, perhaps Infinity. */
export interface WindowRules {
  /** How long a request is held. */
  readonly wait: number
  /** How long there may be no request. */
  readonly inactivity: number
  readonly maxPause: number
  /** We tell what we have received. */
  readonly serverAcks: boolean
  /** The client tells what it has received. */
  readonly clientAcks: boolean
}

/** What is to be done, in this order. */
export type WindowAction<Place> =
  | { readonly do: 'answer'; readonly to: Place; readonly text: Wire }
  /** What this request holds is the client's next; say `taken` when it has been handled. */
  | { readonly do: 'take'; readonly request: BoshRequest }
  /** The client has broken the rules, and has been told: its stream is over. */
  | { readonly do: 'break' }
  /** The client is gone, or nobody has come for the end of the session. */
  | { readonly do: 'expire' }

/** A request that waits for its answer. */
export interface Held<Place> {
  readonly rid: number
  /** Where the answer goes; undefined when the client has hung up. */
  place: Place | undefined
  /** When it came. */
  since: number
}

/** The answers of a session: what is queued for the client, and the requests that it can go with. */
export abstract class AnsweringMachine<Place extends object> {
  protected readonly rules: WindowRules
  protected readonly answers: AnswerCache<Place>
  /** Requests that are taken and not answered, in their order. */
  protected readonly open: Held<Place>[]
  /** Since when there is no request. */
  protected quietSince: number
  /** What the client is told of an answer that it has missed. */
  protected report: BodyAttributes | undefined = undefined
  protected actions: WindowAction<Place>[] = []
  #queue: Wire[] = []
  #queuedBytes = 0
  /** What stands on the first answer only. */
  #greeting: BodyAttributes | undefined = {}

  constructor(rules: WindowRules, first: Held<Place>) {
    this.rules = rules
    this.answers = new AnswerCache(rules.clientAcks)
    this.open = [first]
    this.quietSince = first.since
  }

  /** The highest id of a request that has come, with all before it. */
  protected abstract readonly highest: number

  /** Bytes that wait for a request to answer. */
  get queuedBytes(): number {
    return this.#queuedBytes
  }

  /** Answers that are kept. */
  get kept(): number {
    return this.answers.size
  }

  /** What the first answer tells of the session. */
  greet(greeting: BodyAttributes): void {
    if (this.#greeting !== undefined) this.#greeting = greeting
  }

  /** An element for the client. */
  queue(text: Wire): void {
    this.#queue.push(text)
    this.#queuedBytes += text.length
  }

  /** An answer has been sent. */
  sent(place: Place): void {
    this.answers.sent(place)
  }

  protected collect(step: () => void): readonly WindowAction<Place>[] {
    this.actions = []
    step()
    return this.actions
  }

  protected answer(to: Place, text: Wire): void {
    this.actions.push({ do: 'answer', to, text })
  }

  /** Whether something is queued and can be sent. */
  protected get isReady(): boolean {
    return this.#queue.length > 0 && this.open[0]?.place !== undefined
  }

  /** Answers the oldest request with what is queued, or `empty`. A client that has hung up would not receive it. */
  protected answerOldest(now: number, how?: 'empty'): void {
    const isEmpty = how === 'empty' || this.open[0]?.place === undefined
    const payload = isEmpty ? [] : this.#portion()
    const held = this.open.shift()
    if (held === undefined) return
    const { rid, place } = held
    const greeting = this.#greeting
    const text = bodyText(greeting ?? { ...this.#ack(rid), ...this.report }, payload)
    this.#greeting = undefined
    if (greeting === undefined) this.report = undefined
    // Who has not had the greeting cannot come again.
    this.answers.add({ rid, text, at: now, payload: greeting === undefined ? payload : [], place })
    this.quietSince = now
    if (place !== undefined) this.answer(place, text)
  }

  /** What could not be sent is queued again, and its request is open again. False where there is nothing to take back. */
  protected takeBack(place: Place, now: number): boolean {
    const answered = this.answers.takeBack(place)
    if (answered === undefined) return false
    const { rid, payload } = answered
    this.#queue.unshift(...payload)
    for (const text of payload) this.#queuedBytes += text.length
    this.open.unshift({ rid, place: undefined, since: now })
    return true
  }

  /** Everything that is queued. */
  protected takeQueue(): readonly Wire[] {
    const all = this.#queue
    this.#queue = []
    this.#queuedBytes = 0
    return all
  }

  #portion(): Wire[] {
    let bytes = 0
    let count = 0
    for (const text of this.#queue) {
      if (count > 0 && bytes + text.length > mostPayload) break
      bytes += text.length
      count++
    }
    this.#queuedBytes -= bytes
    return this.#queue.splice(0, count)
  }

  #ack(rid: number): BodyAttributes {
    const { highest } = this
    return this.rules.serverAcks && highest > rid ? { ack: highest } : {}
  }
}
