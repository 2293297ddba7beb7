import { xmlNamespace } from './bindings.ts'
import { type Attributes, setAttribute } from './element.ts'
import { notWellFormed, XmlError } from './errors.ts'
import type { IndexBuilder, StreamContext } from './index-builder.ts'

/** The start tag of a stream, decoded (RFC 6120 §4.7). */
export class StreamHeader {
  readonly name: string
  readonly ns: string
  /** The default namespace of the stream's elements (RFC 6120 §4.8.2). */
  readonly defaultNs: string
  /** What the header declares, by prefix. */
  readonly prefixes: ReadonlyMap<string, string>
  private readonly attrs: Attributes

  constructor(name: string, ns: string, attrs: Attributes, context: StreamContext) {
    this.name = name
    this.ns = ns
    this.defaultNs = context.defaultNs
    this.prefixes = context.prefixes
    this.attrs = attrs
  }

  /** An attribute by its name, `xml:lang`, or `{namespace}local` for one with another prefix. */
  attr(name: string): string | undefined {
    return Object.hasOwn(this.attrs, name) ? this.attrs[name] : undefined
  }
}

/** What a scanned header declares for the elements inside it. */
export function contextOf(index: IndexBuilder, bytes: Uint8Array, base: number): StreamContext {
  return {
    defaultNs: index.defaultNs,
    prefixes: index.bindings.toMap(),
    // A copy: slice() of a Buffer would be a view.
    rootName: new Uint8Array(bytes.subarray(base + index.rootStart, base + index.rootEnd)),
  }
}

/** Reads a scanned header. */
export function headerOf(index: IndexBuilder, bytes: Uint8Array, base: number, context: StreamContext): StreamHeader {
  const attrs: Record<string, string> = {}
  for (let at = 0; at < index.attrs.length; at += 4) {
    const start = base + (index.attrs[at] as number)
    const name = Buffer.from(bytes.subarray(start, base + (index.attrs[at + 1] as number))).toString('utf8')
    if (name === 'xmlns' || name.startsWith('xmlns:')) continue
    setAttribute(attrs, expandedName(name, context), index.valueOf(bytes, base, at))
  }
  return new StreamHeader(index.name, index.ns, attrs, context)
}

function expandedName(name: string, context: StreamContext): string {
  const colon = name.indexOf(':')
  if (colon < 0 || name.startsWith('xml:')) return name
  return `{${context.prefixes.get(name.slice(0, colon)) ?? xmlNamespace}}${name.slice(colon + 1)}`
}

const declaration =
  /^<\?xml\s+version\s*=\s*(?:'1\.[0-9]+'|"1\.[0-9]+")(?:\s+encoding\s*=\s*(?:'([A-Za-z][\w.-]*)'|"([A-Za-z][\w.-]*)"))?(?:\s+standalone\s*=\s*(?:'(?:yes|no)'|"(?:yes|no)"))?\s*\?>$/

/** Checks an XML declaration (XML 1.0 §2.8); the encoding must be UTF-8 (RFC 6120 §11.6). Throws XmlError. */
export function checkDeclaration(text: string): void {
  const parts = declaration.exec(text)
  if (parts === null) throw notWellFormed('a malformed XML declaration')
  const encoding = parts[1] ?? parts[2] ?? 'UTF-8'
  if (encoding.toUpperCase() !== 'UTF-8') throw new XmlError('unsupported-encoding', 'the encoding must be UTF-8')
}
