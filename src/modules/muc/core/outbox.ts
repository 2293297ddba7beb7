import type { Jid } from '../../../jid/jid.ts'
import type { Stanza } from '../../../stanza/stanza.ts'
import type { Parcel } from '../../rooms/api.ts'
import type { RoomEvent } from './room-event.ts'

/** What a room has to send once what caused it is done, in order, and what has happened there. */
export class Outbox {
  readonly parcels: Parcel[] = []
  readonly events: RoomEvent[] = []

  send(stanza: Stanza, to: Jid): void {
    this.parcels.push({ stanza, to: [to] })
  }

  broadcast(stanza: Stanza, to: readonly Jid[]): void {
    if (to.length > 0) this.parcels.push({ stanza, to })
  }

  /** Stanzas that will go out. */
  get deliveries(): number {
    return this.parcels.reduce((sum, { to }) => sum + to.length, 0)
  }

  tell(event: RoomEvent): void {
    this.events.push(event)
  }
}
