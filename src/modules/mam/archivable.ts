import { isMarkerType, markersNs } from '../../stanza/chat-markers.ts'
import type { Stanza } from '../../stanza/stanza.ts'
import { fastenNs, hintsNs, oldRetractNs, retractByIdNs, retractNs } from './names.ts'

/** What a deployment keeps beside what is always kept. */
export interface ArchivingRules {
  readonly chatMarkers: boolean
  /** Groupchat messages too, where a member receives them. */
  readonly groupchats: boolean
}

/** Payloads that change an earlier message or a call, of use to whoever was away, though they have no body. */
const lasting = new Set([
  `retract ${retractNs}`,
  'reactions urn:xmpp:reactions:0',
  'received urn:xmpp:receipts',
  ...['propose', 'proceed', 'reject', 'retract', 'accept', 'ringing', 'finish'].map(
    (name) => `${name} urn:xmpp:jingle-message:0`,
  ),
])

/** Whether a message belongs in an archive (XEP-0313 §5.1, XEP-0334); looks at the index of its children alone. */
export function isArchivable(message: Stanza, rules: ArchivingRules, isIncoming: boolean): boolean {
  const { type, index } = message
  if (type === 'error' || type === 'headline') return false
  if (type === 'groupchat' && !(isIncoming && rules.groupchats)) return false
  return isWorthKeeping(index, message, rules)
}

/** The same for a room, which keeps what it sends to its members. */
export function isArchivableInRoom(message: Stanza, rules: ArchivingRules): boolean {
  return isWorthKeeping(message.index, message, rules)
}

function isWorthKeeping(index: Stanza['index'], message: Stanza, rules: ArchivingRules): boolean {
  let isWorth = false
  for (const { name, ns } of index) {
    if (isForbidding(name, ns)) return false
    isWorth ||= ns === hintsNs ? name === 'store' : isLasting(name, ns, message, rules)
  }
  return isWorth
}

function isForbidding(name: string, ns: string): boolean {
  if (ns === hintsNs) return name === 'no-store' || name === 'no-permanent-store'
  return name === 'result' || name === 'delay'
}

function isLasting(name: string, ns: string, message: Stanza, rules: ArchivingRules): boolean {
  if (name === 'body') return ns === 'jabber:client'
  if (ns === markersNs) {
    return rules.chatMarkers && isMarkerType(name) && message.child(name, ns)?.attr('id') !== undefined
  }
  if (ns === fastenNs) return name === 'apply-to' && isFastenedRetraction(message)
  return lasting.has(`${name} ${ns}`)
}

function isFastenedRetraction(message: Stanza): boolean {
  const fastening = message.child('apply-to', fastenNs)
  if (fastening?.attr('id') === undefined) return false
  return fastening
    .elements()
    .some(({ name, ns }) => name === 'retract' && (ns === retractByIdNs || ns === oldRetractNs))
}
