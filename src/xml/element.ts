/** What stands inside an element. */
export type Node = Element | string

/** Attribute values by name. A prefixed name stands as `xml:lang` for the xml prefix, else as `{namespace}local`. */
export type Attributes = Readonly<Record<string, string>>

/** What {@link el} accepts after name and namespace. */
export type Content = Node | undefined | { readonly [attribute: string]: string | undefined } | readonly Content[]

/** An XML element with its namespaces resolved; it does not change once made. Text is decoded. */
export class Element {
  readonly name: string
  readonly ns: string
  readonly attrs: Attributes
  readonly children: readonly Node[]

  constructor(name: string, ns: string, attrs: Attributes, children: readonly Node[]) {
    this.name = name
    this.ns = ns
    this.attrs = attrs
    this.children = children
  }

  /** The value of an attribute, or undefined. */
  attr(name: string): string | undefined {
    return Object.hasOwn(this.attrs, name) ? this.attrs[name] : undefined
  }

  is(name: string, ns: string): boolean {
    return this.name === name && this.ns === ns
  }

  /** The first child element of this name, in this element's own namespace unless another is given. */
  child(name: string, ns: string = this.ns): Element | undefined {
    for (const node of this.children) if (typeof node !== 'string' && node.name === name && node.ns === ns) return node
    return undefined
  }

  /** All child elements of this name. */
  childrenNamed(name: string, ns: string = this.ns): Element[] {
    return this.elements().filter((child) => child.name === name && child.ns === ns)
  }

  /** All child elements. */
  elements(): Element[] {
    return this.children.filter((node): node is Element => typeof node !== 'string')
  }

  /** The text directly inside this element, joined. */
  text(): string {
    let text = ''
    for (const node of this.children) if (typeof node === 'string') text += node
    return text
  }

  /** The text of the first child of this name, or undefined when there is no such child. */
  childText(name: string, ns: string = this.ns): string | undefined {
    return this.child(name, ns)?.text()
  }

  /** A copy with these attributes added or, where undefined, removed. */
  withAttrs(changes: Readonly<Record<string, string | undefined>>): Element {
    const attrs: Record<string, string> = { ...this.attrs }
    for (const [name, value] of Object.entries(changes)) {
      if (value === undefined) delete attrs[name]
      else setAttribute(attrs, name, value)
    }
    return new Element(this.name, this.ns, attrs, this.children)
  }

  /** A copy with other children. */
  withChildren(children: readonly Node[]): Element {
    return new Element(this.name, this.ns, this.attrs, children)
  }
}

/** Sets an attribute, whatever it is called: plain assignment would lose one named `__proto__`. */
export function setAttribute(attrs: Record<string, string>, name: string, value: string): void {
  if (name === '__proto__')
    Object.defineProperty(attrs, name, { value, writable: true, enumerable: true, configurable: true })
  else attrs[name] = value
}

function isAttributes(content: object): content is Record<string, string | undefined> {
  return !(content instanceof Element) && !Array.isArray(content)
}

function collect(content: readonly Content[], attrs: Record<string, string>, children: Node[]): void {
  for (const item of content) {
    if (item === undefined) continue
    if (typeof item === 'string' || item instanceof Element) children.push(item)
    else if (isAttributes(item)) setAttributes(attrs, item)
    else collect(item, attrs, children)
  }
}

function setAttributes(attrs: Record<string, string>, given: Record<string, string | undefined>): void {
  for (const [name, value] of Object.entries(given)) if (value !== undefined) setAttribute(attrs, name, value)
}

/**
 * Builds an element: `el('item', NS, { jid }, el('group', NS, 'Friends'))`.
 * Undefined attributes and children are left out; arrays are flattened.
 */
export function el(name: string, ns: string, ...content: readonly Content[]): Element {
  const attrs: Record<string, string> = {}
  const children: Node[] = []
  collect(content, attrs, children)
  return new Element(name, ns, attrs, children)
}
