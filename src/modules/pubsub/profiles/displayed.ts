import type { Stanza } from '../../../stanza/stanza.ts'
import type { PersonalNodesApi } from '../api.ts'
import { maxItemId } from '../tables.ts'

/** How far the chats of an account have been read (XEP-0490). */
export const displayedNode = 'urn:xmpp:mds:displayed:0'
export const assistFeature = 'urn:xmpp:mds:server-assist:0'

/**
 * Takes what a message says of how far a chat has been read, for the other clients of the sender, and publishes it (XEP-0490
 * §3.6). The message goes on without it.
 */
export function assisted(nodes: PersonalNodesApi, stanza: Stanza): Stanza {
  const displayed = stanza.child('displayed', displayedNode)
  const { from, to } = stanza
  if (displayed === undefined || from === undefined) return stanza
  if (to !== undefined && to.full.length <= maxItemId)
    stanza.causes(nodes.publish(from.bare, displayedNode, { id: to.full, payload: displayed }, 'self'))
  return stanza.without(({ name, ns }) => name === 'displayed' && ns === displayedNode)
}
