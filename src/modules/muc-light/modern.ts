import type { IqRequest } from '../../router/iq-registry.ts'
import { StanzaError } from '../../stanza/stanza-error.ts'
import { type Element, el } from '../../xml/element.ts'
import { type BlockChange, blockChange } from './blocking.ts'
import type { AffiliationChange } from './core/affiliations.ts'
import { LIGHT } from './core/namespaces.ts'
import type { LightRoom } from './core/room.ts'
import { type RawConfig, showConfig } from './core/schema.ts'
import type { Dialect, DialectPoint } from './dialect.ts'
import type { LightDesk } from './light-desk.ts'
import { modernNotices, settingElements, userElements } from './modern-notices.ts'
import { causeOf, readAffiliation } from './requests.ts'

/** The stanzas of MUC Light itself. */
export const modern: Dialect = {
  name: 'MUC Light',
  ns: LIGHT.main,
  showsVersions: true,
  notices: modernNotices,
  answer(point, desk) {
    answerCreation(point, desk)
    answerRooms(point, desk)
    answerBlocking(point, desk)
  },
}

function answerCreation({ service, room }: DialectPoint, desk: LightDesk): void {
  const create = async ({ from, to, payload, stanza }: IqRequest) => {
    await desk.create(
      {
        jid: to.local === '' ? undefined : to,
        config: readSettings(payload.child('configuration')),
        occupants: readUsers(payload.child('occupants')),
      },
      from,
      stanza.id ?? '',
    )
  }
  service('set', LIGHT.create, 'query', create)
  room('set', LIGHT.create, 'query', create)
}

function answerRooms({ room: iq }: DialectPoint, desk: LightDesk): void {
  const { schema } = desk.parts
  const settings = (ns: string, { config }: LightRoom) => settingElements(ns, showConfig(schema, config))
  const users = (ns: string, { occupants }: LightRoom) => userElements(ns, occupants.values())

  /** What the client has of this version is not sent again. */
  const answer = (ns: string, content: (room: LightRoom) => readonly Element[]) => {
    iq('get', ns, 'query', async ({ from, to, payload }) => {
      const room = await desk.seenBy(to, from)
      if (payload.childText('version') === room.version) return undefined
      return el('query', ns, el('version', ns, room.version), content(room))
    })
  }
  answer(LIGHT.configuration, (room) => settings(LIGHT.configuration, room))
  answer(LIGHT.affiliations, (room) => users(LIGHT.affiliations, room))
  answer(LIGHT.info, (room) => [
    el('configuration', LIGHT.info, settings(LIGHT.info, room)),
    el('occupants', LIGHT.info, users(LIGHT.info, room)),
  ])

  iq('set', LIGHT.configuration, 'query', ({ from, to, payload, stanza }) => {
    if (payload.child('version') !== undefined) throw new StanzaError('bad-request')
    return desk.configure(to, readSettings(payload), causeOf(from, stanza.id))
  })
  iq('set', LIGHT.affiliations, 'query', ({ from, to, payload, stanza }) =>
    desk.changeAffiliations(to, readUsers(payload), causeOf(from, stanza.id)),
  )
  iq('set', LIGHT.destroy, 'query', ({ from, to, stanza }) => desk.destroy(to, causeOf(from, stanza.id)))
}

function answerBlocking({ service }: DialectPoint, desk: LightDesk): void {
  service('get', LIGHT.blocking, 'query', async ({ from }) => {
    const blocked = await desk.blocking.list(from.bare)
    return el(
      'query',
      LIGHT.blocking,
      blocked.map(({ kind, jid }) => el(kind, LIGHT.blocking, { action: 'deny' }, jid.full)),
    )
  })
  service('set', LIGHT.blocking, 'query', async ({ from, payload }) => {
    await desk.blocking.change(from.bare, payload.elements().map(readBlock))
  })
}

function readSettings(element: Element | undefined): RawConfig {
  const settings = element?.elements().map((child) => [child.name, child.text()] as const) ?? []
  return settings.filter(([, text]) => text !== '')
}

function readUsers(element: Element | undefined): AffiliationChange[] {
  return (element?.elements() ?? []).map((child) => {
    if (child.name !== 'user') throw new StanzaError('bad-request')
    return readAffiliation(child.text(), child.attr('affiliation'))
  })
}

function readBlock(item: Element): BlockChange {
  if (item.name !== 'room' && item.name !== 'user') throw new StanzaError('bad-request')
  return blockChange(item.name, item.text().trim(), item.attr('action'))
}
