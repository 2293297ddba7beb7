import type { ExpressionBuilder } from 'kysely'
import { Jid } from '../../jid/jid.ts'
import type { InboxTables } from './tables.ts'

/** The place of a conversation in a list: two may have the same time. */
export interface Position {
  /** Microseconds since the epoch. */
  readonly at: number
  readonly remote: string
}

/** Which conversations of an account are asked for, in what order. */
export interface Listing {
  readonly owner: Jid
  readonly order: 'asc' | 'desc'
  /** All but the bin where there is none; `all`: the bin too. */
  readonly box?: string | undefined
  readonly isUnread?: boolean
  /** Times of the last message, in microseconds, both included. */
  readonly start?: number | undefined
  readonly end?: number | undefined
  /** Begins there. */
  readonly from?: Position | undefined
  /** Begins after this one. */
  readonly after?: Position | undefined
  /** Ends before this one. */
  readonly before?: Position | undefined
}

/** The condition that a conversation comes after a position, or is there. */
export function after({ at, remote }: Position, order: 'asc' | 'desc', isIncluded = false) {
  const beyond = order === 'asc' ? '>' : '<'
  return (eb: ExpressionBuilder<InboxTables, 'mod_inbox'>) =>
    eb.or([
      eb('updated_at', beyond, at),
      eb.and([eb('updated_at', '=', at), eb('remote', isIncluded ? `${beyond}=` : beyond, remote)]),
    ])
}

/** A position as an id for clients. */
export function formatPosition({ at, remote }: Position): string {
  return `${at}/${Buffer.from(remote, 'utf8').toString('base64')}`
}

/** Reads such an id; undefined where it is none. */
export function parsePosition(text: string): Position | undefined {
  const match = /^(\d{1,16})\/([A-Za-z0-9+/]+={0,2})$/.exec(text)
  if (match === null) return undefined
  const [, time = '', code = ''] = match
  const remote = Jid.tryParse(Buffer.from(code, 'base64').toString('utf8'))
  return remote === undefined ? undefined : { at: Number(time), remote: remote.bareString }
}
