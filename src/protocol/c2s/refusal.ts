import { NS } from '../../stanza/namespaces.ts'
import { StanzaError } from '../../stanza/stanza-error.ts'
import { StreamError } from '../../stanza/stream-error.ts'
import type { Element } from '../../xml/element.ts'
import { iqError } from './bind-dialogue.ts'

/**
 * The answer to what nobody knows, if it may be answered at all. Before binding a client may not send stanzas to anybody
 * (RFC 6120 §7.1). Throws StreamError.
 */
export function refusalOf(element: Element, isAuthenticated: boolean): Element | undefined {
  if (!isAuthenticated) throw new StreamError('not-authorized')
  if (element.ns !== NS.client) throw new StreamError('unsupported-stanza-type')
  if (element.name !== 'iq') throw new StreamError('not-authorized')
  const type = element.attr('type')
  return type === 'result' || type === 'error' ? undefined : iqError(element, new StanzaError('bad-request'))
}
