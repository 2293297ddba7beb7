/**
 * An address, or a part of one, that no profile accepts. `message` says why; it never repeats the text. It has no stack: it
 * tells of input, not of a fault in the program, and a flood of malformed addresses must be cheap to refuse.
 */
export class JidError extends Error {
  /** The stanza error an edge answers with (RFC 6120 §8.3.3.8). */
  readonly condition: 'jid-malformed'

  constructor(reason: string) {
    const limit = Error.stackTraceLimit
    Error.stackTraceLimit = 0
    super(reason)
    Error.stackTraceLimit = limit
    this.condition = 'jid-malformed'
    this.name = 'JidError'
  }
}
