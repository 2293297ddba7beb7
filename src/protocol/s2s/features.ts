import { NS } from '../../stanza/namespaces.ts'
import { type Element, el } from '../../xml/element.ts'
import type { StreamLimits } from './events.ts'

export const dialbackFeatureNs = 'urn:xmpp:features:dialback'
export const bidiFeatureNs = 'urn:xmpp:features:bidi'
export const bidiNs = 'urn:xmpp:bidi'

/** What a stream is offered. */
export interface Offered {
  readonly startTls?: 'required' | 'offered' | undefined
  readonly external?: boolean
  readonly dialback?: boolean
  readonly bidi?: boolean
  readonly limits?: StreamLimits | undefined
}

/** `<stream:features/>` of a stream between servers; `more`: of modules. */
export function peerFeatures(offered: Offered, more: readonly Element[] = []): Element {
  const { startTls, external, dialback, bidi, limits } = offered
  return el(
    'features',
    NS.streams,
    startTls && el('starttls', NS.tls, startTls === 'required' ? el('required', NS.tls) : undefined),
    external === true ? el('mechanisms', NS.sasl, el('mechanism', NS.sasl, 'EXTERNAL')) : undefined,
    dialback === true ? el('dialback', dialbackFeatureNs, el('errors', dialbackFeatureNs)) : undefined,
    bidi === true ? el('bidi', bidiFeatureNs) : undefined,
    limits && limitsElement(limits),
    more,
  )
}

function limitsElement({ maxBytes, idleSeconds }: StreamLimits): Element | undefined {
  const told = [
    maxBytes === undefined ? undefined : el('max-bytes', NS.streamLimits, String(maxBytes)),
    idleSeconds === undefined ? undefined : el('idle-seconds', NS.streamLimits, String(idleSeconds)),
  ].filter((limit) => limit !== undefined)
  return told.length === 0 ? undefined : el('limits', NS.streamLimits, told)
}

/** What the other side offers. */
export function readFeatures(features: Element): Offered {
  const startTls = features.child('starttls', NS.tls)
  const mechanisms = features.child('mechanisms', NS.sasl)?.childrenNamed('mechanism') ?? []
  return {
    startTls: startTls && (startTls.child('required') === undefined ? 'offered' : 'required'),
    external: mechanisms.some((mechanism) => mechanism.text().trim() === 'EXTERNAL'),
    dialback: features.child('dialback', dialbackFeatureNs) !== undefined,
    bidi: features.child('bidi', bidiFeatureNs) !== undefined,
    limits: readLimits(features.child('limits', NS.streamLimits)),
  }
}

function readLimits(limits: Element | undefined): StreamLimits | undefined {
  if (limits === undefined) return undefined
  return { maxBytes: countIn(limits, 'max-bytes'), idleSeconds: countIn(limits, 'idle-seconds') }
}

function countIn(limits: Element, name: string): number | undefined {
  const text = limits.childText(name)?.trim() ?? ''
  return /^[1-9]\d{0,14}$/.test(text) ? Number(text) : undefined
}
