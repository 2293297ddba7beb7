import { MappingTable, PropertyTable } from './code-points.ts'
import { bidiRuns, idnaRuns, joiningRuns, precisRuns, scriptRuns, viramaRuns } from './tables.ts'
import { foldSegments, fullFolds, lowerSegments, widthSegments } from './tables-mapping.ts'

// Everything an address depends on comes from these tables, pinned to Unicode 17, and never from the running Node's own
// (`\p{…}`, toLowerCase): an address in storage must mean the same under every Node. The one exception is
// String.prototype.normalize. It is safe because normalisation of assigned code points never changes (Unicode's stability
// policy) and because code points that Unicode 17 does not assign, or that the oldest Node cannot normalise, are refused first.

/** PRECIS derived property: P, F, J, O, D or U (tables.ts). */
export const precisProperty = new PropertyTable(precisRuns)
/** IDNA 2008 derived property: P, M, J, O, D or U (tables.ts). */
export const idnaProperty = new PropertyTable(idnaRuns)
/** Bidi_Class, a letter each (tables.ts). */
export const bidiClass = new PropertyTable(bidiRuns)
/** Joining_Type: D, L, R, T or U. */
export const joiningType = new PropertyTable(joiningRuns)
/** Script: G, H, K or X (tables.ts). */
export const scriptGroup = new PropertyTable(scriptRuns)
/** V where the combining class is Virama. */
export const combiningVirama = new PropertyTable(viramaRuns)

const width = new MappingTable(widthSegments)
const lower = new MappingTable(lowerSegments)
const fold = new MappingTable(foldSegments)
const foldsToMany = new Map<number, readonly number[]>()
for (const [from, to] of fullFolds)
  foldsToMany.set(
    from,
    [...to].map((c) => c.codePointAt(0) as number),
  )

const dottedCapitalI = 0x130

/** Fullwidth and halfwidth code points mapped to their decompositions (RFC 8264 §5.2.1). */
export function mapWidth(points: readonly number[]): number[] {
  return points.map((point) => width.of(point) ?? point)
}

/** One code point in lower case: nearly always one, two for U+0130. Final sigma is not a case of its own, so that a name has one form wherever it stands. */
export function pushLower(into: number[], point: number): void {
  if (point === dottedCapitalI) into.push(0x69, 0x307)
  else into.push(lower.of(point) ?? point)
}

/** Simple case folding (Case_Folding C). */
export function foldOne(point: number): number {
  return fold.of(point) ?? lower.of(point) ?? point
}

/** Full case folding (Case_Folding C and F). */
export function pushFolded(into: number[], point: number): void {
  const many = foldsToMany.get(point)
  if (many === undefined) into.push(foldOne(point))
  else into.push(...many)
}

/** A non-ASCII space (General_Category Zs), which OpaqueString maps to U+0020. */
export function isWideSpace(point: number): boolean {
  return (
    point === 0xa0 ||
    point === 0x1680 ||
    (point >= 0x2000 && point <= 0x200a) ||
    point === 0x202f ||
    point === 0x205f ||
    point === 0x3000
  )
}
