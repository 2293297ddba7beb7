import { Jid } from '../../jid/jid.ts'
import { OutboundQueue } from '../../protocol/sm/outbound-queue.ts'
import type { Host } from '../../router/host.ts'
import { LostLink } from '../../router/lost-link.ts'
import { Session } from '../../router/session.ts'
import { fillSession } from '../../router/session-state.ts'
import type { StreamDesk } from './desk.ts'
import type { SpooledStanza } from './journal.ts'
import { Keeper } from './keeper.ts'
import { KeptStanza } from './kept-stanza.ts'
import type { Registry } from './registry.ts'
import { decodeSession, infoOf } from './saved-session.ts'
import type { StaleCounts } from './stale-counts.ts'
import type { StreamManagementTables, StreamStore } from './store.ts'

type SessionRow = StreamManagementTables['mod_stream_management_session']

/** What restoring needs. */
export interface RestoreParts {
  readonly host: Host
  readonly store: StreamStore
  readonly registry: Registry
  readonly desk: StreamDesk
  readonly stale: StaleCounts
}

/** The sessions that were there when the server stopped, or crashed, wait to be resumed. */
export async function restoreSessions(parts: RestoreParts): Promise<void> {
  for (const domain of parts.host.domains) await restoreDomain(domain, parts)
}

/** As {@link restoreSessions}, for one domain. */
export async function restoreDomain(domain: string, parts: RestoreParts): Promise<void> {
  const { store, stale } = parts
  await store.replay(domain)
  const [sessions, spool] = await Promise.all([store.sessions(domain), store.spool(domain)])
  const queues = new Map<string, KeptStanza[]>()
  for (const row of spool) {
    const queue = queues.get(row.session)
    if (queue === undefined) queues.set(row.session, [keptOf(row)])
    else queue.push(keptOf(row))
  }
  for (const row of sessions) {
    const jid = Jid.of(row.username, row.domain, row.resource)
    if (row.ended_at === null) restore(parts, row, jid, queues.get(row.id) ?? [])
    else stale.put(row.id, jid, { count: row.received, at: row.ended_at })
  }
}

function keptOf(row: SpooledStanza): KeptStanza {
  const notes = row.notes === null ? undefined : (JSON.parse(row.notes) as Record<string, unknown>)
  return KeptStanza.onDisk(Buffer.from(row.stanza), notes, row)
}

function restore({ host, registry, desk }: RestoreParts, row: SessionRow, jid: Jid, kept: readonly KeptStanza[]): void {
  const saved = decodeSession(row.state)
  const isKnown = host.sessions.find(jid) !== undefined
  if (saved === undefined || isKnown) return
  const origin = { link: new LostLink('client'), info: infoOf(saved), startedAt: saved.startedAt }
  const session = new Session(host, jid, origin)
  fillSession(session, saved)
  // What had been acknowledged may not have been removed yet.
  const left = kept.filter(({ number }) => number > saved.acknowledged)
  const queue = OutboundQueue.restored(saved.acknowledged, left)
  const { id, received } = row
  const keeper = new Keeper(registry, session, { id, isResumable: saved.isResumable }, { received, queue })
  host.sessions.add(session)
  desk.keep(session, keeper)
  desk.detached(session)
}
