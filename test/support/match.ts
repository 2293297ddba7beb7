import { NS, parseXml, type XmlNode } from './xml.ts'

/**
 * What an element must look like, written as XML. Compared by meaning: prefixes, quotes, the order of attributes and of child
 * elements are free.
 *
 * - `{name}` in an attribute value or in text takes what stands there; a name used twice must have the same value both times.
 * - `{name}` as the only content takes all content, elements too.
 * - `{any}` among the children allows further children, `{any}` among the attributes (`<item jid='a@b' {any}/>`) further attributes.
 * - `{none}` as an attribute's value says that the attribute must be absent.
 * - Attributes of a stanza itself that the pattern does not name are free: `to`, `from`, `id`, `type` and `xml:lang` say what matters.
 *
 * Unprefixed names are in `jabber:client` unless declared otherwise; `stream:` is the streams namespace.
 */
export class Pattern {
  readonly source: string
  readonly #root: XmlNode

  constructor(source: string) {
    this.source = source
    this.#root = parseXml(source.replace(/(<[^<>]*?)\s\{any\}/g, `$1 ${anyAttribute}='yes'`), NS.client)
  }

  match(element: XmlNode): Captures | undefined {
    const captures: Captures = { text: {}, nodes: {} }
    return matchElement(this.#root, element, captures, isStanza(this.#root)) ? captures : undefined
  }
}

/** What the places in braces stood for: `text` of attributes and text content, `nodes` where a place took elements. */
export interface Captures {
  text: Record<string, string>
  nodes: Record<string, XmlNode[]>
}

const anyAttribute = 'any-further-attribute'
const stanzas = new Set(['message', 'presence', 'iq'])

function isStanza(node: XmlNode): boolean {
  return node.ns === NS.client && stanzas.has(node.name)
}

function matchElement(pattern: XmlNode, element: XmlNode, captures: Captures, isFree = false): boolean {
  if (pattern.name !== element.name || pattern.ns !== element.ns) return false
  return matchAttributes(pattern, element, captures, isFree) && matchContent(pattern, element, captures)
}

function matchAttributes(pattern: XmlNode, element: XmlNode, captures: Captures, isFree: boolean): boolean {
  for (const [name, wanted] of Object.entries(pattern.attrs)) {
    if (name === anyAttribute) continue
    const value = element.attr(name)
    if (wanted === '{none}') {
      if (value !== undefined) return false
    } else if (value === undefined || !matchText(wanted, value, captures)) return false
  }
  if (isFree || pattern.attr(anyAttribute)) return true
  return Object.keys(element.attrs).every((name) => pattern.attr(name) !== undefined || name === 'xml:lang')
}

function matchContent(pattern: XmlNode, element: XmlNode, captures: Captures): boolean {
  const wanted = pattern.elements()
  const text = pattern.text()
  const only = /^\s*\{(\w+)\}\s*$/.exec(text)?.[1]
  const allowsMore = /\{any\}/.test(text)
  if (only && only !== 'any' && wanted.length === 0) return captureContent(only, element, captures)
  if (!matchChildren(wanted, element.elements(), allowsMore, captures)) return false
  return (
    allowsMore ||
    matchText(text.trim(), wanted.length > 0 ? element.text().trim() : trimPattern(text, element), captures)
  )
}

function trimPattern(text: string, element: XmlNode): string {
  return text.trim() === text ? element.text() : element.text().trim()
}

function captureContent(name: string, element: XmlNode, captures: Captures): boolean {
  if (element.elements().length > 0) captures.nodes[name] = element.elements()
  return capture(name, element.text(), captures)
}

/** Pairs every wanted child with a child of its own; tries the next candidate when the rest does not fit. */
function matchChildren(wanted: XmlNode[], found: XmlNode[], allowsMore: boolean, captures: Captures): boolean {
  const [first, ...rest] = wanted
  if (!first) return allowsMore || found.length === 0
  for (const [index, candidate] of found.entries()) {
    const attempt: Captures = { text: { ...captures.text }, nodes: { ...captures.nodes } }
    if (!matchElement(first, candidate, attempt)) continue
    if (!matchChildren(rest, found.toSpliced(index, 1), allowsMore, attempt)) continue
    Object.assign(captures, attempt)
    return true
  }
  return false
}

function matchText(wanted: string, value: string, captures: Captures): boolean {
  if (!wanted.includes('{')) return wanted === value
  const names: string[] = []
  const source = wanted.replace(/\{(\w+)\}|[\\^$.*+?()[\]{}|]/g, (found, name?: string) => {
    if (name === undefined) return `\\${found}`
    names.push(name)
    return name === 'any' ? '([^]*)' : '([^]+?)'
  })
  const match = new RegExp(`^${source}$`).exec(value)
  if (!match) return false
  return names.every((name, index) => name === 'any' || capture(name, match[index + 1] ?? '', captures))
}

function capture(name: string, value: string, captures: Captures): boolean {
  const before = captures.text[name]
  captures.text[name] = value
  return before === undefined || before === value
}
