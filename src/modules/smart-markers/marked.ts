import { isMarkerType, type MarkerType, markersNs } from '../../stanza/chat-markers.ts'
import type { Stanza } from '../../stanza/stanza.ts'
import { hashOf } from '../../util/hash-of.ts'
import type { MarkerWrite } from './store.ts'

/** Longest thread and message id that are recorded, in characters. */
const longest = 255

/** What a message marks, each kind once: of several the last counts. What is longer than anybody makes it is left out. */
export function markersIn(stanza: Stanza, at: number): MarkerWrite[] {
  const { from, to } = stanza
  const thread = stanza.child('thread')?.text() ?? ''
  if (from === undefined || to === undefined || thread.length > longest || to.bareString.length > 512) return []
  const markers = new Map<MarkerType, MarkerWrite>()
  for (const element of stanza.elements()) {
    const { name: type } = element
    const id = element.attr('id') ?? ''
    if (element.ns !== markersNs || !isMarkerType(type) || id === '' || id.length > longest) continue
    const place = hashOf([from.bareString, to.bareString, thread, type])
    markers.set(type, { peer: to.bareString, thread, type, id, at, place })
  }
  return [...markers.values()]
}
