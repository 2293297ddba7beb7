import { StanzaError } from '../../stanza/stanza-error.ts'
import type { Database } from '../../storage/database.ts'
import { mustAccept } from '../../storage/must-accept.ts'
import type { Change } from './core/administration.ts'
import type { AffiliationEntry } from './core/affiliations.ts'
import type { Room, RoomExtras, Subject } from './core/room.ts'
import type { RoomConfig } from './core/room-config.ts'
import type { RoomDirectory } from './directory.ts'
import type { MucStore } from './store.ts'

/** Longest name of a room, and longest address in a list, that can be stored, in characters. */
const maxStoredName = 255

/** Most people that have anything to do with one room. */
const maxAffiliations = 20_000

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

  /** Throws StanzaError for what cannot be kept, in a temporary room neither. */
  async changes(room: Room, changes: readonly Change[]): Promise<void> {
    const entries = changes.flatMap((change) => (change.kind === 'affiliation' ? [change.entry] : []))
    if (entries.some(({ jid }) => jid.full.length > maxStoredName)) {
      throw new StanzaError('not-acceptable', { text: 'An address is too long to be stored' })
    }
    const isNew = ({ jid, affiliation }: AffiliationEntry) =>
      affiliation !== 'none' && room.affiliations.entry(jid) === undefined
    if (entries.some(isNew) && room.affiliations.size + entries.length > maxAffiliations) {
      throw new StanzaError('resource-constraint', { text: 'This room has too many members' })
    }
    if (entries.length === 0 || !this.isStored(room)) return
    mustAccept(this.#db)
    await this.#store.saveAffiliations(room.jid.local, entries, room.affiliations.versionAfter(entries))
  }

  async extras(room: Room, extras: RoomExtras): Promise<void> {
    if (!this.isStored(room)) return
    mustAccept(this.#db)
    await this.#store.saveExtras(room.jid.local, extras)
  }

  /** Throws, before anything is done, when what has to be stored cannot be. */
  mustAccept(room: Room): void {
    if (this.isStored(room)) mustAccept(this.#db)
  }

  /** The write of a new subject; undefined where nothing is stored. */
  subject(room: Room, subject: Subject): Promise<void> | undefined {
    return this.isStored(room) ? this.#store.saveSubject(room.jid.local, subject) : undefined
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
    const { version } = room.affiliations
    const affiliations = room.affiliations.list()
    await this.#store.create(room.jid.local, { config, subject, extras, affiliations, version })
  }
}
