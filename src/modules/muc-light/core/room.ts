import type { Jid } from '../../../jid/jid.ts'
import type { RoomConfig } from './schema.ts'

/** What somebody is in a room; who is nothing there does not belong to it. */
export type Affiliation = 'owner' | 'member'

export interface Occupant {
  /** A bare address. */
  readonly jid: Jid
  readonly affiliation: Affiliation
}

/** Who belongs to a room, by bare address, in the order of joining. */
export type Occupants = ReadonlyMap<string, Occupant>

/** What a room is made of. */
export interface RoomState {
  /** A bare address. */
  readonly jid: Jid
  /** Another one after each change. */
  readonly version: string
  readonly config: RoomConfig
  readonly occupants: Occupants
}

/** A room at one moment; a change makes a new one. */
export class LightRoom implements RoomState {
  readonly jid: Jid
  readonly version: string
  readonly config: RoomConfig
  readonly occupants: Occupants
  readonly #nicks = new Map<string, Jid>()
  #addresses: readonly Jid[] | undefined

  constructor({ jid, version, config, occupants }: RoomState) {
    this.jid = jid
    this.version = version
    this.config = config
    this.occupants = occupants
  }

  with(change: Partial<Omit<RoomState, 'jid'>>): LightRoom {
    const { jid, version, config, occupants } = this
    return new LightRoom({ jid, version, config, occupants, ...change })
  }

  affiliationOf(who: Jid): Affiliation | undefined {
    return this.occupants.get(who.bareString)?.affiliation
  }

  /** The addresses of all occupants. */
  get addresses(): readonly Jid[] {
    this.#addresses ??= [...this.occupants.values()].map(({ jid }) => jid)
    return this.#addresses
  }

  /** The address of somebody in the room: the nick is the bare address. */
  nickOf(who: Jid): Jid {
    const key = who.bareString
    let nick = this.#nicks.get(key)
    if (nick === undefined) {
      nick = this.jid.withResource(key)
      if (this.occupants.has(key)) this.#nicks.set(key, nick)
    }
    return nick
  }
}

/** Makes a list of occupants. */
export function occupantsOf(list: Iterable<Occupant>): Occupants {
  return new Map([...list].map((occupant) => [occupant.jid.bareString, occupant]))
}
