import { Jid } from '../../jid/jid.ts'
import type { Host } from '../../router/host.ts'
import { formElement } from '../../stanza/data-form.ts'
import type { DiscoInfo, DiscoItem } from '../disco/api.ts'
import { roomInfo } from './api.ts'
import { MUC } from './core/namespaces.ts'
import type { Room } from './core/room.ts'
import { isAtLeast } from './core/standing.ts'

/** What a room tells of itself (XEP-0045 §6.4). */
export async function roomDescription(host: Host, room: Room): Promise<DiscoInfo> {
  const { features } = room.surroundings
  const more = await host.hooks.gather(roomInfo, { host, service: Jid.of('', room.jid.domain), room })
  return {
    identities: [{ category: 'conference', type: 'text', name: room.name }],
    features: [
      ...features.flatMap((feature) => feature.infoFeatures?.(room) ?? []),
      ...more.flatMap((answer) => answer.features ?? []),
    ],
    forms: [
      formElement({
        type: 'result',
        formType: MUC.roomInfo,
        fields: features.flatMap((feature) => feature.infoFields?.(room) ?? []),
      }),
      ...more.flatMap((answer) => answer.forms ?? []),
    ],
  }
}

/** Who is inside, for those who may know; for others nobody (XEP-0045 §6.5). */
export function roomItems(room: Room, who: Jid): DiscoItem[] {
  const isInsider = room.occupants.of(who).length > 0 || isAtLeast(room.affiliationOf(who), 'admin')
  if (!room.config.publicList && !isInsider) return []
  return [...room.occupants.all()].map(({ jid }) => ({ jid: jid.full, name: jid.resource }))
}

/** The nick that is kept for somebody (XEP-0045 §7.12). */
export function nickIdentity(room: Room, who: Jid): DiscoInfo {
  const nick = room.affiliations.entry(who.bare)?.nick ?? ''
  if (nick === '') return {}
  return { identities: [{ category: 'conference', type: 'text', name: nick }], features: [MUC.muc] }
}
