import type { Jid } from '../../jid/jid.ts'
import type { ModuleContext } from '../../module/context.ts'
import { afterwards } from '../../util/settled.ts'
import { inboxApi } from '../inbox/api.ts'
import { roomBroadcast, roomEvent } from './api.ts'
import type { RoomEvent } from './core/room-event.ts'

/** Has the inboxes of those who belong to a room note what is said there, where mod_inbox runs, whether they are inside or not. */
export function linkInbox(
  { on, find }: Pick<ModuleContext, 'on' | 'find'>,
  parentOf: (service: string) => string | undefined,
): void {
  const conversations = () => find(inboxApi)?.rooms
  on(roomBroadcast, 'observe', ({ room, occupant, from, stanza }) => {
    const inboxes = conversations()
    if (inboxes === undefined) return undefined
    const domain = parentOf(room.jid.domain)
    const members = room.affiliations
      .list()
      .filter(({ jid, affiliation }) => affiliation !== 'outcast' && isOf(jid, domain))
    const author = occupant === undefined ? undefined : from.bare
    return afterwards(
      inboxes.said({ room: room.jid, stanza, author, members: members.map(({ jid }) => jid) }),
      () => undefined,
    )
  })
  on(roomEvent, 'main', ({ room, event }) => {
    const left = event.kind === 'destroyed' ? room.affiliations.list().map(({ jid }) => jid) : leaversOf(event)
    const domain = parentOf(room.jid.domain)
    return conversations()?.left(
      room.jid,
      left.filter((jid) => isOf(jid, domain)),
    )
  })
}

/** Who belongs to the room no more. */
function leaversOf(event: RoomEvent): Jid[] {
  if (event.kind !== 'affiliation') return []
  return event.after === 'none' || event.after === 'outcast' ? [event.jid] : []
}

/** An entry for an account of this domain, not for the domain itself or one client. */
function isOf(jid: Jid, domain: string | undefined): boolean {
  return jid.domain === domain && jid.local !== '' && jid.isBare
}
