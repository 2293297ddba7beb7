import type { Stanza } from '../../stanza/stanza.ts'
import { StanzaError } from '../../stanza/stanza-error.ts'

/** The priority that a presence asks for: 0 when it does not say. Throws `bad-request` outside -128 to 127 (RFC 6121 §4.7.2.3). */
export function priorityOf(stanza: Stanza): number {
  const text = stanza.child('priority')?.text().trim()
  if (text === undefined || text === '') return 0
  const priority = Number(text)
  if (!/^[+-]?\d+$/.test(text) || priority < -128 || priority > 127)
    throw new StanzaError('bad-request', { text: 'Invalid priority' })
  return priority
}
