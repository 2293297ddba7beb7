import type { Jid } from '../../jid/jid.ts'
import type { LimitReached } from '../../observe/limits.ts'
import type { Host } from '../../router/host.ts'
import { randomId } from '../../util/random-id.ts'
import type { Attendance, RoomFeature, RoomSurroundings } from './core/room.ts'
import { occupantIdOf } from './features/occupant-id.ts'
import type { MucOptions } from './options.ts'
import type { ServiceMemory } from './service-memory.ts'

export interface SurroundingsParts {
  readonly limitReached: LimitReached
  readonly host: Host
  readonly options: MucOptions
  /** The hosted domain whose rules hold. */
  readonly parent: string
  readonly features: readonly RoomFeature[]
  readonly attendance: Attendance
  readonly memory: ServiceMemory
}

/** What rooms are told by their service: its options, as they are at the moment, and its rules. */
export class ServiceSurroundings implements RoomSurroundings {
  readonly features: readonly RoomFeature[]
  readonly attendance: Attendance
  readonly #parts: SurroundingsParts

  constructor(parts: SurroundingsParts) {
    this.#parts = parts
    this.features = parts.features
    this.attendance = parts.attendance
  }

  get historySize(): number {
    return this.#parts.options.history_size
  }

  get maxUsers(): number {
    return this.#parts.options.max_users
  }

  get maxUsersAdminThreshold(): number {
    return this.#parts.options.max_users_admin_threshold
  }

  get maxUserConferences(): number {
    return this.#parts.options.max_user_conferences
  }

  limitReached(limit: string, jid: Jid): void {
    this.#parts.limitReached(limit, { jid: jid.full })
  }

  get maxRoomName(): number {
    return this.#parts.options.max_room_name
  }

  get maxRoomDescription(): number {
    return this.#parts.options.max_room_desc
  }

  get checksPasswords(): boolean {
    return this.#parts.options.http_auth_pool !== undefined
  }

  now(): number {
    return this.#parts.host.clock.now()
  }

  isAdmin(jid: Jid): boolean {
    return this.#allows(this.#parts.options.access_admin, jid)
  }

  mayMakePersistent(jid: Jid): boolean {
    return this.#allows(this.#parts.options.access_persistent, jid)
  }

  mayUse(jid: Jid): boolean {
    return this.#allows(this.#parts.options.access, jid)
  }

  mayCreate(jid: Jid): boolean {
    return this.#allows(this.#parts.options.access_create, jid)
  }

  registeredFor(nick: string): Jid | undefined {
    return this.#parts.memory.nicks.holderOf(nick)
  }

  occupantId(room: Jid, account: Jid): string {
    return occupantIdOf(this.#parts.memory.secret, room, account)
  }

  freshId(): string {
    return randomId(15)
  }

  #allows(rule: string, jid: Jid): boolean {
    return this.#parts.host.access.allows(rule, jid, this.#parts.parent)
  }
}
