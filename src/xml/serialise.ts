import { xmlNamespace } from './bindings.ts'
import type { Element } from './element.ts'
import { escapeText, escapeXml } from './escape.ts'
import { toWire, type Wire } from './wire.ts'

/**
 * Writes an element. `xmlns` stands only where the namespace differs from the parent's; `parentNs` is the default
 * namespace where the text will stand, and nothing is assumed when it is left out. Prefixes are used for attributes
 * only. Characters that XML cannot carry become U+FFFD.
 */
export function serialise(element: Element, parentNs?: string): Wire {
  return toWire(write(element, parentNs))
}

function write(element: Element, parentNs: string | undefined): string {
  // The namespace of xml itself cannot be declared as a default (Namespaces in XML 1.0 §3).
  const isXml = element.ns === xmlNamespace
  const name = isXml ? `xml:${element.name}` : element.name
  const innerNs = isXml ? parentNs : element.ns
  let text = `<${name}`
  // No namespace at all is what holds where nothing is declared, so a free-standing element need not say so.
  if (!isXml && element.ns !== (parentNs ?? '')) text += ` xmlns='${escapeXml(element.ns)}'`
  text += writeAttributes(element)
  if (element.children.length === 0) return `${text}/>`
  text += '>'
  for (const child of element.children) text += typeof child === 'string' ? escapeText(child) : write(child, innerNs)
  return `${text}</${name}>`
}

function writeAttributes(element: Element): string {
  let text = ''
  let declared = 0
  for (const [name, value] of Object.entries(element.attrs)) {
    // A namespace may have braces, a name has none.
    const brace = name.startsWith('{') ? name.lastIndexOf('}') : -1
    if (brace < 0) text += ` ${name}='${escapeXml(value)}'`
    else {
      const [declaration, prefix] = prefixFor(name.slice(1, brace), declared++)
      text += `${declaration} ${prefix}:${name.slice(brace + 1)}='${escapeXml(value)}'`
    }
  }
  return text
}

/** A declaration and its prefix, for one attribute. */
function prefixFor(ns: string, index: number): [declaration: string, prefix: string] {
  if (ns === xmlNamespace) return ['', 'xml']
  return [` xmlns:n${index}='${escapeXml(ns)}'`, `n${index}`]
}
