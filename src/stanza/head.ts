import type { Jid } from '../jid/jid.ts'
import { escapeXml } from '../xml/escape.ts'
import { asWire, toWire, type Wire } from '../xml/wire.ts'

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
