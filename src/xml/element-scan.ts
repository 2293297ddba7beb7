import { Bindings, checkDefault, xmlNamespace } from './bindings.ts'
import {
  CDATA as CDATA_CHAR,
  CLASSES,
  COLON,
  checkName,
  HIGH,
  NAME as NAME_CHAR,
  NAME_START,
  SPACE,
  TEXT as TEXT_CHAR,
  VALUE as VALUE_CHAR,
} from './chars.ts'
import { notWellFormed, restricted, tooMuch, XmlError } from './errors.ts'
import { intern } from './intern.ts'
import type { ScannerLimits } from './limits.ts'
import type { ElementIndex, Kid } from './raw-element.ts'
import { checkReference, decodeValue, longestReference } from './references.ts'
import { skipPlain } from './words.ts'
import { asWire } from './wire.ts'

/** The namespace of the stream's own elements (RFC 6120 §4.8.1). */
export const streamsNamespace = 'http://etherx.jabber.org/streams'

/** What stands around the elements of a stream: what its header declared, and the header's name for the end tag. */
export interface StreamContext {
  readonly defaultNs: string
  readonly prefixes: ReadonlyMap<string, string>
  /** The header's qualified name as bytes; empty where no end tag may come. */
  readonly rootName: Uint8Array
}

/** How far {@link ElementScan.run} came. */
export const MORE = 0
export const ELEMENT = 1
export const HEADER = 2
export const STREAM_END = 3
export const DECLARATION = 4

// What the next byte is read as.
const VALUE = 0
const ATTRIBUTE_NAME = 1
const IN_TAG = 2
const TEXT = 3
const AFTER_LESS = 4
const OPEN_NAME = 5
const CLOSE_NAME = 6
const CLOSE_END = 7
const BEFORE_EQUALS = 8
const BEFORE_VALUE = 9
const EMPTY_TAG = 10
const REFERENCE = 11
const CDATA = 12
const AFTER_BANG = 13
const STREAM_CLOSE = 14
const IN_DECLARATION = 15

const AMPERSAND = 0x26
const SEMICOLON = 0x3b
const LESS = 0x3c
const EQUALS = 0x3d
const GREATER = 0x3e
const QUESTION = 0x3f
const BRACKET = 0x5d

const cdataOpening = new TextEncoder().encode('<![CDATA[')
const declarationOpening = new TextEncoder().encode('<?xml')

// A text is looked at byte by byte for so long before the quicker way for long runs is worth its start.
const shortRun = 128
const longText = 1024
const noKids: readonly Kid[] = []

/**
 * Checks one element, or a stream header, and indexes it. It can stop after any byte and go on later: every byte is
 * looked at once, in order, so that the outcome never depends on how the bytes came in. What it notes are offsets from
 * the element's first byte, so the bytes may move between two runs; it looks back at them, so they must all be there.
 */
export class ElementScan implements ElementIndex {
  // The index, valid once run() has returned ELEMENT (of a header: what concerns its root).
  name = ''
  ns = ''
  attrs: readonly number[] = []
  kids: readonly Kid[] = noKids
  byteLength = 0
  innerStart = 0
  innerEnd = 0
  isPlain = true
  declares = false
  /** The default namespace inside the root. */
  defaultNs = ''
  /** Written with prefixes that its text alone does not explain. */
  isOdd = false
  isAscii = true
  readonly bindings = new Bindings()
  /** Where the root's qualified name stands. */
  rootStart = 0
  rootEnd = 0

  private context: StreamContext
  private limits: ScannerLimits
  private isHeader = false
  private mayDeclare = false
  private newKids: Kid[] = []

  private state = AFTER_LESS
  private depth = 0
  /** Class bits of everything so far, and of the name being read. */
  private seen = 0
  private nameSeen = 0
  /** Where the name, value, reference or section being read began. */
  private mark = 0
  private quote = 0
  private referenceStart = 0
  private returnTo = TEXT
  /** Start and end of the names of open elements. */
  private readonly open: number[] = []
  private nameBytes = 0

