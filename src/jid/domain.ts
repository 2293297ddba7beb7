import { bidiClasses, hasRightToLeft, satisfiesBidiRule } from './bidi.ts'
import { codePointsOf, textOf } from './code-points.ts'
import { ContextRules } from './context.ts'
import { isIpv6 } from './ipv6.ts'
import { JidError } from './jid-error.ts'
import { decodePunycode, encodePunycode } from './punycode.ts'
import { foldOne, idnaProperty, mapWidth, pushLower } from './unicode.ts'

const MAX_LABEL = 63
const MAX_NAME = 253
const plainName = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/
// Hyphens third and fourth: an A-label, or nothing that is allowed (RFC 5890 §2.3.1).
const reservedLabel = /(?:^|\.)[^.]{2}--/
const ldhLabel = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/
const asciiOnly = /^[\x00-\x7f]*$/
const ideographicStop = 0x3002

/** Maps width and case, and the full stops of East Asia, and normalises. Code points that IDNA accepts as they are stay. */
function mapDomain(text: string): string {
  const mapped: number[] = []
  for (const point of mapWidth(codePointsOf(text))) {
    const property = idnaProperty.of(point)
    if (property === 'U') throw new JidError('an unassigned code point in a domain')
    if (point === ideographicStop) mapped.push(0x2e)
    else if (property !== 'D') mapped.push(point)
    else pushLowerLabel(mapped, point)
  }
  return textOf(mapped).normalize('NFC')
}

/** Lower case; where IDNA has the capital (Cherokee), the folded form. */
function pushLowerLabel(into: number[], point: number): void {
  const start = into.length
  pushLower(into, point)
  if (into.length === start + 1 && idnaProperty.of(into[start] as number) === 'D') into[start] = foldOne(point)
}

/** Throws unless the label is a U-label (RFC 5890 §2.3.2.1), its bidi rule aside, which is for the whole name. */
function checkULabel(label: string, points: readonly number[]): void {
  if (label.startsWith('-') || label.endsWith('-') || label.startsWith('--', 2)) {
    throw new JidError('a hyphen where a label may have none')
  }
  if (idnaProperty.of(points[0] as number) === 'M') throw new JidError('a label begins with a combining mark')
  let rules: ContextRules | undefined
  for (let i = 0; i < points.length; i++) {
    const property = idnaProperty.of(points[i] as number)
    if (property === 'P' || property === 'M') continue
    if (property !== 'J' && property !== 'O') throw new JidError('a code point that IDNA disallows')
    rules ??= new ContextRules(points)
    if (!rules.allows(i)) throw new JidError('a code point stands where its contextual rule forbids it')
  }
}

/** The U-label of an A-label. */
function decodeALabel(label: string): string {
  const points = decodePunycode(label.slice(4))
  const text = textOf(points)
  const isCanonical =
    !asciiOnly.test(text) && text.normalize('NFC') === text && encodePunycode(points) === label.slice(4)
  if (!isCanonical) throw new JidError('a label with xn-- that is no A-label')
  return text
}

/** One label prepared, with the length of its ASCII form. */
function prepareLabel(label: string): { label: string; length: number } {
  // A cheap bound before the work: 63 code points are 126 UTF-16 units at most.
  if (label.length > 2 * MAX_LABEL) throw new JidError('a label is too long')
  if (asciiOnly.test(label) && !label.startsWith('xn--')) {
    if (label.length > MAX_LABEL) throw new JidError('a label is too long')
    if (!ldhLabel.test(label) || label.startsWith('--', 2))
      throw new JidError('a label with other than letters, digits and hyphens')
    return { label, length: label.length }
  }
  const unicode = asciiOnly.test(label) ? decodeALabel(label) : label
  const points = codePointsOf(unicode)
  checkULabel(unicode, points)
  const length = encodePunycode(points).length + 4
  if (length > MAX_LABEL) throw new JidError('a label is too long')
  return { label: unicode, length }
}

/** Is a domain plain already: lower-case ASCII labels, none in need of decoding? */
export function isPlainDomain(text: string): boolean {
  return text.length <= MAX_NAME && plainName.test(text) && !(text.includes('--') && reservedLabel.test(text))
}

/**
 * Prepares the domain of an address (RFC 7622 §3.2): lower-case U-labels under IDNA 2008, no trailing dot; an IPv4 address,
 * or an IPv6 address in brackets. Throws JidError.
 */
export function enforceDomain(text: string): string {
  if (isPlainDomain(text)) return text
  if (text.startsWith('[')) return prepareAddress(text)
  const mapped = asciiOnly.test(text) ? text.toLowerCase() : mapDomain(text)
  if (isPlainDomain(mapped)) return mapped
  const labels = (mapped.endsWith('.') ? mapped.slice(0, -1) : mapped).split('.').map(prepareLabel)
  const length = labels.reduce((sum, label) => sum + label.length + 1, -1)
  if (length > MAX_NAME) throw new JidError('a domain is too long')
  const classes = labels.map(({ label }) => bidiClasses(codePointsOf(label)))
  if (classes.some(hasRightToLeft) && !classes.every(satisfiesBidiRule))
    throw new JidError('a domain breaks the bidi rule')
  return labels.map(({ label }) => label).join('.')
}

function prepareAddress(text: string): string {
  const address = text.slice(1, -1)
  if (!text.endsWith(']') || !isIpv6(address)) throw new JidError('brackets without an IPv6 address')
  return `[${address.toLowerCase()}]`
}
