import type { Host } from '../router/host.ts'
import { StreamError } from '../stanza/stream-error.ts'

/** Ends every session because the server stops, and tells the clients so. */
export async function endSessions(hosts: readonly Host[]): Promise<void> {
  const ends: Promise<void>[] = []
  for (const host of hosts) {
    for (const session of [...host.sessions.all()]) {
      ends.push(session.end({ kind: 'shutdown', status: 'Shutdown by reason: system-shutdown' }))
      session.link.close(new StreamError('system-shutdown'))
    }
  }
  await Promise.allSettled(ends)
}
