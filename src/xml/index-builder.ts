import { Bindings, checkDefault, xmlNamespace } from './bindings.ts'
import { HIGH } from './chars.ts'
import { notWellFormed, tooMuch, XmlError } from './errors.ts'
import { intern } from './intern.ts'
import type { ScannerLimits } from './limits.ts'
import type { ElementIndex, Kid } from './raw-element.ts'
import { decodeValue } from './references.ts'
import { wireOf } from './wire.ts'

/** The namespace of the stream's own elements (RFC 6120 §4.8.1). */
export const streamsNamespace = 'http://etherx.jabber.org/streams'

/** What stands around the elements of a stream: what its header declared, and the header's name for the end tag. */
export interface StreamContext {
  readonly defaultNs: string
  readonly prefixes: ReadonlyMap<string, string>
  /** The header's qualified name as bytes; empty where no end tag may come. */
  readonly rootName: Uint8Array
}

const noKids: readonly Kid[] = []

/**
 * What is known of the element being scanned: the start tag that is being read, the prefixes in scope, and the index
 * that comes out. All offsets are from the element's first byte, so the bytes may move.
 */
export class IndexBuilder implements ElementIndex {
  // The index; of a header, what concerns its root.
  name = ''
  ns = ''
  attrs: readonly number[] = []
  kids: readonly Kid[] = noKids
  byteLength = 0
  rootStart = 0
  rootEnd = 0
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

  // The start tag being read: the machine notes what it meets.
  tagStart = 0
  nameStart = 0
  nameEnd = 0
  attrCount = 0
  /** The tag's name or an attribute's has a colon. */
  hasPrefix = false
  /** Some value has references or white space to normalise. */
  hasCoded = false
  /** Bytes of the names of open elements. */
  nameBytes = 0
  /** Four offsets an attribute: start and end of its name, start and end of its value. */
  private readonly tagAttrs: number[] = []
  private xmlnsAt = -1
  /** The namespace of the tag's prefix, undefined when its name has none. */
  private prefixNs: string | undefined = undefined
  private localStart = 0

  private newKids: Kid[] = []
  private context: StreamContext
  private limits: ScannerLimits
  private isHeader = false

  constructor(context: StreamContext, limits: ScannerLimits) {
    this.context = context
    this.limits = limits
  }

  /** Begins anew, with an element or a stream header. */
  begin(context: StreamContext, limits: ScannerLimits, isHeader: boolean): void {
    this.context = context
    this.limits = limits
    this.isHeader = isHeader
    this.kids = noKids
    this.isOdd = false
    this.tagStart = 0
    this.nameBytes = 0
    this.bindings.leave(0)
  }

  /** Begins a start tag at its name. */
  beginTag(nameStart: number): void {
    this.nameStart = nameStart
    this.attrCount = 0
    this.xmlnsAt = -1
    this.hasPrefix = false
    this.hasCoded = false
  }

  /** Notes the value of the attribute named last. */
  addValue(start: number, end: number): void {
    this.tagAttrs[this.attrCount + 2] = start
    this.tagAttrs[this.attrCount + 3] = end
    this.attrCount += 4
  }

  /** The child of the root that was begun last ends here. */
  endKid(at: number): void {
    ;(this.newKids[this.newKids.length - 1] as Kid).end = at - this.innerStart
  }

  /** The element is whole. */
  end(byteLength: number, innerEnd: number, seen: number): void {
    this.byteLength = byteLength
    this.innerEnd = innerEnd
    this.isAscii = (seen & HIGH) === 0
  }

  /** Notes an attribute's name: it must be new in this tag. */
  addName(bytes: Uint8Array, base: number, start: number, end: number): void {
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
    if (count >> 2 >= this.limits.maxAttributes) throw tooMuch('too many attributes')
    if (length > this.limits.maxNameBytes) throw tooMuch('a name too long')
    attrs[count] = start
    attrs[count + 1] = end
    if (length === 5 && isXmlns(bytes, base + start)) this.xmlnsAt = count
  }

  /** A start tag is whole: resolves its namespaces and, where it is a root or a child of one, notes it in the index. */
  startTag(bytes: Uint8Array, base: number, p: number, depth: number, seen: number): void {
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
    if (this.ns === xmlNamespace)
      throw new XmlError('invalid-namespace', 'a first-level element in the namespace of xml')
    if (this.name === 'stream' && this.ns === streamsNamespace) throw tooMuch('a stream header inside a stream')
  }

  private startKid(bytes: Uint8Array, base: number, defaultNs: string): void {
    const name = intern(bytes, base + this.localStart, base + this.nameEnd)
    const start = this.tagStart - this.innerStart
    const kid: Kid = { name, ns: this.prefixNs ?? defaultNs, start, end: start }
    if (this.kids === noKids) this.kids = this.newKids = [kid]
    else this.newKids.push(kid)
  }

  /** The value of the attribute noted at `at`, decoded. */
  valueOf(bytes: Uint8Array, base: number, at: number): string {
    const start = base + (this.tagAttrs[at + 2] as number)
    const end = base + (this.tagAttrs[at + 3] as number)
    return this.hasCoded ? decodeValue(wireOf(bytes, start, end)) : intern(bytes, start, end)
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
