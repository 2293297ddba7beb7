import { NS } from '../../stanza/namespaces.ts'
import type { Element } from '../../xml/element.ts'
import { escapeXml } from '../../xml/escape.ts'
import { serialise } from '../../xml/serialise.ts'
import { asWire, toWire, type Wire } from '../../xml/wire.ts'
import { boshNs, xboshNs } from './request.ts'

/** Those that are undefined are left out; one may have the prefix `xmpp:`. */
export type BodyAttributes = Readonly<Record<string, string | number | undefined>>

/** What ends a session in an answer (XEP-0124 §17.2). */
export type TerminalCondition =
  | 'bad-request'
  | 'host-gone'
  | 'host-unknown'
  | 'improper-addressing'
  | 'internal-server-error'
  | 'item-not-found'
  | 'policy-violation'
  | 'remote-stream-error'
  | 'system-shutdown'
  | 'undefined-condition'

/** The end of a session, as the client is told of it. */
export interface Farewell {
  readonly condition?: TerminalCondition
  /** What goes with `remote-stream-error`. */
  readonly error?: Wire
}

/** An answer. The prefix `stream` is declared on it where its content needs that (XEP-0206 §4). */
export function bodyText(attributes: BodyAttributes, content: readonly Wire[] = []): Wire {
  let tag = `<body xmlns='${boshNs}'`
  if (Object.keys(attributes).some((name) => name.startsWith('xmpp:'))) tag += ` xmlns:xmpp='${xboshNs}'`
  if (content.some((text) => text.startsWith('<stream:'))) tag += ` xmlns:stream='${NS.streams}'`
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined) tag += ` ${name}='${escapeXml(String(value))}'`
  }
  return content.length === 0 ? toWire(`${tag}/>`) : asWire(`${toWire(`${tag}>`)}${content.join('')}</body>`)
}

/** The answer that ends a session; `before`: what goes with it. */
export function farewellText({ condition, error }: Farewell, before: readonly Wire[] = []): Wire {
  return bodyText({ type: 'terminate', condition }, error === undefined ? before : [...before, error])
}

/** The client is to send the same request again; the session goes on (XEP-0124 §17.3). */
export const recoverableText: Wire = bodyText({ type: 'error' })

/** A first-level element; those of the stream itself go by the prefix that the answer declares. */
export function payloadText(element: Element): Wire {
  if (element.ns !== NS.streams) return serialise(element)
  const content = element.elements().map((child) => serialise(child))
  return asWire(`<stream:${element.name}>${content.join('')}</stream:${element.name}>`)
}

const ownConditions = [
  'host-gone',
  'host-unknown',
  'improper-addressing',
  'internal-server-error',
  'system-shutdown',
] as const

/** How the end of a stream is told: by a condition of BOSH that says the same, or by `<stream:error/>` itself. */
export function farewellFor(error: Element | undefined): Farewell {
  if (error === undefined) return {}
  const name = error.elements().find(({ ns }) => ns === NS.streamErrors)?.name
  const condition = ownConditions.find((own) => own === name)
  return condition === undefined ? { condition: 'remote-stream-error', error: payloadText(error) } : { condition }
}
