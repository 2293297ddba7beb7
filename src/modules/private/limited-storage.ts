import type { Jid } from '../../jid/jid.ts'
import { StanzaError } from '../../stanza/stanza-error.ts'
import type { Element } from '../../xml/element.ts'
import { serialise } from '../../xml/serialise.ts'
import { fromWire } from '../../xml/wire.ts'
import type { Fragment, PrivateStore } from './store.ts'

/** What may be kept, in bytes. */
export interface StorageLimits {
  readonly max_bytes: number
  readonly max_total_bytes: number
}

/** Keeps fragments as far as there is room for them. */
export class LimitedStorage {
  readonly #store: PrivateStore
  readonly #limits: StorageLimits
  readonly #onRefused: (user: Jid, limit: 'fragment' | 'total') => void

  constructor(store: PrivateStore, limits: StorageLimits, onRefused: (user: Jid, limit: 'fragment' | 'total') => void) {
    this.#store = store
    this.#limits = limits
    this.#onRefused = onRefused
  }

  /** Resolves when all of them are on disk; rejects with StanzaError, and then nothing has changed. */
  async put(user: Jid, elements: readonly Element[]): Promise<void> {
    const fragments = this.fragmentsOf(user, elements)
    const namespaces = fragments.map(({ namespace }) => namespace)
    const bytes = fragments.reduce((sum, { xml }) => sum + Buffer.byteLength(xml), 0)
    const others = await this.#store.bytesBeside(user, namespaces)
    if (bytes + others > this.#limits.max_total_bytes) this.#refuse(user, 'total', 'There is no room for it')
    await this.#store.put(user, fragments)
  }

  /** As they are kept; the last of several with one namespace stays. Throws StanzaError where one is too large. */
  fragmentsOf(user: Jid, elements: readonly Element[]): Fragment[] {
    const byNamespace = new Map(elements.map((child) => [child.ns, fromWire(serialise(child))]))
    for (const xml of byNamespace.values()) {
      if (Buffer.byteLength(xml) > this.#limits.max_bytes) this.#refuse(user, 'fragment', 'The fragment is too large')
    }
    return [...byNamespace].map(([namespace, xml]) => ({ namespace, xml }))
  }

  #refuse(user: Jid, limit: 'fragment' | 'total', text: string): never {
    this.#onRefused(user, limit)
    throw new StanzaError('policy-violation', { text })
  }
}
