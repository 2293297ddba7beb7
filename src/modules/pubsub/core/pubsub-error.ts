import { type ErrorCondition, type ErrorType, StanzaError } from '../../../stanza/stanza-error.ts'
import { el } from '../../../xml/element.ts'
import { PS } from './namespaces.ts'

/** An error with the condition of XEP-0060 §14 that tells more. */
export function pubsubError(condition: ErrorCondition, detail: string, type?: ErrorType): StanzaError {
  return new StanzaError(condition, { app: el(detail, PS.errors), ...(type === undefined ? {} : { type }) })
}

/** Something that the service, or this kind of node, does not offer. */
export function unsupported(feature: string): StanzaError {
  return new StanzaError('feature-not-implemented', { app: el('unsupported', PS.errors, { feature }) })
}

/** The request names no node. */
export const nodeRequired = (): StanzaError => pubsubError('bad-request', 'nodeid-required')
