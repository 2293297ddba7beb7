import { StanzaError } from '../../../stanza/stanza-error.ts'

export type ConfigValue = string | number | boolean
export type ConfigType = 'string' | 'integer' | 'float' | 'boolean'

/** A setting that rooms have. */
export interface SchemaField {
  /** As clients call it. */
  readonly field: string
  /** As it is stored, and as the server knows those that mean something to it. */
  readonly key: string
  readonly type: ConfigType
  /** In a new room. */
  readonly value: ConfigValue
}
export type Schema = readonly SchemaField[]

/** The settings of a room, by key. */
export type RoomConfig = ReadonlyMap<string, ConfigValue>

/** Settings as they are written: name of the field, and text. */
export type RawConfig = readonly (readonly [field: string, text: string])[]

/** Settings that mean something to the server, and the type that each must have. */
export const reservedTypes: Readonly<Record<string, ConfigType>> = {
  roomname: 'string',
  all_can_configure: 'boolean',
  all_can_invite: 'boolean',
}

/** The settings of a new room. */
export function initialConfig(schema: Schema): RoomConfig {
  return new Map(schema.map(({ key, value }) => [key, value]))
}

/** Reads settings; of a field that stands there twice the last counts. Throws `bad-request` for what the schema does not allow. */
export function readConfig(schema: Schema, raw: RawConfig): RoomConfig {
  const config = new Map<string, ConfigValue>()
  for (const [name, text] of raw) {
    const known = schema.find(({ field }) => field === name)
    if (known === undefined) throw new StanzaError('bad-request', { text: `${name} is not a setting of rooms here` })
    const value = parseValue(known.type, text)
    if (value === undefined) throw new StanzaError('bad-request', { text: `${name} is not a ${known.type}` })
    config.set(known.key, value)
  }
  return config
}

/** Writes settings in the order of the schema: all of them, or those with these keys. */
export function showConfig(schema: Schema, config: RoomConfig, keys?: ReadonlySet<string>): RawConfig {
  const shown = keys === undefined ? schema : schema.filter(({ key }) => keys.has(key))
  return shown.map(({ field, key, value }) => [field, String(config.get(key) ?? value)])
}

/** What a room is called: its name as set, or the local part of its address where the schema has none. */
export function nameOf(schema: Schema, config: RoomConfig, local: string): string {
  const field = schema.find(({ key }) => key === 'roomname')
  return field === undefined ? local : String(config.get('roomname') ?? field.value)
}

/** A setting that a room may have of its own in place of that of the service. */
export function overridden(schema: Schema, config: RoomConfig, key: string, fallback: boolean): boolean {
  const field = schema.find((each) => each.key === key)
  return field === undefined ? fallback : (config.get(key) ?? field.value) === true
}

function parseValue(type: ConfigType, text: string): ConfigValue | undefined {
  switch (type) {
    case 'string':
      return text
    case 'integer':
      return /^-?\d{1,15}$/.test(text) ? Number(text) : undefined
    case 'float':
      return /^-?\d{1,300}(\.\d{1,300})?(e[+-]?\d{1,3})?$/i.test(text) ? finite(Number(text)) : undefined
    case 'boolean':
      return text === 'true' ? true : text === 'false' ? false : undefined
  }
}

function finite(value: number): number | undefined {
  return Number.isFinite(value) ? value : undefined
}
