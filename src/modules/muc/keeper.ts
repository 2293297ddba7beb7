import { StanzaError } from '../../stanza/stanza-error.ts'
import type { Database } from '../../storage/database.ts'
import { mustAccept } from '../../storage/must-accept.ts'
import type { Change } from './core/administration.ts'
import type { Room, RoomExtras, Subject } from './core/room.ts'
import type { RoomConfig } from './core/room-config.ts'
import type { RoomDirectory } from './directory.ts'
import type { MucStore } from './store.ts'

/** Longest name of a room that can be stored, in characters. */
const maxStoredName = 255

/** Writes down what outlives the process, before it is true for anybody; temporary rooms leave nothing on disk. */
export class RoomKeeper {
  readonly #store: MucStore
  readonly #directory: RoomDirectory
  readonly #db: Pick<Database, 'canAccept'>

  constructor(store: MucStore, directory: RoomDirectory, db: Pick<Database, 'canAccept'>) {
    this.#store = store
    this.#directory = directory
    this.#db = db
  }

  isStored(room: Room): boolean {
    return this.#directory.isStored(room.jid.local)
  }

  /** Resolves when a room has this configuration on disk, or is gone from there, if it is to be temporary. */
  async config(room: Room, next: RoomConfig): Promise<void> {
    const name = room.jid.local
    const { title, isPublic } = next
    if (!next.isPersistent && !this.isStored(room)) return
    mustAccept(this.#db)
    if (!next.isPersistent) await this.#store.remove(name)
    else if (this.isStored(room)) await this.#store.saveConfig(name, next)
    else await this.#create(room, next)
    this.#directory.set(name, { title, isPublic, isStored: next.isPersistent })
  }

  async changes(room: Room, changes: readonly Change[]): Promise<void> {
    const entries = changes.flatMap((change) => (change.kind === 'affiliation' ? [change.entry] : []))
    if (entries.length === 0 || !this.isStored(room)) return
    mustAccept(this.#db)
    await this.#store.saveAffiliations(room.jid.local, entries)
  }

  async extras(room: Room, extras: RoomExtras): Promise<void> {
    if (!this.isStored(room)) return
    mustAccept(this.#db)
    await this.#store.saveExtras(room.jid.local, extras)
  }

  /** The write of a new subject; undefined where nothing is stored. Throws before anything is done when it cannot be. */
  subject(room: Room, subject: Subject): Promise<void> | undefined {
    if (!this.isStored(room)) return undefined
    mustAccept(this.#db)
    return this.#store.saveSubject(room.jid.local, subject)
  }

  async remove(room: Room): Promise<void> {
    if (!this.isStored(room)) return
    mustAccept(this.#db)
    await this.#store.remove(room.jid.local)
  }

  async #create(room: Room, config: RoomConfig): Promise<void> {
    if (room.jid.local.length > maxStoredName) {
      throw new StanzaError('not-acceptable', { text: 'The name of this room is too long to be stored' })
    }
    const { subject, extras } = room
    await this.#store.create(room.jid.local, { config, subject, extras, affiliations: room.affiliations.list() })
  }
}
