import type { Host } from '../../../router/host.ts'
import type { Stanza } from '../../../stanza/stanza.ts'
import type { Element } from '../../../xml/element.ts'
import { displayedNode, type PersonalNodesApi, personalNodeChanged } from '../api.ts'
import { maxItemId } from '../tables.ts'

export const assistFeature = 'urn:xmpp:mds:server-assist:0'

/** Publishes for clients how far they have read (XEP-0490). */
export class DisplayedMarks {
  readonly #host: Host
  readonly #nodes: PersonalNodesApi

  constructor(host: Host, nodes: PersonalNodesApi) {
    this.#host = host
    this.#nodes = nodes
  }

  /**
   * Takes what a message says of how far a chat has been read, for the other clients of the sender, and publishes it (XEP-0490
   * §3.6). The message goes on without it.
   */
  assisted(stanza: Stanza): Stanza {
    const displayed = stanza.child('displayed', displayedNode)
    if (displayed === undefined || stanza.from === undefined) return stanza
    const id = stanza.to?.full ?? ''
    if (id !== '' && id.length <= maxItemId) stanza.causes(this.#publish(stanza.from, id, displayed))
    return stanza.without(({ name, ns }) => name === 'displayed' && ns === displayedNode)
  }

  async #publish({ bare: account }: NonNullable<Stanza['from']>, id: string, payload: Element): Promise<void> {
    await this.#nodes.publish(account, displayedNode, { id, payload }, 'self')
    await this.#host.hooks.run(personalNodeChanged, { host: this.#host, account, node: displayedNode, id, payload })
  }
}
