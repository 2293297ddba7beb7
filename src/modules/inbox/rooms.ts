import type { Jid } from '../../jid/jid.ts'
import type { AccountReceives } from '../../router/events.ts'
import type { KnownAccounts } from '../../router/known-accounts.ts'
import { isForMember } from '../../router/notes.ts'
import { afterwards, type Eventually } from '../../util/settled.ts'
import type { RoomConversations, RoomMessage } from './api.ts'
import { meaningOf } from './eligible.ts'
import { type LightMeaning, lightMeaning } from './light.ts'
import { type InboxRecorder, isCounted } from './recorder.ts'
import type { InboxStore } from './store.ts'

export interface RoomParts {
  readonly recorder: InboxRecorder
  readonly store: InboxStore
  readonly accounts: KnownAccounts
  /** Whether rooms that accounts belong to are among the conversations. */
  hasMembers(): boolean
  /** Whether joining and leaving count as messages. */
  countsChanges(): boolean
  /** What becomes of the conversation of who belongs to a room no more. */
  fateOfLeft(): 'kept' | 'deleted' | 'binned'
}

/** Conversations with rooms, one for each account that belongs to one. */
export class RoomInboxes implements RoomConversations {
  readonly #parts: RoomParts

  constructor(parts: RoomParts) {
    this.#parts = parts
  }

  said({ room, stanza, author, members }: RoomMessage): Eventually<void> {
    if (meaningOf(stanza) !== 'message') return
    const { recorder } = this.#parts
    return afterwards(this.#existing(members), (owners) => {
      if (owners.length === 0) return
      // One moment and one text for all of them.
      const newest = recorder.newest(stanza.readdressed(stanza.from, undefined), room)
      return forEach(owners, (owner) => {
        const effect = owner.bareString === author?.bareString ? 'reset' : 'count'
        return recorder.add(stanza, { owner, remote: room }, { effect, newest })
      })
    })
  }

  async left(room: Jid, users: readonly Jid[]): Promise<void> {
    const fate = this.#parts.fateOfLeft()
    if (fate !== 'kept' && users.length > 0) await this.#parts.store.leave(room, users, fate)
  }

  /** A room sends something to an account that belongs to it (MUC Light). */
  receives(event: AccountReceives): Eventually<undefined> {
    const { stanza, account, targets } = event
    if (stanza.get(isForMember) !== true || !this.#parts.hasMembers() || !isCounted(stanza)) return undefined
    const meaning = lightMeaning(stanza, account)
    if (meaning === undefined) return undefined
    return afterwards(targets.length > 0 || this.#parts.accounts.has(account), (isThere) => {
      return isThere ? this.#received(event, meaning) : undefined
    })
  }

  #received({ stanza, account: owner }: AccountReceives, meaning: LightMeaning): Eventually<undefined> {
    const { recorder, countsChanges } = this.#parts
    const room = (stanza.from as Jid).bare
    const isChange = meaning === 'joined' || meaning === 'left'
    const effect = meaning === 'own message' ? 'reset' : 'count'
    const added =
      isChange && !countsChanges()
        ? undefined
        : recorder.add(stanza, { owner, remote: room }, { effect, newest: recorder.newest(stanza, room) })
    return afterwards(added, () => {
      if (meaning === 'left') stanza.causes(this.left(room, [owner]))
      return undefined
    })
  }

  #existing(members: readonly Jid[]): Eventually<readonly Jid[]> {
    const answers = members.map((member) => this.#parts.accounts.has(member))
    if (answers.every((answer) => answer === true)) return members
    return Promise.all(answers).then((known) => members.filter((_, place) => known[place]))
  }
}

/** At once for all whose turn needs nothing. */
function forEach<T>(all: readonly T[], turn: (one: T) => Eventually<undefined>): Eventually<void> {
  const waiting = all.map(turn).filter((outcome) => outcome !== undefined)
  return waiting.length === 0 ? undefined : Promise.all(waiting).then(() => {})
}
