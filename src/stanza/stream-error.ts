import { type Element, el } from '../xml/element.ts'
import { NS } from './namespaces.ts'

/** The defined conditions of RFC 6120 §4.9.3. */
export type StreamCondition =
  | 'bad-format'
  | 'bad-namespace-prefix'
  | 'conflict'
  | 'connection-timeout'
  | 'host-gone'
  | 'host-unknown'
  | 'improper-addressing'
  | 'internal-server-error'
  | 'invalid-from'
  | 'invalid-namespace'
  | 'invalid-xml'
  | 'not-authorized'
  | 'not-well-formed'
  | 'policy-violation'
  | 'remote-connection-failed'
  | 'reset'
  | 'resource-constraint'
  | 'restricted-xml'
  | 'see-other-host'
  | 'system-shutdown'
  | 'undefined-condition'
  | 'unsupported-encoding'
  | 'unsupported-feature'
  | 'unsupported-stanza-type'
  | 'unsupported-version'
  | 'encryption-required'

/** The end of a stream that went wrong (RFC 6120 §4.9): sent, then the stream is closed. */
export class StreamError extends Error {
  override readonly name = 'StreamError'
  readonly condition: StreamCondition

  constructor(condition: StreamCondition, text?: string) {
    super(text ?? '')
    this.condition = condition
  }

  /** `<stream:error/>`. */
  toElement(): Element {
    return el(
      'error',
      NS.streams,
      el(this.condition, NS.streamErrors),
      this.message === '' ? undefined : el('text', NS.streamErrors, { 'xml:lang': 'en' }, this.message),
    )
  }
}
