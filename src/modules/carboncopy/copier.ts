import type { Jid } from '../../jid/jid.ts'
import { sessionKey } from '../../router/keys.ts'
import { isCarbon, isRerouted, senderArchiveId } from '../../router/notes.ts'
import type { Session } from '../../router/session.ts'
import { type Forwarding, forwarding } from '../../stanza/forward.ts'
import type { Stanza } from '../../stanza/stanza.ts'
import { jsonNote } from '../../stanza/stanza-key.ts'
import { el } from '../../xml/element.ts'
import { carbons, isReceivedCopied, isSentCopied } from './eligible.ts'

/** In which of its two forms a client wants to have copies; undefined when it wants none. */
export const carbonsOf = sessionKey<1 | 2>(
  'carbons',
  jsonNote((json): json is 1 | 2 => json === 1 || json === 2),
)

/** The sender's other resources see what it sends, unless it writes to itself: then they see it as received. */
export function copySent(sender: Session, stanza: Stanza): Promise<void> | undefined {
  const all = sender.host.sessions.of(sender.jid)
  if (all.length === 0 || (all.length === 1 && all[0] === sender)) return undefined
  if (stanza.kind !== 'message' || stanza.to?.bareString === sender.jid.bareString) return undefined
  const others = all.filter((session) => session !== sender && wantsCopies(session))
  if (others.length === 0 || !isSentCopied(stanza)) return undefined
  return deliver(others, 'sent', withArchiveId(stanza, sender.jid.bare))
}

/** Those resources of the account see a message that it is not delivered to anyway, each once. */
export function copyReceived(
  all: readonly Session[],
  targets: readonly Session[],
  stanza: Stanza,
): Promise<void> | undefined {
  // The targets are among them: nobody is left. With no target it is kept for whoever comes next, who would see it twice.
  if (all.length === targets.length || targets.length === 0) return undefined
  if (stanza.kind !== 'message' || stanza.get(isRerouted) === true) return undefined
  const from = stanza.from?.full
  const others = all.filter(
    (session) => wantsCopies(session) && !targets.includes(session) && session.jid.full !== from,
  )
  return others.length === 0 || !isReceivedCopied(stanza) ? undefined : deliver(others, 'received', stanza)
}

const wantsCopies = (session: Session): boolean => session.get(carbonsOf) !== undefined

/** What the sender's resources see says where it is in their archive. */
function withArchiveId(stanza: Stanza, account: Jid): Stanza {
  const id = stanza.get(senderArchiveId)
  return id === undefined ? stanza : stanza.append(el('stanza-id', 'urn:xmpp:sid:0', { by: account.full, id }))
}

function deliver(sessions: readonly Session[], name: 'sent' | 'received', stanza: Stanza): Promise<void> | undefined {
  const made: Partial<Record<1 | 2, Stanza>> = {}
  const waits: Promise<void>[] = []
  for (const session of sessions) {
    const version = session.get(carbonsOf) as 1 | 2
    made[version] ??= copyOf(stanza, name, version)
    const wait = deliverCopy(session, made[version])
    if (wait !== undefined) waits.push(wait)
  }
  return waits.length === 0 ? undefined : Promise.allSettled(waits).then(() => undefined)
}

/** What a module has against one copy does not concern the message. */
function deliverCopy(session: Session, copy: Stanza): Promise<void> | undefined {
  try {
    return session.deliver(copy.readdressed(session.jid.bare, session.jid))
  } catch {
    return undefined
  }
}

/** A copy without addresses. */
function copyOf(stanza: Stanza, name: 'sent' | 'received', version: 1 | 2): Stanza {
  const place: Forwarding['place'] = version === 2 ? 'inside' : 'beside'
  const copy = forwarding(stanza, { head: { type: stanza.type }, reason: { name, ns: carbons[version] }, place })
  return copy.with(isCarbon, true).onBehalfOf(stanza)
}