  // The start tag being read.
  private tagStart = 0
  private nameStart = 0
  private nameEnd = 0
  /** Four offsets an attribute: start and end of its name, start and end of its value. */
  private readonly tagAttrs: number[] = []
  private attrCount = 0
  private xmlnsAt = -1
  private hasPrefix = false
  /** Some value has references or white space to normalise. */
  private hasCoded = false
  /** The namespace of the tag's prefix, undefined when its name has none. */
  private prefixNs: string | undefined = undefined
  private localStart = 0

  constructor(context: StreamContext, limits: ScannerLimits) {
    this.context = context
    this.limits = limits
  }

  /** Begins an element at its `<`. */
  beginElement(context: StreamContext, limits: ScannerLimits): void {
    this.reset(context, limits)
    this.isHeader = false
    this.mayDeclare = false
  }

  /** Begins a stream header, or the XML declaration before it, at its `<`. */
  beginHeader(context: StreamContext, limits: ScannerLimits, mayDeclare: boolean): void {
    this.reset(context, limits)
    this.isHeader = true
    this.mayDeclare = mayDeclare
  }

  private reset(context: StreamContext, limits: ScannerLimits): void {
    this.context = context
    this.limits = limits
    this.kids = noKids
    this.innerEnd = 0
    this.isOdd = false
    this.bindings.leave(0)
    this.state = AFTER_LESS
    this.depth = 0
    this.seen = 0
    this.nameBytes = 0
    // run() is entered after the `<`.
    this.tagStart = 0
  }

