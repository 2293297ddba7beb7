import { asWire } from '../xml/wire.ts'
import { attributesOf, type StanzaHead } from './head.ts'
import { Stanza } from './stanza.ts'

/** How a message that carries another one is made (XEP-0297). */
export interface Forwarding {
  readonly head: Omit<StanzaHead, 'from' | 'to'>
  /** Namespace and name of the element that says why. */
  readonly reason: { readonly name: string; readonly ns: string }
  /** `inside` it is `<forwarded/>`, or `beside` it as the oldest form of XEP-0280 has it. */
  readonly place: 'inside' | 'beside'
}

const NS = 'urn:xmpp:forward:0'

/** A message, without addresses, that carries this one: spliced from its text, nothing is built. Notes do not come along. */
export function forwarding(stanza: Stanza, { head, reason, place }: Forwarding): Stanza {
  const forwarded = `<forwarded xmlns='${NS}'>${stanza.toWire('framed')}</forwarded>`
  const open = `<${reason.name} xmlns='${reason.ns}'`
  const content = place === 'inside' ? `${open}>${forwarded}</${reason.name}>` : `${open}/>${forwarded}`
  const text = asWire(`<message xmlns='jabber:client'${attributesOf(head)}>${content}</message>`)
  return Stanza.fromBytes(Buffer.from(text, 'latin1'), () => {
    throw new RangeError('there are no addresses')
  })
}
