import type { Jid } from '../jid/jid.ts'
import { Lru } from '../util/lru.ts'
import type { Eventually } from '../util/settled.ts'
import type { Host } from './host.ts'

const remembered = 50_000

/** Remembers which accounts exist, for who has to know at every message. Who uses it tells of removals. */
export class KnownAccounts {
  readonly #host: Pick<Host, 'accounts'>
  readonly #known = new Lru<string, true>(remembered)

  constructor(host: Pick<Host, 'accounts'>) {
    this.#host = host
  }

  /** Whether an account exists: at once where that is known. */
  has(account: Jid): Eventually<boolean> {
    if (this.#known.get(account.bareString) === true) return true
    return this.#host.accounts.exists(account).then((isThere) => {
      if (isThere) this.#known.set(account.bareString, true)
      return isThere
    })
  }

  /** An account is gone. */
  forget(account: Jid): void {
    this.#known.delete(account.bareString)
  }

  /** A domain is gone with all its accounts. */
  forgetDomain(domain: string): void {
    this.#known.deleteWhere((account) => account.endsWith(`@${domain}`))
  }
}
