import { z } from 'zod'
import { Jid } from '../../jid/jid.ts'
import { CommandError } from '../../module/command-error.ts'
import { NS } from '../../stanza/namespaces.ts'
import { Stanza } from '../../stanza/stanza.ts'
import type { Element } from '../../xml/element.ts'
import { parseElement } from '../../xml/parse.ts'
import { serialise } from '../../xml/serialise.ts'
import { wireBytes } from '../../xml/wire.ts'

/** Whether an IQ has what an answer needs (RFC 6120 §8.2.3). */
function isWholeIq(iq: Element): boolean {
  return iq.attr('id') !== undefined && ['get', 'set', 'result', 'error'].includes(iq.attr('type') ?? '')
}

/** A stanza as somebody writes it down: without a namespace it is one of clients. */
function stanzaIn(text: string): Element | undefined {
  try {
    const element = parseElement(text, NS.client)
    const isStanza = ['message', 'presence', 'iq'].includes(element.name) && element.ns === NS.client
    return isStanza && (element.name !== 'iq' || isWholeIq(element)) ? element : undefined
  } catch {
    return undefined
  }
}

/** Such a stanza as an argument. */
export const writtenStanza = z
  .string()
  .transform((text, context) => {
    const element = stanzaIn(text)
    if (element !== undefined) return element
    context.addIssue({ code: 'custom', input: text, message: 'this is not a stanza.' })
    return z.NEVER
  })
  .meta({ scalar: 'XmlElement' })

/** The same to be sent; its addresses are left to whoever sends it. */
export function stanzaOf(written: Element): Stanza {
  const plain = written.withAttrs({ from: undefined, to: undefined })
  return Stanza.fromBytes(wireBytes(serialise(plain)), Jid.parse)
}

/** An address of a stanza. Throws CommandError where it is missing, or is none. */
export function addressIn(element: Element, attribute: 'from' | 'to'): Jid {
  const who = attribute === 'from' ? 'sender' : 'recipient'
  const text = element.attr(attribute)
  if (text === undefined) throw new CommandError(`no_${who}`, `The stanza has no "${attribute}"`)
  const jid = Jid.tryParse(text)
  if (jid === undefined) throw new CommandError(`invalid_${who}`, `${text} is no address`)
  return jid
}
