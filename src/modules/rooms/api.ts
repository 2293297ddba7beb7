import type { Jid } from '../../jid/jid.ts'
import type { ModuleContext } from '../../module/context.ts'
import type { IqRequest } from '../../router/iq-registry.ts'
import { archiveId } from '../../router/notes.ts'
import type { Router } from '../../router/router.ts'
import type { Session } from '../../router/session.ts'
import type { Stanza } from '../../stanza/stanza.ts'
import { afterwards, type Eventually, letRun } from '../../util/settled.ts'
import type { Element } from '../../xml/element.ts'
import { mamApi, type RoomAccess, type RoomArchives, type RoomMessage } from '../mam/api.ts'
import { smartMarkersApi } from '../smart-markers/api.ts'
import { stanzaIdApi } from '../stanzaid/api.ts'

// What rooms of every kind need: it is no module of its own.

/** One stanza and who is to have it: the text is the same for all of them but for the address. */
export interface Parcel {
  readonly stanza: Stanza
  readonly to: readonly Jid[]
}

/** Sends parcels in their order. The promise settles when all of it has arrived; undefined: at once. */
export function sendParcels(router: Router, parcels: readonly Parcel[]): Promise<void> | undefined {
  const waits: Promise<void>[] = []
  for (const parcel of parcels) sendParcel(router, parcel, waits)
  return waits.length === 0 ? undefined : Promise.allSettled(waits).then(() => undefined)
}

/**
 * What one of them has against it does not concern the others. The id that it has in the archive of the room is the room's own: in
 * the archives of those who get it, it has another one.
 */
function sendParcel(router: Router, { stanza: kept, to }: Parcel, waits: Promise<void>[]): void {
  const stanza = kept.get(archiveId) === undefined ? kept : kept.with(archiveId, undefined)
  const { from } = stanza
  for (const address of to) {
    letRun(
      () => {
        const wait = router.route(stanza.readdressed(from, address))
        if (wait !== undefined) waits.push(wait)
      },
      () => {},
    )
  }
}

/** What other modules keep of rooms, as far as these modules run: archives, ids and markers. */
export class RoomRecords {
  readonly #find: ModuleContext['find']

  constructor(find: ModuleContext['find']) {
    this.#find = find
  }

  /** The archive, where the rooms of this service have one. */
  archiveOf(service: Jid): RoomArchives | undefined {
    const rooms = this.#find(mamApi)?.rooms
    return rooms?.serves(service.domain) === true ? rooms : undefined
  }

  /** Archives what a room is about to send (XEP-0313 §5.1.2), and gives it with its stable id. */
  keep(message: RoomMessage): Eventually<Stanza> {
    const { room, stanza } = message
    const kept = this.archiveOf(room)?.append(message) ?? stanza
    return afterwards(kept, (outcome) => this.#find(stanzaIdApi)?.decorate(outcome, room) ?? outcome)
  }

  /** Answers a request that is for the archive of a room; undefined where it is for somebody else. */
  async answer(
    request: IqRequest,
    session: Session | undefined,
    access: RoomAccess,
  ): Promise<Element | 'done' | undefined> {
    const archive = this.archiveOf(request.to)
    if (archive?.answers(request.payload) !== true) return undefined
    return (await archive.answer(request, session, access)) ?? 'done'
  }

  /** A room is gone: who makes one of the same name must not find what was said in this one. */
  async forget(room: Jid): Promise<void> {
    await Promise.all([this.archiveOf(room)?.remove(room), this.#find(smartMarkersApi)?.forgetRoom(room)])
  }

  /** Somebody belongs to a room no more. */
  async forgetMember(room: Jid, member: Jid): Promise<void> {
    await this.#find(smartMarkersApi)?.forgetRoom(room, member)
  }
}
