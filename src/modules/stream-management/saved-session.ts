import { z } from 'zod'
import { Jid } from '../../jid/jid.ts'
import type { OutboundQueue } from '../../protocol/sm/outbound-queue.ts'
import { lastingKeys } from '../../router/keys.ts'
import type { Session, SessionInfo } from '../../router/session.ts'
import { Stanza } from '../../stanza/stanza.ts'
import type { KeptStanza } from './kept-stanza.ts'
import type { StreamManagementTables } from './store.ts'

/** What is written down of a session beside its queue, as JSON. */
const saved = z.object({
  isResumable: z.boolean(),
  startedAt: z.number(),
  info: z.object({
    address: z.string(),
    port: z.number(),
    connection: z.string(),
    mechanism: z.string(),
    streamId: z.string(),
    agent: z.object({ id: z.string(), software: z.string(), device: z.string() }).optional(),
  }),
  presence: z.string().optional(),
  priority: z.number().optional(),
  /** What the client had acknowledged then, or less. */
  acknowledged: z.number(),
  values: z.record(z.string(), z.unknown()),
})

export type SavedSession = z.infer<typeof saved>

/** What goes on of a stream after a restart. */
export interface RestoredStream {
  readonly received: number
  readonly queue: OutboundQueue<KeptStanza>
}

/** Writes down what is to be there again after a restart. */
function encodeSession(
  session: Session,
  stream: { readonly isResumable: boolean; readonly outbox: { readonly acknowledged: number } },
): string {
  const values: Record<string, unknown> = {}
  for (const key of lastingKeys()) {
    const value = session.get(key)
    if (value !== undefined && key.codec !== undefined) values[key.name] = key.codec.encode(value)
  }
  const { startedAt, info, presence, priority } = session
  return JSON.stringify({
    isResumable: stream.isResumable,
    startedAt,
    info,
    ...(presence === undefined ? {} : { presence: presence.toBytes().toString('utf8') }),
    ...(priority === undefined ? {} : { priority }),
    acknowledged: stream.outbox.acknowledged,
    values,
  } satisfies SavedSession)
}

/** The row of a session. `endedAt`: only its count is kept, as it ended then (milliseconds since the epoch). */
export function sessionRow(
  stream: Parameters<typeof encodeSession>[1] & { readonly id: string; readonly session: Session },
  received: number,
  endedAt: number | undefined,
): StreamManagementTables['mod_stream_management_session'] {
  const { local: username, domain, resource } = stream.session.jid
  const state = endedAt === undefined ? encodeSession(stream.session, stream) : '{}'
  return { id: stream.id, domain, username, resource, received, ended_at: endedAt ?? null, state }
}

/** Reads that back; undefined for what another build wrote differently. */
export function decodeSession(text: string): SavedSession | undefined {
  try {
    return saved.parse(JSON.parse(text))
  } catch {
    return undefined
  }
}

/** Puts back into a session what was written down. */
export function fillSession(session: Session, { presence, priority, values }: SavedSession): void {
  if (presence !== undefined) session.presence = Stanza.fromBytes(Buffer.from(presence, 'utf8'), Jid.parse)
  session.priority = priority
  for (const key of lastingKeys()) {
    if (Object.hasOwn(values, key.name)) session.set(key, key.codec?.decode(values[key.name]))
  }
}

/** The connection that a session had. */
export function infoOf({ info: { agent, ...info } }: SavedSession): SessionInfo {
  return agent === undefined ? info : { ...info, agent }
}
