import { Jid } from '../../jid/jid.ts'
import { removeAccount } from '../../router/accounts.ts'
import type { Host } from '../../router/host.ts'
import type { LastActivity, LastApi, OldUser } from './api.ts'
import type { LastStore } from './store.ts'

/** Accounts looked at in one go. */
const pageSize = 1000

/** Last activity of the accounts of a host. */
export class LastRecords implements LastApi {
  readonly #host: Host
  readonly #store: LastStore

  readonly maySee: LastApi['maySee']

  constructor(host: Host, store: LastStore, maySee: LastApi['maySee']) {
    this.#host = host
    this.#store = store
    this.maySee = maySee
  }

  get(user: Jid): Promise<LastActivity | undefined> {
    return this.#store.get(user)
  }

  set(user: Jid, activity: LastActivity): Promise<void> {
    return this.#store.put(user, activity)
  }

  countSince(domain: string, ms: number): Promise<number> {
    return this.#store.countSince(domain, ms)
  }

  hasUser(user: Jid): Promise<boolean> {
    return this.#host.accounts.exists(user)
  }

  async oldUsers(domain: string, ms: number): Promise<OldUser[]> {
    const old: OldUser[] = []
    for (let offset = 0; ; offset += pageSize) {
      const names = await this.#host.accounts.list(domain, { limit: pageSize, offset })
      const known = await this.#store.getMany(domain, names)
      for (const name of names) {
        const at = known.get(name)?.at
        if (at === undefined || at < ms) old.push({ user: Jid.ofStored(name, domain), at })
      }
      if (names.length < pageSize) return old
    }
  }

  async removeOldUsers(domain: string, ms: number): Promise<OldUser[]> {
    const removed: OldUser[] = []
    for (const entry of await this.oldUsers(domain, ms)) {
      // Whoever is online has an old record, or none, only because it is written at the end.
      if (this.#host.sessions.of(entry.user).length > 0) continue
      if (await removeAccount(this.#host, entry.user)) removed.push(entry)
    }
    return removed
  }
}
