import type { Jid } from '../../jid/jid.ts'
import type { Stanza } from '../../stanza/stanza.ts'
import { StanzaError } from '../../stanza/stanza-error.ts'
import type { Eventually } from '../../util/settled.ts'
import type { Element } from '../../xml/element.ts'
import { enter, enterAgain, notInside, updatePresence } from './core/entry.ts'
import { leave } from './core/leaving.ts'
import { MUC } from './core/namespaces.ts'
import { changeNick } from './core/nick-change.ts'
import type { Seat } from './core/occupants.ts'
import type { Outbox } from './core/outbox.ts'
import { heedError } from './core/private-message.ts'
import type { Entry, Room } from './core/room.ts'
import type { RoomConfig } from './core/room-config.ts'
import { type MucOptions, newRoomConfig } from './options.ts'
import type { PasswordService } from './password-service.ts'
import { creationDenied, type RoomMaker } from './room-maker.ts'
import type { Rooms } from './rooms.ts'
import type { ServiceSurroundings } from './surroundings.ts'

export interface PresenceDeskParts {
  readonly rooms: Rooms
  readonly maker: RoomMaker
  readonly surroundings: ServiceSurroundings
  readonly options: MucOptions
  readonly passwords: PasswordService | undefined
}

/** Takes presence sent to rooms: coming, going, other nicks, other moods. */
export class PresenceDesk {
  readonly #parts: PresenceDeskParts

  constructor(parts: PresenceDeskParts) {
    this.#parts = parts
  }

  /** Throws StanzaError for who may not come in. The promise settles when everybody has been told. */
  receive(stanza: Stanza): Promise<void> | undefined {
    switch (stanza.type) {
      case '':
      case 'available':
        return this.#available(stanza)
      case 'unavailable':
      case 'error':
        return this.#gone(stanza)
      default:
        return undefined
    }
  }

  #available(stanza: Stanza): Promise<void> | undefined {
    const to = stanza.to as Jid
    const from = stanza.from as Jid
    const { rooms, surroundings, passwords } = this.#parts
    const isAwake = rooms.peek(to.local) !== undefined
    if (!isAwake && !surroundings.mayCreate(from)) throw creationDenied('no_matching_acl_rule')
    const x = stanza.child('x', MUC.muc)
    if (x === undefined || passwords === undefined || surroundings.isAdmin(from)) return this.#arrive(stanza, x)
    return this.#askAndArrive(stanza, x, passwords)
  }

  /** A room that leaves its password to a service is not held up by asking there. */
  async #askAndArrive(stanza: Stanza, x: Element, passwords: PasswordService): Promise<void> {
    const [from, to] = [stanza.from as Jid, stanza.to as Jid]
    const { config, isInside } = await this.#parts.rooms.run(to, (room) => ({
      config: room?.config ?? newRoomConfig(this.#parts.options),
      isInside: room?.occupants.seat(from) !== undefined,
    }))
    const isAsked = !isInside && asksElsewhere(config)
    const verdict = isAsked ? await passwords.check(from, to.bare, x.childText('password') ?? '') : undefined
    await this.#arrive(stanza, x, verdict)
  }

  #arrive(stanza: Stanza, x: Element | undefined, verdict?: Entry['passwordVerdict']): Promise<void> | undefined {
    const to = stanza.to as Jid
    const { value, delivered } = this.#parts.rooms.perform(to, (room, out) => {
      const seat = room?.occupants.seat(stanza.from as Jid)
      if (room !== undefined && seat !== undefined) return moveWithin(room, { seat, stanza, x }, out)
      if (to.isBare) throw new StanzaError('jid-malformed', { text: 'No nickname specified' })
      if (x === undefined) return out.send(notInside(to), stanza.from as Jid)
      const entry: Entry = { from: stanza.from as Jid, jid: to, stanza, x, passwordVerdict: verdict }
      if (room !== undefined) return enter(room, entry, out)
      return this.#parts.maker.open(entry, out)
    })
    return settled(value, delivered)
  }

  #gone(stanza: Stanza): Promise<void> | undefined {
    const { value, delivered } = this.#parts.rooms.perform(stanza.to as Jid, (room, out) => {
      const seat = room?.occupants.seat(stanza.from as Jid)
      if (room === undefined || seat === undefined) return
      room.activeAt = room.surroundings.now()
      if (stanza.type === 'error') heedError(room, stanza, out)
      else leave(room, seat, stanza, out)
    })
    return settled(value, delivered)
  }
}

/** Waits for what was done, which may have failed, and for what it caused. */
export function settled(value: Eventually<unknown>, delivered: Promise<void> | undefined): Promise<void> | undefined {
  if (value instanceof Promise) return value.then(() => delivered)
  return delivered
}

function moveWithin(
  room: Room,
  { seat, stanza, x }: { seat: Seat; stanza: Stanza; x: Element | undefined },
  out: Outbox,
): void {
  const to = stanza.to as Jid
  room.activeAt = room.surroundings.now()
  if (to.isBare) throw new StanzaError('jid-malformed', { text: 'No nickname specified' })
  if (to.resource !== seat.occupant.jid.resource) changeNick(room, seat, { jid: to, stanza }, out)
  else if (x === undefined) updatePresence(room, seat, stanza, out)
  else enterAgain(room, seat, { from: seat.jid, jid: to, stanza, x }, out)
}

/** Whether the password of a room is known elsewhere only. */
function asksElsewhere(config: RoomConfig): boolean {
  return config.isPasswordProtected && config.password === ''
}
