import type { Jid } from '../../jid/jid.ts'
import type { LimitReached } from '../../observe/limits.ts'
import { Lru } from '../../util/lru.ts'
import { KeyedMailbox, notWaitedFor } from '../../util/mailbox.ts'
import type { Archive } from './archive.ts'

/** Archives whose size is remembered. */
const remembered = 50_000

export interface CapParts {
  readonly archive: Archive
  /** Most messages in an archive; infinity for no limit. */
  readonly most: number
  readonly limitReached: LimitReached
  readonly onFailure: (error: unknown) => void
}

/** Keeps archives from having more messages than they may: the oldest go, a hundredth of all at a time, so that it is done rarely. */
export class ArchiveCap {
  readonly #parts: CapParts
  /** At least as many as an archive has. */
  readonly #sizes = new Lru<string, number>(remembered)
  readonly #mailbox = new KeyedMailbox()

  constructor(parts: CapParts) {
    this.#parts = parts
  }

  /** An archive is about to have one more message. Nobody waits for what follows from that. */
  grows(owner: Jid, written: Promise<void>): void {
    const { most, onFailure } = this.#parts
    if (most === Number.POSITIVE_INFINITY) return
    // The message may be that of a room, whose mailbox is at work on it and waits for what is written only.
    const trim = () => this.#mailbox.run(owner.bareString, () => this.#grown(owner))
    const done = written.then(() => notWaitedFor(trim))
    // Who is told of a message that could not be written is its sender.
    written.then(
      () => done.catch(onFailure),
      () => done.catch(() => {}),
    )
  }

  /** Resolves when nothing is being removed any more. */
  settled(): Promise<void> {
    return this.#mailbox.idle()
  }

  async #grown(owner: Jid): Promise<void> {
    const { archive, most, limitReached } = this.#parts
    const key = owner.bareString
    const known = this.#sizes.get(key)
    if (known !== undefined && known < most) {
      this.#sizes.set(key, known + 1)
      return
    }
    const size = await archive.count(owner)
    const removed = size > most ? await archive.removeOldest(owner, size - most + Math.floor(most / 100)) : 0
    this.#sizes.set(key, size - removed)
    if (removed > 0) limitReached('archive', { jid: key, removed })
  }
}
