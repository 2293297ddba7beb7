import { DialError } from '../../net/dial.ts'
import { LocateError } from '../../net/server-locator.ts'

/** Why a connection came to nothing. */
export interface Setback {
  readonly reason: string
  /** For want of an answer. */
  readonly isTimeout: boolean
}

/** What a sender is told. */
export function conditionOf({ isTimeout }: Setback): 'remote-server-timeout' | 'remote-server-not-found' {
  return isTimeout ? 'remote-server-timeout' : 'remote-server-not-found'
}

/** What a failure comes to. */
export function setbackOf(error: unknown): Setback {
  const isKnown = error instanceof DialError || error instanceof LocateError
  const reason = error instanceof Error ? error.message : String(error)
  return { reason, isTimeout: isKnown && error.isTimeout }
}
