import type { IqRequest } from '../../router/iq-registry.ts'
import { type DataForm, type FormField, formElement, readForm } from '../../stanza/data-form.ts'
import { NS } from '../../stanza/namespaces.ts'
import { StanzaError } from '../../stanza/stanza-error.ts'
import { randomId } from '../../util/random-id.ts'
import { type Element, el } from '../../xml/element.ts'
import { notifyOtherChange } from './core/configuration.ts'
import type { Outbox } from './core/outbox.ts'
import type { Room, RoomExtras } from './core/room.ts'
import { announce } from './core/shown-presence.ts'
import { isAtLeast } from './core/standing.ts'
import { accountsChanged, wearersOf, wearing, withHat, withoutHat } from './features/hats.ts'
import type { RoomKeeper } from './keeper.ts'
import type { RegisterRoomIq } from './room-iqs.ts'

const commandsNs = 'http://jabber.org/protocol/commands'
const formType = 'urn:xmpp:hats:commands'

/** Most hats of a room, and most that are worn. */
const maxHats = 100
const maxWorn = 10_000

const title: FormField = { var: 'hats#title', type: 'text-single', label: 'Title', isRequired: true }
const uri: FormField = { var: 'hats#uri', type: 'text-single', label: 'URI', isRequired: true }
const hue: FormField = { var: 'hats#hue', type: 'text-single', label: 'Hue' }
const jid: FormField = { var: 'hats#jid', type: 'jid-single', label: 'Address', isRequired: true }

interface HatCommand {
  readonly title: string
  /** What is asked; a command without fields answers at once. */
  fields(room: Room): readonly FormField[]
  /** What the room has after it; throws StanzaError. */
  change(room: Room, form: DataForm): RoomExtras
}

const chosen = (room: Room): FormField => ({
  ...uri,
  type: 'list-single',
  options: (room.extras.hats ?? []).map((hat) => ({ label: hat.title, value: hat.uri })),
})

const commands: Readonly<Record<string, HatCommand>> = {
  create: {
    title: 'Creating a Hat',
    fields: () => [title, uri, hue],
    change(room, form) {
      const hat = { uri: needed(form, 'hats#uri'), title: needed(form, 'hats#title'), hue: form.value('hats#hue') }
      const next = withHat(room.extras, hat)
      if ((next.hats ?? []).length > maxHats) throw new StanzaError('resource-constraint', { text: 'Too many hats' })
      return next
    },
  },
  destroy: {
    title: 'Destroying a Hat',
    fields: (room) => [chosen(room)],
    change: (room, form) => withoutHat(room.extras, known(room, form)),
  },
  assign: {
    title: 'Assigning a Hat',
    fields: (room) => [jid, chosen(room)],
    change(room, form) {
      if (wearersOf(room.extras).length >= maxWorn) throw new StanzaError('resource-constraint')
      return wear(room, form, true)
    },
  },
  unassign: {
    title: 'Removing a Hat',
    fields: (room) => [jid, chosen(room)],
    change: (room, form) => wear(room, form, false),
  },
}

function wear(room: Room, form: DataForm, isOn: boolean): RoomExtras {
  const account = form.jid('hats#jid')
  if (account === undefined) throw new StanzaError('bad-request', { text: 'hats#jid is missing' })
  return wearing(room.extras, account, { uri: known(room, form), isOn })
}

function known(room: Room, form: DataForm): string {
  const asked = needed(form, 'hats#uri')
  if (room.extras.hats?.some((hat) => hat.uri === asked)) return asked
  throw new StanzaError('item-not-found', { text: 'There is no such hat' })
}

function needed(form: DataForm, name: string): string {
  const value = form.value(name) ?? ''
  if (value === '' || value.length > 1024) throw new StanzaError('bad-request', { text: `${name} is missing` })
  return value
}

/** Lets owners and admins of a room say who wears which hat (XEP-0317 §4). */
export function answerHats(ask: RegisterRoomIq, keeper: RoomKeeper): void {
  ask('set', commandsNs, 'command', (room, { from, payload }, out) => {
    if (!isAtLeast(room.affiliationOf(from), 'admin')) throw new StanzaError('forbidden')
    if (payload.attr('action') === 'cancel') return shown(payload, 'canceled')
    const name = (payload.attr('node') ?? '').replace(`${formType}:`, '')
    const list = listOf(room, name)
    return list === undefined ? perform(room, { name, payload }, out) : shown(payload, 'completed', list)
  })

  async function perform(room: Room, { name, payload }: { name: string; payload: Element }, out: Outbox) {
    const command = Object.hasOwn(commands, name) ? commands[name] : undefined
    if (command === undefined) throw new StanzaError('item-not-found')
    const x = payload.child('x', NS.forms)
    if (x === undefined) return shown(payload, 'executing', question(room, command))
    const next = command.change(room, readForm(x))
    await keeper.extras(room, next)
    takeOver(room, next, out)
    return shown(payload, 'completed')
  }
}

/** Shows everybody who wears other hats now. */
function takeOver(room: Room, next: RoomExtras, out: Outbox): void {
  const concerned = accountsChanged(room, room.extras, next)
  const isListChanged = JSON.stringify(room.extras.hats) !== JSON.stringify(next.hats)
  room.extras = next
  for (const account of concerned) for (const occupant of room.occupants.of(account)) announce(room, occupant, out)
  if (isListChanged) notifyOtherChange(room, out)
}

function question(room: Room, command: HatCommand): Element {
  return formElement({ type: 'form', title: command.title, formType, fields: command.fields(room) })
}

function shown(payload: IqRequest['payload'], status: string, ...children: readonly Element[]): Element {
  const sessionid = payload.attr('sessionid') ?? randomId(12)
  return el('command', commandsNs, { node: payload.attr('node'), sessionid, status }, children)
}

/** The two lists that can be asked for. */
function listOf({ extras }: Room, name: string): Element | undefined {
  const all = extras.hats ?? []
  const rowOf = (hat: { title: string; uri: string; hue: string | undefined }): FormField[] => [
    { var: 'hats#title', values: [hat.title] },
    { var: 'hats#uri', values: [hat.uri] },
    { var: 'hats#hue', values: hat.hue === undefined ? [] : [hat.hue] },
  ]
  if (name === 'list') {
    return formElement({ type: 'result', title: 'Hats', reported: [title, uri, hue], items: all.map(rowOf) })
  }
  if (name !== 'list-assigned') return undefined
  const items = wearersOf(extras).flatMap((worn) => {
    const hat = all.find((each) => each.uri === worn.uri)
    return hat === undefined ? [] : [[{ var: 'hats#jid', values: [worn.jid] }, ...rowOf(hat)]]
  })
  return formElement({ type: 'result', title: 'Hats assigned', reported: [jid, title, uri, hue], items })
}
