import { Jid } from '../../jid/jid.ts'
import type { Host } from '../../router/host.ts'
import { isHere } from '../../router/remote-session.ts'
import { letRun } from '../../util/settled.ts'
import type { OfflineQueue } from './queue.ts'

/** What telling other nodes needs. */
export interface OtherNodesParts {
  readonly host: Host
  queue(): OfflineQueue
  readonly onFailure: (error: unknown) => void
}

/**
 * A message may be stored by a node that does not know that its user is available at another one, or has become so meanwhile: that
 * one delivers it. `stored` tells the others of a message on disk.
 */
export function watchOtherNodes({ host, queue, onFailure }: OtherNodesParts): {
  stored(account: Jid): void
  end(): void
} {
  const topic = `offline.${host.type}`
  const end = host.cluster.hear(topic, (told) => {
    const session = host.sessions.of(Jid.parse(String(told))).find((each) => isHere(each) && each.takesMessages)
    if (session === undefined) return
    letRun(() => queue().deliverTo(session, () => {}), onFailure)
  })
  return { stored: (account) => void host.cluster.tell(topic, account.bareString), end }
}
