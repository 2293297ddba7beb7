import type { Jid } from '../../jid/jid.ts'
import type { ModuleContext } from '../../module/context.ts'
import { NS } from '../../stanza/namespaces.ts'
import { pageOf, type RsmRequest, readRsm, rsmElement } from '../../stanza/rsm.ts'
import { StanzaError } from '../../stanza/stanza-error.ts'
import type { Element } from '../../xml/element.ts'
import { answerServiceDisco, type DiscoInfo, type DiscoItem, type DiscoItemsPage, discoApi } from '../disco/api.ts'
import type { DialectPoint } from './dialect.ts'
import type { LightDesk } from './light-desk.ts'
import type { ListedRoom } from './store.ts'

/** Answers service discovery: anybody learns what the service is, and which rooms there are only who belongs to them. */
export function answerDisco(
  { service, room }: DialectPoint,
  desk: LightDesk,
  { find, name }: Pick<ModuleContext, 'find' | 'name'>,
): void {
  const { dialect, records, store, options } = desk.parts
  const describe = (withContacts: boolean): DiscoInfo => {
    const form = withContacts ? find(discoApi)?.contactForm(name) : undefined
    return {
      identities: [{ category: 'conference', type: 'text', name: dialect.name }],
      features: [
        ...[NS.discoInfo, NS.discoItems, dialect.ns],
        ...(records.archiveOf(desk.parts.service)?.features ?? []),
      ],
      forms: form === undefined ? [] : [form],
    }
  }
  answerServiceDisco(
    { iq: service },
    {
      info: (node) => (node === '' || node === dialect.ns ? describe(true) : undefined),
      async items(node, { from, payload }) {
        if (node !== '' && node !== dialect.ns) return undefined
        const rooms = await store.roomsOf(from)
        return pageFor(rooms, requestIn(payload), options.rooms_per_page, (listed) =>
          itemOf(listed, desk.parts.service, dialect.showsVersions),
        )
      },
    },
  )
  // The same for every address: whether there is such a room is for those who belong to it.
  answerServiceDisco({ iq: room }, { info: (node) => (node === '' ? describe(false) : undefined) })
}

function itemOf({ name, title, version }: ListedRoom, service: Jid, showsVersions: boolean): DiscoItem {
  const item = { jid: `${name}@${service.domain}`, name: title }
  return showsVersions ? { ...item, attributes: { version } } : item
}

/** The page asked for. Throws `item-not-found` for places that are not in the list. */
export function pageFor(
  rooms: readonly ListedRoom[],
  request: RsmRequest,
  limit: number,
  show: (room: ListedRoom) => DiscoItem,
): DiscoItemsPage | readonly DiscoItem[] {
  // By address: pages are found by the order of ids.
  const sorted = rooms.map(show).sort((a, b) => (a.jid < b.jid ? -1 : 1))
  const ids = new Set(sorted.map(({ jid }) => jid))
  const { after, before, index = 0 } = request
  const isKnown = [after, before].every((id) => id === undefined || id === '' || ids.has(id))
  if (!isKnown || (index > 0 && index >= sorted.length)) throw new StanzaError('item-not-found')
  if (sorted.length === 0) return []
  const page = pageOf(sorted, ({ jid }) => jid, { ...request, max: Math.min(request.max ?? limit, limit) })
  return { items: page.items, set: rsmElement(page) }
}

function requestIn(query: Element): RsmRequest {
  try {
    return readRsm(query) ?? {}
  } catch (cause) {
    // No number that could be a place in a list.
    throw new StanzaError('item-not-found', { cause })
  }
}
