import { Jid } from '../jid/jid.ts'
import { inDigits } from '../util/digits.ts'
import { type Element, el } from '../xml/element.ts'
import { asWire } from '../xml/wire.ts'
import type { TextPart } from './parts.ts'
import type { Stanza } from './stanza.ts'

/** XEP-0359. */
export const stanzaIdNs = 'urn:xmpp:sid:0'

/** An id made of a number, as it is written: base 32 with the digits 0-9 and A-V. */
export function formatStanzaId(id: number): string {
  return inDigits(id, 32).toUpperCase()
}

/** `<stanza-id/>`: the id that this account or room has given a message. */
export function stanzaIdElement(by: Jid, id: string): Element {
  return el('stanza-id', stanzaIdNs, { by: by.bareString, id })
}

/** The same as text, for what goes out at once. */
export function stanzaIdText(by: Jid, id: string): TextPart {
  const text = asWire(`<stanza-id xmlns='${stanzaIdNs}' by='${by.bare.wire}' id='${id}'/>`)
  return { name: 'stanza-id', ns: stanzaIdNs, text }
}

/** The message without ids that somebody else gave in the name of this account or room (XEP-0359 §5). */
export function withoutStanzaIds(message: Stanza, by: Jid): Stanza {
  if (!message.has('stanza-id', stanzaIdNs)) return message
  return message.without(({ name, ns }, element) => {
    if (name !== 'stanza-id' || ns !== stanzaIdNs) return false
    return Jid.tryParse(element().attr('by') ?? '')?.bareString === by.bareString
  })
}
