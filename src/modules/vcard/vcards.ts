import type { Jid } from '../../jid/jid.ts'
import type { Host } from '../../router/host.ts'
import { StanzaError } from '../../stanza/stanza-error.ts'
import type { Element } from '../../xml/element.ts'
import { parseElement } from '../../xml/parse.ts'
import { serialise } from '../../xml/serialise.ts'
import { fromWire } from '../../xml/wire.ts'
import { type VcardApi, vcardSet } from './api.ts'
import { searchValues } from './fields.ts'
import type { VcardStore } from './store.ts'

/** The cards of the users of a host. */
export class Vcards implements VcardApi {
  readonly #host: Host
  readonly #store: VcardStore

  constructor(host: Host, store: VcardStore) {
    this.#host = host
    this.#store = store
  }

  /** Throws StanzaError `service-unavailable` for a card that can no longer be read. */
  async get(user: Jid): Promise<Element | undefined> {
    const xml = await this.#store.get(user)
    try {
      return xml === undefined ? undefined : parseElement(xml)
    } catch (cause) {
      throw new StanzaError('service-unavailable', { cause })
    }
  }

  async set(user: Jid, card: Element): Promise<void> {
    await this.#store.put(user, fromWire(serialise(card)), searchValues(card))
    await this.#host.hooks.run(vcardSet, { host: this.#host, user: user.bare, card })
  }
}
