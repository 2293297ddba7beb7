import type { Jid } from '../../jid/jid.ts'
import { NS } from '../../stanza/namespaces.ts'
import { Stanza } from '../../stanza/stanza.ts'
import { type Element, el } from '../../xml/element.ts'
import type { Parcel } from '../rooms/api.ts'
import type { AffiliationChange } from './core/affiliations.ts'
import type { LightEvent } from './core/light-event.ts'
import { LIGHT } from './core/namespaces.ts'
import type { LightRoom } from './core/room.ts'
import { type RawConfig, showConfig } from './core/schema.ts'
import type { NoticeParts, Notices } from './dialect.ts'

/** How occupants are told of what has happened to a room, in stanzas of MUC Light. */
export function modernNotices(event: LightEvent, { schema, id }: NoticeParts): Notices {
  const { room } = event
  const say = (...parts: readonly Element[]) => message(room.jid, id, parts)
  switch (event.kind) {
    case 'created':
      return {
        record: say(affiliations(versionOf(room), [...room.occupants.values()])),
        parcels: [...room.occupants.values()].map((occupant) => ({
          stanza: say(affiliations(versionOf(room), [occupant])),
          to: [occupant.jid],
        })),
      }
    case 'configured': {
      const settings = settingElements(LIGHT.configuration, showConfig(schema, room.config, event.keys))
      const x = (versions: readonly Element[]) => el('x', LIGHT.configuration, versions, settings)
      const version = el('version', LIGHT.configuration, room.version)
      const previous = el('prev-version', LIGHT.configuration, event.previous)
      return { record: say(x([version])), parcels: [{ stanza: say(x([previous, version])), to: room.addresses }] }
    }
    case 'affiliations':
      return { record: say(affiliations(versionOf(room), event.changed.changes)), parcels: changeNotices(event, say) }
    case 'destroyed':
      return {
        record: undefined,
        parcels: room.addresses.map((jid) => ({
          stanza: say(el('x', LIGHT.destroy), affiliations([], [{ jid, affiliation: 'none' }])),
          to: [jid],
        })),
      }
    case 'abandoned':
      return { record: undefined, parcels: [] }
  }
}

type Say = (...parts: readonly Element[]) => Stanza

/** Who stays is told of everything, who comes or goes of himself. */
function changeNotices(event: LightEvent & { kind: 'affiliations' }, say: Say): Parcel[] {
  const { room, changed, previous } = event
  const joined = new Set(changed.joined.map(({ bareString }) => bareString))
  const staying = room.addresses.filter(({ bareString }) => !joined.has(bareString))
  const versions = [el('prev-version', LIGHT.affiliations, previous), ...versionOf(room)]
  const own = changed.changes.filter(({ jid, affiliation }) => affiliation === 'none' || joined.has(jid.bareString))
  return [
    { stanza: say(affiliations(versions, changed.changes)), to: staying },
    ...own.map((change) => ({
      stanza: say(affiliations(change.affiliation === 'none' ? [] : versionOf(room), [change])),
      to: [change.jid],
    })),
  ]
}

function message(room: Jid, id: string, parts: readonly Element[]): Stanza {
  // Archives keep what has a body.
  return Stanza.make('message', { type: 'groupchat', from: room, id }, ...parts, el('body', NS.client))
}

function versionOf(room: LightRoom): Element[] {
  return [el('version', LIGHT.affiliations, room.version)]
}

function affiliations(versions: readonly Element[], list: readonly AffiliationChange[]): Element {
  return el('x', LIGHT.affiliations, versions, userElements(LIGHT.affiliations, list))
}

/** `<user/>` for each. */
export function userElements(ns: string, list: Iterable<AffiliationChange>): Element[] {
  return [...list].map(({ jid, affiliation }) => el('user', ns, { affiliation }, jid.full))
}

/** One element for each setting. */
export function settingElements(ns: string, settings: RawConfig): Element[] {
  return settings.map(([name, text]) => el(name, ns, text))
}
