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

/** Says who can be added to a room: users have a limit of rooms, and may want nothing of a room or of who adds them. */
export class Admission {
  readonly #store: LightStore
  readonly #lists: BlockingLists
  readonly #options: Pick<LightOptions, 'rooms_per_user' | 'blocking'>
  /** Rooms that users are about to join, which the disk does not know of. */
  readonly #pending = new Map<string, number>()

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
    for (const user of users) this.#note(user, 1)
    const release = () => {
      for (const user of users) this.#note(user, -1)
    }
    try {
      // Noted before the disk is asked: what was sent there since is noted still when its answer comes.
      const fits = await Promise.all(users.map((user) => this.#fits(user)))
      return { users: addressesOf(users.filter((_, index) => fits[index])), release }
    } catch (error) {
      release()
      throw error
    }
  }

  async #fits(user: Jid): Promise<boolean> {
    const count = await this.#store.countRooms(user)
    return count + (this.#pending.get(user.bareString) ?? 0) <= this.#options.rooms_per_user
  }

  #note({ bareString }: Jid, by: number): void {
    const count = (this.#pending.get(bareString) ?? 0) + by
    if (count > 0) this.#pending.set(bareString, count)
    else this.#pending.delete(bareString)
  }
}

function addressesOf(users: readonly Jid[]): ReadonlySet<string> {
  return new Set(users.map(({ bareString }) => bareString))
}
