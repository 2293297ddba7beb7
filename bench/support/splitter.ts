/**
 * Cuts what a server sends into first-level elements. It trusts its server: no `>` inside attribute values, no CDATA, no comments.
 * Cheap rather than right, so that the measuring side costs little; text is kept one character a byte.
 */
export class Splitter {
  readonly #found: (element: string) => void
  #rest = ''
  #depth = 0
  #from = 0
  /** How far into the element under way tags have been counted. */
  #scanned = 0

  /** `found` is called with each first-level element, and with the start tag of the stream itself. */
  constructor(found: (element: string) => void) {
    this.#found = found
  }

  /** Forgets everything: the next bytes begin a new stream. */
  restart(): void {
    this.#rest = ''
    this.#depth = 0
    this.#from = 0
    this.#scanned = 0
  }

  push(text: string): void {
    this.#rest = this.#from === this.#rest.length ? text : this.#rest.slice(this.#from) + text
    this.#from = 0
    let at = this.#scanned
    while (true) {
      const open = this.#rest.indexOf('<', at)
      const close = open < 0 ? -1 : this.#rest.indexOf('>', open)
      if (close < 0) break
      at = close + 1
      this.#tag(open, close)
    }
    this.#scanned = at - this.#from
  }

  #tag(open: number, close: number): void {
    const second = this.#rest.charCodeAt(open + 1)
    if (second === 63) this.#from = close + 1
    else if (second === 47) {
      this.#depth -= 1
      if (this.#depth <= 1) this.#emit(close + 1)
    } else if (this.#depth === 0) {
      this.#depth = 1
      this.#emit(close + 1)
    } else if (this.#rest.charCodeAt(close - 1) !== 47) this.#depth += 1
    else if (this.#depth === 1) this.#emit(close + 1)
  }

  #emit(end: number): void {
    const element = this.#rest.slice(this.#from, end)
    this.#from = end
    this.#found(element)
  }
}
