import { z } from 'zod'
import type { OutboundQueue } from '../../protocol/sm/outbound-queue.ts'
import type { Session, SessionInfo } from '../../router/session.ts'
import { stateOf } from '../../router/session-state.ts'
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
  return JSON.stringify({
    ...stateOf(session),
    isResumable: stream.isResumable,
    acknowledged: stream.outbox.acknowledged,
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

/** The connection that a session had. */
export function infoOf({ info: { agent, ...info } }: SavedSession): SessionInfo {
  return agent === undefined ? info : { ...info, agent }
}
