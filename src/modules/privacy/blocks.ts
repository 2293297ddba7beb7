import type { Jid } from '../../jid/jid.ts'
import type { Host } from '../../router/host.ts'
import { blocksChanged, type PrivacyApi } from './api.ts'
import type { PrivacyBooks } from './books.ts'
import type { PrivacyStore } from './store.ts'

/** Those whom users have blocked. */
export class Blocks implements PrivacyApi {
  readonly #host: Host
  readonly #books: PrivacyBooks
  readonly #store: PrivacyStore

  constructor(host: Host, books: PrivacyBooks, store: PrivacyStore) {
    this.#host = host
    this.#books = books
    this.#store = store
  }

  async blockedBy(account: Jid): Promise<readonly string[]> {
    return [...(await this.#books.of(account)).blocked]
  }

  async block(account: Jid, addresses: readonly Jid[]): Promise<void> {
    const blocked = [...new Set(addresses.map(({ full }) => full))]
    await this.#change(account, (known) => new Set([...known, ...blocked]))
    if (blocked.length > 0) await this.#tell(account, blocked, [])
  }

  async unblock(account: Jid, addresses: readonly Jid[] | 'everybody'): Promise<void> {
    if (addresses === 'everybody') {
      await this.#change(account, () => new Set())
      await this.#tell(account, [], 'everybody')
      return
    }
    const asked = new Set(addresses.map(({ full }) => full))
    const { removed } = await this.#change(
      account,
      (known) => new Set([...known].filter((address) => !asked.has(address))),
    )
    if (removed.length > 0) await this.#tell(account, [], removed)
  }

  /** Blocks these and nobody else. */
  async replace(account: Jid, addresses: readonly string[]): Promise<void> {
    const { added, removed } = await this.#change(account, () => new Set(addresses))
    if (added.length + removed.length > 0) await this.#tell(account, added, removed)
  }

  async #change(account: Jid, decide: (known: ReadonlySet<string>) => ReadonlySet<string>) {
    let [added, removed]: string[][] = [[], []]
    await this.#books.change(account, (book) => {
      const blocked = decide(book.blocked)
      added = [...blocked].filter((address) => !book.blocked.has(address))
      removed = [...book.blocked].filter((address) => !blocked.has(address))
      if (added.length + removed.length === 0) return undefined
      return {
        book: book.withBlocked(blocked),
        write: () => this.#store.changeBlocked(account, added ?? [], removed ?? []),
      }
    })
    return { added: added ?? [], removed: removed ?? [] }
  }

  async #tell(account: Jid, blocked: readonly string[], unblocked: readonly string[] | 'everybody'): Promise<void> {
    await this.#host.hooks.run(blocksChanged, { host: this.#host, account: account.bare, blocked, unblocked })
  }
}
