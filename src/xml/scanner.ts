import { DECLARATION, ELEMENT, ElementScan, HEADER, MORE } from './element-scan.ts'
import { notWellFormed, tooMuch } from './errors.ts'
import { HeldBytes } from './held-bytes.ts'
import type { IndexBuilder, StreamContext } from './index-builder.ts'
import { type ScannerLimits, usableLimits } from './limits.ts'
import type { RawElement } from './raw-element.ts'
import { checkCharacters, emptyContext, receivedElement } from './received.ts'
import { checkDeclaration, contextOf, headerOf, type StreamHeader } from './stream-header.ts'
import { asWire, type Wire, wireOf } from './wire.ts'

/** What a scanner tells, in the order of the bytes. A call may throw: it comes out of push(), and the stream is over. */
export interface ScannerSink {
  /** The namespace in which elements without another are read, whatever the header says: those of a stream between servers are ours then. */
  readonly contentNs?: string
  /** The stream's start tag. */
  opened(header: StreamHeader): void
  /** A first-level element. */
  element(raw: RawElement): void
  /** The stream's end tag. Bytes after it are ignored; `rest`: those that came with it. */
  closed(rest: Uint8Array): void
}

// What is expected between elements.
const BEFORE_HEADER = 0
const IN_STREAM = 1
const OVER = 2

const noText = asWire('')
const byteOrderMark = [0xef, 0xbb, 0xbf]

// A scan in no use, kept for the next element: only streams in the middle of one have their own.
let spare: ElementScan | undefined

/**
 * Reads one stream of RFC 6120: bytes in, header and whole elements out. It accepts what is well-formed XML 1.0 with
 * namespaces and none of what RFC 6120 §11.1 forbids; it holds no more than the limits allow, and works in time linear
 * in the bytes however they are cut.
 */
export class XmlScanner {
  private readonly sink: ScannerSink
  private limits: ScannerLimits
  private phase = BEFORE_HEADER
  private context: StreamContext = emptyContext
  /** Bytes of the declaration before a header: they count against the header. */
  private declarationBytes = 0
  /** An XML declaration may come: nothing of the document has been read yet. */
  private mayDeclare = true
  /** White space before a second document is the keep-alive of the one before: it does not forbid a declaration. */
  private hasRestarted = false
  /** Bytes of a byte order mark seen; all, when none may come any more. */
  private markSeen = 0
  private paused = false
  private isRunning = false

  // The bytes at hand: those pushed, or those held and pushed together.
  private bytes: Uint8Array = emptyContext.rootName
  private at = 0
  private end = 0
  private held: HeldBytes | undefined = undefined
  /** The element being read, from its first byte at `base`. */
  private scan: ElementScan | undefined = undefined
  private base = 0
  /** `bytes` as text, as far as it was needed: it begins at textStart and is empty when there is none. */
  private text: Wire = noText
  private textStart = 0

  constructor(sink: ScannerSink, limits: ScannerLimits) {
    this.sink = sink
    this.limits = usableLimits(limits)
  }

  /** Other limits for the elements that begin from now on; the one that is being read may already be as large. */
  useLimits(limits: ScannerLimits): void {
    this.limits = usableLimits(limits)
  }

  get isPaused(): boolean {
    return this.paused
  }

  /** Bytes kept while paused or in the middle of an element. */
  get heldBytes(): number {
    if (this.held === undefined) return 0
    return this.held.end - (this.scan === undefined ? this.at : this.base)
  }

  /**
   * Takes the next `length` bytes; the caller may reuse them afterwards. Calls the sink for what is complete.
   * Throws XmlError, and whatever the sink throws; then the stream is over and further bytes are ignored.
   */
  push(bytes: Uint8Array, length: number): void {
    if (this.phase === OVER || length === 0) return
    if (this.isRunning) throw new Error('bytes pushed from inside a sink call')
    if (this.held === undefined && !this.paused) {
      this.use(bytes, 0, length)
    } else {
      this.hold(bytes, length)
      if (this.paused) return
    }
    this.run()
  }

  /** From inside a sink call: the bytes that follow begin a new stream (RFC 6120 §4.3.3). */
  restart(): void {
    if (this.phase === OVER) return
    this.phase = BEFORE_HEADER
    this.context = emptyContext
    this.declarationBytes = 0
    this.mayDeclare = true
    this.hasRestarted = true
    this.markSeen = 0
    // Outside of a sink call an element may have begun: its bytes belong to the new stream.
    if (this.scan !== undefined) this.at = this.base
    this.release()
  }

  /** From inside a sink call: every byte received so far is forgotten, and a new stream begins (RFC 6120 §5.4.3.3). */
  discard(): void {
    this.restart()
    this.at = this.end
    if (!this.isRunning) this.settle()
  }

  /** Reads no further; what has come and what comes is kept. */
  pause(): void {
    this.paused = true
  }

  /** Reads on. Calls the sink and throws as {@link push} does. */
  resume(): void {
    this.paused = false
    if (!this.isRunning && this.held !== undefined && this.phase !== OVER) this.run()
  }

  /** Reads until the bytes are used up, the stream is paused or over. */
  private run(): void {
    this.isRunning = true
    let isGood = false
    try {
      while (this.at < this.end && !this.paused && this.phase !== OVER) this.step()
      isGood = true
    } finally {
      this.isRunning = false
      if (!isGood) this.phase = OVER
      this.settle()
    }
  }

