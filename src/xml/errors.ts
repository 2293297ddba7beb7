/** The stream error conditions (RFC 6120 §4.9.3) that reading XML can end a stream with. */
export type XmlCondition =
  | 'not-well-formed'
  | 'restricted-xml'
  | 'policy-violation'
  | 'invalid-namespace'
  | 'bad-namespace-prefix'
  | 'unsupported-encoding'

/** Input that ends its stream. The message says what was wrong; it never repeats the input. */
export class XmlError extends Error {
  readonly condition: XmlCondition

  constructor(condition: XmlCondition, message: string, cause?: unknown) {
    super(message, { cause })
    this.name = 'XmlError'
    this.condition = condition
  }
}

/** Breaks a rule of XML 1.0 or of Namespaces in XML 1.0 (RFC 6120 §4.9.3.13). */
export function notWellFormed(message: string, cause?: unknown): XmlError {
  return new XmlError('not-well-formed', message, cause)
}

/** Well-formed perhaps, but a feature of XML that XMPP forbids (RFC 6120 §11.1). */
export function restricted(message: string): XmlError {
  return new XmlError('restricted-xml', message)
}

/** More than we are ready to hold or to work for. */
export function tooMuch(message: string): XmlError {
  return new XmlError('policy-violation', message)
}
