import { CDATA, CLASSES, COLON, checkName, HIGH, NAME, NAME_START, SPACE, TEXT, VALUE } from './chars.ts'
import { notWellFormed, restricted, tooMuch } from './errors.ts'
import { IndexBuilder, type StreamContext } from './index-builder.ts'
import type { ScannerLimits } from './limits.ts'
import { checkReference, longestReference, unknownReference } from './references.ts'
import { wireOf } from './wire.ts'
import { skipPlain } from './words.ts'

/** How far {@link ElementScan.run} came. */
export const MORE = 0
export const ELEMENT = 1
export const HEADER = 2
export const STREAM_END = 3
export const DECLARATION = 4

// What the next byte is read as. Up to CLOSE_END: the usual ones, which run() reads itself.
const IN_TEXT = 0
const AFTER_LESS = 1
const OPEN_NAME = 2
const IN_TAG = 3
const ATTRIBUTE_NAME = 4
const IN_VALUE = 5
const EMPTY_TAG = 6
const CLOSE_NAME = 7
const CLOSE_END = 8
const BEFORE_EQUALS = 9
const BEFORE_VALUE = 10
const IN_REFERENCE = 11
const IN_CDATA = 12
const AFTER_BANG = 13
const STREAM_CLOSE = 14
const IN_DECLARATION = 15

// Constants of this module, unlike imported ones, are constants to the compiler of the hot loop.
const nameStartBit = NAME_START
const nameBit = NAME
const spaceBit = SPACE
const textBit = TEXT
const valueBit = VALUE
const notableInNames = COLON | HIGH

const QUOTE = 0x22
const AMPERSAND = 0x26
const APOSTROPHE = 0x27
const SLASH = 0x2f
const SEMICOLON = 0x3b
const LESS = 0x3c
const EQUALS = 0x3d
const GREATER = 0x3e
const BRACKET = 0x5d

const cdataOpening = new TextEncoder().encode('<![CDATA[')
const declarationOpening = new TextEncoder().encode('<?xml')

// A text is looked at byte by byte for so long before the quicker way for long runs is worth its start.
const shortRun = 128
const longText = 1024

/**
 * Checks one element, or a stream header, and indexes it. It can stop after any byte and go on later: every byte is
 * looked at once, in order, so that the outcome never depends on how the bytes came in. It looks back at the bytes of
 * its element, so they must all be there.
 */
export class ElementScan {
  readonly index: IndexBuilder
  private context: StreamContext
  private limits: ScannerLimits
  private isHeader = false
  private mayDeclare = false

  private state = AFTER_LESS
  private depth = 0
  /** Class bits of everything so far, and of the name being read. */
  private seen = 0
  private nameSeen = 0
  /** Where the name, value, reference or section being read began. */
  private mark = 0
  private quote = 0
  /** What a reference stands in, and where it began. */
  private returnTo = IN_TEXT
  private referenceStart = 0
  /** Start and end of the names of open elements. */
  private readonly open: number[] = []

  constructor(context: StreamContext, limits: ScannerLimits) {
    this.index = new IndexBuilder(context, limits)
    this.context = context
    this.limits = limits
  }

  /** Begins an element; run() is entered after its `<`. */
  beginElement(context: StreamContext, limits: ScannerLimits): void {
    this.begin(context, limits, false)
    this.mayDeclare = false
  }

  /** Begins a stream header, or the XML declaration before it; run() is entered after its `<`. */
  beginHeader(context: StreamContext, limits: ScannerLimits, mayDeclare: boolean): void {
    this.begin(context, limits, true)
    this.mayDeclare = mayDeclare
  }

  private begin(context: StreamContext, limits: ScannerLimits, isHeader: boolean): void {
    this.index.begin(context, limits, isHeader)
    this.context = context
    this.limits = limits
    this.isHeader = isHeader
    this.state = AFTER_LESS
    this.depth = 0
    this.seen = 0
  }

