/** The code points of a string; a lone surrogate counts as one. */
export function codePointsOf(text: string): number[] {
  const points: number[] = []
  for (let i = 0; i < text.length; i++) {
    const point = text.codePointAt(i) as number
    if (point > 0xffff) i++
    points.push(point)
  }
  return points
}

// String.fromCodePoint takes its code points as arguments; more than this many at once could exhaust the stack.
const CHUNK = 4096

/** The string of some code points. */
export function textOf(points: readonly number[]): string {
  if (points.length <= CHUNK) return String.fromCodePoint(...points)
  let text = ''
  for (let i = 0; i < points.length; i += CHUNK) text += String.fromCodePoint(...points.slice(i, i + CHUNK))
  return text
}

/** The last index whose value is not greater than `wanted`; `sorted[0]` must not be greater. */
function floorIndex(sorted: Uint32Array, wanted: number): number {
  let low = 0
  let high = sorted.length - 1
  while (low < high) {
    const middle = (low + high + 1) >>> 1
    if ((sorted[middle] as number) <= wanted) low = middle
    else high = middle - 1
  }
  return low
}

const PAGE = 256

/** A property of every code point: a letter each. Decoded from its run lengths when first asked, page by page. */
export class PropertyTable {
  readonly #runs: string
  #starts: Uint32Array | undefined
  #letters = ''
  readonly #pages: (readonly string[] | undefined)[] = []

  /** `runs`: run lengths in base 36, each followed by a capital letter. */
  constructor(runs: string) {
    this.#runs = runs
  }

  /** The letter of a code point. */
  of(point: number): string {
    const page = this.#pages[point >>> 8] ?? this.#decodePage(point >>> 8)
    return page[point & (PAGE - 1)] as string
  }

  #decodePage(number: number): readonly string[] {
    const starts = this.#starts ?? this.#decode()
    const first = number * PAGE
    const page = Array.from({ length: PAGE }, (_, i) => this.#letters.charAt(floorIndex(starts, first + i)))
    // Most pages of the far planes are alike; one array serves them.
    const letter = page[0] as string
    const shared = page.every((other) => other === letter) ? uniformPage(letter) : page
    this.#pages[number] = shared
    return shared
  }

  #decode(): Uint32Array {
    const starts: number[] = []
    let start = 0
    for (const [, length, letter] of this.#runs.matchAll(/([0-9a-z]+)([A-Z])/g)) {
      starts.push(start)
      this.#letters += letter as string
      start += Number.parseInt(length as string, 36)
    }
    this.#starts = Uint32Array.from(starts)
    return this.#starts
  }
}

const uniformPages = new Map<string, readonly string[]>()

function uniformPage(letter: string): readonly string[] {
  let page = uniformPages.get(letter)
  if (page === undefined) {
    page = Array.from({ length: PAGE }, () => letter)
    uniformPages.set(letter, page)
  }
  return page
}

/** A mapping of one code point to one. Decoded from its segments when first asked. */
export class MappingTable {
  readonly #segments: string
  #starts: Uint32Array | undefined
  #counts: number[] = []
  #steps: number[] = []
  #shifts: number[] = []

  /** `segments`: `gap count step shift` in base 36, separated by commas; gap is the distance from the segment before. */
  constructor(segments: string) {
    this.#segments = segments
  }

  /** What a code point is mapped to, or undefined. */
  of(point: number): number | undefined {
    const starts = this.#starts ?? this.#decode()
    const index = floorIndex(starts, point)
    const offset = point - (starts[index] as number)
    const step = this.#steps[index] as number
    if (offset < 0 || offset % step !== 0 || offset / step >= (this.#counts[index] as number)) return undefined
    return point + (this.#shifts[index] as number)
  }

  #decode(): Uint32Array {
    const starts: number[] = []
    let start = 0
    for (const segment of this.#segments.split(',')) {
      const [gap, count, step, shift] = segment.split(' ').map((field) => Number.parseInt(field, 36))
      start += gap as number
      starts.push(start)
      this.#counts.push(count as number)
      this.#steps.push(step as number)
      this.#shifts.push(shift as number)
    }
    this.#starts = Uint32Array.from(starts)
    return this.#starts
  }
}
