import type { Stanza } from '../../stanza/stanza.ts'
import type { Element } from '../../xml/element.ts'
import { hashOf, isSupported } from './algorithms.ts'
import { hashInputV1 } from './hash-input-v1.ts'
import { hashInputV2 } from './hash-input-v2.ts'

export const capsNs = { v1: 'http://jabber.org/protocol/caps', v2: 'urn:xmpp:caps' } as const
export const hashNs = 'urn:xmpp:hashes:2'

export type CapsVersion = keyof typeof capsNs

/** What a client says of its capabilities in its presence. */
export interface Announcement {
  readonly version: CapsVersion
  readonly algorithm: string
  readonly hash: string
  /** What to ask the client for. */
  readonly node: string
}

/** Names what an announcement stands for; two clients with the same key have the same features. */
export function keyOf({ version, algorithm, hash }: Announcement): string {
  return `${version} ${algorithm} ${hash}`
}

/** The first usable announcement in a presence, by the order of `versions`. */
export function announcementIn(presence: Stanza, versions: readonly CapsVersion[]): Announcement | undefined {
  for (const version of versions) {
    const c = presence.child('c', capsNs[version])
    const found = c && (version === 'v1' ? readV1(c) : readV2(c))
    if (found !== undefined) return found
  }
  return undefined
}

/** XEP-0115 §4. Announcements of the time before hashes are not usable. */
function readV1(c: Element): Announcement | undefined {
  const { hash: algorithm, node, ver: hash } = c.attrs
  if (algorithm === undefined || node === undefined || hash === undefined || !isSupported(algorithm)) return undefined
  return { version: 'v1', algorithm, hash, node: `${node}#${hash}` }
}

/** XEP-0390 §5.5. */
function readV2(c: Element): Announcement | undefined {
  const supported = c.childrenNamed('hash', hashNs).find((child) => isSupported(child.attr('algo') ?? ''))
  if (supported === undefined) return undefined
  const algorithm = supported.attr('algo') ?? ''
  const hash = supported.text().trim()
  return { version: 'v2', algorithm, hash, node: nodeV2(algorithm, hash) }
}

/** The node that stands for a hash (XEP-0390 §4.3). */
export function nodeV2(algorithm: string, hash: string): string {
  return `${capsNs.v2}#${algorithm}.${hash}`
}

/** Whether an answer to disco#info is what was announced. `lang`: the language of the stanza that brought it. */
export function isProvenBy(announcement: Announcement, query: Element, lang: string | undefined): boolean {
  const { algorithm, hash, version } = announcement
  const matches = (input: Buffer | undefined) => input !== undefined && hashOf(algorithm, input) === hash
  if (version === 'v1') return matches(hashInputV1(query))
  // The language of the stream counts for an identity without one (XEP-0390 §4.1), which few clients know.
  const inherited = query.attr('xml:lang') ?? lang
  return matches(hashInputV2(query)) || (inherited !== undefined && matches(hashInputV2(query, inherited)))
}
