import { Jid } from '../../jid/jid.ts'
import type { Session } from '../../router/session.ts'
import { markersNs } from '../../stanza/chat-markers.ts'
import { NS } from '../../stanza/namespaces.ts'
import { Stanza } from '../../stanza/stanza.ts'
import { Lru } from '../../util/lru.ts'
import { KeyedMailbox } from '../../util/mailbox.ts'
import type { Eventually } from '../../util/settled.ts'
import { el } from '../../xml/element.ts'
import { markersRecordedAt, type SmartMarkersApi, type StoredMarker } from '../smart-markers/api.ts'
import type { Missed, MissedStore } from './store.ts'

/** Conversations noted for one user; what is beyond goes the way of other messages. */
const most = 1000
const rememberedUsers = 10_000

/** A message with markers for somebody who is away. */
export interface MissedMessage {
  readonly account: Jid
  readonly stanza: Stanza
  /** Who takes messages by the time it is its turn, as a session may have come meanwhile. */
  present(): readonly Session[]
}

/** The markers that users have missed: noting and delivering of one user happen one after the other. */
export class MissedMarkers {
  readonly #store: MissedStore
  readonly #markers: SmartMarkersApi
  readonly #mailbox = new KeyedMailbox()
  /** Conversations noted, counted anew when there seem to be too many. */
  readonly #counts = new Lru<string, number>(rememberedUsers)

  constructor(store: MissedStore, markers: SmartMarkersApi) {
    this.#store = store
    this.#markers = markers
  }

  /** Notes where a message has its markers; `full` when no more is noted for this user. */
  note({ account, stanza, present }: MissedMessage): Eventually<'delivered' | 'noted' | 'full'> {
    return this.#mailbox.run(account.bareString, async () => {
      const sessions = present()
      if (sessions.length > 0) {
        await Promise.allSettled(sessions.map(async (session) => session.deliver(stanza)))
        return 'delivered'
      }
      if (!(await this.#hasRoom(account))) return 'full'
      const since = stanza.get(markersRecordedAt) ?? 0
      const room = stanza.type === 'groupchat' ? (stanza.from?.bareString ?? '') : ''
      stanza.causes(this.#store.add(account, { thread: stanza.child('thread')?.text() ?? '', room, since }))
      return 'noted'
    })
  }

  /** Delivers the last markers in each conversation noted, then forgets them: a crash between the two shows them twice. */
  async deliverTo(session: Session): Promise<void> {
    const account = session.jid.bare
    await this.#mailbox.run(account.bareString, async () => {
      const noted = this.#counts.get(account.bareString) === 0 ? [] : await this.#store.list(account)
      for (const missed of noted) await this.#deliver(session, missed)
      // Who has left meanwhile may not have got it all.
      if (session.isEnded) return
      if (noted.length > 0) await this.#store.forget(account)
      this.#counts.set(account.bareString, 0)
    })
  }

  async forget(user: Jid): Promise<void> {
    await this.#mailbox.run(user.bareString, async () => {
      await this.#store.forget(user)
      this.#counts.delete(user.bareString)
    })
  }

  async forgetDomain(domain: string): Promise<void> {
    await this.#store.forgetDomain(domain)
    this.#counts.deleteWhere((account) => account.endsWith(`@${domain}`))
  }

  async #hasRoom(account: Jid): Promise<boolean> {
    const known = this.#counts.get(account.bareString)
    const count = known === undefined || known >= most ? await this.#store.count(account) : known
    this.#counts.set(account.bareString, Math.min(count + 1, most))
    return count < most
  }

  async #deliver(session: Session, { thread, room, since }: Missed): Promise<void> {
    const to = room === '' ? session.jid.bare : Jid.parse(room)
    for (const marker of await this.#markers.list({ to, thread, since })) {
      if (session.isEnded) return
      await session.deliver(messageOf(marker, session, room === '' ? undefined : to))
    }
  }
}

function messageOf({ from, id, type, thread, at }: StoredMarker, session: Session, room: Jid | undefined): Stanza {
  const head =
    room === undefined
      ? { from, to: session.jid.bare }
      : { type: 'groupchat', from: room.withResource(from.bareString), to: session.jid }
  const parts = thread === '' ? [] : [el('thread', NS.client, thread)]
  return Stanza.make('message', head, ...parts, el(type, markersNs, { id })).with(markersRecordedAt, at)
}
