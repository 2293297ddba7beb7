import { Jid } from '../../jid/jid.ts'
import { StanzaError } from '../../stanza/stanza-error.ts'
import type { AffiliationEntry } from './core/affiliations.ts'
import { enter } from './core/entry.ts'
import type { Outbox } from './core/outbox.ts'
import type { Entry, Room } from './core/room.ts'
import { type MucOptions, newRoomConfig } from './options.ts'
import type { Rooms } from './rooms.ts'

/** Makes new rooms as the service is configured. */
export class RoomMaker {
  readonly #rooms: Rooms
  readonly #options: MucOptions

  constructor(rooms: Rooms, options: MucOptions) {
    this.#rooms = rooms
    this.#options = options
  }

  /** Makes a room, locked until its owner has configured it, and lets the owner in (XEP-0045 §10.1). */
  open(entry: Entry, out: Outbox): void {
    const room = this.make(entry.jid.bare, entry.from.bare, out)
    try {
      enter(room, entry, out)
    } catch (error) {
      this.#rooms.discard(room)
      throw error
    }
  }

  /** Makes a room that nobody is in yet. */
  make(jid: Jid, owner: Jid, out: Outbox): Room {
    if (Buffer.byteLength(jid.local) > this.#options.max_room_id) throw creationDenied('room_id_too_long')
    const { subject, subject_author: author } = this.#options.default_room
    const room = this.#rooms.make(jid, {
      config: newRoomConfig(this.#options),
      affiliations: [...this.#usual(), entryOf(owner, 'owner')],
      subject: subject === '' ? undefined : { text: subject, author, at: undefined },
      extras: {},
      version: undefined,
    })
    out.tell({ kind: 'created' })
    return room
  }

  /** The affiliations of every new room. */
  #usual(): AffiliationEntry[] {
    return this.#options.default_room.affiliations.flatMap(({ user, server, resource, affiliation }) => {
      const jid = Jid.tryParse(resource === '' ? `${user}@${server}` : `${user}@${server}/${resource}`)
      return jid === undefined ? [] : [entryOf(jid, affiliation)]
    })
  }
}

function entryOf(jid: Jid, affiliation: AffiliationEntry['affiliation']): AffiliationEntry {
  return { jid, affiliation, reason: '', nick: '' }
}

/** The error for a room that may not be made. */
export function creationDenied(why: 'room_id_too_long' | 'no_matching_acl_rule'): StanzaError {
  return new StanzaError('not-allowed', { text: `Room creation is denied by service policy: ${why}` })
}
