import type { ClientLink } from '../../router/session.ts'
import { NS } from '../../stanza/namespaces.ts'
import { asWire, type Wire } from '../../xml/wire.ts'

/** How stanzas stand on a connection. */
export type Form = ClientLink['form']

/** What tells a stanza in a WebSocket frame, or on disk, from one on a byte stream. */
const declaration = ` xmlns='${NS.client}'`
const kinds = { m: 'message', p: 'presence', i: 'iq' } as const

/** The kind of a stanza, by its text. */
export function kindOf(text: Wire): 'message' | 'presence' | 'iq' {
  return kinds[text.charAt(1) as keyof typeof kinds]
}

/** The text of a stanza of one form in another one. */
export function inForm(text: Wire, from: Form, to: Form): Wire {
  if (from === to) return text
  const nameEnd = kindOf(text).length + 1
  const head = text.slice(0, nameEnd)
  const rest = text.slice(nameEnd)
  return asWire(to === 'framed' ? head + declaration + rest : head + rest.slice(declaration.length))
}

/** The text of a stanza with its namespace declared. */
export function framed(text: Wire, form: Form): Wire {
  return inForm(text, form, 'framed')
}
