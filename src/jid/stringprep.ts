import { bidiClasses } from './bidi.ts'
import { codePointsOf, textOf } from './code-points.ts'
import { JidError } from './jid-error.ts'
import { precisProperty, pushFolded } from './unicode.ts'

// Stringprep (RFC 3454) with the profiles of RFC 3920, for what servers before PRECIS stored. Code points that Unicode 3.2 did
// not assign are let through, as in a query (RFC 3454 §7), as long as Unicode 17 assigns them.

type Ranges = readonly (readonly [first: number, last: number])[]

// Table B.1.
const mappedToNothing: Ranges = [
  [0xad, 0xad],
  [0x34f, 0x34f],
  [0x1806, 0x1806],
  [0x180b, 0x180d],
  [0x200b, 0x200d],
  [0x2060, 0x2060],
  [0xfe00, 0xfe0f],
  [0xfeff, 0xfeff],
]
// Tables C.1.2, C.2.1, C.2.2, C.3 to C.9, but for the last two code points of each plane.
const prohibited: Ranges = [
  [0x0, 0x1f],
  [0x7f, 0xa0],
  [0x340, 0x341],
  [0x6dd, 0x6dd],
  [0x70f, 0x70f],
  [0x1680, 0x1680],
  [0x180e, 0x180e],
  [0x2000, 0x200f],
  [0x2028, 0x202f],
  [0x205f, 0x2063],
  [0x206a, 0x206f],
  [0x2ff0, 0x2ffb],
  [0x3000, 0x3000],
  [0xd800, 0xf8ff],
  [0xfdd0, 0xfdef],
  [0xfeff, 0xfeff],
  [0xfff9, 0xffff],
  [0x1d173, 0x1d17a],
  [0xe0001, 0xe0001],
  [0xe0020, 0xe007f],
  [0xf0000, 0x10ffff],
]
// Capitals whose small letters came after Unicode 3.2: case folding did not touch them then.
const foldedLater: Ranges = [
  [0x4c0, 0x4c0],
  [0x10a0, 0x10c5],
  [0x2132, 0x2132],
  [0x2183, 0x2183],
]
const nodeExcluded = new Set([...'"&\'/:<>@ '].map((c) => c.charCodeAt(0)))

function isIn(ranges: Ranges, point: number): boolean {
  return ranges.some(([first, last]) => point >= first && point <= last)
}

function isProhibited(point: number): boolean {
  return (point & 0xfffe) === 0xfffe || isIn(prohibited, point) || precisProperty.of(point) === 'U'
}

/** NFKC of what Unicode 17 assigns. */
function normalise(points: readonly number[]): string {
  if (points.some((point) => precisProperty.of(point) === 'U')) throw new JidError('an unassigned code point')
  return textOf(points).normalize('NFKC')
}

/** Table B.2: case folding for use with NFKC, which may bring capitals back. */
function foldForNfkc(points: readonly number[]): number[] {
  const folded: number[] = []
  for (const point of points) pushFoldedForNfkc(folded, point)
  return folded
}

function pushFoldedForNfkc(into: number[], point: number): void {
  const once = foldAsOf32([point])
  const normal = normalise(once)
  const again = textOf(foldAsOf32(codePointsOf(normal))).normalize('NFKC')
  into.push(...(again === normal ? once : codePointsOf(again)))
}

function foldAsOf32(points: readonly number[]): number[] {
  const folded: number[] = []
  for (const point of points) {
    if (isIn(foldedLater, point)) folded.push(point)
    else pushFolded(folded, point)
  }
  return folded
}

/** RFC 3454 §6. */
function checkBidi(points: readonly number[]): void {
  const classes = bidiClasses(points)
  if (!/[RA]/.test(classes)) return
  if (classes.includes('L') || !/^[RA]/.test(classes) || !/[RA]$/.test(classes))
    throw new JidError('text breaks the bidi rule')
}

function finish(points: readonly number[]): string {
  const text = normalise(points)
  const prepared = codePointsOf(text)
  if (prepared.some(isProhibited)) throw new JidError('a prohibited code point')
  checkBidi(prepared)
  if (text === '') throw new JidError('empty after preparation')
  return text
}

// With the u flag: halves of a pair that stand alone.
const loneSurrogate = /[\ud800-\udfff]/u

/** The code points that are not mapped to nothing. Two halves of a pair must not meet where what stood between them goes. */
function kept(text: string): number[] {
  if (loneSurrogate.test(text)) throw new JidError('a lone surrogate')
  return codePointsOf(text).filter((point) => !isIn(mappedToNothing, point))
}

/** The nodeprep profile (RFC 3920 appendix A). Throws JidError. */
export function nodeprep(text: string): string {
  const points = kept(text)
  const prepared = finish(foldForNfkc(points))
  if (codePointsOf(prepared).some((point) => nodeExcluded.has(point))) throw new JidError('a prohibited code point')
  return prepared
}

/** The resourceprep profile (RFC 3920 appendix B). Throws JidError. */
export function resourceprep(text: string): string {
  return finish(kept(text))
}

/**
 * A text as it is compared without regard to case and to ways of writing the same: case folding and NFKC with the checks of
 * the profiles above, but for direction, which a search does not mind. Throws JidError for prohibited and unassigned code points.
 */
export function foldForSearch(text: string): string {
  const points = kept(text)
  const folded = normalise(foldForNfkc(points))
  if (codePointsOf(folded).some(isProhibited)) throw new JidError('a prohibited code point')
  return folded
}
