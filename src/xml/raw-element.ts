import { buildElement } from './build.ts'
import type { Element } from './element.ts'
import { decodeValue } from './references.ts'
import { asWire, fromWire, type Wire } from './wire.ts'

/** A child of a first-level element: what it is and where it stands in {@link RawElement.innerWire}. */
export interface Kid {
  readonly name: string
  readonly ns: string
  readonly start: number
  end: number
}

/** What a scan notes about an element. Offsets are from the element's first byte. */
export interface ElementIndex {
  readonly name: string
  readonly ns: string
  readonly byteLength: number
  /** Where the root's qualified name ends. */
  readonly rootEnd: number
  readonly innerStart: number
  readonly innerEnd: number
  readonly kids: readonly Kid[]
  /** Four offsets a root attribute: start and end of its name, start and end of its value. */
  readonly attrs: readonly number[]
  /** No root attribute needs decoding. */
  readonly isPlain: boolean
  /** The root declares prefixes. */
  readonly declares: boolean
}

const noPrefixes: ReadonlyMap<string, string> = new Map()

/**
 * A first-level element as it was received: its wire text and an index of its root attributes and children. Nothing is
 * decoded or built until asked for. Its text is right wherever the default namespace is `ns`. The text may be cut from
 * a read: what outlives the turn is copied with `ownWire`.
 */
export class RawElement {
  readonly name: string
  readonly ns: string
  /** Bytes received, start tag to end tag. */
  readonly byteLength: number
  readonly kids: readonly Kid[]
  private readonly source: Wire
  private readonly start: number
  private readonly nameEnd: number
  private readonly innerStart: number
  private readonly innerEnd: number
  private readonly attrs: readonly number[]
  private readonly isPlain: boolean
  private readonly declares: boolean

  /** The element whose first byte is `source[start]`; `byteLength` is given where the text was rewritten. */
  constructor(source: Wire, start: number, index: ElementIndex, byteLength: number = index.byteLength) {
    this.name = index.name
    this.ns = index.ns
    this.byteLength = byteLength
    this.kids = index.kids
    this.source = source
    this.start = start
    this.nameEnd = index.rootEnd
    this.innerStart = start + index.innerStart
    this.innerEnd = start + index.innerEnd
    this.attrs = index.attrs
    this.isPlain = index.isPlain
    this.declares = index.declares
  }

  /** The value of a root attribute without a prefix, or of `xml:lang`; undefined when it is not there. */
  attr(name: string): string | undefined {
    const attrs = this.attrs
    const length = name.length
    for (let i = 0; i < attrs.length; i += 4) {
      const at = attrs[i] as number
      if ((attrs[i + 1] as number) - at !== length || !this.source.startsWith(name, this.start + at)) continue
      const value = this.piece(attrs[i + 2] as number, attrs[i + 3] as number)
      return this.isPlain ? value : decodeValue(value)
    }
    return undefined
  }

  /**
   * The root attributes as received, each with the white space before it, less those named and the default namespace:
   * ` id='1' type='chat'`. Prefixes that the root declares stay declared.
   */
  attributesWire(except: readonly string[]): Wire {
    const attrs = this.attrs
    let text = ''
    let keptFrom = -1
    let last = this.nameEnd
    for (let i = 0; i < attrs.length; i += 4) {
      const isDropped = this.isNamed(attrs[i] as number, attrs[i + 1] as number, except)
      const from = last
      last = (attrs[i + 3] as number) + 1
      if (!isDropped && keptFrom < 0) keptFrom = from
      if (isDropped && keptFrom >= 0) {
        text += this.piece(keptFrom, from)
        keptFrom = -1
      }
    }
    return asWire(keptFrom < 0 ? text : text + this.piece(keptFrom, last))
  }

  /** What stands between the start tag and the end tag; '' when there is but one tag. */
  innerWire(): Wire {
    return asWire(this.source.substring(this.innerStart, this.innerEnd))
  }

  /** Builds the child of this index. Throws RangeError when there is none. */
  kid(index: number): Element {
    const kid = this.kids[index]
    if (kid === undefined) throw new RangeError('no such child')
    return buildElement(this.source, this.innerStart + kid.start, this.ns, this.prefixes())
  }

  /** Builds the whole element. */
  toElement(): Element {
    return buildElement(this.source, this.start, this.ns, noPrefixes)
  }

  private prefixes(): ReadonlyMap<string, string> {
    if (!this.declares) return noPrefixes
    const prefixes = new Map<string, string>()
    for (let i = 0; i < this.attrs.length; i += 4) {
      const name = this.piece(this.attrs[i] as number, this.attrs[i + 1] as number)
      if (!name.startsWith('xmlns:')) continue
      const value = this.piece(this.attrs[i + 2] as number, this.attrs[i + 3] as number)
      prefixes.set(fromWire(asWire(name.slice('xmlns:'.length))), decodeValue(value))
    }
    return prefixes
  }

  private isNamed(start: number, end: number, names: readonly string[]): boolean {
    const length = end - start
    const at = this.start + start
    if (length === 5 && this.source.startsWith('xmlns', at)) return true
    for (const name of names) if (name.length === length && this.source.startsWith(name, at)) return true
    return false
  }

  private piece(start: number, end: number): Wire {
    return asWire(this.source.substring(this.start + start, this.start + end))
  }
}
