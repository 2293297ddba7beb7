import type { Jid } from '../../jid/jid.ts'
import type { ModuleContext } from '../../module/context.ts'
import { afterwards } from '../../util/settled.ts'
import type { RoomAccess } from '../mam/api.ts'
import { RoomRecords } from '../rooms/api.ts'
import { type RoomView, roomAsked, roomBroadcast, roomForgotten, roomInfo, roomRetracts } from './api.ts'

/** What is done without this archive. */
const nothing = undefined

/** Has other modules keep what is said in rooms, where they run, and messages carry stable ids. */
export function linkArchive({ on, find }: Pick<ModuleContext, 'on' | 'find'>): void {
  const records = new RoomRecords(find)
  on(roomBroadcast, 'store', (event) => {
    const { room, occupant, from, stanza } = event
    const kept = records.keep({
      room: room.jid,
      stanza,
      sender: occupant === undefined ? room.jid : from,
      affiliation: occupant?.affiliation ?? 'owner',
      role: occupant?.role ?? 'moderator',
    })
    return afterwards(kept, (outcome) => {
      event.stanza = outcome
    })
  })
  on(roomAsked, 'main', ({ room, request, session }) => records.answer(request, session, accessOf(room, request.from)))
  on(roomInfo, 'main', ({ room, service }) => {
    const archive = records.archiveOf(room?.jid ?? service)
    return archive === undefined ? nothing : { features: archive.features }
  })
  // What an author takes back the archive has seen go by.
  on(roomRetracts, 'main', async ({ room, stanzaId, tombstone, author }) => {
    if (author !== undefined) return nothing
    return (await records.archiveOf(room.jid)?.tombstone(room.jid, stanzaId, tombstone)) === true ? 'gone' : nothing
  })
  on(roomForgotten, 'main', ({ room }) => records.forget(room))
}

/** Who may enter may read, but a password opens the archive only for who is inside or belongs to the room. */
export function accessOf(room: RoomView, who: Jid): RoomAccess {
  const { affiliation, role } = room.standingOf(who)
  const isKnown = role !== 'none' || affiliation !== 'none'
  const mayRead = room.mayEnter(who) && (!room.config.isPasswordProtected || isKnown)
  return {
    mayRead: mayRead ? true : 'You may not enter this room',
    isOwner: affiliation === 'owner',
    seesAddresses: room.seesAddresses(who),
  }
}
