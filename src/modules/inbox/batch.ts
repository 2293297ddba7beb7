import type { Jid } from '../../jid/jid.ts'

/** Whose conversation with whom; bare addresses. */
export interface Conversation {
  readonly owner: Jid
  readonly remote: Jid
}

/** The newest message of a conversation. */
export interface Newest {
  /** Microseconds since the epoch. */
  readonly at: number
  readonly content: Buffer
  readonly messageId: string
  readonly archiveId: string | undefined
  /** Names it for good, where its sender may send it again. */
  readonly origin?: string | undefined
}

/** What becomes of the number of unread messages: one more, or none because the owner has spoken. */
export type Effect = 'count' | 'reset'

/** All that changes in a conversation: what was marked first, then the message. */
export interface ChangedConversation extends Conversation {
  /** Ids that markers name: nothing is unread if the newest message, as it was before, has one of them. */
  readonly marked: string[]
  newest: Newest | undefined
  /** What was unread before is not any more. */
  isReset: boolean
  /** Messages to be added to the count. */
  unread: number
  /** The last message with each effect that has a name. */
  readonly origins: Record<Effect, string | undefined>
}

/** Changes that go to the disk together. However many messages a conversation has had, it is written once. */
export class Batch {
  readonly #changes = new Map<string, ChangedConversation>()
  #first = Number.POSITIVE_INFINITY
  #last = 0

  /** How many conversations change. */
  get size(): number {
    return this.#changes.size
  }

  get changes(): Iterable<ChangedConversation> {
    return this.#changes.values()
  }

  /** The times of the first and the last message. */
  get span(): { readonly first: number; readonly last: number } {
    return { first: this.#first, last: this.#last }
  }

  message(conversation: Conversation, newest: Newest, effect: Effect): void {
    const change = this.#of(conversation)
    // A message that is sent again takes the place that it had.
    if (change.newest === undefined || newest.at >= change.newest.at) change.newest = newest
    change.origins[effect] = newest.origin ?? change.origins[effect]
    if (effect === 'reset') {
      change.isReset = true
      change.unread = 0
    } else change.unread++
    this.#first = Math.min(this.#first, newest.at)
    this.#last = Math.max(this.#last, newest.at)
  }

  /** The owner has seen the message with this id, and all that came before. */
  marker(conversation: Conversation, id: string): void {
    const change = this.#of(conversation)
    const { newest } = change
    if (newest === undefined) change.marked.push(id)
    else if (newest.messageId === id || newest.archiveId === id) {
      change.isReset = true
      change.unread = 0
    }
  }

  /** The message at this time, if that is what a conversation has got. */
  changeAt(
    conversation: { readonly owner: string; readonly remote: string },
    at: number,
  ): ChangedConversation | undefined {
    const change = this.#changes.get(`${conversation.owner} ${conversation.remote}`)
    return change?.newest?.at === at ? change : undefined
  }

  #of({ owner, remote }: Conversation): ChangedConversation {
    // No bare address has a blank in it.
    const key = `${owner.bareString} ${remote.bareString}`
    let change = this.#changes.get(key)
    if (change === undefined) {
      const origins = { count: undefined, reset: undefined }
      change = { owner, remote, marked: [], newest: undefined, isReset: false, unread: 0, origins }
      this.#changes.set(key, change)
    }
    return change
  }
}
