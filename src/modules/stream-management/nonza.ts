import { told } from '../../protocol/sm/sequence.ts'
import { NS as core } from '../../stanza/namespaces.ts'
import type { ErrorCondition } from '../../stanza/stanza-error.ts'
import { StreamError } from '../../stanza/stream-error.ts'
import { type Element, el } from '../../xml/element.ts'
import { serialise } from '../../xml/serialise.ts'
import { asWire, type Wire } from '../../xml/wire.ts'

/** XEP-0198. */
export const NS = core.streamManagement

/** `<r/>`. */
export const request: Wire = serialise(el('r', NS))

/** `<a/>` for a count that is not taken round yet. */
export function answer(count: number): Wire {
  return asWire(`<a xmlns='${NS}' h='${told(count)}'/>`)
}

/** `<enabled/>`; with an id the stream can be resumed. */
export function enabled(id: string | undefined): Element {
  return id === undefined ? el('enabled', NS) : el('enabled', NS, { id, resume: 'true' })
}

export function resumed(previd: string, count: number): Element {
  return el('resumed', NS, { previd, h: String(told(count)) })
}

/** `count`: what is known to have been received on a stream that is gone. */
export function failed(condition: ErrorCondition, count?: number): Element {
  const attributes = count === undefined ? {} : { h: String(told(count)) }
  return el('failed', NS, attributes, el(condition, core.stanzaErrors))
}

/** The client has acknowledged more than it was sent (XEP-0198 §6). */
export class HandledTooHigh extends StreamError {
  readonly #h: number
  readonly #sent: number

  constructor(h: number, sent: number) {
    super('undefined-condition', `You acknowledged ${h} stanzas, of ${told(sent)} that were sent`)
    this.#h = h
    this.#sent = told(sent)
  }

  override toElement(): Element {
    const detail = el('handled-count-too-high', NS, { h: String(this.#h), 'send-count': String(this.#sent) })
    const { name, ns, children } = super.toElement()
    const [condition, ...others] = children
    return el(name, ns, condition, detail, ...others)
  }
}
