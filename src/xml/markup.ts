import { notWellFormed } from './errors.ts'

/** A piece of a document: a tag with its brackets, or text between tags as it stands there. */
export interface Markup {
  readonly kind: 'open' | 'close' | 'empty' | 'text'
  readonly source: string
}

const cdata = '<![CDATA['
const comment = '<!--'

/**
 * Cuts an XML document into tags and text, however it comes in pieces. Only for files: comments, processing instructions and the
 * XML declaration, which a stream must not have, are left out, a document type is refused. Whether tags are well-formed is for
 * who parses them.
 */
export class MarkupSplitter {
  readonly #maxLength: number
  #held = ''

  /** No tag and no text between tags may be longer than this. */
  constructor(maxLength: number) {
    this.#maxLength = maxLength
  }

  /** Takes the next piece of the document; gives what is complete. Throws XmlError. */
  *push(text: string): Generator<Markup> {
    const source = this.#held + text
    let at = 0
    for (let end = this.#endOf(source, at); end > at; end = this.#endOf(source, at)) {
      const piece = source.slice(at, end)
      at = end
      const markup = markupOf(piece)
      if (markup !== undefined) yield markup
    }
    this.#held = source.slice(at)
    if (this.#held.length > this.#maxLength) throw notWellFormed('a tag or text that is too long')
  }

  /** The document is over. Throws XmlError when it ends in the middle of something. */
  end(): void {
    if (this.#held.trim() !== '') throw notWellFormed('it ends too early')
  }

  /** Where the piece that begins at `at` ends; `at` itself as long as that is not known. */
  #endOf(source: string, at: number): number {
    if (source[at] !== '<') {
      const next = source.indexOf('<', at)
      return next < 0 ? at : next
    }
    const rest = source.length - at
    if (rest < 2) return at
    if (source[at + 1] === '?') return after(source, '?>', at)
    if (source[at + 1] !== '!') return endOfTag(source, at)
    if (source.startsWith(comment, at)) return after(source, '-->', at + comment.length, at)
    if (source.startsWith(cdata, at)) return after(source, ']]>', at + cdata.length, at)
    if (rest < cdata.length) return at
    throw notWellFormed('a document type or something else that begins with <!')
  }
}

function after(source: string, mark: string, from: number, otherwise = from): number {
  const found = source.indexOf(mark, from)
  return found < 0 ? otherwise : found + mark.length
}

/** The end of a tag: the first > that stands in no attribute value. */
function endOfTag(source: string, at: number): number {
  for (let i = at + 1; i < source.length; ) {
    const char = source[i]
    if (char === '>') return i + 1
    if (char === '"' || char === "'") {
      const close = source.indexOf(char, i + 1)
      if (close < 0) return at
      i = close + 1
    } else i++
  }
  return at
}

function markupOf(source: string): Markup | undefined {
  if (source.startsWith('<?') || source.startsWith(comment)) return undefined
  if (!source.startsWith('<') || source.startsWith(cdata)) return { kind: 'text', source }
  if (source.startsWith('</')) return { kind: 'close', source }
  return { kind: source.endsWith('/>') ? 'empty' : 'open', source }
}
