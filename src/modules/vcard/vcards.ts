import type { Jid } from '../../jid/jid.ts'
import type { ExportedPart, Imported, ImportedElement } from '../../router/events.ts'
import type { Host } from '../../router/host.ts'
import { StanzaError } from '../../stanza/stanza-error.ts'
import type { Element } from '../../xml/element.ts'
import { parseElement } from '../../xml/parse.ts'
import { serialise } from '../../xml/serialise.ts'
import { fromWire } from '../../xml/wire.ts'
import { type VcardApi, vcardSet } from './api.ts'
import { vcardNs } from './cards.ts'
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

  /** The card as it stands in a document of XEP-0227. */
  async exported(user: Jid): Promise<ExportedPart | undefined> {
    const card = await this.get(user)
    return card === undefined ? undefined : { elements: [card] }
  }

  async import({ user, element, isDryRun }: ImportedElement): Promise<Imported | undefined> {
    if (!element.is('vCard', vcardNs)) return undefined
    if (!isDryRun) await this.set(user, element)
    return { kind: 'vCards', count: 1 }
  }

  async set(user: Jid, card: Element): Promise<void> {
    await this.#store.put(user, fromWire(serialise(card)), searchValues(card))
    await this.#host.hooks.run(vcardSet, { host: this.#host, user: user.bare, card })
  }
}
