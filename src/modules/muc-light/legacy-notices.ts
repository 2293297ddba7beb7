import type { Jid } from '../../jid/jid.ts'
import { NS } from '../../stanza/namespaces.ts'
import { Stanza } from '../../stanza/stanza.ts'
import { type Element, el } from '../../xml/element.ts'
import type { Parcel } from '../rooms/api.ts'
import type { AffiliationChange } from './core/affiliations.ts'
import type { LightEvent } from './core/light-event.ts'
import { LIGHT } from './core/namespaces.ts'
import type { LightRoom } from './core/room.ts'
import type { NoticeParts, Notices } from './dialect.ts'

/** How occupants are told of what has happened to a room, in stanzas of XEP-0045. */
export function legacyNotices(event: LightEvent, { id }: NoticeParts): Notices {
  return { record: undefined, parcels: parcelsOf(event, id) }
}

function parcelsOf(event: LightEvent, id: string): readonly Parcel[] {
  const { room } = event
  switch (event.kind) {
    case 'created': {
      const { by } = event
      const self = [...room.occupants.values()].find(({ jid }) => jid.bareString === by.bareString)
      const others = [...room.occupants.values()].filter((each) => each !== self)
      const welcome = self === undefined ? [] : [{ stanza: presence(room, self, '110', '201'), to: [self.jid] }]
      return [...welcome, ...others.map(({ jid }) => invitation(room, jid, by))]
    }
    case 'configured': {
      const x = el('x', LIGHT.user, el('status', LIGHT.user, { code: '104' }))
      return [{ stanza: Stanza.make('message', { type: 'groupchat', from: room.jid, id }, x), to: room.addresses }]
    }
    case 'affiliations':
      return changeNotices(event)
    case 'destroyed':
      return [...room.occupants.values()].map(({ jid }) => ({
        stanza: departure(room, jid, el('destroy', LIGHT.user)),
        to: [jid],
      }))
    case 'abandoned':
      return []
  }
}

function changeNotices({ room, changed, by }: LightEvent & { kind: 'affiliations' }): Parcel[] {
  const joined = new Set(changed.joined.map(({ bareString }) => bareString))
  const staying = room.addresses.filter(({ bareString }) => !joined.has(bareString))
  return [
    ...changed.changes.map((change) => ({ stanza: presence(room, change), to: staying })),
    ...changed.joined.map((jid) => invitation(room, jid, by)),
    ...changed.left.map((jid) => ({ stanza: presence(room, { jid, affiliation: 'none' }), to: [jid] })),
  ]
}

/** What somebody is in a room now; who is nothing there is not there. */
function presence(room: LightRoom, change: AffiliationChange, ...codes: readonly string[]): Stanza {
  const { jid, affiliation } = change
  if (affiliation === 'none') return departure(room, jid, el('status', LIGHT.user, { code: '321' }))
  const statuses = codes.map((code) => el('status', LIGHT.user, { code }))
  const x = el('x', LIGHT.user, itemElement(LIGHT.user, change), statuses)
  return Stanza.make('presence', { from: room.nickOf(jid) }, x)
}

function departure(room: LightRoom, jid: Jid, why: Element): Stanza {
  const item = el('item', LIGHT.user, { affiliation: 'none', role: 'none' })
  const head = { type: 'unavailable', from: room.nickOf(jid) }
  return Stanza.make('presence', head, el('x', LIGHT.user, item, why))
}

/** An invitation as a room mediates it (XEP-0045 §7.8.2), though the invited one is in it already. */
function invitation(room: LightRoom, to: Jid, by: Jid): Parcel {
  const x = el('x', LIGHT.user, el('invite', LIGHT.user, { from: by.bareString }))
  return { stanza: Stanza.make('message', { from: room.jid }, x, el('body', NS.client)), to: [to] }
}

/** `<item/>` as XEP-0045 has it: the nick is the address. */
export function itemElement(ns: string, { jid, affiliation }: AffiliationChange): Element {
  const role = affiliation === 'owner' ? 'moderator' : 'participant'
  return el('item', ns, { affiliation, jid: jid.full, role, nick: jid.full })
}
