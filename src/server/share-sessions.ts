import type { Host } from '../router/host.ts'

/** As `SharedSessions.start`, which is loaded only by a node of a cluster. */
export async function shareSessions(host: Host, onFailure: (error: unknown) => void): Promise<() => void> {
  const { SharedSessions } = await import('../router/shared-sessions.ts')
  return SharedSessions.start(host, onFailure)
}
