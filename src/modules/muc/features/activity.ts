import type { Room, RoomFeature } from '../core/room.ts'

/** How much is said (XEP-0502); only of rooms that everybody may find and enter, so that nothing is told of the others. */
export const activity: RoomFeature = {
  infoFields(room) {
    const rate = isForEverybody(room) ? room.activity.rate(room.surroundings.now()) : undefined
    if (rate === undefined) return []
    return [{ var: '{urn:xmpp:muc-activity}message-activity', label: 'Messages per hour', values: [rate.toFixed(2)] }]
  },
}

function isForEverybody({ config }: Room): boolean {
  return config.isPersistent && config.isPublic && !config.membersOnly && !config.isPasswordProtected
}
