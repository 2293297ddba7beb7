import type { Jid } from '../../jid/jid.ts'
import { KeyedMailbox } from '../../util/mailbox.ts'
import { afterwards, type Eventually } from '../../util/settled.ts'
import { closeDown } from './core/leaving.ts'
import { Outbox } from './core/outbox.ts'
import { Room, type RoomRecord, type RoomSurroundings } from './core/room.ts'
import { isAtLeast } from './core/standing.ts'
import type { RoomDirectory } from './directory.ts'
import type { MucStore } from './store.ts'

/** What is done with a room: at once, or waiting for the disk. It may leave parcels, which go out when it is done. */
export type RoomJob<T> = (room: Room | undefined, out: Outbox) => Eventually<T>

/** What a job gives, and when what it sent has arrived. */
export interface Performed<T> {
  readonly value: Eventually<T>
  /** Undefined: at once. */
  readonly delivered: Promise<void> | undefined
}

export interface RoomsParts {
  readonly directory: RoomDirectory
  readonly store: MucStore
  readonly surroundings: RoomSurroundings
  /** Sends what jobs have left and tells what has happened. The promise settles when it has arrived. */
  dispatch(room: Room, out: Outbox): Promise<void> | undefined
  /** Has others drop what they keep of a room that is no more. */
  forget(room: Jid): Promise<void> | undefined
}

/**
 * The rooms of one service that are awake. Everything that concerns one room happens one after the other; a job that has
 * nothing to wait for runs at once. What it leaves to be sent is sent after it, in the order of the jobs.
 */
export class Rooms {
  readonly #parts: RoomsParts
  readonly #awake = new Map<string, Room>()
  readonly #mailbox = new KeyedMailbox()
  /** Rooms that are no more, while others drop what they keep of them. */
  readonly #leaving = new Map<string, Promise<void>>()

  constructor(parts: RoomsParts) {
    this.#parts = parts
  }

  /** Rooms in memory. */
  get size(): number {
    return this.#awake.size
  }

  awake(): IterableIterator<Room> {
    return this.#awake.values()
  }

  /** The room of this name if it is in memory. */
  peek(name: string): Room | undefined {
    return this.#awake.get(name)
  }

  /** Runs a job with the room of an address, woken from the disk where need be; with undefined where there is none. */
  run<T>(jid: Jid, job: RoomJob<T>): Eventually<T> {
    return this.perform(jid, job).value
  }

  /** As {@link run}; `delivered` settles when what was sent has arrived, undefined: at once. */
  perform<T>(jid: Jid, job: RoomJob<T>): Performed<T> {
    const gone = this.#leaving.get(jid.local)
    if (gone === undefined) return this.#perform(jid, job)
    const later = gone.then(() => this.perform(jid, job))
    return performed(
      later.then(({ value }) => value),
      () => later.then(({ delivered }) => delivered),
    )
  }

  #perform<T>(jid: Jid, job: RoomJob<T>): Performed<T> {
    const out = new Outbox()
    let used: Room | undefined
    let delivered: Promise<void> | undefined
    const outcome = this.#mailbox.run(jid.local, () => {
      const slept = !this.#awake.has(jid.local)
      return afterwards(this.#wake(jid), (room) => {
        if (slept && room !== undefined) out.tell({ kind: 'started' })
        used = room
        return afterwards(job(room, out), (value) => {
          used ??= this.#awake.get(jid.local)
          this.#settle(used, out)
          return value
        })
      })
    })
    const value = afterwards(outcome, (result) => {
      if (used !== undefined) delivered = this.#parts.dispatch(used, out)
      if (used?.isDestroyed === true) this.#forget(used.jid)
      return result
    })
    return value instanceof Promise ? performed(value, () => delivered) : { value, delivered }
  }

  /** Makes a room, in memory only; to be called within a job of its name. */
  make(jid: Jid, record: RoomRecord): Room {
    const room = new Room(jid, this.#parts.surroundings, record)
    room.isLocked = true
    this.#awake.set(jid.local, room)
    this.list(room)
    return room
  }

  /** Takes back a room that could not be opened. */
  discard(room: Room): void {
    room.isDestroyed = true
    this.#awake.delete(room.jid.local)
    this.#parts.directory.delete(room.jid.local)
  }

  /** Takes over in the list of rooms what a room is called now. */
  list(room: Room, isStored = this.#parts.directory.isStored(room.jid.local)): void {
    const { title, isPublic } = room.config
    this.#parts.directory.set(room.jid.local, { title, isPublic, isStored })
  }

  /** Forgets a room that sleeps from now on. */
  sleep(room: Room): void {
    this.#awake.delete(room.jid.local)
  }

  /** Lets rooms go from memory that nobody has used for so long, told by the clock; a lone owner does not keep one awake. */
  async hibernate(idleSince: number): Promise<void> {
    for (const { jid } of [...this.#awake.values()].filter((room) => isIdle(room, idleSince))) {
      await this.run(jid, (room, out) => {
        if (room === undefined || !isIdle(room, idleSince) || !this.#parts.directory.isStored(jid.local)) return
        closeDown(room, 'Room hibernation', out)
        out.tell({ kind: 'stopped' })
        this.sleep(room)
      })
    }
  }

  /** Everybody is put out because the service stops. */
  async closeAll(): Promise<void> {
    for (const { jid } of [...this.#awake.values()]) {
      await this.perform(jid, (room, out) => {
        if (room === undefined) return
        closeDown(room, undefined, out)
        out.tell({ kind: 'stopped' })
        this.sleep(room)
      }).delivered
    }
  }

  #forget({ local, bare }: Jid): void {
    const gone = this.#parts.forget(bare)
    if (gone === undefined) return
    const done = () => void this.#leaving.delete(local)
    this.#leaving.set(local, gone.then(done, done))
  }

  #wake(jid: Jid): Eventually<Room | undefined> {
    const { local } = jid
    const awake = this.#awake.get(local)
    // The list of rooms is in memory: who asks for rooms that are not there costs no look at the disk.
    if (awake !== undefined || !this.#parts.directory.isStored(local)) return awake
    return this.#load(jid.bare)
  }

  async #load(jid: Jid): Promise<Room | undefined> {
    const record = await this.#parts.store.load(jid.local)
    if (record === undefined) return undefined
    const room = new Room(jid, this.#parts.surroundings, record)
    this.#awake.set(jid.local, room)
    return room
  }

  /** A temporary room is gone with its last occupant. */
  #settle(room: Room | undefined, out: Outbox): void {
    if (room === undefined || this.#awake.get(room.jid.local) !== room) return
    const isOver = room.isDestroyed || (room.isEmpty && (room.isTemporary || room.isLocked))
    if (!isOver) return
    if (!room.isDestroyed) out.tell({ kind: 'destroyed', reason: '' })
    this.discard(room)
  }
}

/** Something that will be done; who asked hears of a failure by the value. */
function performed<T>(value: Promise<T>, delivered: () => Eventually<void | undefined>): Performed<T> {
  return { value, delivered: value.then(delivered, () => undefined) as Promise<void> }
}

function isIdle(room: Room, since: number): boolean {
  if (room.activeAt > since || room.isTemporary || room.isLocked) return false
  if (room.occupants.size > 1) return false
  const [only] = room.occupants.all()
  return only === undefined || isAtLeast(only.affiliation, 'owner')
}
