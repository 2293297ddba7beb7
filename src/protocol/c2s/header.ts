import { Jid } from '../../jid/jid.ts'
import { NS } from '../../stanza/namespaces.ts'
import { StreamError } from '../../stanza/stream-error.ts'
import type { OpeningHeader, ResponseHeader } from './events.ts'
import type { C2sRules, StreamHost } from './rules.ts'

// A language tag longer than this is somebody's joke (RFC 5646 §4.4.1).
const longestLanguage = 35

/** A header as far as it could be understood: enough for the answer, even when the stream cannot go on. */
export interface ReadHeader {
  readonly host: StreamHost | undefined
  /** `from` as far as it is an address: a hint until authentication. */
  readonly from: Jid | undefined
  /** `xml:lang` as the client has it, unless it is absent or too long. */
  readonly clientLang: string | undefined
  readonly error: StreamError | undefined
}

/** Reads and judges an opening header (RFC 6120 §4.7, RFC 7395 §3.4). */
export function readHeader(header: OpeningHeader, rules: C2sRules): ReadHeader {
  const to = header.attr('to')
  const address = to === undefined ? undefined : Jid.tryParse(to)
  const host = address !== undefined && address.full === address.domain ? rules.host(address.domain) : undefined
  const from = header.attr('from')
  const lang = header.attr('xml:lang')
  return {
    host,
    from: from === undefined ? undefined : Jid.tryParse(from),
    clientLang: lang !== undefined && lang !== '' && lang.length <= longestLanguage ? lang : undefined,
    error: judge(header, host, rules),
  }
}

function judge(header: OpeningHeader, host: StreamHost | undefined, rules: C2sRules): StreamError | undefined {
  const isFramed = rules.framing === 'framed'
  if (header.ns !== (isFramed ? NS.framing : NS.streams)) return new StreamError('invalid-namespace')
  if (header.name !== (isFramed ? 'open' : 'stream')) return new StreamError('bad-format')
  if (!isFramed && header.defaultNs !== NS.client) return new StreamError('invalid-namespace')
  if (host === undefined) return new StreamError('host-unknown')
  return isVersion1(header.attr('version')) ? undefined : new StreamError('unsupported-version')
}

function isVersion1(version: string | undefined): boolean {
  return version !== undefined && /^0*1\.\d+$/.test(version)
}

/** The answer to a header, or to none when the stream fails before one was read. */
export function responseTo(read: ReadHeader | undefined, rules: C2sRules): ResponseHeader {
  return {
    from: read?.host?.domain ?? rules.defaultDomain,
    to: read?.from?.full,
    id: rules.newStreamId(),
    lang: read?.clientLang ?? rules.language,
  }
}
