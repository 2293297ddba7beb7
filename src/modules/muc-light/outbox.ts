import type { Jid } from '../../jid/jid.ts'
import type { Host } from '../../router/host.ts'
import { isForMember } from '../../router/notes.ts'
import { Stanza } from '../../stanza/stanza.ts'
import { stanzaIdNs, withoutStanzaIds } from '../../stanza/stanza-id.ts'
import { randomId } from '../../util/random-id.ts'
import { afterwards, type Eventually } from '../../util/settled.ts'
import { type Parcel, sendParcels } from '../rooms/api.ts'
import { lightBroadcast, lightEvent } from './api.ts'
import type { LightEvent } from './core/light-event.ts'
import type { LightRoom } from './core/room.ts'
import type { Schema } from './core/schema.ts'
import type { Dialect } from './dialect.ts'

export interface OutboxParts {
  readonly host: Host
  readonly schema: Schema
  readonly dialect: Dialect
  /** Told of what went wrong after a change was made, which stands. */
  onFailure(error: unknown): void
}

/** What one job with a room leaves: what there is to send, and what has happened. */
export class LightOutbox {
  readonly #parts: OutboxParts
  readonly #parcels: Parcel[] = []
  readonly #events: LightEvent[] = []

  constructor(parts: OutboxParts) {
    this.#parts = parts
  }

  /** What somebody says, for everybody. Throws StanzaError where a module refuses it. */
  broadcast(room: LightRoom, stanza: Stanza): Eventually<void> {
    const { host } = this.#parts
    const from = stanza.from as Jid
    const speech = withId(withoutStanzaIds(stanza, room.jid).readdressed(room.nickOf(from), undefined))
    const event = { host, room, from, stanza: speech }
    return afterwards(host.hooks.run(lightBroadcast, event), (outcome) => {
      if (outcome === undefined) this.#parcels.push({ stanza: forMembers(event.stanza), to: room.addresses })
    })
  }

  /** Tells who belongs to a room, and who did, of a change that is on disk; the archive keeps it, if it can. */
  async tell(event: LightEvent, id: string): Promise<void> {
    const { host, dialect, schema } = this.#parts
    const { room } = event
    this.note(event)
    const { record, parcels } = dialect.notices(event, { schema, id })
    // The archive of a room that the last one has left is gone.
    const isKept = record !== undefined && room.occupants.size > 0
    const kept = isKept ? { host, room, from: room.jid, stanza: record } : undefined
    if (kept !== undefined) await this.follow(() => host.hooks.run(lightBroadcast, kept))
    const stanzaId = kept?.stanza.child('stanza-id', stanzaIdNs)
    for (const { stanza, to } of parcels) {
      const identified = stanzaId === undefined || stanza.kind !== 'message' ? stanza : stanza.prepend(stanzaId)
      this.#parcels.push({ stanza: forMembers(identified), to })
    }
  }

  /** Something has happened of which nobody in the room is told. */
  note(event: LightEvent): void {
    this.#events.push(event)
  }

  /** Does what follows from a change that stands, whatever becomes of it. */
  async follow(act: () => Eventually<unknown>): Promise<void> {
    try {
      await act()
    } catch (error) {
      this.#parts.onFailure(error)
    }
  }

  /** Sends everything and tells modules of it. The promise settles when all has arrived; undefined: at once. */
  send(): Promise<unknown> | undefined {
    const { host } = this.#parts
    const delivered = sendParcels(host.router, this.#parcels)
    const hasListeners = host.hooks.has(lightEvent)
    const told = hasListeners ? this.#events.map((event) => host.hooks.run(lightEvent, { host, event })) : []
    const waits = [delivered, ...told].filter((each) => each instanceof Promise)
    return waits.length === 0 ? undefined : Promise.allSettled(waits)
  }
}

/** For accounts, not for clients; what they have in their own archives is not what the room has. */
function forMembers(stanza: Stanza): Stanza {
  return stanza.kind === 'message' ? stanza.with(isForMember, true) : stanza
}

/** Everything that a room sends has an id. */
function withId(message: Stanza): Stanza {
  if (message.id !== undefined) return message
  const { kind, type, from, lang } = message
  const head = { type, from, lang, id: randomId(12) }
  return Stanza.make(kind, head, ...message.elements())
    .withNotes(message.notes)
    .onBehalfOf(message)
}