  /**
   * Reads on from `from` up to `end`; the element's `<` is at `base`. Returns MORE when it needs bytes beyond `end`,
   * else what is complete and, in the index, how many bytes from `base` it took. Throws XmlError.
   *
   * One long function: its locals stay in registers, and a call for each name, value or text would cost more than
   * reading it does. What usually follows stands below, so that one turn of the loop reads a text and a tag; whatever
   * runs out of bytes leaves the loop with its state.
   */
  run(bytes: Uint8Array, base: number, from: number, end: number): number {
    const classes = CLASSES
    const index = this.index
    const open = this.open
    let p = from
    let state = this.state
    let depth = this.depth
    let seen = this.seen
    let nameSeen = this.nameSeen
    let mark = this.mark
    let quote = this.quote
    let c = 0
    let bits = 0
    // Before this position the quick way for long texts is not tried.
    let wordsFrom = p
    for (;;) {
      if (state === IN_TEXT) {
        let stop = end
        if (end - p >= longText && p >= wordsFrom) stop = ((bytes.byteOffset + p + shortRun) & ~3) - bytes.byteOffset
        while (p < stop && ((bits = classes[(c = bytes[p] as number)] as number) & textBit) !== 0) {
          seen |= bits
          p++
        }
        if (p >= stop) {
          if (p >= end) break
          const after = skipPlain(bytes, p, end)
          if (after === p) wordsFrom = p + longText
          p = after
          continue
        }
        p++
        if (c !== LESS) {
          if (c === AMPERSAND) {
            this.returnTo = IN_TEXT
            this.referenceStart = p - base
            state = IN_REFERENCE
          } else if (c !== GREATER) throw notWellFormed('a control character')
          // Nothing but text can have left two brackets before this position.
          else if (bytes[p - 2] === BRACKET && bytes[p - 3] === BRACKET) throw notWellFormed(']]> in text')
          if (state === IN_TEXT) continue
        } else {
          index.tagStart = p - 1 - base
          state = AFTER_LESS
        }
      }

      if (state === AFTER_LESS) {
        if (p >= end) break
        c = bytes[p] as number
        nameSeen = classes[c] as number
        if ((nameSeen & nameStartBit) !== 0) {
          index.beginTag(p - base)
          p++
          state = OPEN_NAME
        } else if (c === SLASH) {
          p++
          mark = p - base
          state = depth > 0 ? CLOSE_NAME : STREAM_CLOSE
        } else state = this.special(c, depth)
      }

      if (state === OPEN_NAME) {
        while (p < end && ((bits = classes[bytes[p] as number] as number) & nameBit) !== 0) {
          nameSeen |= bits
          p++
        }
        if (p >= end) break
        index.nameEnd = p - base
        seen |= nameSeen
        if ((nameSeen & notableInNames) !== 0) {
          if (checkName(bytes, base + index.nameStart, p, nameSeen)) index.hasPrefix = true
        }
        this.checkNames(depth)
        state = IN_TAG
      }

      if (state === IN_TAG) {
        while (p < end && ((bits = classes[(c = bytes[p] as number)] as number) & spaceBit) !== 0) p++
        if (p >= end) break
        if ((bits & nameStartBit) !== 0) {
          // Before it is a name, a closing quote, or the space that must be there.
          if (((classes[bytes[p - 1] as number] as number) & spaceBit) === 0) throw notWellFormed('no space in a tag')
          mark = p - base
          nameSeen = bits
          p++
          state = ATTRIBUTE_NAME
        } else if (c === GREATER) {
          p++
          index.startTag(bytes, base, p, depth, seen)
          if (depth === 0 && this.isHeader) return this.end(HEADER, p - base, 0, seen)
          index.nameBytes += index.nameEnd - index.nameStart
          open[depth * 2] = index.nameStart
          open[depth * 2 + 1] = index.nameEnd
          depth++
          state = IN_TEXT
          continue
        } else if (c === SLASH) {
          p++
          state = EMPTY_TAG
        } else throw notWellFormed('a start tag with what does not belong there')
      }

      if (state === ATTRIBUTE_NAME) {
        while (p < end && ((bits = classes[bytes[p] as number] as number) & nameBit) !== 0) {
          nameSeen |= bits
          p++
        }
        if (p >= end) break
        seen |= nameSeen
        if ((nameSeen & notableInNames) !== 0) {
          if (checkName(bytes, base + mark, p, nameSeen)) index.hasPrefix = true
        }
        index.addName(bytes, base, mark, p - base)
        // The usual case at once: an equals sign and a quote.
        if (bytes[p] === EQUALS && p + 1 < end && ((c = bytes[p + 1] as number) === APOSTROPHE || c === QUOTE)) {
          quote = c
          p += 2
          mark = p - base
          state = IN_VALUE
        } else state = BEFORE_EQUALS
      }

      if (state === IN_VALUE) {
        while (p < end && ((bits = classes[(c = bytes[p] as number)] as number) & valueBit) !== 0) {
          seen |= bits
          p++
        }
        if (p >= end) break
        p++
        if (c === quote) {
          index.addValue(mark, p - 1 - base)
          state = IN_TAG
          continue
        }
        if (c === AMPERSAND) {
          index.hasCoded = true
          this.returnTo = IN_VALUE
          this.referenceStart = p - base
          state = IN_REFERENCE
        } else if ((bits & spaceBit) !== 0) {
          index.hasCoded = true
          continue
        } else if (c === QUOTE || c === APOSTROPHE) continue
        else throw notWellFormed('an attribute value with < or a control character')
      }

      if (state === CLOSE_NAME) {
        let q = base + (open[depth * 2 - 2] as number) + (p - base - mark)
        const last = base + (open[depth * 2 - 1] as number)
        while (q < last && p < end && bytes[p] === bytes[q]) {
          p++
          q++
        }
        if (p >= end) break
        if (q < last) throw notWellFormed('an end tag that does not match')
        state = CLOSE_END
      }

      if (state === CLOSE_END) {
        while (p < end && ((classes[(c = bytes[p] as number)] as number) & spaceBit) !== 0) p++
        if (p >= end) break
        if (c !== GREATER) throw notWellFormed('an end tag that does not match')
        p++
        if (depth === 0) return this.end(STREAM_END, p - base, 0, seen)
        depth--
        index.nameBytes -= (open[depth * 2 + 1] as number) - (open[depth * 2] as number)
        if (!index.bindings.isEmpty) index.bindings.leave(depth)
        if (depth === 0) return this.end(ELEMENT, p - base, index.tagStart, seen)
        if (depth === 1) index.endKid(p - base)
        state = IN_TEXT
        continue
      }

      if (state === EMPTY_TAG) {
        if (p >= end) break
        if (bytes[p] !== GREATER) throw notWellFormed('a start tag with what does not belong there')
        p++
        index.startTag(bytes, base, p, depth, seen)
        if (depth === 0) return this.end(this.isHeader ? HEADER : ELEMENT, p - base, p - base, seen)
        if (!index.bindings.isEmpty) index.bindings.leave(depth)
        if (depth === 1) index.endKid(p - base)
        state = IN_TEXT
        continue
      }

      if (state > CLOSE_END) {
        this.state = state
        this.seen = seen
        this.mark = mark
        this.quote = quote
        p = this.runRare(bytes, base, p, end)
        state = this.state
        seen = this.seen
        mark = this.mark
        quote = this.quote
        if (state === IN_DECLARATION && p > base && bytes[p - 1] === GREATER)
          return this.end(DECLARATION, p - base, 0, 0)
        if (p >= end) break
      }
    }
    this.state = state
    this.depth = depth
    this.seen = seen
    this.nameSeen = nameSeen
    this.mark = mark
    this.quote = quote
    return MORE
  }

