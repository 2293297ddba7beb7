import { NS } from '../../stanza/namespaces.ts'
import { StreamError } from '../../stanza/stream-error.ts'

/** The end of a stream on which authentication is asked for where it cannot be: again, or in XML that needs TLS. */
export function violation({ ns }: { readonly ns: string }): StreamError {
  return new StreamError('policy-violation', ns === NS.sasl2 ? 'SASL2 violation' : 'Authenticated already')
}
