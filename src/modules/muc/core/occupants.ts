import type { Jid } from '../../../jid/jid.ts'
import type { Stanza } from '../../../stanza/stanza.ts'
import type { Affiliation, Role } from './standing.ts'

/** One client of an occupant. */
export interface Seat {
  /** The real address of the client. */
  readonly jid: Jid
  readonly occupant: Occupant
  /** Follows every change of affiliations (XEP-0463). */
  isFollowing: boolean
}

/** Somebody in a room, under one nick, with one client or several. */
export interface Occupant {
  /** The address in the room: `room@service/nick`. */
  jid: Jid
  /** The real bare address. */
  readonly real: Jid
  affiliation: Affiliation
  role: Role
  /** What the client said last, from the occupant's address, without what is for the room alone. */
  presence: Stanza
  /** The presence as the room shows it, with and without the real address; made when first needed. */
  shown: { open?: Stanza; veiled?: Stanza } | undefined
  readonly seats: Seat[]
  /** The id that stays the same whatever the nick (XEP-0421). */
  readonly id: string
}

/** The nick of an occupant. */
export function nickOf(occupant: Occupant): string {
  return occupant.jid.resource
}

const nobody: readonly Jid[] = []

/** Who is in one room, by nick and by client. */
export class Occupants {
  readonly #byNick = new Map<string, Occupant>()
  readonly #byAccount = new Map<string, readonly Occupant[]>()
  readonly #seats = new Map<string, Seat>()
  #addresses: readonly Jid[] | undefined

  /** Nicks in use. */
  get size(): number {
    return this.#byNick.size
  }

  /** Clients inside. */
  get seatCount(): number {
    return this.#seats.size
  }

  all(): IterableIterator<Occupant> {
    return this.#byNick.values()
  }

  /** Everybody under their nick. */
  named(nick: string): Occupant | undefined {
    return this.#byNick.get(nick)
  }

  seat(jid: Jid): Seat | undefined {
    return this.#seats.get(jid.full)
  }

  /** The occupants of one account. */
  of(account: Jid): readonly Occupant[] {
    return this.#byAccount.get(account.bareString) ?? []
  }

  /** The real addresses of all clients; a snapshot that does not change. */
  get addresses(): readonly Jid[] {
    if (this.#seats.size === 0) return nobody
    this.#addresses ??= [...this.#seats.values()].map((seat) => seat.jid)
    return this.#addresses
  }

  /** Takes in a client; an occupant comes with its first one. */
  add(occupant: Occupant, jid: Jid): Seat {
    const seat = { jid, occupant, isFollowing: false }
    if (occupant.seats.length === 0) this.#enlist(occupant)
    occupant.seats.push(seat)
    this.#seats.set(jid.full, seat)
    this.#addresses = undefined
    return seat
  }

  /** Takes out a client, and with the last one the occupant. */
  remove(seat: Seat): void {
    const { occupant } = seat
    this.#seats.delete(seat.jid.full)
    occupant.seats.splice(occupant.seats.indexOf(seat), 1)
    if (occupant.seats.length === 0) this.#strike(occupant)
    this.#addresses = undefined
  }

  /** Gives an occupant another nick, which must be free. */
  rename(occupant: Occupant, jid: Jid): void {
    this.#byNick.delete(nickOf(occupant))
    occupant.jid = jid
    this.#byNick.set(nickOf(occupant), occupant)
  }

  #enlist(occupant: Occupant): void {
    this.#byNick.set(nickOf(occupant), occupant)
    this.#byAccount.set(occupant.real.full, [...this.of(occupant.real), occupant])
  }

  #strike(occupant: Occupant): void {
    this.#byNick.delete(nickOf(occupant))
    const left = this.of(occupant.real).filter((other) => other !== occupant)
    if (left.length === 0) this.#byAccount.delete(occupant.real.full)
    else this.#byAccount.set(occupant.real.full, left)
  }
}
