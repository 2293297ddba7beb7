import type { Jid } from '../../jid/jid.ts'
import { formatTimestamp } from '../../stanza/delay.ts'
import { Stanza } from '../../stanza/stanza.ts'
import { stanzaIdElement, stanzaIdNs } from '../../stanza/stanza-id.ts'
import { type Element, el } from '../../xml/element.ts'
import { fastenNs, oldRetractNs, retractByIdNs, retractNs } from './names.ts'

/** That its sender takes a message back (XEP-0424). */
export interface Retraction {
  readonly ns: typeof retractNs | typeof oldRetractNs | typeof retractByIdNs
  /** What `id` is: of the message in the archive, or given by its sender. */
  readonly names: 'archive id' | 'reference'
  readonly id: string
}

/** The retraction that a message is, undefined when it is none. */
export function retractionOf(message: Stanza): Retraction | undefined {
  const id = message.child('retract', retractNs)?.attr('id')
  if (id !== undefined) {
    return { ns: retractNs, names: message.type === 'groupchat' ? 'archive id' : 'reference', id }
  }
  const fastening = message.child('apply-to', fastenNs)
  const fastened = fastening?.attr('id')
  if (fastening === undefined || fastened === undefined) return undefined
  if (fastening.child('retract', oldRetractNs)) return { ns: oldRetractNs, names: 'reference', id: fastened }
  if (fastening.child('retract', retractByIdNs)) return { ns: retractByIdNs, names: 'archive id', id: fastened }
  return undefined
}

/** Whether nothing but the fact that it was there is left of a message. */
export function isTombstone(message: Stanza): boolean {
  return message.index.some(({ name }) => name === 'retracted')
}

/** What stands in the place of a message that was taken back. */
export function tombstoneOf(original: Stanza, content: Element): Stanza {
  const { type, id, from, to, lang } = original
  return Stanza.make('message', { type, id, from, to, lang }, content)
}

/** What says in a tombstone how the message was taken back, in the words of the retraction (XEP-0424 §5). */
export function retractedElement(
  retraction: Retraction,
  place: { readonly by: Jid; readonly at: number; readonly original: Stanza; readonly retraction: Stanza },
): Element {
  const stamp = formatTimestamp(place.at)
  const { ns, id } = retraction
  if (ns === retractNs) return el('retracted', ns, { id: place.retraction.id, stamp })
  const originId = place.original.child('origin-id', stanzaIdNs)
  if (ns === oldRetractNs) return el('retracted', ns, { stamp }, el('origin-id', stanzaIdNs, { id }))
  return el('retracted', ns, { stamp }, stanzaIdElement(place.by, id), originId)
}
