import { SaxesParser, type SaxesTagNS } from 'saxes'

/** The namespaces the stories speak of, spelled out here once more so that a wrong constant in the server shows. */
export const NS = {
  client: 'jabber:client',
  stream: 'http://etherx.jabber.org/streams',
  streamErrors: 'urn:ietf:params:xml:ns:xmpp-streams',
  stanzaErrors: 'urn:ietf:params:xml:ns:xmpp-stanzas',
  tls: 'urn:ietf:params:xml:ns:xmpp-tls',
  sasl: 'urn:ietf:params:xml:ns:xmpp-sasl',
  bind: 'urn:ietf:params:xml:ns:xmpp-bind',
  session: 'urn:ietf:params:xml:ns:xmpp-session',
  framing: 'urn:ietf:params:xml:ns:xmpp-framing',
  register: 'jabber:iq:register',
  registerFeature: 'http://jabber.org/features/iq-register',
  roster: 'jabber:iq:roster',
} as const

/** An element as the test side reads it. It shares no code with the server, so that a fault of the scanner shows. */
export class XmlNode {
  readonly name: string
  readonly ns: string
  /** Values by name: `id`, `xml:lang`, or `{namespace}local` for any other prefix. Declarations are left out. */
  readonly attrs: Readonly<Record<string, string>>
  readonly children: (XmlNode | string)[] = []

  constructor(name: string, ns: string, attrs: Readonly<Record<string, string>>) {
    this.name = name
    this.ns = ns
    this.attrs = attrs
  }

  attr(name: string): string | undefined {
    return Object.hasOwn(this.attrs, name) ? this.attrs[name] : undefined
  }

  elements(): XmlNode[] {
    return this.children.filter((child) => typeof child !== 'string')
  }

  /** The first child of this name; in this element's own namespace unless another is given. */
  child(name: string, ns: string = this.ns): XmlNode | undefined {
    return this.elements().find((child) => child.name === name && child.ns === ns)
  }

  /** The text directly inside. */
  text(): string {
    return this.children.filter((child) => typeof child === 'string').join('')
  }

  toString(): string {
    return writeXml(this)
  }
}

/** What a {@link StreamReader} reports. */
export interface StreamEvents {
  header(header: XmlNode): void
  element(element: XmlNode): void
  end(): void
  broken(error: Error): void
}

/** Reads one XML stream: the header, each first-level element, the end tag. */
export class StreamReader {
  readonly #parser = new SaxesParser({ xmlns: true })
  readonly #open: XmlNode[] = []

  constructor(events: StreamEvents) {
    const parser = this.#parser
    parser.on('error', (error) => events.broken(error))
    parser.on('text', (text) => this.#text(text))
    parser.on('cdata', (text) => this.#text(text))
    parser.on('opentag', (tag) => {
      const node = nodeOf(tag)
      if (this.#open.length === 0) events.header(node)
      else if (this.#open.length > 1) this.#open.at(-1)?.children.push(node)
      this.#open.push(node)
    })
    parser.on('closetag', () => {
      const node = this.#open.pop()
      if (this.#open.length === 1 && node) events.element(node)
      if (this.#open.length === 0) events.end()
    })
  }

  push(text: string): void {
    this.#parser.write(text)
  }

  #text(text: string): void {
    if (this.#open.length > 1) this.#open.at(-1)?.children.push(text)
  }
}

/** Reads one element. Throws when the text is not exactly one well-formed element. */
export function parseXml(text: string, contextNs = ''): XmlNode {
  return parseWithin(`<around xmlns='${contextNs}' xmlns:stream='${NS.stream}'>`, text)
}

/** Reads one WebSocket message, which must declare every namespace itself. */
export function parseFrame(text: string): XmlNode {
  return parseWithin('<around>', text)
}

function parseWithin(around: string, text: string): XmlNode {
  const seen: XmlNode[] = []
  const fail = (error: Error): never => {
    throw new Error(`not well-formed: ${error.message}: ${text}`)
  }
  const reader = new StreamReader({ header() {}, element: (node) => seen.push(node), end() {}, broken: fail })
  reader.push(around)
  reader.push(text)
  reader.push('</around>')
  const [only] = seen
  if (!only || seen.length !== 1) throw new Error(`one element expected, ${seen.length} found: ${text}`)
  return only
}

function nodeOf(tag: SaxesTagNS): XmlNode {
  const attrs: Record<string, string> = {}
  for (const attribute of Object.values(tag.attributes)) {
    if (attribute.name === 'xmlns' || attribute.prefix === 'xmlns') continue
    attrs[attributeName(attribute.prefix, attribute.uri, attribute.local)] = attribute.value
  }
  return new XmlNode(tag.local, tag.uri, attrs)
}

function attributeName(prefix: string, uri: string, local: string): string {
  if (prefix === '') return local
  return prefix === 'xml' ? `xml:${local}` : `{${uri}}${local}`
}

/** Writes an element for people and for the wire; a namespace is declared where it differs from the parent's. */
export function writeXml(node: XmlNode, parentNs = ''): string {
  let start = `<${node.name}`
  if (node.ns !== parentNs) start += ` xmlns='${escapeXml(node.ns)}'`
  for (const [name, value] of Object.entries(node.attrs)) start += ` ${name}='${escapeXml(value)}'`
  if (node.children.length === 0) return `${start}/>`
  const inner = node.children.map((child) => (typeof child === 'string' ? escapeXml(child) : writeXml(child, node.ns)))
  return `${start}>${inner.join('')}</${node.name}>`
}

const escapes: Readonly<Record<string, string>> = {
  '<': '&lt;',
  '>': '&gt;',
  '&': '&amp;',
  "'": '&apos;',
  '"': '&quot;',
}

export function escapeXml(text: string): string {
  return text.replace(/[<>&'"]/g, (char) => escapes[char] ?? char)
}
