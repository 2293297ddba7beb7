import { Jid } from '../../jid/jid.ts'
import type { AccountReceives, UserSends } from '../../router/events.ts'
import type { Host } from '../../router/host.ts'
import type { KnownAccounts } from '../../router/known-accounts.ts'
import { archivedBefore, archiveId, isRerouted, senderArchiveId } from '../../router/notes.ts'
import { isMarkerType, type MarkerType, markersNs } from '../../stanza/chat-markers.ts'
import type { Stanza } from '../../stanza/stanza.ts'
import { stanzaIdNs } from '../../stanza/stanza-id.ts'
import type { Database } from '../../storage/database.ts'
import { mustAccept } from '../../storage/must-accept.ts'
import { momentIds } from '../../util/moment-ids.ts'
import { afterwards, type Eventually } from '../../util/settled.ts'
import { displayedNode, type PersonalNodeChanged } from '../pubsub/api.ts'
import type { Conversation, Effect, Newest } from './batch.ts'
import { meaningOf } from './eligible.ts'
import type { Repeats } from './repeats.ts'
import type { InboxWriter } from './writer.ts'

/** Longest bare address that has a conversation, in characters. */
const longestAddress = 512

export interface RecorderParts {
  readonly host: Pick<Host, 'clock'>
  readonly db: Pick<Database, 'canAccept'>
  readonly writer: InboxWriter
  readonly repeats: Repeats
  readonly accounts: KnownAccounts
  /** Whether senders wait until their conversations are on disk. */
  readonly isAwaited: boolean
  /** Markers that say that a conversation is read. */
  resetMarkers(): readonly MarkerType[]
}

interface NewestChange {
  readonly effect: Effect
  readonly newest: Newest
}

/** Notes what accounts send and receive; nobody waits for what is in memory. */
export class InboxRecorder {
  readonly #parts: RecorderParts

  constructor(parts: RecorderParts) {
    this.#parts = parts
  }

  /** A client sends a message: nothing is unread in that conversation, or as far as it says. */
  sends({ stanza, session }: UserSends): Eventually<undefined> {
    if (stanza.kind !== 'message') return undefined
    const meaning = meaningOf(stanza)
    if (meaning === undefined) return undefined
    const conversation = { owner: session.jid.bare, remote: (stanza.to ?? session.jid).bare }
    if (meaning === 'marker') this.#marks(stanza, conversation)
    // What is said in a room counts when the room says so.
    else if (stanza.type !== 'groupchat')
      return this.add(stanza, conversation, { effect: 'reset', newest: this.newest(stanza) })
    return undefined
  }

  /** A message arrives for an account. Once for all its clients, and whether or not one is there. */
  receives({ stanza, account, targets }: AccountReceives): Eventually<undefined> {
    const { from } = stanza
    if (from === undefined || !isCounted(stanza)) return undefined
    return afterwards(targets.length > 0 || this.#parts.accounts.has(account), (isThere) => {
      const conversation = { owner: account, remote: from.bare }
      return isThere ? this.add(stanza, conversation, { effect: 'count', newest: this.newest(stanza) }) : undefined
    })
  }

  /**
   * A client says for all clients of its account how far it has read a conversation (XEP-0490), by the id of a message in the
   * archive or in the room: that is a marker.
   */
  displayed({ account, node, id = '', payload }: PersonalNodeChanged): Eventually<undefined> {
    if (node !== displayedNode || !this.#parts.resetMarkers().includes('displayed')) return undefined
    const seen = payload?.child('stanza-id', stanzaIdNs)?.attr('id')
    const remote = Jid.tryParse(id)?.bare
    if (seen === undefined || remote === undefined || !isStorable({ owner: account, remote })) return undefined
    // The writer tells of what is lost.
    const written = this.#parts.writer.marker({ owner: account, remote }, seen).catch(() => {})
    return this.#parts.isAwaited ? written.then(() => undefined) : undefined
  }

  /**
   * Adds a message to a conversation, unless that has it since it was sent for the first time. Throws StorageUnavailable, before
   * anything has happened, while nothing can be stored.
   */
  add(stanza: Stanza, conversation: Conversation, change: NewestChange): Eventually<undefined> {
    if (!isStorable(conversation)) return undefined
    mustAccept(this.#parts.db)
    return afterwards(this.#parts.repeats.has(conversation, change.effect, stanza), (isThere) =>
      isThere ? undefined : this.#add(stanza, conversation, change),
    )
  }

  #add(stanza: Stanza, conversation: Conversation, { effect, newest }: NewestChange): undefined {
    this.#caused(stanza, this.#parts.writer.message(conversation, newest, effect))
  }

  /** A message as it is kept in conversations, those with a room where it is from one. */
  newest(stanza: Stanza, room?: Jid): Newest {
    const own = stanza.get(archiveId) ?? stanza.get(senderArchiveId)
    return {
      // What is sent again takes its old place, so that what follows it is known to be later.
      at: stanza.get(archivedBefore) ?? momentIds(this.#parts.host.clock).next(),
      content: stanza.toBytes(),
      messageId: stanza.id ?? '',
      archiveId: room === undefined ? own : idBy(stanza, room),
      origin: stanza.origin,
    }
  }

  #marks(stanza: Stanza, conversation: Conversation): void {
    if (!isStorable(conversation)) return
    const counting = this.#parts.resetMarkers()
    for (const element of stanza.elements()) {
      const { name, ns } = element
      const id = element.attr('id') ?? ''
      if (ns !== markersNs || !isMarkerType(name) || !counting.includes(name) || id === '') continue
      mustAccept(this.#parts.db)
      this.#caused(stanza, this.#parts.writer.marker(conversation, id))
    }
  }

  #caused(stanza: Stanza, written: Promise<void>): void {
    if (this.#parts.isAwaited) stanza.causes(written)
    // The writer tells of what is lost.
    else written.catch(() => {})
  }
}

/** Whether a message that comes is part of a conversation, and comes for the first time. */
export function isCounted(stanza: Stanza): boolean {
  return stanza.kind === 'message' && stanza.get(isRerouted) !== true && meaningOf(stanza) === 'message'
}

function isStorable({ owner, remote }: Conversation): boolean {
  return isShort(remote) && isShort(owner)
}

const isShort = (address: Jid) => address.bareString.length <= longestAddress

/** The id that a room has given a message, which markers in rooms name (XEP-0333 §5). */
function idBy(stanza: Stanza, room: Jid): string | undefined {
  if (!stanza.has('stanza-id', stanzaIdNs)) return undefined
  const ids = stanza.elements().filter((element) => element.is('stanza-id', stanzaIdNs))
  return ids.find((element) => element.attr('by') === room.bareString)?.attr('id')
}
