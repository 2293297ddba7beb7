import { createHash } from 'node:crypto'
import type { Jid } from '../../../jid/jid.ts'
import { el } from '../../../xml/element.ts'
import { MUC } from '../core/namespaces.ts'
import type { Hat, Room, RoomExtras, RoomFeature } from '../core/room.ts'

/** Badges that people wear in a room (XEP-0317). */
export const hats: RoomFeature = {
  ownNamespaces: [MUC.hats],
  presenceExtras: (room, occupant) => {
    const worn = wornBy(room.extras, occupant.real)
    if (worn.length === 0) return []
    return [
      el(
        'hats',
        MUC.hats,
        worn.map(({ uri, title, hue }) => el('hat', MUC.hats, { title, uri, hue })),
      ),
    ]
  },
  infoFeatures: () => [MUC.hats],
  infoFields: ({ extras }) =>
    extras.hats === undefined || extras.hats.length === 0
      ? []
      : [{ var: 'hats#hash', type: 'text-single', label: 'Hats hash', values: [hashOf(extras.hats)] }],
}

function hashOf(list: readonly Hat[]): string {
  return createHash('sha256').update(JSON.stringify(list)).digest('hex')
}

/** The hats of an account. */
export function wornBy({ hats: all = [], wearers = {} }: RoomExtras, account: Jid): readonly Hat[] {
  const worn = Object.hasOwn(wearers, account.bareString) ? (wearers[account.bareString] ?? []) : []
  return all.filter(({ uri }) => worn.includes(uri))
}

/** Who wears which hat. */
export function wearersOf({ wearers = {} }: RoomExtras): { jid: string; uri: string }[] {
  return Object.entries(wearers).flatMap(([jid, uris]) => uris.map((uri) => ({ jid, uri })))
}

/** With a hat that is new or looks different. */
export function withHat(extras: RoomExtras, hat: Hat): RoomExtras {
  const others = (extras.hats ?? []).filter(({ uri }) => uri !== hat.uri)
  return { ...extras, hats: [...others, hat] }
}

/** Without a hat, which nobody wears any more. */
export function withoutHat(extras: RoomExtras, uri: string): RoomExtras {
  const kept = (extras.hats ?? []).filter((hat) => hat.uri !== uri)
  return { ...extras, hats: kept, wearers: worn(extras, (_jid, each) => each !== uri) }
}

/** With somebody wearing a hat, or no longer. */
export function wearing(extras: RoomExtras, account: Jid, { uri, isOn }: { uri: string; isOn: boolean }): RoomExtras {
  const wearers = worn(extras, (jid, each) => jid !== account.bareString || each !== uri)
  if (!isOn) return { ...extras, wearers }
  return { ...extras, wearers: { ...wearers, [account.bareString]: [...(wearers[account.bareString] ?? []), uri] } }
}

function worn(extras: RoomExtras, keeps: (jid: string, uri: string) => boolean): Record<string, readonly string[]> {
  const kept: Record<string, readonly string[]> = {}
  for (const [jid, uris] of Object.entries(extras.wearers ?? {})) {
    const left = uris.filter((uri) => keeps(jid, uri))
    if (left.length > 0) kept[jid] = left
  }
  return kept
}

/** The accounts whose hats differ between the two. */
export function accountsChanged(room: Room, before: RoomExtras, after: RoomExtras): Jid[] {
  const accounts = new Map([...room.occupants.all()].map(({ real }) => [real.full, real]))
  return [...accounts.values()].filter(
    (account) => JSON.stringify(wornBy(before, account)) !== JSON.stringify(wornBy(after, account)),
  )
}
