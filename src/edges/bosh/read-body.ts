import { NS } from '../../stanza/namespaces.ts'
import { notWellFormed, tooMuch, XmlError } from '../../xml/errors.ts'
import type { ScannerLimits } from '../../xml/limits.ts'
import type { RawElement } from '../../xml/raw-element.ts'
import { type ScannerSink, XmlScanner } from '../../xml/scanner.ts'
import type { StreamHeader } from '../../xml/stream-header.ts'

/** What a request may cost. */
export interface BodyLimits {
  readonly elements: ScannerLimits
  /** Bytes of the whole body, decompressed. */
  readonly bytes: number
}

/** What came of a body. */
export interface ReadBody {
  readonly bytes: number
  /** The start tag of `<body/>`, or of what stands in its place; undefined where it could not be read. */
  readonly tag: StreamHeader | undefined
  readonly elements: readonly RawElement[]
  /** Why it cannot be used. */
  readonly fault: XmlError | undefined
}

// Nobody needs more of them at once, and each costs more than its bytes.
const mostElements = 1000
const space = /^[ \t\r\n]*$/

/** Collects a body: what is a stream to the scanner is one request here. */
class BodySink implements ScannerSink {
  // Many leave out the namespace of their stanzas, as in a stream (XEP-0206 §4).
  readonly contentNs = NS.client
  readonly elements: RawElement[] = []
  readonly #opened: (tag: StreamHeader) => void
  tag: StreamHeader | undefined = undefined
  isClosed = false

  constructor(opened: (tag: StreamHeader) => void) {
    this.#opened = opened
  }

  opened(tag: StreamHeader): void {
    this.tag = tag
    this.#opened(tag)
  }

  element(raw: RawElement): void {
    if (this.elements.length === mostElements) throw tooMuch('too many elements at once')
    this.elements.push(raw)
  }

  closed(rest: Uint8Array): void {
    this.isClosed = true
    this.afterEnd(rest)
  }

  afterEnd(bytes: Uint8Array): void {
    if (!space.test(Buffer.from(bytes).toString('latin1'))) throw notWellFormed('more than one element')
  }
}

/**
 * Reads the body of a request as strictly as a stream is read. `limitsFor` is asked before anything is known, and again when the
 * start tag is. Rejects with what the body itself rejects with; what is wrong with the XML is in the answer.
 */
export async function readBody(
  parts: AsyncIterable<Uint8Array>,
  limitsFor: (tag: StreamHeader | undefined) => BodyLimits,
): Promise<ReadBody> {
  let limits = limitsFor(undefined)
  let bytes = 0
  const sink = new BodySink((tag) => {
    limits = limitsFor(tag)
    scanner.useLimits(limits.elements)
  })
  const scanner = new XmlScanner(sink, limits.elements)
  let fault: XmlError | undefined
  try {
    for await (const part of parts) {
      bytes += part.length
      if (sink.isClosed) sink.afterEnd(part)
      else scanner.push(part, part.length)
      if (bytes > limits.bytes) throw tooMuch('request too big')
    }
    if (!sink.isClosed) throw notWellFormed('a body that does not end')
  } catch (error) {
    if (!(error instanceof XmlError)) throw error
    fault = error
  }
  return { bytes, tag: sink.tag, elements: sink.elements, fault }
}
