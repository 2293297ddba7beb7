import { formatPath, type KeyPath } from './key-path.ts'

/**
 * Finds the line on which each key of a TOML document is written, because the parser tells none for values. The text
 * must already have been accepted by the parser: this scanner only follows its structure and never complains.
 */
export function locateKeys(text: string): LineIndex {
  const scanner = new KeyScanner(text)
  scanner.document()
  return new LineIndex(scanner.lines)
}

/** Lines (counted from 1) by key path. */
export class LineIndex {
  readonly #lines: ReadonlyMap<string, number>

  constructor(lines: ReadonlyMap<string, number>) {
    this.#lines = lines
  }

  /** The line of `path`, or of the nearest enclosing key that is written in the file. */
  lineOf(path: KeyPath): number | undefined {
    for (let length = path.length; length > 0; length--) {
      const line = this.#lines.get(formatPath(path.slice(0, length)))
      if (line !== undefined) return line
    }
    return undefined
  }
}

const escapes: Readonly<Record<string, string>> = { b: '\b', t: '\t', n: '\n', f: '\f', r: '\r', e: '\u001b' }

class KeyScanner {
  readonly lines = new Map<string, number>()
  readonly #text: string
  readonly #listLengths = new Map<string, number>()
  #at = 0
  #line = 1

  constructor(text: string) {
    this.#text = text
  }

  document(): void {
    let table: KeyPath = []
    this.#skipBlank()
    while (this.#at < this.#text.length) {
      if (this.#peek() === '[') table = this.#header()
      else this.#pair(table)
      this.#skipBlank()
    }
  }

  /** `[a.b]` or `[[a.b]]`: answers the path that the pairs below it belong to. */
  #header(): KeyPath {
    const line = this.#line
    const isList = this.#text.startsWith('[[', this.#at)
    this.#at += isList ? 2 : 1
    const keys = this.#keys()
    this.#at += isList ? 2 : 1
    const path: (string | number)[] = []
    keys.forEach((key, index) => {
      path.push(key)
      this.#note(path, line)
      const place = formatPath(path)
      const known = this.#listLengths.get(place)
      if (isList && index === keys.length - 1) {
        this.#listLengths.set(place, (known ?? 0) + 1)
        path.push(known ?? 0)
      } else if (known !== undefined) path.push(known - 1)
    })
    this.#note(path, line)
    return path
  }

  #pair(table: KeyPath): void {
    const line = this.#line
    const keys = this.#keys()
    if (keys.length === 0) {
      this.#at++
      return
    }
    const path = [...table]
    for (const key of keys) {
      path.push(key)
      this.#note(path, line)
    }
    this.#skipBlank()
    if (this.#peek() === '=') this.#at++
    this.#skipBlank()
    this.#value(path)
  }

  #keys(): string[] {
    const keys: string[] = []
    for (;;) {
      this.#skipSpaces()
      const quote = this.#peek()
      if (quote === '"' || quote === "'") keys.push(this.#quoted(quote))
      else {
        const start = this.#at
        while (/[A-Za-z0-9_-]/.test(this.#peek())) this.#at++
        if (this.#at === start) return keys
        keys.push(this.#text.slice(start, this.#at))
      }
      this.#skipSpaces()
      if (this.#peek() !== '.') return keys
      this.#at++
    }
  }

  #value(path: KeyPath): void {
    const first = this.#peek()
    if (first === '"' || first === "'") this.#string(first)
    else if (first === '[') this.#array(path)
    else if (first === '{') this.#inlineTable(path)
    else while (this.#at < this.#text.length && !/[,\]}\n#]/.test(this.#peek())) this.#at++
  }

  #array(path: KeyPath): void {
    this.#at++
    for (let index = 0; ; index++) {
      this.#skipBlank()
      if (this.#peek() === ']' || this.#at >= this.#text.length) break
      this.#note([...path, index], this.#line)
      this.#value([...path, index])
      this.#skipBlank()
      if (this.#peek() === ',') this.#at++
    }
    this.#at++
  }

  #inlineTable(path: KeyPath): void {
    this.#at++
    for (;;) {
      this.#skipBlank()
      if (this.#peek() === '}' || this.#at >= this.#text.length) break
      this.#pair(path)
      this.#skipBlank()
      if (this.#peek() === ',') this.#at++
    }
    this.#at++
  }

  #string(quote: string): void {
    const triple = quote.repeat(3)
    if (!this.#text.startsWith(triple, this.#at)) {
      this.#quoted(quote)
      return
    }
    this.#at += 3
    while (this.#at < this.#text.length && !this.#text.startsWith(triple, this.#at)) this.#step(quote)
    this.#at += 3
    // Up to two quotes may stand right before the closing three.
    while (this.#peek() === quote) this.#at++
  }

  /** A string on one line; answers its content with escapes resolved, since keys may be written so. */
  #quoted(quote: string): string {
    this.#at++
    let content = ''
    while (this.#at < this.#text.length && this.#peek() !== quote) {
      if (quote === '"' && this.#peek() === '\\') content += this.#escape()
      else {
        content += this.#peek()
        this.#at++
      }
    }
    this.#at++
    return content
  }

  #escape(): string {
    const kind = this.#text[this.#at + 1] ?? ''
    const digits = { x: 2, u: 4, U: 8 }[kind]
    if (digits === undefined) {
      this.#at += 2
      return escapes[kind] ?? kind
    }
    const code = Number.parseInt(this.#text.slice(this.#at + 2, this.#at + 2 + digits), 16)
    this.#at += 2 + digits
    return String.fromCodePoint(code)
  }

  /** One character of a multi-line string; an escaped one counts as two so that `\"` does not end it. */
  #step(quote: string): void {
    const isEscape = quote === '"' && this.#peek() === '\\'
    if (isEscape) this.#at++
    if (this.#peek() === '\n') this.#line++
    this.#at++
  }

  #note(path: KeyPath, line: number): void {
    const place = formatPath(path)
    if (!this.lines.has(place)) this.lines.set(place, line)
  }

  #skipSpaces(): void {
    while (this.#peek() === ' ' || this.#peek() === '\t') this.#at++
  }

  #skipBlank(): void {
    for (;;) {
      const next = this.#peek()
      if (next === '#') this.#skipComment()
      else if (next !== '' && ' \t\r\n\ufeff'.includes(next)) {
        if (next === '\n') this.#line++
        this.#at++
      } else return
    }
  }

  #skipComment(): void {
    while (this.#at < this.#text.length && this.#peek() !== '\n') this.#at++
  }

  #peek(): string {
    return this.#text[this.#at] ?? ''
  }
}
