let count = 0

/** Names a value that a module keeps with each session, typed. Nothing is allocated for sessions that have none. */
export interface SessionKey<T> {
  readonly name: string
  /** Position in a session's list of values. */
  readonly index: number
  /** Carries the type; never set. */
  readonly type?: T
}

/** Makes a key; once for each kind of value, at the top of a module's file. */
export function sessionKey<T>(name: string): SessionKey<T> {
  return { name, index: count++ }
}
