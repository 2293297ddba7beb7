import type { Jid } from '../../jid/jid.ts'
import type { Stanza } from '../../stanza/stanza.ts'
import type { Clock } from '../../util/clock.ts'
import { Lru } from '../../util/lru.ts'
import { markersRecordedAt } from './api.ts'
import { markersIn } from './marked.ts'
import type { MarkerStore } from './store.ts'

/** Markers kept of one user; the oldest make room when there are about a tenth more. */
const mostOfUser = 10_000
const trimAfter = 1000
const rememberedUsers = 10_000

/** Records the markers that users send, and keeps their number in bounds. */
export class MarkerRecorder {
  readonly #store: MarkerStore
  readonly #clock: Clock
  readonly #onFailure: (error: unknown) => void
  /** How many markers users have sent since they were last trimmed. */
  readonly #sent = new Lru<string, number>(rememberedUsers)

  constructor(store: MarkerStore, clock: Clock, onFailure: (error: unknown) => void) {
    this.#store = store
    this.#clock = clock
    this.#onFailure = onFailure
  }

  /** Records what a message marks, and says so in it. `mayBeLost`: the sender is told before it is on disk. */
  record(stanza: Stanza, mayBeLost: boolean): Stanza {
    const at = this.#clock.now()
    const markers = markersIn(stanza, at)
    const sender = stanza.from?.bare
    if (sender === undefined || markers.length === 0) return stanza
    const write = this.#store.put(sender, markers)
    if (mayBeLost) write.catch(() => {})
    else stanza.causes(write)
    this.#trimNowAndThen(sender, markers.length)
    return stanza.with(markersRecordedAt, at)
  }

  #trimNowAndThen(user: Jid, more: number): void {
    const count = (this.#sent.get(user.bareString) ?? 0) + more
    this.#sent.set(user.bareString, count < trimAfter ? count : 0)
    if (count >= trimAfter) this.#store.trim(user, mostOfUser).catch(this.#onFailure)
  }
}
