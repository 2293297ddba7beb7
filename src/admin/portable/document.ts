import { isAbsolute, join } from 'node:path'
import { folderOf, readPieces } from '../../storage/stream-files.ts'
import type { Element } from '../../xml/element.ts'
import { type Nested, NestedReader } from '../../xml/nested-reader.ts'
import { isStreamed, portableNs, xincludeNs } from './format.ts'

/** What stands in a document, in its order. */
export type PortableEvent =
  | { readonly kind: 'host'; readonly domain: string }
  | { readonly kind: 'user'; readonly element: Element }
  /** A child of the user, or of a container of the user. */
  | { readonly kind: 'part'; readonly element: Element; readonly container: Element | undefined }
  | { readonly kind: 'userEnd' }

/** The document cannot be read: nothing is to be made of what came before. */
export class DocumentError extends Error {
  constructor(file: string, cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    super(`${file}: ${reason}`, { cause })
    this.name = 'DocumentError'
  }
}

/** The elements inside one another that hold users, outermost first. */
const levels = ['server-data', 'host', 'user'] as const
const userLevel = 2
/** Characters of an element that is held as a whole. */
const largest = 32 * 1024 * 1024

/** Reads a document of XEP-0227 and the files that it includes, without holding more than one element. Throws DocumentError. */
export function readDocument(file: string): AsyncGenerator<PortableEvent> {
  return readFrom(file, 0)
}

async function* readFrom(file: string, level: number): AsyncGenerator<PortableEvent> {
  const reader = new NestedReader({
    isContainer: (element, depth) => isContainer(element, depth + level),
    maxLength: largest,
  })
  const state: State = { file, level, container: undefined }
  try {
    for await (const piece of readPieces(file)) {
      for (const nested of reader.push(piece)) yield* eventsOf(nested, state)
    }
    reader.end()
  } catch (error) {
    throw error instanceof DocumentError ? error : new DocumentError(file, error)
  }
}

function isContainer(element: Element, level: number): boolean {
  const name = levels[level]
  return name === undefined ? level === userLevel + 1 && isStreamed(element) : element.is(name, portableNs)
}

interface State {
  readonly file: string
  /** The level of the root of this file. */
  readonly level: number
  container: Element | undefined
}

async function* eventsOf(nested: Nested, state: State): AsyncGenerator<PortableEvent> {
  const level = nested.depth + state.level
  if (nested.kind === 'open') yield* opened(nested.element, level, state)
  else if (nested.kind === 'close') {
    if (level === userLevel) yield { kind: 'userEnd' }
    state.container = undefined
  } else if (nested.element.is('include', xincludeNs) && nested.depth > 0 && level <= userLevel) {
    yield* readFrom(includedFile(nested.element, state.file), level)
  } else if (level > userLevel) yield { kind: 'part', element: nested.element, container: state.container }
  else if (nested.depth === 0 || nested.element.ns === portableNs) {
    throw new Error(`<${nested.element.name}/> where <${levels[level]} xmlns='${portableNs}'/> belongs`)
  }
}

function* opened(element: Element, level: number, state: State): Generator<PortableEvent> {
  if (level === 1) yield { kind: 'host', domain: required(element, 'jid') }
  else if (level === userLevel) {
    required(element, 'name')
    yield { kind: 'user', element }
  } else if (level > userLevel) state.container = element
}

function required(element: Element, name: string): string {
  const value = element.attr(name)
  if (value === undefined || value === '') throw new Error(`<${element.name}/> without ${name}`)
  return value
}

/** XEP-0227 §5: a relative reference, to a file below the folder of the one that includes it. */
function includedFile(include: Element, file: string): string {
  const href = include.attr('href') ?? ''
  const path = decodeURIComponent(href)
  const isBelow =
    path !== '' && !isAbsolute(path) && !path.split('/').includes('..') && !/^[a-z][a-z0-9+.-]*:/i.test(href)
  if (!isBelow || include.attr('parse') !== undefined || include.attr('xpointer') !== undefined) {
    throw new Error(`an include that is not followed: ${href}`)
  }
  return join(folderOf(file), path)
}
