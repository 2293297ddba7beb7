/** An address, or a part of one, that no profile accepts. `message` says why; it never repeats the text. */
export class JidError extends Error {
  /** The stanza error an edge answers with (RFC 6120 §8.3.3.8). */
  readonly condition = 'jid-malformed'

  constructor(reason: string) {
    super(reason)
    this.name = 'JidError'
  }
}
