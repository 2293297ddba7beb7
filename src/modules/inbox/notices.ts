import type { Host } from '../../router/host.ts'
import type { Stanza } from '../../stanza/stanza.ts'
import { noticeOf } from './format.ts'
import type { Moved } from './writer.ts'

/**
 * Tells the clients of an account about its inbox. Notices go to those who are there and take messages, past everything that
 * archives, counts, pushes or keeps what is sent to an account.
 */
export class Notices {
  readonly #host: Host

  constructor(host: Host) {
    this.#host = host
  }

  send(notice: Stanza): void {
    if (notice.to === undefined) return
    for (const session of this.#host.sessions.of(notice.to)) if (session.takesMessages) session.post(notice)
  }

  /** A new message has moved a conversation out of the archive. */
  moved({ owner, remote, unread, mutedUntil }: Moved): void {
    const now = this.#host.clock.now() * 1000
    this.send(noticeOf({ owner, remote }, { unread, box: 'inbox', mutedUntil }, { from: owner, now }))
  }
}