  /** The rest of {@link run}: reads on in a state that is seldom met, and returns the position. */
  private runRare(bytes: Uint8Array, base: number, p: number, end: number): number {
    switch (this.state) {
      case BEFORE_EQUALS:
      case BEFORE_VALUE:
        return this.beforeValue(bytes, base, p, end)
      case IN_REFERENCE:
        return this.reference(bytes, base, p, end)
      case IN_CDATA:
        return this.cdata(bytes, p, end)
      case AFTER_BANG:
        return this.afterBang(bytes, base, p, end)
      case STREAM_CLOSE:
        return this.streamClose(bytes, base, p, end)
      default:
        return this.xmlDeclaration(bytes, base, p, end)
    }
  }

  private beforeValue(bytes: Uint8Array, base: number, from: number, end: number): number {
    for (let p = from; p < end; p++) {
      const c = bytes[p] as number
      if (((CLASSES[c] as number) & SPACE) !== 0) continue
      if (this.state === BEFORE_EQUALS) {
        if (c !== EQUALS) throw notWellFormed('an attribute without a value')
        this.state = BEFORE_VALUE
        continue
      }
      if (c !== QUOTE && c !== APOSTROPHE) throw notWellFormed('an attribute value without quotes')
      this.quote = c
      this.mark = p + 1 - base
      this.state = IN_VALUE
      return p + 1
    }
    return end
  }

