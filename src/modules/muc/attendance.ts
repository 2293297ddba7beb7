import type { Jid } from '../../jid/jid.ts'
import type { Attendance } from './core/room.ts'

/** Counts the rooms of one service that each account is in. */
export class AttendanceBook implements Attendance {
  readonly #rooms = new Map<string, number>()

  roomsOf(account: Jid): number {
    return this.#rooms.get(account.bareString) ?? 0
  }

  came(account: Jid): void {
    this.#rooms.set(account.bareString, this.roomsOf(account) + 1)
  }

  went(account: Jid): void {
    const left = this.roomsOf(account) - 1
    if (left > 0) this.#rooms.set(account.bareString, left)
    else this.#rooms.delete(account.bareString)
  }
}
