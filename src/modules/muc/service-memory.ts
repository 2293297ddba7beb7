import type { Jid } from '../../jid/jid.ts'
import { randomId } from '../../util/random-id.ts'
import { RoomDirectory } from './directory.ts'
import { NickRegistry } from './nick-registry.ts'
import type { MucStore } from './store.ts'

/** What a service knows from the disk; it is read when the service opens, and whoever asks before waits. */
export class ServiceMemory {
  readonly store: MucStore
  readonly directory = new RoomDirectory()
  readonly nicks: NickRegistry
  #secret = ''
  #reading: Promise<void> | undefined

  constructor(store: MucStore, jid: Jid) {
    this.store = store
    this.nicks = new NickRegistry(store, jid)
    this.#reading = this.#read()
    // Who waits hears of it.
    this.#reading.catch(() => {})
  }

  /** Makes the ids of occupants. */
  get secret(): string {
    return this.#secret
  }

  /** Settles when all is known; undefined when it is. Rejects where it cannot be read. */
  whenReady(): Promise<void> | undefined {
    return this.#reading
  }

  async #read(): Promise<void> {
    await this.nicks.load()
    for (const { name, title, isPublic } of await this.store.listings()) {
      this.directory.set(name, { title, isPublic, isStored: true })
    }
    this.#secret = await this.store.secret(randomId(32))
    this.#reading = undefined
  }
}
