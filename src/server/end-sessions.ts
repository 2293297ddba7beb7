import type { Host } from '../router/host.ts'
import { isHere } from '../router/remote-session.ts'
import { StreamError } from '../stanza/stream-error.ts'

const status = 'Shutdown by reason: system-shutdown'

/** Ends every session because the server stops, and tells the clients so. Those that can be resumed go on after its next start. */
export async function endSessions(hosts: readonly Host[]): Promise<void> {
  const ends: Promise<void>[] = []
  for (const host of hosts) {
    for (const session of [...host.sessions.all()]) {
      if (!isHere(session)) continue
      const isResumable = session.keeper?.isResumable === true
      ends.push(isResumable ? session.suspend() : session.end({ kind: 'shutdown', status }))
      session.link.close(new StreamError('system-shutdown'))
    }
  }
  await Promise.allSettled(ends)
}
