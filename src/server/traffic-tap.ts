import type { Tap, Traced } from '../admin/control.ts'
import type { TrafficTap } from '../edges/client-traffic.ts'
import type { Jid } from '../jid/jid.ts'

/** Signed-in clients change passwords by XEP-0077. */
const password = /(<password[^>]*>)[^<]+/g

/** Shows what the sessions of an account, or one of them, or another server, send and receive. Nothing is seen before a session is bound. */
export class SharedTap implements TrafficTap, Tap {
  readonly #lookers = new Map<string, Set<(traced: Traced) => void>>()
  readonly #all = new Set<(traced: Traced) => void>()

  get isOpen(): boolean {
    return this.#lookers.size > 0 || this.#all.size > 0
  }

  /** Shows what all sessions, and other servers, send and receive. The function returned ends it. */
  lookAtAll(show: (traced: Traced) => void): () => void {
    this.#all.add(show)
    return () => this.#all.delete(show)
  }

  /** `jid`: bare for all sessions of the account. The function returned ends it. */
  look(jid: Jid, show: (traced: Traced) => void): () => void {
    const key = jid.full
    const lookers = this.#lookers.get(key) ?? new Set()
    this.#lookers.set(key, lookers.add(show))
    return () => {
      lookers.delete(show)
      if (lookers.size === 0) this.#lookers.delete(key)
    }
  }

  saw(jid: Jid, direction: 'in' | 'out', text: string): void {
    const traced = { jid: jid.full, direction, text: text.replace(password, '$1***') }
    for (const show of [...this.#all]) show(traced)
    for (const key of new Set([jid.full, jid.bareString])) for (const show of this.#lookers.get(key) ?? []) show(traced)
  }
}
