import type { Jid } from '../../jid/jid.ts'
import type { ModuleContext } from '../../module/context.ts'
import { afterwards } from '../../util/settled.ts'
import { mamApi, type RoomAccess, type RoomArchives } from '../mam/api.ts'
import { stanzaIdApi } from '../stanzaid/api.ts'
import { type RoomView, roomAsked, roomBroadcast, roomForgotten, roomInfo, roomRetracts } from './api.ts'

/** What is done without this archive. */
const nothing = undefined

/** Has the archive keep what is said in rooms, where it runs (XEP-0313 §5.1.2), and messages carry stable ids. */
export function linkArchive({ on, find }: Pick<ModuleContext, 'on' | 'find'>): void {
  const archiveOf = (room: Jid): RoomArchives | undefined => {
    const rooms = find(mamApi)?.rooms
    return rooms?.serves(room.domain) === true ? rooms : nothing
  }
  on(roomBroadcast, 'store', (event) => {
    const { room, occupant, from, stanza } = event
    const archive = archiveOf(room.jid)
    const kept = archive?.append({
      room: room.jid,
      stanza,
      sender: occupant === undefined ? room.jid : from,
      affiliation: occupant?.affiliation ?? 'owner',
      role: occupant?.role ?? 'moderator',
    })
    return afterwards(kept ?? stanza, (outcome) => {
      event.stanza = find(stanzaIdApi)?.decorate(outcome, room.jid) ?? outcome
    })
  })
  on(roomAsked, 'main', async ({ room, request, session }) => {
    const archive = archiveOf(room.jid)
    if (archive?.answers(request.payload) !== true) return nothing
    return (await archive.answer(request, session, accessOf(room, request.from))) ?? 'done'
  })
  on(roomInfo, 'main', ({ room, service }) => {
    const archive = archiveOf(room?.jid ?? service)
    return archive === undefined ? nothing : { features: archive.features }
  })
  // What an author takes back the archive has seen go by.
  on(roomRetracts, 'main', async ({ room, stanzaId, tombstone, author }) => {
    if (author !== undefined) return nothing
    return (await archiveOf(room.jid)?.tombstone(room.jid, stanzaId, tombstone)) === true ? 'gone' : nothing
  })
  // Who makes a room of the same name must not find what was said in this one.
  on(roomForgotten, 'main', ({ room }) => archiveOf(room)?.remove(room))
}

/** Who may enter may read, but a password opens the archive only for who is inside or belongs to the room. */
function accessOf(room: RoomView, who: Jid): RoomAccess {
  const { affiliation, role } = room.standingOf(who)
  const isKnown = role !== 'none' || affiliation !== 'none'
  const mayRead = room.mayEnter(who) && (!room.config.isPasswordProtected || isKnown)
  return {
    mayRead: mayRead ? true : 'You may not enter this room',
    isOwner: affiliation === 'owner',
    seesAddresses: room.seesAddresses(who),
  }
}
