import { type Element, el } from '../xml/element.ts'
import { NS } from './namespaces.ts'

export type ErrorType = 'auth' | 'cancel' | 'continue' | 'modify' | 'wait'

/** Type and legacy code of each defined condition (RFC 6120 §8.3.3; codes as in XEP-0086). */
const conditions = {
  'bad-request': ['modify', '400'],
  conflict: ['cancel', '409'],
  'feature-not-implemented': ['cancel', '501'],
  forbidden: ['auth', '403'],
  gone: ['cancel', '302'],
  'internal-server-error': ['wait', '500'],
  'item-not-found': ['cancel', '404'],
  'jid-malformed': ['modify', '400'],
  'not-acceptable': ['modify', '406'],
  'not-allowed': ['cancel', '405'],
  'not-authorized': ['auth', '401'],
  'payment-required': ['auth', '402'],
  'policy-violation': ['modify', '400'],
  'recipient-unavailable': ['wait', '404'],
  redirect: ['modify', '302'],
  'registration-required': ['auth', '407'],
  'remote-server-not-found': ['cancel', '404'],
  'remote-server-timeout': ['wait', '504'],
  'resource-constraint': ['wait', '500'],
  'service-unavailable': ['cancel', '503'],
  'subscription-required': ['auth', '407'],
  'unexpected-request': ['wait', '400'],
} as const satisfies Record<string, readonly [ErrorType, string]>

export type ErrorCondition = keyof typeof conditions

export interface StanzaErrorOptions {
  /** For a person to read, in English. */
  text?: string
  /** Where the type usual for the condition does not fit. */
  type?: ErrorType
  /** An application-specific condition (RFC 6120 §8.3.4). */
  app?: Element
  /** The answer does not repeat what was sent. */
  omitsRequest?: boolean
  /** What went wrong underneath; for the log only. */
  cause?: unknown
}

/** The answer to a stanza that cannot be served (RFC 6120 §8.3). Handlers throw it; the dispatcher turns it into a reply. */
export class StanzaError extends Error {
  override readonly name = 'StanzaError'
  readonly condition: ErrorCondition
  readonly options: StanzaErrorOptions

  constructor(condition: ErrorCondition, options: StanzaErrorOptions = {}) {
    super(options.text ?? condition, { cause: options.cause })
    this.condition = condition
    this.options = options
  }

  get type(): ErrorType {
    return this.options.type ?? conditions[this.condition][0]
  }

  /** The `<error/>` child, in the namespace of the stanza that it goes into. */
  toElement(): Element {
    const { text, app } = this.options
    return el(
      'error',
      NS.client,
      { type: this.type, code: conditions[this.condition][1] },
      el(this.condition, NS.stanzaErrors),
      text === undefined ? undefined : el('text', NS.stanzaErrors, { 'xml:lang': 'en' }, text),
      app,
    )
  }
}
