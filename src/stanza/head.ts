import type { Jid } from '../jid/jid.ts'
import { escapeXml } from '../xml/escape.ts'
import { asWire, toWire, type Wire } from '../xml/wire.ts'
import type { Fields, StanzaKind } from './fields.ts'

/** The root attributes of a stanza of the server's own. */
export interface StanzaHead {
  readonly type?: string
  readonly id?: string | undefined
  readonly from?: Jid | undefined
  readonly to?: Jid | undefined
  readonly lang?: string | undefined
}

/** The attributes as they are written, but for the addresses. */
export function attributesOf({ type, id, lang }: StanzaHead): Wire {
  let text = ''
  if (type !== undefined && type !== '') text += ` type='${type}'`
  if (id !== undefined) text += ` id='${toWire(escapeXml(id))}'`
  if (lang !== undefined) text += ` xml:lang='${toWire(escapeXml(lang))}'`
  return asWire(text)
}

/** Prefix declarations among these attributes, which the content may rely on. */
export function prefixesOf(attributes: Wire): Wire {
  return asWire((attributes.match(/ xmlns:[^=\s]+\s*=\s*(?:'[^']*'|"[^"]*")/g) ?? []).join(''))
}

/** What a stanza with this head and no children is made of. */
export function fieldsOf(kind: StanzaKind, head: StanzaHead): Fields {
  return {
    kind,
    type: head.type ?? '',
    id: head.id,
    lang: head.lang,
    from: head.from,
    to: head.to,
    attributes: attributesOf(head),
    inner: asWire(''),
    raw: undefined,
    parts: [],
    notes: undefined,
    ticket: undefined,
  }
}
