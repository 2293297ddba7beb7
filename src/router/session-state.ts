import { Jid } from '../jid/jid.ts'
import { Stanza } from '../stanza/stanza.ts'
import { lastingKeys } from './keys.ts'
import type { Session, SessionInfo } from './session.ts'

/** What there is of a session beside its connection, as JSON has it. */
export interface SessionState {
  readonly startedAt: number
  readonly info: SessionInfo
  readonly presence?: string
  readonly priority?: number
  /** What modules keep with it and can write down, by the name of its key. */
  readonly values: Readonly<Record<string, unknown>>
}

/** Writes down a session. */
export function stateOf(session: Session): SessionState {
  const values: Record<string, unknown> = {}
  for (const key of lastingKeys()) {
    const value = session.get(key)
    if (value !== undefined && key.codec !== undefined) values[key.name] = key.codec.encode(value)
  }
  const { startedAt, info, presence, priority } = session
  return {
    ...{ startedAt, info, values },
    ...(presence === undefined ? {} : { presence: presence.toBytes().toString('utf8') }),
    ...(priority === undefined ? {} : { priority }),
  }
}

/** Puts into a session what was written down; it has nothing else of that afterwards. */
export function fillSession(session: Session, state: Omit<SessionState, 'startedAt' | 'info'>): void {
  const { presence, priority, values } = state
  session.presence = presence === undefined ? undefined : Stanza.fromBytes(Buffer.from(presence, 'utf8'), Jid.parse)
  session.priority = priority
  for (const key of lastingKeys()) {
    const value = Object.hasOwn(values, key.name) ? key.codec?.decode(values[key.name]) : undefined
    if (value !== undefined || session.get(key) !== undefined) session.set(key, value)
  }
}
