import type { Jid } from '../jid/jid.ts'
import { Stanza } from '../stanza/stanza.ts'
import type { Clock, Timer } from '../util/clock.ts'
import { randomId } from '../util/random-id.ts'
import type { Element } from '../xml/element.ts'

/** How long an answer is waited for unless the asker says otherwise, in milliseconds. */
const defaultTimeout = 32_000

interface Pending {
  readonly to: Jid
  readonly timer: Timer
  readonly settle: (answer: Stanza | 'timeout') => void
}

export interface Question {
  readonly type: 'get' | 'set'
  readonly from: Jid
  readonly to: Jid
  readonly payload: Element
  /** Milliseconds. */
  readonly timeout?: number
}

/** IQs that the server itself asks, and their answers. */
export class IqAsker {
  readonly #pending = new Map<string, Pending>()
  readonly #clock: Clock

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Sends through `send`; the answer is a result or error stanza, or `timeout`. */
  ask(question: Question, send: (stanza: Stanza) => void): Promise<Stanza | 'timeout'> {
    const id = randomId(9)
    return new Promise((resolve) => {
      const settle = (answer: Stanza | 'timeout') => {
        this.#pending.delete(id)
        timer.cancel()
        resolve(answer)
      }
      const timer = this.#clock.after(question.timeout ?? defaultTimeout, () => settle('timeout'))
      this.#pending.set(id, { to: question.to, timer, settle })
      const { type, from, to, payload } = question
      send(Stanza.make('iq', { type, id, from, to }, payload))
    })
  }

  /** Takes a result or error if it answers a question that went to its sender; false when it answers none. */
  answer(stanza: Stanza): boolean {
    const pending = stanza.id === undefined ? undefined : this.#pending.get(stanza.id)
    if (pending === undefined || stanza.from?.full !== pending.to.full) return false
    pending.settle(stanza)
    return true
  }
}
