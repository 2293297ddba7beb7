import { NS } from '../../stanza/namespaces.ts'
import { StanzaError } from '../../stanza/stanza-error.ts'
import { StreamError } from '../../stanza/stream-error.ts'
import { type Element, el } from '../../xml/element.ts'
import { iqError } from './bind-dialogue.ts'

/** What asks for stream management is told where there is none; the stream goes on (XEP-0198 §6). */
export const notManaged = el('failed', NS.streamManagement, el('feature-not-implemented', NS.stanzaErrors))

/**
 * The answer to what nobody knows, if it may be answered at all. Before binding a client may not send stanzas to anybody
 * (RFC 6120 §7.1). Throws StreamError.
 */
export function refusalOf(element: Element, isAuthenticated: boolean): Element | undefined {
  if (element.ns === NS.streamManagement) return notManaged
  if (!isAuthenticated) throw new StreamError('not-authorized')
  if (element.ns !== NS.client) throw new StreamError('unsupported-stanza-type')
  if (element.name !== 'iq') throw new StreamError('not-authorized')
  const type = element.attr('type')
  return type === 'result' || type === 'error' ? undefined : iqError(element, new StanzaError('bad-request'))
}
