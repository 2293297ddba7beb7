import type { Jid } from '../../../jid/jid.ts'
import type { FieldOption, FieldType, FormField } from '../../../stanza/data-form.ts'
import { StanzaError } from '../../../stanza/stanza-error.ts'
import type { Element } from '../../../xml/element.ts'
import type { Room } from './room.ts'
import type { RoomConfig } from './room-config.ts'

/** One setting of a room as its owner sees it (XEP-0045 §10.2). */
export interface ConfigField {
  readonly var: string
  readonly type: FieldType
  readonly label: string
  /** What may be chosen; under a configuration, in a room, where that is not always the same. */
  readonly options?: readonly FieldOption[] | ((config: RoomConfig, room: Room) => readonly FieldOption[])
  /** How values are checked (XEP-0122). */
  readonly validation?: Element
  /** Taken but not shown: another name for a setting. */
  readonly isHidden?: boolean
  /** Whether somebody may see and set it. */
  isFor?(room: Room, who: Jid): boolean
  /** The values of the field under a configuration; in a room, as far as they hold there. */
  read(config: RoomConfig, room?: Room): readonly string[]
  /** The configuration with these values. Throws StanzaError for values that it cannot have. */
  write(config: RoomConfig, values: readonly string[], room: Room): RoomConfig
}

type KeysOf<T> = { [K in keyof RoomConfig]: RoomConfig[K] extends T ? K : never }[keyof RoomConfig]

/** The error for a value that a field cannot have. */
export function badValue(name: string): StanzaError {
  return new StanzaError('bad-request', { text: `${name} cannot have this value` })
}

/** A setting that is on or off; `inverted`: the field says the opposite of the setting. */
export function booleanField(
  name: string,
  label: string,
  key: KeysOf<boolean>,
  more: Pick<ConfigField, 'isFor' | 'isHidden'> & { readonly isInverted?: boolean } = {},
): ConfigField {
  const { isInverted = false, ...rest } = more
  return {
    var: name,
    type: 'boolean',
    label,
    ...rest,
    read: (config) => [config[key] !== isInverted ? '1' : '0'],
    write: (config, [value]) => ({ ...config, [key]: booleanOf(name, value) !== isInverted }),
  }
}

/** A setting that is a text of at most so many bytes. */
export function textField(
  name: string,
  label: string,
  key: 'title' | 'description' | 'password',
  more: { readonly type?: FieldType; most?(room: Room): number } = {},
): ConfigField {
  const { type = 'text-single', most } = more
  return {
    var: name,
    type,
    label,
    read: (config) => [config[key]],
    write: (config, values, room) => {
      const text = values.join('\n')
      if (most !== undefined && Buffer.byteLength(text) > most(room))
        throw new StanzaError('not-acceptable', { text: `${label}: too long` })
      return { ...config, [key]: text }
    },
  }
}

/** A field as it stands in a form. */
export function shownField(field: ConfigField, room: Room): FormField {
  const { var: name, type, label, validation } = field
  const options = typeof field.options === 'function' ? field.options(room.config, room) : field.options
  return { var: name, type, label, options, validation, values: field.read(room.config, room) }
}

function booleanOf(name: string, value: string | undefined): boolean {
  if (value === '1' || value === 'true') return true
  if (value === '0' || value === 'false') return false
  throw badValue(name)
}