  /** Reads to the end of an element, or of the bytes. */
  private step(): void {
    if (this.scan === undefined && !this.begin()) return
    const scan = this.scan as ElementScan
    const isHeader = this.phase === BEFORE_HEADER
    const most = isHeader ? this.limits.maxHeaderBytes - this.declarationBytes : this.limits.maxElementBytes
    const end = Math.min(this.end, this.base + most)
    const outcome = scan.run(this.bytes, this.base, this.at, end)
    if (outcome === MORE) {
      if (end < this.end) throw tooMuch(isHeader ? 'stream header too big' : 'element too big')
      this.at = end
      return
    }
    this.at = this.base + scan.index.byteLength
    if (outcome === ELEMENT) this.element(scan.index)
    else if (outcome === HEADER) this.header(scan.index)
    else if (outcome === DECLARATION) this.declaration()
    else {
      this.phase = OVER
      this.sink.closed(this.bytes.subarray(this.at, this.end))
    }
  }

  /** Goes over white space to the next `<`; false when the bytes end before. */
  private begin(): boolean {
    if (this.markSeen < byteOrderMark.length) this.skipByteOrderMark()
    const bytes = this.bytes
    let at = this.at
    for (; at < this.end; at++) {
      const c = bytes[at] as number
      if (c !== 0x20 && c !== 0x0a && c !== 0x0d && c !== 0x09) break
    }
    if (at > this.at && !this.hasRestarted) this.mayDeclare = false
    this.at = at
    if (at === this.end) return false
    if (bytes[at] !== 0x3c) throw notWellFormed('text outside of elements')
    this.base = at
    this.at = at + 1
    const scan = spare ?? new ElementScan(this.context, this.limits)
    spare = undefined
    if (this.phase === IN_STREAM) scan.beginElement(this.context, this.limits)
    else scan.beginHeader(this.context, this.limits, this.mayDeclare)
    this.scan = scan
    this.mayDeclare = false
    return true
  }

  /** Goes over a byte order mark, which only the very start may have. */
  private skipByteOrderMark(): void {
    while (this.at < this.end && this.markSeen < byteOrderMark.length) {
      const c = this.bytes[this.at]
      if (this.markSeen === 0 && c !== byteOrderMark[0]) {
        this.markSeen = byteOrderMark.length
        return
      }
      if (c !== byteOrderMark[this.markSeen]) throw notWellFormed('text outside of elements')
      this.markSeen++
      this.at++
    }
  }

  private element(index: IndexBuilder): void {
    const { base, at, context } = this
    if (!index.isAscii) checkCharacters(this.bytes, base, at)
    if (this.textStart + this.text.length < at) {
      this.text = wireOf(this.bytes, base, this.end)
      this.textStart = base
    }
    const raw = receivedElement(this.text, base - this.textStart, index, context)
    this.release()
    this.sink.element(raw)
  }

  private header(index: IndexBuilder): void {
    if (!index.isAscii) checkCharacters(this.bytes, this.base, this.at)
    const context = contextOf(index, this.bytes, this.base)
    const header = headerOf(index, this.bytes, this.base, context)
    const isEmpty = this.bytes[this.at - 2] === 0x2f
    this.release()
    const { contentNs } = this.sink
    const inner = contentNs === undefined ? context : { ...context, defaultNs: contentNs }
    this.phase = IN_STREAM
    this.context = inner
    this.sink.opened(header)
    if (isEmpty && this.context === inner && this.phase === IN_STREAM) {
      this.phase = OVER
      this.sink.closed(this.bytes.subarray(this.at, this.end))
    }
  }

  private declaration(): void {
    checkDeclaration(wireOf(this.bytes, this.base, this.at))
    this.declarationBytes = this.at - this.base
    this.release()
  }

  private release(): void {
    if (this.scan !== undefined) spare = this.scan
    this.scan = undefined
  }

  private use(bytes: Uint8Array, at: number, end: number): void {
    this.bytes = bytes
    this.at = at
    this.end = end
    this.text = noText
    this.textStart = 0
  }

  /** Adds bytes to those held. */
  private hold(bytes: Uint8Array, length: number): void {
    const isFirst = this.held === undefined
    const held = (this.held ??= new HeldBytes(length))
    const start = held.start
    held.add(bytes, length)
    if (isFirst) this.use(held.bytes, 0, held.end)
    else this.shift(start - held.start)
    this.bytes = held.bytes
    this.end = held.end
  }

  /** After reading: keeps what is left to read, and nothing else. */
  private settle(): void {
    const isDone = this.at === this.end && this.scan === undefined
    if (isDone || this.phase === OVER) {
      this.release()
      this.held = undefined
      this.use(emptyContext.rootName, 0, 0)
      return
    }
    const keptFrom = this.scan === undefined ? this.at : this.base
    if (this.held !== undefined) {
      this.held.start = keptFrom
      return
    }
    const rest = this.bytes.subarray(keptFrom, this.end)
    this.held = new HeldBytes(rest.length)
    this.held.add(rest, rest.length)
    this.shift(keptFrom)
    this.bytes = this.held.bytes
    this.end = this.held.end
    this.text = noText
    this.textStart = 0
  }

  /** The bytes have moved down by so much. */
  private shift(by: number): void {
    this.at -= by
    this.base -= by
    this.textStart -= by
  }
}
