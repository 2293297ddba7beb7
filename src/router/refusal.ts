import { AccountLimitReached, AuthUnavailable, UnusablePassword } from '../auth/method.ts'
import { StanzaError } from '../stanza/stanza-error.ts'
import { StorageUnavailable } from '../storage/errors.ts'

/**
 * What a client is told of a failure: what was thrown for it, that something cannot be had now where that is so, else that
 * the server is at fault.
 */
export function refusalOf(error: unknown, text?: string): StanzaError {
  if (error instanceof StanzaError) return error
  if (isPassing(error)) return new StanzaError('resource-constraint', { text: 'Not now, please try again later' })
  if (error instanceof AccountLimitReached) return new StanzaError('resource-constraint', { text: 'No more accounts' })
  if (error instanceof UnusablePassword) return new StanzaError('not-acceptable', { text: 'Not a usable password' })
  return new StanzaError('internal-server-error', text === undefined ? {} : { text })
}

/** Whether a database or an account store cannot be had now: an alarm of its own has told, once. */
export function isPassing(error: unknown): boolean {
  return error instanceof StorageUnavailable || error instanceof AuthUnavailable
}
