import type { PushNotification } from '../../router/push-events.ts'
import type { Clock } from '../../util/clock.ts'

/** What became of one attempt. `isOfClient`: with what the client has given it cannot be done. `again`: the service is busy or away; `after` so many seconds where it has said so. */
export type Attempt =
  | { readonly is: 'sent' | 'gone' }
  | { readonly is: 'failed'; readonly reason: string; readonly isOfClient?: true }
  | { readonly is: 'again'; readonly reason: string; readonly after?: number }

/** Talks to one kind of push service. */
export interface Sender {
  send(notification: PushNotification): Promise<Attempt>
  close(): void
}

/** Seconds that a service may have us wait at the most. */
const longestWait = 60

/** Sends, again while the service is busy, at growing intervals. */
export async function sendPatiently(
  attempt: () => Promise<Attempt>,
  retries: number,
  clock: Clock,
): Promise<Exclude<Attempt, { is: 'again' }>> {
  for (let count = 0; ; count++) {
    const outcome = await attempt().catch((error: unknown): Attempt => ({ is: 'again', reason: String(error) }))
    if (outcome.is !== 'again') return outcome
    if (count >= retries) return { is: 'failed', reason: outcome.reason }
    const seconds = Math.min(outcome.after ?? 2 ** count, longestWait)
    await new Promise<void>((resolve) => clock.after(seconds * 1000, resolve))
  }
}

/** What an answer without a meaning of its own means: a busy service, or one that does not want this. */
export function attemptOf(status: number, reason: string, retryAfter?: string | undefined): Attempt {
  if (status !== 429 && status < 500) return { is: 'failed', reason: `status ${status} ${reason}`.trim() }
  const after = Number(retryAfter)
  const isKnown = retryAfter !== undefined && Number.isFinite(after) && after >= 0
  return { is: 'again', reason: `status ${status} ${reason}`.trim(), ...(isKnown && { after }) }
}
