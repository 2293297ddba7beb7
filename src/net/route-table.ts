/** What a request's path was taken apart into. */
export interface RouteMatch<T> {
  readonly value: T
  /** Values of `:name` parts, decoded. */
  readonly params: Readonly<Record<string, string>>
  /** Decoded segments that `[...]` stands for. */
  readonly rest: readonly string[]
}

/** A thing mounted at a host and a path. */
export interface Mount<T> {
  /** Host name, or `_` for any. */
  readonly host: string
  /** For example `/api/users/:user/[:what]` or `/files/[...]`. */
  readonly path: string
  readonly value: T
}

interface Segment {
  readonly kind: 'literal' | 'named' | 'optional' | 'rest'
  readonly text: string
}

interface Compiled<T> {
  readonly host: string | undefined
  readonly segments: readonly Segment[]
  readonly value: T
}

// A lower rank is looked at first.
const ranks = { literal: 0, named: 1, optional: 2, rest: 3 } as const

/** A path pattern that makes no sense; the message names it. */
export class RouteError extends Error {
  override readonly name = 'RouteError'
}

/**
 * Finds who answers a request: mounts for the very host before those for any, among them the one with the longest literal
 * path. A host that has mounts of its own still falls back to those for any host.
 */
export class RouteTable<T> {
  readonly #routes: ReadonlyArray<Compiled<T>>

  constructor(mounts: readonly Mount<T>[]) {
    this.#routes = mounts.map(compile).sort(compareRoutes)
  }

  /** `host` without a port; `path` as it was sent, without the query. */
  find(host: string, path: string): RouteMatch<T> | undefined {
    const segments = splitPath(path)
    if (segments === undefined) return undefined
    const name = host.toLowerCase()
    for (const route of this.#routes) {
      if (route.host !== undefined && route.host !== name) continue
      const match = matchSegments(route, segments)
      if (match !== undefined) return match
    }
    return undefined
  }
}

/** Decoded segments of a path; undefined when it is not decodable or begins with no slash. */
function splitPath(path: string): string[] | undefined {
  if (!path.startsWith('/')) return undefined
  try {
    return path.slice(1).split('/').map(decodeURIComponent)
  } catch {
    return undefined
  }
}

function compile<T>({ host, path, value }: Mount<T>): Compiled<T> {
  const isAny = host === '_' || host === '[...]'
  const segments = path.replace(/^\//, '').split('/').map(compileSegment)
  const restAt = segments.findIndex(({ kind }) => kind === 'rest')
  const optionalAt = segments.findIndex(({ kind }) => kind === 'optional')
  const isMisplaced =
    (restAt >= 0 && restAt !== segments.length - 1) ||
    (optionalAt >= 0 && segments.slice(optionalAt).some(({ kind }) => kind === 'literal' || kind === 'named'))
  if (isMisplaced) throw new RouteError(`Optional parts must be the last of a path: ${path}`)
  return { host: isAny ? undefined : host.toLowerCase(), segments, value }
}

function compileSegment(text: string): Segment {
  if (text === '[...]') return { kind: 'rest', text: '' }
  const optional = /^\[:(\w+)\]$/.exec(text)
  if (optional) return { kind: 'optional', text: optional[1] ?? '' }
  if (/^:\w+$/.test(text)) return { kind: 'named', text: text.slice(1) }
  return { kind: 'literal', text }
}

function compareRoutes<T>(a: Compiled<T>, b: Compiled<T>): number {
  if ((a.host === undefined) !== (b.host === undefined)) return a.host === undefined ? 1 : -1
  const length = Math.max(a.segments.length, b.segments.length)
  for (let index = 0; index < length; index++) {
    const difference = rankOf(a.segments[index]) - rankOf(b.segments[index])
    if (difference !== 0) return difference
  }
  return 0
}

// A path that ends is worth more than one that goes on with optional parts, less than one with a further literal.
function rankOf(segment: Segment | undefined): number {
  return segment === undefined ? 1.5 : ranks[segment.kind]
}

function matchSegments<T>(route: Compiled<T>, segments: readonly string[]): RouteMatch<T> | undefined {
  const params: Record<string, string> = {}
  for (const [index, segment] of route.segments.entries()) {
    if (segment.kind === 'rest') return { value: route.value, params, rest: segments.slice(index) }
    const given = segments[index]
    if (!fits(segment, given)) return undefined
    if (segment.kind !== 'literal' && given) params[segment.text] = given
  }
  return segments.length <= route.segments.length ? { value: route.value, params, rest: [] } : undefined
}

function fits({ kind, text }: Segment, given: string | undefined): boolean {
  if (kind === 'literal') return given === text
  return kind === 'optional' || (given !== undefined && given !== '')
}
