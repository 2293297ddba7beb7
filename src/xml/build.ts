import { xmlNamespace } from './bindings.ts'
import { type Attributes, Element, type Node, setAttribute } from './element.ts'
import { decodeCdata, decodeText, decodeValue } from './references.ts'
import { asWire, fromWire, type Wire } from './wire.ts'

type Prefixes = ReadonlyMap<string, string>

/**
 * Builds the element that begins at `source[start]`, from text that a scan has found to be good. `defaultNs` and
 * `prefixes` are what is declared around it.
 */
export function buildElement(source: Wire, start: number, defaultNs: string, prefixes: Prefixes): Element {
  return new Builder(source, start).element(defaultNs, prefixes)
}

interface Tag {
  readonly name: string
  /** Names and values as written, in turn, declarations left out. */
  readonly attrs: string[]
  readonly isEmpty: boolean
  readonly defaultNs: string
  readonly prefixes: Prefixes
}

/** One walk over the text of an element. */
class Builder {
  private readonly source: Wire
  private at: number

  constructor(source: Wire, start: number) {
    this.source = source
    this.at = start
  }

  /** Reads the element whose `<` is next. */
  element(defaultNs: string, prefixes: Prefixes): Element {
    const tag = this.tag(defaultNs, prefixes)
    const colon = tag.name.indexOf(':')
    const ns = colon < 0 ? tag.defaultNs : namespaceOf(tag.name.slice(0, colon), tag.prefixes)
    const name = fromWire(asWire(colon < 0 ? tag.name : tag.name.slice(colon + 1)))
    return new Element(name, ns, attributes(tag), tag.isEmpty ? [] : this.children(tag))
  }

  private tag(defaultNs: string, prefixes: Prefixes): Tag {
    const name = this.name(this.at + 1)
    const attrs: string[] = []
    let declared: Map<string, string> | undefined
    while (!this.isAtTagEnd()) {
      const attr = this.name(this.at)
      const value = this.value()
      const prefix = declaredPrefix(attr)
      if (prefix === undefined) attrs.push(attr, value)
      else declared = (declared ?? new Map(prefixes)).set(prefix, decodeValue(value))
    }
    const isEmpty = this.source[this.at] === '/'
    this.at += isEmpty ? 2 : 1
    return { name, attrs, isEmpty, defaultNs: declared?.get('') ?? defaultNs, prefixes: declared ?? prefixes }
  }

  /** Passes over white space; whether the tag ends there. */
  private isAtTagEnd(): boolean {
    this.space()
    const next = this.source[this.at]
    return next === '>' || next === '/'
  }

  private children(tag: Tag): Node[] {
    const children: Node[] = []
    let text = ''
    for (;;) {
      const less = this.source.indexOf('<', this.at)
      if (less > this.at) text += decodeText(asWire(this.source.substring(this.at, less)))
      this.at = less
      const next = this.source[less + 1]
      if (next === '!') {
        text += this.cdata()
        continue
      }
      if (text !== '') children.push(text)
      text = ''
      if (next === '/') {
        this.at = this.source.indexOf('>', less) + 1
        return children
      }
      children.push(this.element(tag.defaultNs, tag.prefixes))
    }
  }

  private cdata(): string {
    const from = this.at + '<![CDATA['.length
    const to = this.source.indexOf(']]>', from)
    this.at = to + 3
    return decodeCdata(asWire(this.source.substring(from, to)))
  }

  /** Reads a name up to white space, `=`, `/` or `>`. */
  private name(from: number): string {
    let to = from
    for (;;) {
      const c = this.source.charCodeAt(to)
      if (c <= 0x20 || c === 0x3d || c === 0x2f || c === 0x3e) break
      to++
    }
    this.at = to
    return this.source.substring(from, to)
  }

  /** Reads on over `=` and a quoted value. */
  private value(): Wire {
    this.space()
    this.at++
    this.space()
    const from = this.at + 1
    const to = this.source.indexOf(this.source[this.at] as string, from)
    this.at = to + 1
    return asWire(this.source.substring(from, to))
  }

  private space(): void {
    while (this.source.charCodeAt(this.at) <= 0x20) this.at++
  }
}

function attributes(tag: Tag): Attributes {
  const attrs: Record<string, string> = {}
  for (let i = 0; i < tag.attrs.length; i += 2) {
    const value = decodeValue(asWire(tag.attrs[i + 1] as string))
    setAttribute(attrs, attributeName(tag.attrs[i] as string, tag.prefixes), value)
  }
  return attrs
}

function attributeName(name: string, prefixes: Prefixes): string {
  const colon = name.indexOf(':')
  if (colon < 0 || name.startsWith('xml:')) return fromWire(asWire(name))
  return `{${namespaceOf(name.slice(0, colon), prefixes)}}${fromWire(asWire(name.slice(colon + 1)))}`
}

// Prefixes are kept decoded, as those of a stream header are.
function namespaceOf(prefix: string, prefixes: Prefixes): string {
  if (prefix === 'xml') return xmlNamespace
  return prefixes.get(fromWire(asWire(prefix))) ?? ''
}

/** The prefix that an attribute declares, '' for the default namespace, undefined where it declares nothing. */
function declaredPrefix(attr: string): string | undefined {
  if (attr === 'xmlns') return ''
  return attr.startsWith('xmlns:') ? fromWire(asWire(attr.slice('xmlns:'.length))) : undefined
}
