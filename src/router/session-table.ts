import type { Jid } from '../jid/jid.ts'
import type { Session } from './session.ts'

const none: readonly Session[] = []

/** Who is bound, by bare address. Reading is synchronous; the lists handed out are snapshots that do not change. */
export class SessionTable {
  readonly #byAccount = new Map<string, readonly Session[]>()
  #size = 0

  /** Number of sessions. */
  get size(): number {
    return this.#size
  }

  /** How many of them are on other nodes. */
  elsewhere = 0

  /** Number of accounts with a session. */
  get accounts(): number {
    return this.#byAccount.size
  }

  /** All sessions of an account, oldest first. */
  of(account: Jid): readonly Session[] {
    return this.#byAccount.get(account.bareString) ?? none
  }

  /** The session of a full address. */
  find(jid: Jid): Session | undefined {
    for (const session of this.of(jid)) if (session.jid.resource === jid.resource) return session
    return undefined
  }

  /** Every session there is. */
  *all(): Generator<Session> {
    for (const sessions of this.#byAccount.values()) yield* sessions
  }

  add(session: Session): void {
    const key = session.jid.bareString
    const known = this.#byAccount.get(key)
    this.#byAccount.set(key, known === undefined ? [session] : [...known, session])
    this.#size++
  }

  /** Takes out this very session; false when it was not there (any more). */
  remove(session: Session): boolean {
    const key = session.jid.bareString
    const known = this.#byAccount.get(key)
    if (known === undefined || !known.includes(session)) return false
    if (known.length === 1) this.#byAccount.delete(key)
    else
      this.#byAccount.set(
        key,
        known.filter((other) => other !== session),
      )
    this.#size--
    return true
  }
}
