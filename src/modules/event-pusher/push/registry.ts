import type { Jid } from '../../../jid/jid.ts'
import type { SessionTable } from '../../../router/session-table.ts'
import { Lru } from '../../../util/lru.ts'
import type { PushStore } from './store.ts'
import { enabledService, keyOf, type Subscription } from './subscription.ts'

/** Users whose subscriptions are remembered: most of those who are written to while they are away. */
const remembered = 10_000

/** Who wants to be notified where. */
export class PushRegistry {
  readonly #store: PushStore
  readonly #sessions: SessionTable
  readonly #now: () => number
  readonly #known = new Lru<string, Promise<readonly Subscription[]>>(remembered)

  constructor(store: PushStore, sessions: SessionTable, now: () => number) {
    this.#store = store
    this.#sessions = sessions
    this.#now = now
  }

  /** Those of a user. */
  of(user: Jid): Promise<readonly Subscription[]> {
    const known = this.#known.get(user.bareString)
    if (known !== undefined) return known
    const loading: Promise<readonly Subscription[]> = this.#store.list(user).catch((error: unknown) => {
      if (this.#known.get(user.bareString) === loading) this.#known.delete(user.bareString)
      throw error
    })
    this.#known.set(user.bareString, loading)
    return loading
  }

  /** Adds one, or gives it other options. Resolves when it is on disk. */
  enable(user: Jid, subscription: Subscription): Promise<void> {
    return this.#after(user, this.#store.put(user, subscription, this.#now()))
  }

  /** Forgets one, in the sessions of the user too. */
  disable(user: Jid, { jid, node }: Pick<Subscription, 'jid' | 'node'>): Promise<void> {
    const key = keyOf({ jid, node })
    for (const session of this.#sessions.of(user)) {
      const enabled = session.get(enabledService)
      if (enabled !== undefined && keyOf(enabled) === key) session.set(enabledService, undefined)
    }
    return this.#after(user, this.#store.remove(user, { jid, node }))
  }

  forget(user: Jid): Promise<void> {
    return this.#after(user, this.#store.forget(user))
  }

  async forgetDomain(domain: string): Promise<void> {
    const write = this.#store.forgetDomain(domain)
    this.#known.deleteWhere((user) => user.endsWith(`@${domain}`))
    await write
  }

  /** A write is under way: who asks from now on asks the database, which answers after it. */
  #after(user: Jid, write: Promise<void>): Promise<void> {
    this.#known.delete(user.bareString)
    return write
  }
}
