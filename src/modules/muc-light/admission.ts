import type { Jid } from '../../jid/jid.ts'
import type { BlockingLists } from './blocking.ts'
import type { LightOptions } from './options.ts'
import type { LightStore } from './store.ts'

/** Who of several users can join a room. */
export interface Admitted {
  /** Bare addresses. */
  readonly users: ReadonlySet<string>
  /** To be called when it is on disk who has joined, or that nobody has. */
  release(): void
}

/** One place that somebody is about to take. */
interface Claim {
  end(): void
}

/** Says who can be added to a room: users have a limit of rooms, and may want nothing of a room or of who adds them. */
export class Admission {
  readonly #store: LightStore
  readonly #lists: BlockingLists
  readonly #options: Pick<LightOptions, 'rooms_per_user' | 'blocking'>
  /** Places in rooms that users are about to join, which the disk need not know of, in the order of asking. */
  readonly #claims = new Map<string, Set<Claim>>()

  constructor(store: LightStore, lists: BlockingLists, options: Pick<LightOptions, 'rooms_per_user' | 'blocking'>) {
    this.#store = store
    this.#lists = lists
    this.#options = options
  }

  /** Those who do not mind being added to this room by this user. */
  async willing(users: readonly Jid[], room: Jid, by: Jid): Promise<readonly Jid[]> {
    if (!this.#options.blocking) return users
    const blocking = await this.#lists.blocking(users, room, by)
    return users.filter(({ bareString }) => !blocking.has(bareString))
  }

  /** Keeps a place among their rooms for those who have one left. */
  async admit(users: readonly Jid[]): Promise<Admitted> {
    if (!Number.isFinite(this.#options.rooms_per_user)) return { users: addressesOf(users), release() {} }
    const claims = users.map((user) => this.#claim(user))
    const release = () => {
      for (const claim of claims) claim.end()
    }
    try {
      // Claimed before the disk is asked: what was sent there since is claimed still when its answer comes.
      const fits = await Promise.all(users.map((user, index) => this.#fits(user, claims[index] as Claim)))
      return { users: addressesOf(users.filter((_, index) => fits[index])), release }
    } catch (error) {
      release()
      throw error
    }
  }

  /** Those who came first count, unless they have been refused. */
  async #fits(user: Jid, claim: Claim): Promise<boolean> {
    const count = await this.#store.countRooms(user)
    const earlier = [...(this.#claims.get(user.bareString) ?? [])].indexOf(claim)
    const fits = count + earlier < this.#options.rooms_per_user
    if (!fits) claim.end()
    return fits
  }

  #claim({ bareString }: Jid): Claim {
    const claims = this.#claims.get(bareString) ?? new Set()
    this.#claims.set(bareString, claims)
    const claim: Claim = {
      end: () => {
        claims.delete(claim)
        if (claims.size === 0 && this.#claims.get(bareString) === claims) this.#claims.delete(bareString)
      },
    }
    claims.add(claim)
    return claim
  }
}

function addressesOf(users: readonly Jid[]): ReadonlySet<string> {
  return new Set(users.map(({ bareString }) => bareString))
}
