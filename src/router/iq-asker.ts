import type { Jid } from '../jid/jid.ts'
import { Stanza } from '../stanza/stanza.ts'
import type { Clock, Timer } from '../util/clock.ts'
import { randomId } from '../util/random-id.ts'
import type { Element } from '../xml/element.ts'

/** How long an answer is waited for unless the asker says otherwise, in milliseconds. */
const defaultTimeout = 32_000

/** Questions that one address may leave open; beyond that it is taken to answer none. */
const maxOpen = 50

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
  /** Open questions, by the address asked. */
  readonly #open = new Map<string, number>()
  readonly #clock: Clock

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Sends through `send`; the answer is a result or error stanza, or `timeout`. */
  ask(question: Question, send: (stanza: Stanza) => void): Promise<Stanza | 'timeout'> {
    const asked = question.to.full
    const open = this.#open.get(asked) ?? 0
    if (open >= maxOpen) return Promise.resolve('timeout')
    this.#open.set(asked, open + 1)
    const id = randomId(9)
    return new Promise((resolve) => {
      const settle = (answer: Stanza | 'timeout') => {
        this.#pending.delete(id)
        this.#close(asked)
        timer.cancel()
        resolve(answer)
      }
      const timer = this.#clock.after(question.timeout ?? defaultTimeout, () => settle('timeout'))
      this.#pending.set(id, { to: question.to, timer, settle })
      const { type, from, to, payload } = question
      send(Stanza.make('iq', { type, id, from, to }, payload))
    })
  }

  #close(asked: string): void {
    const left = (this.#open.get(asked) ?? 1) - 1
    if (left === 0) this.#open.delete(asked)
    else this.#open.set(asked, left)
  }

  /** Takes a result or error if it answers a question that went to its sender; false when it answers none. */
  answer(stanza: Stanza): boolean {
    const pending = stanza.id === undefined ? undefined : this.#pending.get(stanza.id)
    if (pending === undefined || stanza.from?.full !== pending.to.full) return false
    pending.settle(stanza)
    return true
  }
}
