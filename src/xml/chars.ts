import { notWellFormed } from './errors.ts'

/** May begin a name (XML 1.0 §2.3). Every byte beyond ASCII has this bit: {@link checkName} looks closer. */
export const NAME_START = 1
/** May stand in a name, the colon included. */
export const NAME = 2
/** White space (XML 1.0 §2.3). */
export const SPACE = 4
/** Character data that needs no attention: neither markup nor a control character nor `>` (which may end `]]>`). */
export const TEXT = 8
/** As TEXT, in an attribute value: no quote, and no white space that is normalised (XML 1.0 §3.3.3). */
export const VALUE = 16
/** As TEXT, in a CDATA section. */
export const CDATA = 32
/** Part of a character beyond ASCII. */
export const HIGH = 64
/** The colon. */
export const COLON = 128

function classify(byte: number): number {
  const char = String.fromCharCode(byte)
  let bits = 0
  if (byte >= 0x80) bits |= NAME_START | NAME | HIGH
  if (/[A-Za-z_]/.test(char)) bits |= NAME_START | NAME
  if (/[0-9.\-:]/.test(char)) bits |= NAME
  if (char === ':') bits |= COLON
  if (/[ \t\r\n]/.test(char)) bits |= SPACE
  const allowed = byte >= 0x20 || (bits & SPACE) !== 0
  if (allowed && !/[<&>]/.test(char)) bits |= TEXT
  if (byte >= 0x20 && !/[<&'"]/.test(char)) bits |= VALUE
  if (allowed && char !== '>') bits |= CDATA
  return bits
}

/** What each byte may be, by the bits above. */
export const CLASSES: Uint8Array = Uint8Array.from({ length: 256 }, (_, byte) => classify(byte))

// XML 1.0 (fifth edition) §2.3, productions [4] and [4a]; the colon is left to the namespace rules.
const nameStart =
  'A-Z_a-z\\u{C0}-\\u{D6}\\u{D8}-\\u{F6}\\u{F8}-\\u{2FF}\\u{370}-\\u{37D}\\u{37F}-\\u{1FFF}\\u{200C}-\\u{200D}' +
  '\\u{2070}-\\u{218F}\\u{2C00}-\\u{2FEF}\\u{3001}-\\u{D7FF}\\u{F900}-\\u{FDCF}\\u{FDF0}-\\u{FFFD}\\u{10000}-\\u{EFFFF}'
const nameRest = `${nameStart}\\-.0-9\\u{B7}\\u{300}-\\u{36F}\\u{203F}-\\u{2040}`
const qualifiedName = new RegExp(`^(?:[${nameStart}][${nameRest}]*:)?[${nameStart}][${nameRest}]*$`, 'u')

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Checks a name of which `seen` are the class bits: a QName of Namespaces in XML 1.0 §4. Tells whether it has a prefix.
 * Throws XmlError.
 */
export function checkName(bytes: Uint8Array, start: number, end: number, seen: number): boolean {
  if ((seen & HIGH) === 0) checkColons(bytes, start, end)
  else if (!qualifiedName.test(decodeName(bytes.subarray(start, end)))) throw badName()
  return (seen & COLON) !== 0
}

// One colon at most, and a name begins after it, too; the rest of an ASCII name has been seen to be right.
function checkColons(bytes: Uint8Array, start: number, end: number): void {
  const colon = bytes.indexOf(0x3a, start)
  const next = colon + 1
  if (next === end || ((CLASSES[bytes[next] as number] as number) & NAME_START) === 0) throw badName()
  for (let at = next; at < end; at++) if (bytes[at] === 0x3a) throw badName()
}

function decodeName(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes)
  } catch (cause) {
    throw notWellFormed('a name is not valid UTF-8', cause)
  }
}

function badName(): Error {
  return notWellFormed('a name has a character that names do not have')
}

/** Whether a character reference may stand for this code point (XML 1.0 §2.2). */
export function isXmlChar(point: number): boolean {
  if (point < 0x20) return point === 9 || point === 10 || point === 13
  return point <= 0xd7ff || (point >= 0xe000 && point <= 0xfffd) || (point >= 0x10000 && point <= 0x10ffff)
}