  private reference(bytes: Uint8Array, base: number, from: number, end: number): number {
    const start = base + this.referenceStart
    for (let p = from; p < end; p++) {
      const c = bytes[p] as number
      if (c === SEMICOLON) {
        checkReference(wireOf(bytes, start, p))
        this.state = this.returnTo
        return p + 1
      }
      if (((CLASSES[c] as number) & NAME) === 0 && c !== 0x23) throw notWellFormed('an & that begins nothing')
      if (p - start === longestReference) throw unknownReference(bytes[start] as number)
    }
    return end
  }

  private cdata(bytes: Uint8Array, from: number, end: number): number {
    let p = from
    for (; p < end; p++) {
      const c = bytes[p] as number
      const bits = CLASSES[c] as number
      if ((bits & CDATA) !== 0) {
        this.seen |= bits
        continue
      }
      if (c !== GREATER) throw notWellFormed('a control character')
      // What opened the section ends in a bracket of the other kind: these two are inside.
      if (bytes[p - 1] === BRACKET && bytes[p - 2] === BRACKET) {
        this.state = IN_TEXT
        return p + 1
      }
    }
    return end
  }

  /** What `<` and this byte begin, if not a tag. Throws XmlError. */
  private special(c: number, depth: number): number {
    if (c === 0x21) return AFTER_BANG
    if (c !== 0x3f) throw notWellFormed('a < that begins nothing')
    if (!this.mayDeclare || depth > 0) throw restricted('a processing instruction')
    return IN_DECLARATION
  }

  private afterBang(bytes: Uint8Array, base: number, from: number, end: number): number {
    for (let p = from; p < end; p++) {
      const at = p - base - this.index.tagStart
      const c = bytes[p] as number
      if (at === 2 && (c === 0x2d || ((CLASSES[c] as number) & NAME_START) !== 0)) {
        throw restricted('a comment or a DTD')
      }
      if (c !== cdataOpening[at]) throw notWellFormed('a < that begins nothing')
      if (at < cdataOpening.length - 1) continue
      // Outside of a first-level element nothing has been opened.
      if (this.index.tagStart === 0) throw notWellFormed('text outside of elements')
      this.state = IN_CDATA
      return p + 1
    }
    return end
  }

  private streamClose(bytes: Uint8Array, base: number, from: number, end: number): number {
    const name = this.context.rootName
    if (name.length === 0) throw notWellFormed('an end tag without a start')
    for (let p = from; p < end; p++) {
      const at = p - base - this.mark
      if (at === name.length) {
        this.state = CLOSE_END
        return p
      }
      if (bytes[p] !== name[at]) throw notWellFormed('an end tag that does not match')
    }
    return end
  }

  /** The opening, a space, then all up to the first `>`: whether it is a declaration is seen when it is whole. */
  private xmlDeclaration(bytes: Uint8Array, base: number, from: number, end: number): number {
    for (let p = from; p < end; p++) {
      const at = p - base
      const c = bytes[p] as number
      const bits = CLASSES[c] as number
      if (at < declarationOpening.length ? c !== declarationOpening[at] : at === 5 && (bits & SPACE) === 0) {
        throw restricted('a processing instruction')
      }
      if ((bits & (CDATA | HIGH)) === CDATA) continue
      if (c === GREATER) return p + 1
      throw notWellFormed('a malformed XML declaration')
    }
    return end
  }

  private end(outcome: number, byteLength: number, innerEnd: number, seen: number): number {
    this.index.end(byteLength, innerEnd, seen)
    return outcome
  }

  /** What an element costs is checked when its name is known. */
  private checkNames(depth: number): void {
    const index = this.index
    if (depth >= this.limits.maxDepth) throw tooMuch('elements too deep')
    if (index.nameBytes + index.nameEnd - index.nameStart > this.limits.maxNameBytes) throw tooMuch('names too long')
  }
}
