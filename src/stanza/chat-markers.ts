import type { Stanza } from './stanza.ts'

/** Chat markers (XEP-0333). */
export const markersNs = 'urn:xmpp:chat-markers:0'

/** Kinds of markers, the earliest first. */
export const markerTypes = ['received', 'displayed', 'acknowledged'] as const
export type MarkerType = (typeof markerTypes)[number]

/** Whether a message marks others; looks at the index only. */
export function hasMarker(stanza: Stanza): boolean {
  return stanza.index.some(({ name, ns }) => ns === markersNs && isMarkerType(name))
}

/** Whether this is the name of a marker. */
export function isMarkerType(name: string): name is MarkerType {
  return (markerTypes as readonly string[]).includes(name)
}
