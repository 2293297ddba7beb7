import type { Jid } from '../../jid/jid.ts'
import { NS } from '../../stanza/namespaces.ts'
import { StanzaError } from '../../stanza/stanza-error.ts'
import { StreamError } from '../../stanza/stream-error.ts'
import { type Element, el } from '../../xml/element.ts'

/** Whether this is an IQ of type set whose payload is `name` in `ns`. */
export function isIqSet(element: Element, name: string, ns: string): boolean {
  return element.is('iq', NS.client) && element.attr('type') === 'set' && element.child(name, ns) !== undefined
}

/** The answer to an IQ that went well. */
export function iqResult(iq: Element, payload?: Element): Element {
  return el('iq', NS.client, { type: 'result', id: iq.attr('id') }, payload)
}

/** The answer to an IQ that went wrong. */
export function iqError(iq: Element, error: StanzaError): Element {
  return el('iq', NS.client, { type: 'error', id: iq.attr('id') }, error.toElement())
}

/** What a bind request led to: a question to the session table, or an answer to the client at once. */
export type BindOutcome =
  | { readonly is: 'asked'; readonly user: Jid; readonly resource: string | undefined }
  | { readonly is: 'refused'; readonly answer: Element; readonly isLast: boolean }

/** Resource binding (RFC 6120 §7): one request at a time, and only so many that fail. */
export class BindDialogue {
  readonly #user: Jid
  #refusalsLeft: number
  #request: Element | undefined

  constructor(user: Jid, maxFailures: number) {
    this.#user = user
    this.#refusalsLeft = maxFailures
  }

  /** Takes a bind request. The server chooses a resource where none is asked for (RFC 6120 §7.6, §7.7). */
  receive(iq: Element): BindOutcome {
    this.#request = iq
    const asked = iq.child('bind', NS.bind)?.childText('resource')
    if (iq.attr('id') === undefined) return this.refused(new StanzaError('bad-request'))
    if (asked === undefined || asked === '') return { is: 'asked', user: this.#user, resource: undefined }
    try {
      return { is: 'asked', user: this.#user, resource: this.#user.withResource(asked).resource }
    } catch {
      return this.refused(new StanzaError('bad-request'))
    }
  }

  /** The answer to the request when a session was opened. */
  bound(full: Jid): Element {
    return iqResult(this.#asked, el('bind', NS.bind, el('jid', NS.bind, full.full)))
  }

  /** The answer to the request when none was; after the last one allowed the stream ends. */
  refused(error: StanzaError): BindOutcome {
    this.#refusalsLeft--
    return { is: 'refused', answer: iqError(this.#asked, error), isLast: this.#refusalsLeft <= 0 }
  }

  get #asked(): Element {
    if (this.#request === undefined) throw new StreamError('internal-server-error')
    return this.#request
  }
}
