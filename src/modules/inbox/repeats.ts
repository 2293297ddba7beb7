import { archivedBefore } from '../../router/notes.ts'
import type { Stanza } from '../../stanza/stanza.ts'
import type { TicketSource } from '../../stanza/ticket.ts'
import { Lru } from '../../util/lru.ts'
import { afterwards, type Eventually } from '../../util/settled.ts'
import type { Conversation, Effect } from './batch.ts'
import type { InboxStore } from './store.ts'

/** Conversations that are remembered. */
const remembered = 10_000

/**
 * Messages that are sent again after a crash, on the stream that they came on for the first time, and that a conversation may
 * have already. Nothing is looked for but on a stream that has gone on so, and there once for each conversation.
 */
export class Repeats {
  readonly #store: Pick<InboxStore, 'latest'>
  readonly #known = new Lru<string, Eventually<number | 'unknown'>>(remembered)

  constructor(store: Pick<InboxStore, 'latest'>) {
    this.#store = store
  }

  /** Whether a message is in a conversation since it was sent for the first time. */
  has(conversation: Conversation, effect: Effect, stanza: Stanza): Eventually<boolean> {
    const { origin, ticket } = stanza
    const source = ticket?.source
    if (origin === undefined || source === undefined || source.repeats === 0) return false
    return afterwards(this.#last(conversation, effect, source), (last) =>
      last === 'unknown' ? this.#isOlder(conversation, stanza) : numberOf(origin) <= last,
    )
  }

  /** The last message of a stream that a conversation had when the stream went on; `unknown` when the last was of another. */
  #last(conversation: Conversation, effect: Effect, source: TicketSource): Eventually<number | 'unknown'> {
    const key = `${source.id} ${source.repeats} ${conversation.owner.bareString} ${conversation.remote.bareString}`
    const known = this.#known.get(key)
    if (known !== undefined) return known
    const last = this.#store.latest(conversation).then((latest) => {
      const origin = latest?.[effect]
      return origin?.startsWith(`${source.id}/`) === true ? numberOf(origin) : ('unknown' as const)
    })
    this.#known.set(key, last)
    last.then(
      (number) => this.#known.set(key, number),
      () => this.#known.delete(key),
    )
    return last
  }

  /** By the archive, where that knows when the message came. */
  #isOlder(conversation: Conversation, stanza: Stanza): Eventually<boolean> {
    const before = stanza.get(archivedBefore)
    if (before === undefined) return false
    return this.#store.latest(conversation).then((latest) => latest !== undefined && latest.at >= before)
  }
}

function numberOf(origin: string): number {
  return Number(origin.slice(origin.lastIndexOf('/') + 1))
}
