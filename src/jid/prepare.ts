import { enforceDomain } from './domain.ts'
import { JidError } from './jid-error.ts'
import { enforceOpaque, enforceUsername } from './precis.ts'
import { nodeprep, resourceprep } from './stringprep.ts'

/** The most octets a part may have after preparation (RFC 7622 §3.1). */
export const MAX_PART_OCTETS = 1023
// Preparation shortens a text to a third at most: fullwidth letters to ASCII, Hangul letters to a syllable.
const MAX_RAW_OCTETS = 3 * MAX_PART_OCTETS
const MAX_PASSWORD_UNITS = 4096
const excludedFromLocal = /["&'/:<>@]/

const isLocal = 1
const isResource = 2
const isCapital = 4

// What each ASCII character may be without further thought.
const ascii = new Uint8Array(128)
for (let c = 0x20; c < 0x7f; c++) {
  const isPlainLocal = c !== 0x20 && !excludedFromLocal.test(String.fromCharCode(c))
  const capital = c >= 0x41 && c <= 0x5a
  ascii[c] = isResource | (isPlainLocal && !capital ? isLocal : 0) | (capital ? isCapital : 0)
}

/** Is the whole text ASCII of these kinds? */
function isAsciiOf(text: string, kinds: number): boolean {
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i)
    if (c > 0x7f || ((ascii[c] as number) & kinds) === 0) return false
  }
  return true
}

function isLonger(text: string, octets: number): boolean {
  // A UTF-16 unit is one to three octets.
  if (text.length * 3 <= octets) return false
  return text.length > octets || Buffer.byteLength(text, 'utf8') > octets
}

function checkRaw(text: string): void {
  if (text === '') throw new JidError('an empty part')
  if (isLonger(text, MAX_RAW_OCTETS)) throw new JidError('a part is too long')
}

function checkRawPassword(text: string): void {
  if (text === '') throw new JidError('an empty password')
  if (text.length > MAX_PASSWORD_UNITS) throw new JidError('a password is too long')
}

function checkOctets(text: string): string {
  if (isLonger(text, MAX_PART_OCTETS)) throw new JidError('a part is too long')
  return text
}

function checkLocal(prepared: string): string {
  if (excludedFromLocal.test(prepared)) throw new JidError('a character that no local part may have')
  return checkOctets(prepared)
}

/** Prepares a local part (RFC 7622 §3.3.1: UsernameCaseMapped, less eight characters). Throws JidError. */
export function prepareLocal(text: string): string {
  checkRaw(text)
  if (isAsciiOf(text, isLocal)) return checkOctets(text)
  if (isAsciiOf(text, isLocal | isCapital)) return checkOctets(text.toLowerCase())
  return checkLocal(enforceUsername(text))
}

/** Prepares a resource (RFC 7622 §3.4.1: OpaqueString). Throws JidError. */
export function prepareResource(text: string): string {
  checkRaw(text)
  return checkOctets(isAsciiOf(text, isResource) ? text : enforceOpaque(text))
}

/** Prepares a domain (RFC 7622 §3.2): lower-case U-labels, IPv4, or IPv6 in brackets. Throws JidError. */
export function prepareDomain(text: string): string {
  checkRaw(text)
  return checkOctets(enforceDomain(text))
}

/** Prepares a password (RFC 8265 §4.2: OpaqueString). Throws JidError; also for more than 4096 UTF-16 units. */
export function prepareOpaque(password: string): string {
  checkRawPassword(password)
  return isAsciiOf(password, isResource) ? password : enforceOpaque(password)
}

/** Prepares a password as servers before PRECIS did (RFC 3920 resourceprep), for hashes they made. Throws JidError. */
export function preparePasswordLegacy(password: string): string {
  checkRawPassword(password)
  return isAsciiOf(password, isResource) ? password : resourceprep(password)
}

/** Prepares a stored local part as servers before PRECIS did (RFC 3920 nodeprep). Throws JidError. */
export function prepareLocalLegacy(text: string): string {
  checkRaw(text)
  if (isAsciiOf(text, isLocal)) return checkOctets(text)
  return checkOctets(nodeprep(text))
}

/** Prepares a stored resource as servers before PRECIS did (RFC 3920 resourceprep). Throws JidError. */
export function prepareResourceLegacy(text: string): string {
  checkRaw(text)
  return checkOctets(isAsciiOf(text, isResource) ? text : resourceprep(text))
}