  /**
   * Reads on from `from` up to `end`; the element's `<` is at `base`. Returns MORE when it needs bytes beyond `end`,
   * else what is complete and, in `byteLength`, how many bytes from `base` it took. Throws XmlError.
   *
   * One long function: its locals stay in registers, and a call for each name, value or text would cost more than
   * reading it does. Each case is one kind of byte to come; a case that runs out of bytes leaves the loop.
   */
  run(bytes: Uint8Array, base: number, from: number, end: number): number {
    const classes = CLASSES
    const tagAttrs = this.tagAttrs
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
    scan: for (;;) {
      switch (state) {
        case VALUE:
          while (p < end && ((bits = classes[bytes[p] as number] as number) & VALUE_CHAR) !== 0) {
            seen |= bits
            p++
          }
          if (p >= end) break scan
          c = bytes[p] as number
          p++
          if (c === quote) {
            tagAttrs[this.attrCount + 2] = mark
            tagAttrs[this.attrCount + 3] = p - 1 - base
            this.attrCount += 4
            state = IN_TAG
          } else if (c === AMPERSAND) {
            this.hasCoded = true
            this.returnTo = VALUE
            this.referenceStart = p - base
            state = REFERENCE
          } else if ((bits & SPACE) !== 0) this.hasCoded = true
          else if (c !== 0x22 && c !== 0x27) throw notWellFormed('an attribute value with < or a control character')
          continue

        case ATTRIBUTE_NAME: {
          while (p < end && ((bits = classes[bytes[p] as number] as number) & NAME_CHAR) !== 0) {
            nameSeen |= bits
            p++
          }
          if (p >= end) break scan
          this.addName(bytes, base, mark, p - base)
          seen |= nameSeen
          if ((nameSeen & (COLON | HIGH)) !== 0) {
            checkName(bytes, base + mark, p)
            if ((nameSeen & COLON) !== 0) this.hasPrefix = true
          }
          // The usual case at once: an equals sign, a quote.
          if (bytes[p] === EQUALS && p + 1 < end && ((c = bytes[p + 1] as number) === 0x27 || c === 0x22)) {
            quote = c
            p += 2
            mark = p - base
            state = VALUE
          } else state = BEFORE_EQUALS
          continue
        }

        case IN_TAG:
          while (p < end && ((bits = classes[(c = bytes[p] as number)] as number) & SPACE) !== 0) p++
          if (p >= end) break scan
          if ((bits & NAME_START) !== 0) {
            // p - 1 is the name, a closing quote or the space that must be there.
            if (((classes[bytes[p - 1] as number] as number) & SPACE) === 0) {
              throw notWellFormed('no space before an attribute')
            }
            if (this.attrCount >> 2 >= this.limits.maxAttributes) throw tooMuch('too many attributes')
            mark = p - base
            nameSeen = bits
            p++
            state = ATTRIBUTE_NAME
          } else if (c === GREATER) {
            p++
            this.checkDepth(depth + 1)
            this.startTag(bytes, base, p, depth, seen)
            if (depth === 0 && this.isHeader) {
              this.byteLength = p - base
              return HEADER
            }
            this.nameBytes += this.nameEnd - this.nameStart
            open[depth * 2] = this.nameStart
            open[depth * 2 + 1] = this.nameEnd
            depth++
            state = TEXT
          } else if (c === 0x2f) {
            p++
            state = EMPTY_TAG
          } else throw notWellFormed('a start tag with what does not belong there')
          continue

        case TEXT: {
          let stop = end
          if (p >= wordsFrom && end - p >= longText) stop = ((bytes.byteOffset + p + shortRun) & ~3) - bytes.byteOffset
          while (p < stop && ((bits = classes[(c = bytes[p] as number)] as number) & TEXT_CHAR) !== 0) {
            seen |= bits
            p++
          }
          if (p >= stop) {
            if (p >= end) break scan
            const after = skipPlain(bytes, p, end)
            if (after === p) wordsFrom = p + longText
            p = after
            continue
          }
          p++
          if (c === LESS) {
            this.tagStart = p - 1 - base
            state = AFTER_LESS
          } else if (c === AMPERSAND) {
            this.returnTo = TEXT
            this.referenceStart = p - base
            state = REFERENCE
          } else if (c !== GREATER) throw notWellFormed('a control character')
          // Nothing but text can leave two brackets before this position.
          else if (bytes[p - 2] === BRACKET && bytes[p - 3] === BRACKET) throw notWellFormed(']]> in text')
          continue
        }

        case AFTER_LESS:
          if (p >= end) break scan
          c = bytes[p] as number
          if (((nameSeen = classes[c] as number) & NAME_START) !== 0) {
            this.nameStart = p - base
            this.attrCount = 0
            this.xmlnsAt = -1
            this.hasPrefix = false
            this.hasCoded = false
            p++
            state = OPEN_NAME
          } else if (c === 0x2f) {
            p++
            mark = p - base
            state = depth > 0 ? CLOSE_NAME : STREAM_CLOSE
          } else state = this.special(c)
          continue

        case OPEN_NAME:
          while (p < end && ((bits = classes[bytes[p] as number] as number) & NAME_CHAR) !== 0) {
            nameSeen |= bits
            p++
          }
          if (p >= end) break scan
          this.nameEnd = p - base
          seen |= nameSeen
          if ((nameSeen & (COLON | HIGH)) !== 0) {
            checkName(bytes, base + this.nameStart, p)
            if ((nameSeen & COLON) !== 0) this.hasPrefix = true
          }
          if (this.nameBytes + this.nameEnd - this.nameStart > this.limits.maxNameBytes) throw tooMuch('names too long')
          state = IN_TAG
          continue

        case CLOSE_NAME: {
          let q = base + (open[depth * 2 - 2] as number) + (p - base - mark)
          const last = base + (open[depth * 2 - 1] as number)
          while (q < last && p < end && bytes[p] === bytes[q]) {
            p++
            q++
          }
          if (p >= end) break scan
          if (q < last) throw notWellFormed('an end tag that does not match')
          state = CLOSE_END
          continue
        }

        case CLOSE_END:
          while (p < end && ((classes[(c = bytes[p] as number)] as number) & SPACE) !== 0) p++
          if (p >= end) break scan
          if (c !== GREATER) throw notWellFormed('an end tag that does not match')
          p++
          if (depth === 0) {
            this.byteLength = p - base
            return STREAM_END
          }
          depth--
          this.nameBytes -= (open[depth * 2 + 1] as number) - (open[depth * 2] as number)
          if (!this.bindings.isEmpty) this.bindings.leave(depth)
          if (depth === 1) (this.newKids[this.newKids.length - 1] as Kid).end = p - base - this.innerStart
          else if (depth === 0) {
            this.innerEnd = this.tagStart
            return this.complete(p - base, seen)
          }
          state = TEXT
          continue

        case BEFORE_EQUALS:
          while (p < end && ((classes[(c = bytes[p] as number)] as number) & SPACE) !== 0) p++
          if (p >= end) break scan
          if (c !== EQUALS) throw notWellFormed('an attribute without a value')
          p++
          state = BEFORE_VALUE
          continue

        case BEFORE_VALUE:
          while (p < end && ((classes[(c = bytes[p] as number)] as number) & SPACE) !== 0) p++
          if (p >= end) break scan
          if (c !== 0x22 && c !== 0x27) throw notWellFormed('an attribute value without quotes')
          quote = c
          p++
          mark = p - base
          state = VALUE
          continue

        case EMPTY_TAG:
          if (p >= end) break scan
          if (bytes[p] !== GREATER) throw notWellFormed('a start tag with what does not belong there')
          p++
          this.checkDepth(depth + 1)
          this.startTag(bytes, base, p, depth, seen)
          if (depth === 0 && this.isHeader) {
            this.byteLength = p - base
            return HEADER
          }
          if (!this.bindings.isEmpty) this.bindings.leave(depth)
          if (depth === 1) (this.newKids[this.newKids.length - 1] as Kid).end = p - base - this.innerStart
          else if (depth === 0) {
            this.innerEnd = this.innerStart
            return this.complete(p - base, seen)
          }
          state = TEXT
          continue

        case REFERENCE: {
          const limit = base + this.referenceStart + longestReference
          while (p < end && p <= limit && (c = bytes[p] as number) !== SEMICOLON) {
            if (((classes[c] as number) & NAME_CHAR) === 0 && c !== 0x23) throw notWellFormed('an & that begins nothing')
            p++
          }
          if (p > limit) throw unknownReference(bytes[base + this.referenceStart] as number)
          if (p >= end) break scan
          checkReference(latin1(bytes, base + this.referenceStart, p))
          p++
          state = this.returnTo
          continue
        }

        case CDATA:
          while (p < end && ((bits = classes[(c = bytes[p] as number)] as number) & CDATA_CHAR) !== 0) {
            seen |= bits
            p++
          }
          if (p >= end) break scan
          if (c !== GREATER) throw notWellFormed('a control character')
          p++
          // What opened the section ends in another bracket: these two are inside.
          if (bytes[p - 2] === BRACKET && bytes[p - 3] === BRACKET) state = TEXT
          continue

        case AFTER_BANG: {
          const at = p - base - this.tagStart
          if (at === cdataOpening.length) {
            if (depth === 0) throw notWellFormed('text outside of elements')
            state = CDATA
            continue
          }
          if (p >= end) break scan
          c = bytes[p] as number
          if (at === 2 && c !== 0x5b) {
            if (c === 0x2d || ((classes[c] as number) & NAME_START) !== 0) throw restricted('a comment or a DTD')
          }
          if (c !== cdataOpening[at]) throw notWellFormed('a < that begins nothing')
          p++
          continue
        }

        case STREAM_CLOSE: {
          const name = this.context.rootName
          let at = p - base - mark
          if (name.length === 0) throw notWellFormed('an end tag without a start')
          while (p < end && at < name.length && bytes[p] === name[at]) {
            p++
            at++
          }
          if (p >= end) break scan
          if (at < name.length) throw notWellFormed('an end tag that does not match')
          state = CLOSE_END
          continue
        }

        default:
          // IN_DECLARATION: the opening, a space, then everything up to `?>`. Its parts are checked when it is whole.
          for (; p < end; p++) {
            const at = p - base
            c = bytes[p] as number
            bits = classes[c] as number
            if (at < declarationOpening.length ? c !== declarationOpening[at] : at === 5 && (bits & SPACE) === 0) {
              throw restricted('a processing instruction')
            }
            if ((bits & HIGH) !== 0 || (bits & (SPACE | VALUE_CHAR)) === 0) {
              if (c !== 0x22 && c !== 0x27) throw notWellFormed('a malformed XML declaration')
            }
            if (c === GREATER) break
          }
          if (p >= end) break scan
          p++
          this.byteLength = p - base
          return DECLARATION
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

  /** What `<` and this byte begin, if not a tag. Throws XmlError. */
  private special(c: number): number {
    if (c === 0x21) return AFTER_BANG
    if (c !== QUESTION) throw notWellFormed('a < that begins nothing')
    if (!this.mayDeclare || this.depth > 0) throw restricted('a processing instruction')
    return IN_DECLARATION
  }

  private checkDepth(depth: number): void {
    if (depth > this.limits.maxDepth) throw tooMuch('elements too deep')
  }

  /** Notes an attribute's name: it must be new in this tag. */
  private addName(bytes: Uint8Array, base: number, start: number, end: number): void {
    const attrs = this.tagAttrs
    const count = this.attrCount
    const length = end - start
    const first = bytes[base + start] as number
    for (let i = 0; i < count; i += 4) {
      const other = attrs[i] as number
      if ((attrs[i + 1] as number) - other !== length || bytes[base + other] !== first) continue
      let same = 1
      while (same < length && bytes[base + other + same] === bytes[base + start + same]) same++
      if (same === length) throw notWellFormed('an attribute twice')
    }
    if (length > this.limits.maxNameBytes) throw tooMuch('a name too long')
    attrs[count] = start
    attrs[count + 1] = end
    if (length === 5 && isXmlns(bytes, base + start)) this.xmlnsAt = count
  }

  /** A start tag is whole: resolves its namespaces and, where it is a root or a child of one, notes it in the index. */
  private startTag(bytes: Uint8Array, base: number, p: number, depth: number, seen: number): void {
    this.prefixNs = undefined
    this.localStart = this.nameStart
    if (this.hasPrefix) this.resolvePrefixes(bytes, base, depth)
    if (this.xmlnsAt < 0) {
      if (depth === 0) this.startRoot(bytes, base, p, this.context.defaultNs, seen)
      else if (depth === 1) this.startKid(bytes, base, this.defaultNs)
      return
    }
    const declared = this.valueOf(bytes, base, this.xmlnsAt)
    checkDefault(declared)
    if (depth === 0) this.startRoot(bytes, base, p, declared, seen)
    else if (depth === 1) this.startKid(bytes, base, declared)
  }

  private startRoot(bytes: Uint8Array, base: number, p: number, defaultNs: string, seen: number): void {
    this.name = intern(bytes, base + this.localStart, base + this.nameEnd)
    this.ns = this.prefixNs ?? defaultNs
    this.defaultNs = defaultNs
    this.rootStart = this.nameStart
    this.rootEnd = this.nameEnd
    this.attrs = this.tagAttrs.slice(0, this.attrCount)
    this.innerStart = p - base
    this.isAscii = (seen & HIGH) === 0
    this.isPlain = (seen & HIGH) === 0 && !this.hasCoded
    this.declares = !this.bindings.isEmpty
    if (this.prefixNs !== undefined) this.isOdd = true
    if (this.isHeader) return
    if (this.ns === xmlNamespace) throw new XmlError('invalid-namespace', 'a first-level element in the namespace of xml')
    if (this.name === 'stream' && this.ns === streamsNamespace) throw tooMuch('a stream header inside a stream')
  }

  private startKid(bytes: Uint8Array, base: number, defaultNs: string): void {
    const name = intern(bytes, base + this.localStart, base + this.nameEnd)
    const start = this.tagStart - this.innerStart
    const kid: Kid = { name, ns: this.prefixNs ?? defaultNs, start, end: start }
    if (this.kids === noKids) this.kids = this.newKids = [kid]
    else this.newKids.push(kid)
  }

  private complete(length: number, seen: number): number {
    this.byteLength = length
    this.isAscii = (seen & HIGH) === 0
    return ELEMENT
  }

  /** The value of the attribute noted at `at`, decoded. */
  valueOf(bytes: Uint8Array, base: number, at: number): string {
    const start = base + (this.tagAttrs[at + 2] as number)
    const end = base + (this.tagAttrs[at + 3] as number)
    return this.hasCoded ? decodeValue(asWire(latin1(bytes, start, end))) : intern(bytes, start, end)
  }

  /** Declares what the tag declares, then resolves the prefixes it uses (Namespaces in XML 1.0 §5, §6). */
  private resolvePrefixes(bytes: Uint8Array, base: number, depth: number): void {
    const used: number[] = []
    for (let at = 0; at < this.attrCount; at += 4) {
      const colon = this.colonOf(bytes, base, this.tagAttrs[at] as number, this.tagAttrs[at + 1] as number)
      if (colon < 0) continue
      const start = base + (this.tagAttrs[at] as number)
      if (colon + base - start === 5 && isXmlns(bytes, start)) {
        const prefix = intern(bytes, base + colon + 1, base + (this.tagAttrs[at + 1] as number))
        this.bindings.declare(depth, prefix, this.valueOf(bytes, base, at), this.limits)
      } else used.push(at, colon)
    }
    if (this.nameBytes + this.bindings.bytes > this.limits.maxNameBytes) throw tooMuch('namespace prefixes too long')
    const colon = this.colonOf(bytes, base, this.nameStart, this.nameEnd)
    if (colon >= 0) {
      this.prefixNs = this.namespaceOf(intern(bytes, base + this.nameStart, base + colon))
      this.localStart = colon + 1
    }
    this.checkUsed(bytes, base, used)
  }

  /** Prefixed attributes must be declared, and unique by namespace and local name (Namespaces in XML 1.0 §6.3). */
  private checkUsed(bytes: Uint8Array, base: number, used: readonly number[]): void {
    const expanded = new Set<string>()
    for (let i = 0; i < used.length; i += 2) {
      const at = used[i] as number
      const colon = used[i + 1] as number
      const ns = this.namespaceOf(intern(bytes, base + (this.tagAttrs[at] as number), base + colon))
      if (used.length > 2) {
        expanded.add(`${intern(bytes, base + colon + 1, base + (this.tagAttrs[at + 1] as number))} ${ns}`)
      }
    }
    if (used.length > 2 && expanded.size < used.length / 2) throw notWellFormed('an attribute twice')
  }

  private colonOf(bytes: Uint8Array, base: number, start: number, end: number): number {
    for (let i = start; i < end; i++) if (bytes[base + i] === 0x3a) return i
    return -1
  }

  private namespaceOf(prefix: string): string {
    if (prefix === 'xml') return xmlNamespace
    const own = this.bindings.find(prefix)
    if (own !== undefined) return own
    const outer = this.context.prefixes.get(prefix)
    if (outer === undefined) throw notWellFormed('a prefix that is not declared')
    this.isOdd = true
    return outer
  }
}

function isXmlns(bytes: Uint8Array, at: number): boolean {
  return (
    bytes[at] === 0x78 &&
    bytes[at + 1] === 0x6d &&
    bytes[at + 2] === 0x6c &&
    bytes[at + 3] === 0x6e &&
    bytes[at + 4] === 0x73
  )
}

function unknownReference(first: number): Error {
  if (first === 0x23) return notWellFormed('a character reference too long')
  return restricted('a reference to an entity that is not predefined')
}

/** A piece of the bytes as wire text. */
export function latin1(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1', start, end)
}
