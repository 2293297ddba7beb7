import { notWellFormed, tooMuch } from './errors.ts'
import type { ScannerLimits } from './limits.ts'

/** The namespace of `xml:lang`, bound to its prefix without being declared. */
export const xmlNamespace = 'http://www.w3.org/XML/1998/namespace'
/** The namespace of declarations themselves. */
export const xmlnsNamespace = 'http://www.w3.org/2000/xmlns/'

/** Checks a default namespace: the two reserved ones cannot be it (Namespaces in XML 1.0 §3). Throws XmlError. */
export function checkDefault(uri: string): void {
  if (uri === xmlNamespace || uri === xmlnsNamespace) throw notWellFormed('a reserved namespace declared as default')
}

function checkDeclaration(prefix: string, uri: string): void {
  if (uri === '') throw notWellFormed('a prefix declared away')
  if (prefix === 'xmlns' || uri === xmlnsNamespace) throw notWellFormed('the prefix xmlns declared')
  if ((prefix === 'xml') !== (uri === xmlNamespace)) throw notWellFormed('the prefix xml declared otherwise')
}

/** The prefixes declared inside one element under scan, innermost last (Namespaces in XML 1.0 §6.1). */
export class Bindings {
  private readonly depths: number[] = []
  private readonly prefixes: string[] = []
  private readonly uris: string[] = []
  /** Bytes held by the declarations in scope. */
  bytes = 0

  get isEmpty(): boolean {
    return this.depths.length === 0
  }

  /** Adds a declaration made by the element at this depth. Throws XmlError. */
  declare(depth: number, prefix: string, uri: string, limits: ScannerLimits): void {
    checkDeclaration(prefix, uri)
    if (this.depths.length >= limits.maxAttributes) throw tooMuch('too many namespace prefixes')
    this.depths.push(depth)
    this.prefixes.push(prefix)
    this.uris.push(uri)
    this.bytes += prefix.length + uri.length
  }

  /** The namespace of a prefix, or undefined when nothing here declares it. */
  find(prefix: string): string | undefined {
    for (let i = this.prefixes.length - 1; i >= 0; i--) if (this.prefixes[i] === prefix) return this.uris[i]
    return undefined
  }

  /** Forgets what the element at this depth, and those inside it, declared. */
  leave(depth: number): void {
    while (!this.isEmpty && (this.depths.at(-1) as number) >= depth) {
      this.depths.pop()
      this.bytes -= (this.prefixes.pop() as string).length + (this.uris.pop() as string).length
    }
  }

  /** Everything declared, by prefix. */
  toMap(): Map<string, string> {
    return new Map(this.prefixes.map((prefix, i) => [prefix, this.uris[i] as string]))
  }
}
