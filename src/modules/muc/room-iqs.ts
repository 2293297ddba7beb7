import type { Jid } from '../../jid/jid.ts'
import type { ServicePoint } from '../../module/subdomain.ts'
import type { Host } from '../../router/host.ts'
import type { IqHandler, IqRequest } from '../../router/iq-registry.ts'
import { readForm } from '../../stanza/data-form.ts'
import { NS } from '../../stanza/namespaces.ts'
import { StanzaError } from '../../stanza/stanza-error.ts'
import type { Eventually } from '../../util/settled.ts'
import { type Element, el } from '../../xml/element.ts'
import { answerServiceDisco } from '../disco/api.ts'
import { roomAsked } from './api.ts'
import { applyChanges, readChanges } from './core/administration.ts'
import { configForm, reconfigure, submittedConfig } from './core/configuration.ts'
import { dissolve } from './core/leaving.ts'
import { affiliationItems, readList } from './core/lists.ts'
import { MUC } from './core/namespaces.ts'
import type { Outbox } from './core/outbox.ts'
import type { Room } from './core/room.ts'
import { affiliationNamed } from './core/standing.ts'
import type { RoomKeeper } from './keeper.ts'
import { nickIdentity, roomDescription, roomItems } from './room-description.ts'
import type { Rooms } from './rooms.ts'

export interface RoomIqParts {
  readonly host: Host
  readonly rooms: Rooms
  readonly keeper: RoomKeeper
}

/** Registers a handler for requests to rooms; within it, the room is nobody else's. */
export type RegisterRoomIq = (
  type: 'get' | 'set',
  ns: string,
  name: string,
  handler: (room: Room, request: IqRequest, out: Outbox) => Eventually<Element | undefined | void>,
) => void

/** Turns a registry of the service into one whose handlers get the room that is asked. */
export function roomHandlers(iq: ServicePoint['iq'], rooms: Rooms): RegisterRoomIq {
  return (type, ns, name, handler) =>
    iq(type, ns, name, (request) => rooms.run(request.to, (room, out) => handler(known(room), request, out)))
}

function known(room: Room | undefined): Room {
  if (room !== undefined) return room
  throw new StanzaError('item-not-found', { text: 'Conference room does not exist' })
}

/** Answers what XEP-0045 has people ask of a room. */
export function answerRooms(iq: ServicePoint['iq'], { host, rooms, keeper }: RoomIqParts): void {
  const ask = roomHandlers(iq, rooms)
  answerServiceDisco(
    { iq },
    {
      info: async (node, { from, to }) => {
        const room = known(await rooms.run(to, (each) => each))
        if (node === 'x-roomuser-item') return nickIdentity(room, from)
        return node === '' ? roomDescription(host, room) : undefined
      },
      items: async (node, { from, to }) => {
        const room = known(await rooms.run(to, (each) => each))
        return node === '' ? roomItems(room, from) : undefined
      },
    },
  )
  ask('get', MUC.ping, 'ping', () => undefined)
  ask('get', MUC.admin, 'query', (room, { from, payload }) => readList(room, from, payload))
  ask('set', MUC.admin, 'query', async (room, { from, payload }, out) => {
    const changes = readChanges(room, from, payload)
    await keeper.changes(room, changes)
    applyChanges(room, changes, room.occupants.seat(from)?.occupant.jid.resource, out)
  })
  ask('get', MUC.owner, 'query', (room, { from, payload }) => {
    mustOwn(room, from)
    const list = affiliationNamed(payload.child('item')?.attr('affiliation'))
    if (list !== undefined) return el('query', MUC.owner, affiliationItems(room, list))
    return configForm(room, from)
  })
  ask('set', MUC.owner, 'query', (room, { from, payload }, out) => {
    mustOwn(room, from)
    const destroy = payload.child('destroy')
    return destroy === undefined ? submit(room, { from, payload }, out) : end(room, destroy, out)
  })

  /** The first configuration opens the room, and giving it up ends it (XEP-0045 §10.1). */
  async function submit(room: Room, { from, payload }: Pick<IqRequest, 'from' | 'payload'>, out: Outbox) {
    const form = readForm(payload.child('x', NS.forms))
    if (form.type === 'cancel') return room.isLocked ? end(room, el('destroy', MUC.owner), out) : undefined
    if (form.type !== 'submit') throw new StanzaError('bad-request')
    const next = submittedConfig(room, from, form)
    await keeper.config(room, next)
    room.isLocked = false
    room.activeAt = room.surroundings.now()
    reconfigure(room, next, out)
    rooms.list(room)
    return undefined
  }

  async function end(room: Room, destroy: Element, out: Outbox): Promise<undefined> {
    await keeper.remove(room)
    dissolve(room, asShown(destroy), out)
  }
}

/** What nobody here knows may be for another module. */
export function askModules(iq: ServicePoint['iq'], { host, rooms }: RoomIqParts): void {
  const handler: IqHandler = async (request, session) => {
    const room = known(await rooms.run(request.to, (each) => each))
    const answer = await host.hooks.run(roomAsked, { host, room, request, session })
    if (answer === undefined) throw new StanzaError('service-unavailable')
    return answer === 'done' ? undefined : answer
  }
  iq('get', '*', '*', handler)
  iq('set', '*', '*', handler)
}

/** The same element as occupants are told (XEP-0045 §10.9). */
function asShown(destroy: Element): Element {
  const parts = destroy.elements().map((child) => el(child.name, MUC.user, child.text()))
  return el('destroy', MUC.user, { jid: destroy.attr('jid') }, parts)
}

function mustOwn(room: Room, who: Jid): void {
  if (room.affiliationOf(who) === 'owner') return
  throw new StanzaError('forbidden', { text: 'Owner privileges are required' })
}
