import type { Jid } from '../../../jid/jid.ts'
import { type DataForm, type FormField, formElement } from '../../../stanza/data-form.ts'
import { Stanza } from '../../../stanza/stanza.ts'
import { StanzaError } from '../../../stanza/stanza-error.ts'
import { type Element, el } from '../../../xml/element.ts'
import { type ConfigField, shownField } from './config-field.ts'
import { expel } from './leaving.ts'
import { MUC } from './namespaces.ts'
import type { Outbox } from './outbox.ts'
import type { Room } from './room.ts'
import type { RoomConfig } from './room-config.ts'
import { userElement } from './shown-presence.ts'

/** Status code of a change that concerns nobody's privacy (XEP-0045 §10.2.1). */
const otherChange = 104

function allFields(room: Room): ConfigField[] {
  return room.surroundings.features.flatMap((feature) => feature.fields ?? [])
}

/** Every setting of a room by the names of the form (XEP-0045 §10.2). */
export function allSettings(room: Room): Record<string, readonly string[]> {
  const shown = allFields(room).filter(({ isHidden }) => isHidden !== true)
  return Object.fromEntries(shown.map((field) => [field.var, field.read(room.config)]))
}

function fieldsFor(room: Room, who: Jid): ConfigField[] {
  return allFields(room).filter((field) => field.isFor === undefined || field.isFor(room, who))
}

/** The form that an owner gets (XEP-0045 §10.2). */
export function configForm(room: Room, who: Jid): Element {
  const fields = fieldsFor(room, who).filter((field) => field.isHidden !== true)
  return el(
    'query',
    MUC.owner,
    formElement({
      type: 'form',
      title: `Configuration of room ${room.jid.full}`,
      formType: MUC.roomConfig,
      fields: fields.map((field) => shownField(field, room)),
    }),
  )
}

/** The configuration that an owner asks for: fields that are missing stay. Throws StanzaError for what cannot be. */
export function submittedConfig(room: Room, who: Jid, form: DataForm): RoomConfig {
  const isEmpty = form.fields.length === 0
  if (!isEmpty && form.formType !== MUC.roomConfig) throw new StanzaError('bad-request', { text: 'Not this form' })
  return writtenConfig(room, form.fields, fieldsFor(room, who))
}

/** As {@link submittedConfig}, with these settings; any that there are, unless `allowed` says which. */
export function writtenConfig(
  room: Room,
  settings: Iterable<Pick<FormField, 'var' | 'values'>>,
  allowed: readonly ConfigField[] = allFields(room),
): RoomConfig {
  const known = new Map(allowed.map((field) => [field.var, field]))
  const { config } = room
  let next = config
  for (const { var: name = '', values = [] } of settings) {
    if (name === 'FORM_TYPE') continue
    const field = known.get(name)
    if (field === undefined) throw unknownField(room, name)
    // Two fields may say the same thing: what is sent back unchanged does not undo the other.
    const asked = field.write(config, values, room)
    if (!isSame(field.read(asked, room), field.read(config, room))) next = field.write(next, values, room)
  }
  if (next.isPasswordProtected && next.password === '' && !room.surroundings.checksPasswords) {
    throw new StanzaError('not-acceptable', { text: 'A protected room needs a password' })
  }
  return next
}

function unknownField(room: Room, name: string): StanzaError {
  // What is there but not for this owner is a matter of rights.
  return allFields(room).some((field) => field.var === name)
    ? new StanzaError('not-acceptable', { text: `You may not set ${name}` })
    : new StanzaError('bad-request', { text: `There is no setting ${name}` })
}

function isSame(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((value, index) => value === other[index])
}

/** Takes over a configuration and tells everybody what they need to know of it. */
export function reconfigure(room: Room, next: RoomConfig, out: Outbox): void {
  const before = room.config
  if (JSON.stringify(before) === JSON.stringify(next)) return
  room.config = next
  for (const occupant of room.occupants.all()) occupant.shown = undefined
  if (next.membersOnly && !before.membersOnly) {
    for (const occupant of [...room.occupants.all()]) {
      if (occupant.affiliation === 'none') expel(room, occupant, { code: 322 }, out)
    }
  }
  const codes = room.surroundings.features.flatMap((feature) => feature.changeCodes?.(before, next) ?? [])
  notifyChange(room, codes.length === 0 ? [otherChange] : codes, out)
  out.tell({ kind: 'configured' })
}

/** Tells everybody that something about the room has changed. */
export function notifyChange(room: Room, codes: readonly number[], out: Outbox): void {
  const message = Stanza.make('message', { type: 'groupchat', from: room.jid }, userElement(codes))
  out.broadcast(message, room.occupants.addresses)
}

/** As {@link notifyChange}, for what is not part of the configuration form. */
export function notifyOtherChange(room: Room, out: Outbox): void {
  notifyChange(room, [otherChange], out)
}
