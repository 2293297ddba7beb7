import type { NoteCodec } from '../stanza/stanza-key.ts'

/** Names a value that a module keeps with each session, typed. Nothing is allocated for sessions that have none. */
export interface SessionKey<T> {
  readonly name: string
  /** Position in a session's list of values. */
  readonly index: number
  /** How the value is written down; undefined for one that need not outlive the process. */
  readonly codec: NoteCodec<T> | undefined
}

const keys: SessionKey<never>[] = []

/**
 * Makes a key; once for each kind of value, at the top of a module's file. With a codec, the value is there again when a session
 * that can be resumed is resumed after a restart: a value that is changed in place has to be set again. The name of such a key is
 * written to disk and never changes.
 */
export function sessionKey<T>(name: string, codec?: NoteCodec<T>): SessionKey<T> {
  if (codec !== undefined && keys.some((key) => key.codec !== undefined && key.name === name)) {
    throw new Error(`there are two lasting session keys ${name}`)
  }
  const key: SessionKey<T> = { name, index: keys.length, codec }
  keys.push(key as SessionKey<never>)
  return key
}

/** The keys whose values outlive the process. */
export function lastingKeys(): readonly SessionKey<unknown>[] {
  return (keys as readonly SessionKey<unknown>[]).filter((key) => key.codec !== undefined)
}
