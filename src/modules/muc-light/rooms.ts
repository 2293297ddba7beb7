import type { Jid } from '../../jid/jid.ts'
import { Lru } from '../../util/lru.ts'
import { KeyedMailbox } from '../../util/mailbox.ts'
import { afterwards, type Eventually } from '../../util/settled.ts'
import type { LightRoom } from './core/room.ts'
import type { LightStore } from './store.ts'

/** Rooms kept in memory beside those on disk, and names of which it is known that there is none. */
const remembered = 10_000

/** The rooms of one service: what concerns one of them happens one after the other. */
export class LightRooms {
  readonly #store: LightStore
  readonly #known = new Lru<string, LightRoom | 'none'>(remembered)
  readonly #mailbox = new KeyedMailbox()
  readonly #onRead: () => void

  /** `onRead` is told of every room that was not in memory. */
  constructor(store: LightStore, onRead: () => void) {
    this.#store = store
    this.#onRead = onRead
  }

  /** Runs a job with the room of an address, undefined where there is none; at once when nothing is to be waited for. */
  run<T>({ local }: Jid, job: (room: LightRoom | undefined) => Eventually<T>): Eventually<T> {
    return this.#mailbox.run(local, () => afterwards(this.#read(local), job))
  }

  /** The room of an address as it is. */
  find(jid: Jid): Eventually<LightRoom | undefined> {
    return this.run(jid, (room) => room)
  }

  /** Takes over how a room is now: it is on disk. To be called within a job of its name. */
  put(room: LightRoom): void {
    this.#known.set(room.jid.local, room)
  }

  /** A room is no more. To be called within a job of its name. */
  drop({ jid }: LightRoom): void {
    this.#known.set(jid.local, 'none')
  }

  #read(name: string): Eventually<LightRoom | undefined> {
    const known = this.#known.get(name)
    if (known !== undefined) return known === 'none' ? undefined : known
    this.#onRead()
    return this.#store.load(name).then((room) => {
      this.#known.set(name, room ?? 'none')
      return room
    })
  }
}
