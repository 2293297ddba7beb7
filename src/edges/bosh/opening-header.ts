import { type BodyTag, xboshNs } from '../../protocol/bosh/request.ts'
import type { OpeningHeader } from '../../protocol/c2s/events.ts'
import { NS } from '../../stanza/namespaces.ts'

/**
 * The opening of a stream that a request stands for (XEP-0206 §5, §7). `first`: the request for the session, whose domain and
 * language hold for later streams that name none. Who says no version means the first one.
 */
export function openingHeader(tag: BodyTag, first: BodyTag): OpeningHeader {
  const attributes: Readonly<Record<string, string | undefined>> = {
    to: tag.attr('to') ?? first.attr('to'),
    from: tag.attr('from'),
    version: tag.attr(`{${xboshNs}}version`) ?? '1.0',
    'xml:lang': tag.attr('xml:lang') ?? first.attr('xml:lang'),
  }
  return { name: 'open', ns: NS.framing, defaultNs: '', attr: (name) => attributes[name] }
}
