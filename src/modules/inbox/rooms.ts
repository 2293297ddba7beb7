import type { Jid } from '../../jid/jid.ts'
import type { KnownAccounts } from '../../router/known-accounts.ts'
import type { Stanza } from '../../stanza/stanza.ts'
import { afterwards, type Eventually } from '../../util/settled.ts'
import type { MembersChanged, RoomConversations, RoomMessage } from './api.ts'
import { meaningOf } from './eligible.ts'
import type { InboxRecorder } from './recorder.ts'
import type { InboxStore } from './store.ts'

export interface RoomParts {
  readonly recorder: InboxRecorder
  readonly store: InboxStore
  readonly accounts: KnownAccounts
  /** Whether changes of the list of members count as messages. */
  countsChanges(): boolean
  /** What becomes of the conversations of who does not belong to a room any more. */
  fateOfLeft(): 'kept' | 'deleted' | 'binned'
}

/** Conversations with rooms, one for each member. */
export class RoomInboxes implements RoomConversations {
  readonly #parts: RoomParts

  constructor(parts: RoomParts) {
    this.#parts = parts
  }

  said({ room, stanza, author, members }: RoomMessage): Eventually<void> {
    if (meaningOf(stanza) !== 'message') return
    return this.#add({ room, stanza, author: author?.bareString }, members)
  }

  async changed({ room, stanza, members, left }: MembersChanged): Promise<void> {
    if (stanza !== undefined && this.#parts.countsChanges()) {
      await this.#add({ room, stanza, author: undefined }, [...members, ...left])
    }
    const fate = this.#parts.fateOfLeft()
    if (fate !== 'kept' && left.length > 0) await this.#parts.store.leave(room, left, fate)
  }

  /** Adds one message to the conversations of all members that exist, at one moment and as one text. */
  #add(message: { room: Jid; stanza: Stanza; author: string | undefined }, members: readonly Jid[]): Eventually<void> {
    const { recorder } = this.#parts
    return afterwards(this.#existing(members), (owners) => {
      if (owners.length === 0) return
      const { room, stanza, author } = message
      const newest = recorder.newest(stanza.readdressed(stanza.from, undefined))
      for (const owner of owners) {
        const effect = owner.bareString === author ? 'reset' : 'count'
        recorder.add(stanza, { owner, remote: room }, { effect, newest })
      }
    })
  }

  #existing(members: readonly Jid[]): Eventually<readonly Jid[]> {
    const answers = members.map((member) => this.#parts.accounts.has(member))
    if (answers.every((answer) => answer === true)) return members
    return Promise.all(answers).then((known) => members.filter((_, place) => known[place]))
  }
}
