import { bidiClass } from './unicode.ts'

const rightToLeft = /[RAN]/
// RFC 5893 §2, conditions 1 to 6, over one Bidi_Class letter a code point; the letters are those of tables.ts.
const leftToRightLabel = /^(?=L)[LESCTOBM]*[LE]M*$/
const rightToLeftLabel = /^(?=[RA])[RANESCTOBM]*[RAEN]M*$/

/** The Bidi_Class letters of a string. */
export function bidiClasses(points: readonly number[]): string {
  let classes = ''
  for (const point of points) classes += bidiClass.of(point)
  return classes
}

/** Has it any code point of class R, AL or AN? */
export function hasRightToLeft(classes: string): boolean {
  return rightToLeft.test(classes)
}

/** The Bidi Rule (RFC 5893 §2) for one label or one string. */
export function satisfiesBidiRule(classes: string): boolean {
  if (leftToRightLabel.test(classes)) return true
  return rightToLeftLabel.test(classes) && !(classes.includes('E') && classes.includes('N'))
}
