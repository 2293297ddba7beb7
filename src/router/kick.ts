import { StreamError } from '../stanza/stream-error.ts'
import type { Session } from './session.ts'

/** Ends a session by order of an operator; its client is told why. */
export async function kick(session: Session, reason: string): Promise<void> {
  const ended = session.end({ kind: 'kicked', status: reason })
  session.link.close(new StreamError('conflict', reason))
  await ended
}
