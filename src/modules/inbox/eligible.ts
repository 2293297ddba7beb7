import { hasMarker } from '../../stanza/chat-markers.ts'
import type { Stanza } from '../../stanza/stanza.ts'
import { conversationNs } from './names.ts'

const hintsNs = 'urn:xmpp:hints'
const fastenNs = 'urn:xmpp:fasten:0'
const retractNs = 'urn:xmpp:message-retract:1'
/** Types of messages that belong to a conversation. */
const types = new Set(['', 'normal', 'chat', 'groupchat'])

/** What a message does to a conversation: it is its newest one, or says what has been read; undefined: neither. */
export function meaningOf(message: Stanza): 'message' | 'marker' | undefined {
  if (!types.has(message.type)) return undefined
  let isContent = false
  for (const { name, ns } of message.index) {
    if (isForbidding(name, ns)) return undefined
    isContent ||= isContentful(name, ns, message)
  }
  // A marker beside a body is a marker.
  if (hasMarker(message)) return 'marker'
  return isContent ? 'message' : undefined
}

function isForbidding(name: string, ns: string): boolean {
  if (ns === hintsNs) return name === 'no-store'
  return name === 'result' || name === 'delay' || ns === conversationNs
}

function isContentful(name: string, ns: string, message: Stanza): boolean {
  if (name === 'body') return ns === 'jabber:client'
  if (name === 'store') return ns === hintsNs
  if (name === 'retract') return ns === retractNs
  if (name !== 'apply-to' || ns !== fastenNs) return false
  return (
    message
      .child(name, ns)
      ?.elements()
      .some((child) => child.name === 'retract') === true
  )
}
