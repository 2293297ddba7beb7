import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { SaxesParser, type SaxesTagNS } from 'saxes'

/** An element as [namespace, name, attributes by name, children]; the first event is [namespace, name] of the header. */
export type Tree = readonly [string, string, (readonly [string, string])[], (Tree | string)[]]

/**
 * What another parser makes of a document. It ends where the other goes on and we do not, for a reason that is named:
 * `restricted` a comment, a processing instruction or a DTD; `stream-text` text between elements; `second-header`;
 * `xml-element` a first-level element in the namespace of xml; `encoding` one that is not UTF-8.
 */
export interface OracleOutcome {
  readonly events: readonly unknown[]
  readonly end:
    | 'closed'
    | 'open'
    | 'error'
    | 'restricted'
    | 'stream-text'
    | 'second-header'
    | 'xml-element'
    | 'encoding'
  readonly detail: string
}

/** Python's expat, one process for all documents; undefined when there is no python3. */
export function readWithExpat(documents: readonly Buffer[]): OracleOutcome[] | undefined {
  const program = fileURLToPath(new URL('expat.py', import.meta.url))
  const input = documents.map((document) => `${document.toString('base64')}\n`).join('')
  const result = spawnSync('python3', [program], { input, maxBuffer: 2 ** 30, encoding: 'utf8' })
  if (result.error !== undefined) return undefined
  if (result.status !== 0) throw new Error(result.stderr)
  return result.stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as OracleOutcome)
}

class Stop extends Error {}

/** The saxes package. It reads characters, so the document must be valid UTF-8. */
export function readWithSaxes(document: Buffer): OracleOutcome {
  const reader = new SaxesReader()
  try {
    reader.read(document.toString('utf8'))
  } catch (error) {
    if (!(error instanceof Stop)) return { events: reader.events, end: 'error', detail: String(error) }
  }
  return { events: reader.events, end: reader.end, detail: '' }
}

class SaxesReader {
  readonly events: unknown[] = []
  end: OracleOutcome['end'] = 'open'
  private readonly stack: Tree[] = []
  // It tells of a closed element before it looks whether the end tag was the right one.
  private justClosed: Tree | undefined = undefined
  private readonly parser = new SaxesParser({ xmlns: true })

  constructor() {
    const restricted = (): void => {
      this.close()
      this.stop('restricted')
    }
    this.parser.on('comment', restricted)
    this.parser.on('processinginstruction', restricted)
    this.parser.on('doctype', restricted)
    this.parser.on('xmldecl', ({ encoding }) => {
      if (encoding !== undefined && encoding.toUpperCase() !== 'UTF-8') this.stop('encoding')
    })
    this.parser.on('opentag', (tag) => this.open(tag))
    this.parser.on('closetag', () => {
      this.close()
      this.justClosed = this.stack.pop()
    })
    this.parser.on('text', (text) => this.text(text, false))
    this.parser.on('cdata', (text) => this.text(text, true))
  }

  read(text: string): void {
    try {
      this.parser.write(text)
    } catch (error) {
      if (!(error instanceof Stop) && !String(error).includes('unexpected close tag')) this.close()
      throw error
    }
    this.close()
  }

  private open({ uri, local, attributes }: SaxesTagNS): void {
    this.close()
    if (this.stack.length === 1 && local === 'stream' && uri === 'http://etherx.jabber.org/streams')
      this.stop('second-header')
    if (this.stack.length === 1 && uri === 'http://www.w3.org/XML/1998/namespace') this.stop('xml-element')
    if (this.stack.length === 0) this.events.push([uri, local])
    const attrs = Object.values(attributes)
      .filter((attr) => attr.uri !== 'http://www.w3.org/2000/xmlns/')
      .map((attr) => [attr.uri === '' ? attr.local : `{${attr.uri}}${attr.local}`, attr.value] as const)
    this.stack.push([uri, local, attrs, []])
  }

  private close(): void {
    const element = this.justClosed
    if (element === undefined) return
    this.justClosed = undefined
    if (this.stack.length === 0) this.stop('closed')
    if (this.stack.length === 1) this.events.push(element)
    else this.stack.at(-1)?.[3].push(element)
  }

  private text(text: string, isCdata: boolean): void {
    this.close()
    if (this.stack.length === 1) {
      if (isCdata || /[^ \t\r\n]/.test(text)) this.stop('stream-text')
    } else {
      const children = this.stack.at(-1)?.[3]
      const last = children?.at(-1)
      if (typeof last === 'string') children?.splice(-1, 1, last + text)
      else if (text !== '') children?.push(text)
    }
  }

  private stop(end: OracleOutcome['end']): never {
    if (this.end === 'open') this.end = end
    throw new Stop(end)
  }
}

/** The elements of an outcome in the form that {@link canonical} gives ours. */
export function canonicalTree(tree: Tree): string {
  const attrs = [...tree[2]].sort(([a], [b]) => (a < b ? -1 : 1))
  return JSON.stringify([
    tree[0],
    tree[1],
    attrs,
    tree[3].map((child) => (typeof child === 'string' ? child : canonicalTree(child))),
  ])
}
