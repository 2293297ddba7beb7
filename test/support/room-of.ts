import { Jid } from '../../src/jid/jid.ts'
import { AttendanceBook } from '../../src/modules/muc/attendance.ts'
import { Room, type RoomSurroundings } from '../../src/modules/muc/core/room.ts'
import { type RoomConfig, usualConfig } from '../../src/modules/muc/core/room-config.ts'
import { usualFeatures } from '../../src/modules/muc/features/usual.ts'

/** What a room without a service around it is told. */
export function surroundings(changes: Partial<RoomSurroundings> = {}): RoomSurroundings {
  return {
    features: usualFeatures(),
    historySize: 20,
    maxUsers: 100_000,
    maxUsersAdminThreshold: 5,
    maxUserConferences: 10,
    limitReached: () => {},
    maxRoomName: Number.POSITIVE_INFINITY,
    maxRoomDescription: Number.POSITIVE_INFINITY,
    checksPasswords: false,
    now: () => 1_700_000_000_000,
    isAdmin: () => false,
    mayMakePersistent: () => true,
    registeredFor: () => undefined,
    attendance: new AttendanceBook(),
    occupantId: (_room, account) => `id-of-${account.full}`,
    freshId: () => 'fresh',
    ...changes,
  }
}

/** An open room that nobody is in, without any I/O; `owner@localhost` owns it. */
export function roomOf(config: Partial<RoomConfig> = {}, around = surroundings()): Room {
  const owner = { jid: Jid.parse('owner@localhost'), affiliation: 'owner', reason: '', nick: '' } as const
  return new Room(Jid.parse('room@conference.localhost'), around, {
    config: { ...usualConfig, ...config },
    affiliations: [owner],
    subject: undefined,
    extras: {},
    version: undefined,
  })
}
