/** How a value that travels with a stanza is written down: in stores that keep the stanza, and between nodes. */
export interface NoteCodec<T> {
  /** To plain JSON. */
  encode(value: T): unknown
  /** From plain JSON; undefined for what an older or newer build wrote differently. */
  decode(json: unknown): T | undefined
}

/**
 * Names a value that modules attach to a stanza on its way, typed: the id under which it was archived, that it is a copy, that
 * push has been told. A `local` one is forgotten when the stanza leaves this process or is stored; a `routed` one has a codec
 * and comes back with the stanza after storage, resumption and routing.
 */
export interface StanzaKey<T> {
  readonly name: string
  readonly index: number
  /** Undefined for a local key. */
  readonly codec: NoteCodec<T> | undefined
}

const keys: StanzaKey<never>[] = []

/** Makes a key; once for each kind of value, at the top of a file. The name of a routed key is written to disk and never changes. */
export function stanzaKey<T>(name: string, codec?: NoteCodec<T>): StanzaKey<T> {
  if (codec !== undefined && keys.some((key) => key.codec !== undefined && key.name === name)) {
    throw new Error(`there are two routed stanza keys ${name}`)
  }
  const key: StanzaKey<T> = { name, index: keys.length, codec }
  keys.push(key as StanzaKey<never>)
  return key
}

/** A codec for what is plain JSON as it is, told by a test. */
export function jsonNote<T>(isValid: (json: unknown) => json is T): NoteCodec<T> {
  return { encode: (value) => value, decode: (json) => (isValid(json) ? json : undefined) }
}

/** The same values with another one, of this key. The array has its length from the start: one that grows is slow to make. */
export function withNote<T>(
  values: readonly unknown[] | undefined,
  { index }: StanzaKey<T>,
  value: T | undefined,
): readonly unknown[] {
  const before = values?.length ?? 0
  const notes = new Array<unknown>(Math.max(before, index + 1))
  for (let at = 0; at < before; at++) notes[at] = values?.[at]
  notes[index] = value
  return notes
}

/** The routed ones among these values, as JSON by key name; undefined when there are none. */
export function encodeNotes(values: readonly unknown[] | undefined): Record<string, unknown> | undefined {
  let encoded: Record<string, unknown> | undefined
  values?.forEach((value, index) => {
    const key = keys[index] as StanzaKey<unknown> | undefined
    if (value === undefined || key?.codec === undefined) return
    encoded ??= {}
    encoded[key.name] = key.codec.encode(value)
  })
  return encoded
}

/** Reads back what {@link encodeNotes} gave; what nobody knows any more is left out. */
export function decodeNotes(encoded: Readonly<Record<string, unknown>>): unknown[] {
  const values: unknown[] = []
  for (const key of keys as readonly StanzaKey<unknown>[]) {
    if (key.codec === undefined || !Object.hasOwn(encoded, key.name)) continue
    values[key.index] = key.codec.decode(encoded[key.name])
  }
  return values
}
