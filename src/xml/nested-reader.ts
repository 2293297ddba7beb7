import type { Element } from './element.ts'
import { notWellFormed } from './errors.ts'
import { type Markup, MarkupSplitter } from './markup.ts'
import { parseElement } from './parse.ts'

/** What stands in a document, in its order: containers are told when they open and close, everything else comes whole. */
export type Nested =
  | { readonly kind: 'open'; readonly element: Element; readonly depth: number }
  | { readonly kind: 'close'; readonly depth: number }
  | { readonly kind: 'element'; readonly element: Element; readonly depth: number }

export interface NestedOptions {
  /** Whether the children of this element, shown without them, are to come one at a time. */
  isContainer(element: Element, depth: number): boolean
  /** Characters that an element that comes whole may have. */
  readonly maxLength: number
}

/** What an open tag declares for what is inside. */
interface Scope {
  readonly name: string
  readonly declarations: string
}

const declaration = /\sxmlns(?::[^\s=]+)?\s*=\s*(?:"[^"]*"|'[^']*')/g
const nameOf = (tag: string) => /^<\/?([^\s/>]+)/.exec(tag)?.[1] ?? ''

/**
 * Reads a document that is too large to be held: of the elements inside one another only those are built that are no containers.
 * Pieces go in, what is complete comes out. Throws XmlError.
 */
export class NestedReader {
  readonly #options: NestedOptions
  readonly #splitter: MarkupSplitter
  readonly #scopes: Scope[] = []
  /** The element being gathered, and how many of its own elements are open in it. */
  #gathered: string[] = []
  #gatheredLength = 0
  #inner: string[] = []
  #isOver = false

  constructor(options: NestedOptions) {
    this.#options = options
    this.#splitter = new MarkupSplitter(options.maxLength)
  }

  *push(text: string): Generator<Nested> {
    for (const markup of this.#splitter.push(text)) yield* this.#take(markup)
  }

  end(): void {
    this.#splitter.end()
    if (!this.#isOver) throw notWellFormed('it ends too early')
  }

  *#take(markup: Markup): Generator<Nested> {
    if (this.#inner.length > 0) yield* this.#gather(markup)
    else if (markup.kind === 'text') this.#between(markup.source)
    else if (markup.kind === 'close') yield this.#leave(markup.source)
    else yield* this.#enter(markup)
  }

  #between(text: string): void {
    if (text.trim() !== '') throw notWellFormed('text where only elements may be')
  }

  *#enter({ kind, source }: Markup): Generator<Nested> {
    if (this.#isOver) throw notWellFormed('something after the end')
    const depth = this.#scopes.length
    const name = nameOf(source)
    const shown = this.#parse(kind === 'empty' ? source : `${source.slice(0, -1)}/>`)
    if (this.#options.isContainer(shown, depth)) {
      yield { kind: 'open', element: shown, depth }
      if (kind === 'open') {
        this.#scopes.push({ name, declarations: (source.match(declaration) ?? []).join('') })
        return
      }
      yield { kind: 'close', depth }
    } else if (kind === 'open') {
      this.#inner = [name]
      this.#gathered = [source]
      this.#gatheredLength = source.length
      return
    } else yield { kind: 'element', element: shown, depth }
    this.#isOver = depth === 0
  }

  #leave(source: string): Nested {
    const scope = this.#scopes.pop()
    if (scope?.name !== nameOf(source)) throw notWellFormed(`${source} closes nothing`)
    this.#isOver = this.#scopes.length === 0
    return { kind: 'close', depth: this.#scopes.length }
  }

  *#gather({ kind, source }: Markup): Generator<Nested> {
    this.#gathered.push(source)
    this.#gatheredLength += source.length
    if (this.#gatheredLength > this.#options.maxLength) throw notWellFormed('an element that is too large')
    if (kind === 'open') this.#inner.push(nameOf(source))
    if (kind !== 'close') return
    if (this.#inner.pop() !== nameOf(source)) throw notWellFormed(`${source} closes nothing`)
    if (this.#inner.length > 0) return
    const element = this.#parse(this.#gathered.join(''))
    this.#gathered = []
    this.#isOver = this.#scopes.length === 0
    yield { kind: 'element', element, depth: this.#scopes.length }
  }

  /** Parses an element where it stands: with the namespaces that are declared around it. */
  #parse(source: string): Element {
    let wrapped = source
    for (const { declarations } of [...this.#scopes].reverse()) wrapped = `<x${declarations}>${wrapped}</x>`
    let element = parseElement(wrapped)
    for (let level = 0; level < this.#scopes.length; level++) element = element.elements()[0] as Element
    return element
  }
}
