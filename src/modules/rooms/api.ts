import type { z } from 'zod'
import { Jid } from '../../jid/jid.ts'
import type { ModuleContext } from '../../module/context.ts'
import type { Imported } from '../../router/events.ts'
import type { IqRequest } from '../../router/iq-registry.ts'
import { archiveId } from '../../router/notes.ts'
import type { RoomLine } from '../../router/room-files.ts'
import type { Router } from '../../router/router.ts'
import type { Session } from '../../router/session.ts'
import type { Stanza } from '../../stanza/stanza.ts'
import { StanzaError } from '../../stanza/stanza-error.ts'
import { afterwards, type Eventually, letRun } from '../../util/settled.ts'
import type { Element } from '../../xml/element.ts'
import { parseElement } from '../../xml/parse.ts'
import { serialise } from '../../xml/serialise.ts'
import { fromWire } from '../../xml/wire.ts'
import { mamApi, type RoomAccess, type RoomArchives, type RoomMessage } from '../mam/api.ts'
import { smartMarkersApi } from '../smart-markers/api.ts'
import { stanzaIdApi } from '../stanzaid/api.ts'

// What rooms of every kind need: it is no module of its own.

/** Reads the line that describes a room. Throws StanzaError, which says in one line what is wrong with it. */
export function readRoomLine<T>(schema: z.ZodType<T>, line: RoomLine): T {
  const { data, error } = schema.safeParse(line)
  if (error === undefined) return data as T
  throw badLine(error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; '))
}

/** The bare address of a room in a file; undefined where it is none. */
export function roomAddress({ room }: RoomLine): Jid | undefined {
  const jid = Jid.tryParse(room)
  return jid === undefined || jid.local === '' || jid.isFull ? undefined : jid
}

/** The error for a line that cannot be taken. */
export function badLine(text: string): StanzaError {
  return new StanzaError('bad-request', { text })
}

/** The error for a room that is to be read in and exists. */
export function roomExists(): StanzaError {
  return badLine('there is such a room already; see --merge')
}

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

  /** What a room has archived, as it stands in a file of rooms. */
  async *lines(room: Jid): AsyncGenerator<RoomLine> {
    const archive = this.archiveOf(room)
    if (archive === undefined) return
    for await (const result of archive.exported(room)) yield { room: room.full, message: fromWire(serialise(result)) }
  }

  /** Takes such a line. Throws StanzaError for what is none. */
  async take(room: Jid, message: unknown, isDryRun: boolean): Promise<Imported> {
    if (typeof message !== 'string') throw badLine('a message is a text')
    const archive = this.archiveOf(room)
    if (archive === undefined) return { kind: 'messages left out: rooms have no archive here', count: 1 }
    await archive.imported(room, parseElement(message), isDryRun)
    return { kind: 'archived messages of rooms', count: 1 }
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
