import { bidiClasses, hasRightToLeft, satisfiesBidiRule } from './bidi.ts'
import { codePointsOf, textOf } from './code-points.ts'
import { ContextRules } from './context.ts'
import { JidError } from './jid-error.ts'
import { isWideSpace, mapWidth, precisProperty, pushLower } from './unicode.ts'

/** A PRECIS string class (RFC 8264 §4). */
type StringClass = 'identifier' | 'freeform'

/** Throws unless every code point is allowed by the class where it stands. */
function checkClass(points: readonly number[], stringClass: StringClass): void {
  let rules: ContextRules | undefined
  for (let i = 0; i < points.length; i++) {
    const property = precisProperty.of(points[i] as number)
    if (property === 'P' || (property === 'F' && stringClass === 'freeform')) continue
    if (property === 'J' || property === 'O') {
      rules ??= new ContextRules(points)
      if (rules.allows(i)) continue
      throw new JidError('a code point stands where its contextual rule forbids it')
    }
    throw new JidError(`a code point that the ${stringClass} class disallows`)
  }
}

/** Normalises the mapped code points of `text`. What is no longer `text`, which was checked, is checked again. */
function normaliseWithin(points: readonly number[], stringClass: StringClass, text: string): string {
  const normal = textOf(points).normalize('NFC')
  if (normal !== text) checkClass(codePointsOf(normal), stringClass)
  return normal
}

function applyUsername(text: string): string {
  const wide = mapWidth(codePointsOf(text))
  checkClass(wide, 'identifier')
  const lowered: number[] = []
  for (const point of wide) pushLower(lowered, point)
  const normal = normaliseWithin(lowered, 'identifier', text)
  const classes = bidiClasses(codePointsOf(normal))
  if (hasRightToLeft(classes) && !satisfiesBidiRule(classes)) throw new JidError('text breaks the bidi rule')
  return normal
}

function applyOpaque(text: string): string {
  const points = codePointsOf(text)
  checkClass(points, 'freeform')
  return normaliseWithin(
    points.map((point) => (isWideSpace(point) ? 0x20 : point)),
    'freeform',
    text,
  )
}

/** Applies a profile's rules, and again to the outcome: what is not stable is refused (RFC 8264 §7). */
function enforce(text: string, rules: (text: string) => string): string {
  const once = rules(text)
  if (once === '') throw new JidError('empty after preparation')
  if (once !== text && rules(once) !== once) throw new JidError('no stable form')
  return once
}

/** The UsernameCaseMapped profile (RFC 8265 §3.3). Throws JidError. */
export function enforceUsername(text: string): string {
  return enforce(text, applyUsername)
}

/** The OpaqueString profile (RFC 8265 §4.2). Throws JidError. */
export function enforceOpaque(text: string): string {
  return enforce(text, applyOpaque)
}
