import { asWire } from '../xml/wire.ts'
import type { StanzaHead } from './head.ts'
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
  const { name, ns } = reason
  const forwarded = asWire(`<forwarded xmlns='${NS}'>${stanza.toWire('framed')}</forwarded>`)
  if (place === 'inside') {
    const text = asWire(`<${name} xmlns='${ns}'>${forwarded}</${name}>`)
    return Stanza.make('message', head, { name, ns, text })
  }
  const mark = { name, ns, text: asWire(`<${name} xmlns='${ns}'/>`) }
  return Stanza.make('message', head, mark, { name: 'forwarded', ns: NS, text: forwarded })
}
