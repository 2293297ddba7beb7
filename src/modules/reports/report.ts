import { Jid } from '../../jid/jid.ts'
import { Stanza } from '../../stanza/stanza.ts'
import { type Element, el } from '../../xml/element.ts'

/** The namespace of XEP-0377. */
export const reportingNs = 'urn:xmpp:reporting:1'
const stanzaIdNs = 'urn:xmpp:sid:0'
const jidNs = 'urn:xmpp:jid:0'

/** Longest reason, and id of a message, that is kept. */
const maxName = 255

/** A message that is reported, by its id in an archive (XEP-0359). */
export interface ReportedMessage {
  readonly by: string
  readonly id: string
}

/** What somebody says about somebody else whom he blocks (XEP-0377 §4). */
export interface Report {
  /** The bare address of who reports. */
  readonly reporter: Jid
  readonly offender: Jid
  /** A URN, such as `urn:xmpp:reporting:spam`. */
  readonly reason: string
  readonly text: string
  readonly messages: readonly ReportedMessage[]
  /** May be passed on to the server of the offender; to others. */
  readonly mayReach: { readonly origin: boolean; readonly thirdParties: boolean }
}

/** What is kept of a report at most. */
export interface ReportLimits {
  readonly max_text: number
  readonly max_stanza_ids: number
}

/** Reads the report in the item of a block; undefined when there is none that says why. */
export function readReport(
  { reporter, offender, item }: { readonly reporter: Jid; readonly offender: Jid; readonly item: Element },
  limits: ReportLimits,
): Report | undefined {
  const report = item.child('report', reportingNs)
  const reason = report?.attr('reason') ?? ''
  if (report === undefined || reason === '' || reason.length > maxName) return undefined
  return {
    reporter,
    offender,
    reason,
    text: (report.childText('text') ?? '').trim().slice(0, limits.max_text),
    messages: report.childrenNamed('stanza-id', stanzaIdNs).flatMap(readMessage).slice(0, limits.max_stanza_ids),
    mayReach: {
      origin: report.child('report-origin') !== undefined,
      thirdParties: report.child('third-party') !== undefined,
    },
  }
}

function readMessage(element: Element): ReportedMessage[] {
  const by = Jid.tryParse(element.attr('by') ?? '')?.full
  const id = element.attr('id') ?? ''
  return by === undefined || id === '' || id.length > maxName ? [] : [{ by, id }]
}

/** What a person is told of a report. */
export function notice({ reporter, offender, reason, text }: Report, from: Jid, to: Jid): Stanza {
  const why = reason.slice(reason.lastIndexOf(':') + 1)
  const words = `${reporter.full} has blocked and reported ${offender.full} (${why})${text === '' ? '' : `: ${text}`}`
  const ns = 'jabber:client'
  return Stanza.make('message', { from, to }, el('subject', ns, 'Report'), el('body', ns, words))
}

/**
 * A report as it is passed on. Who has reported stays unknown (XEP-0377 §5): neither the address is in it nor the ids of
 * messages, which stand in that user's archive.
 */
export function forwarded({ offender, reason, text }: Report, from: Jid, to: Jid): Stanza {
  const about = el('jid', jidNs, offender.full)
  const said = text === '' ? undefined : el('text', reportingNs, text)
  return Stanza.make('message', { from, to }, el('report', reportingNs, { reason }, about, said))
}
