import { isXmlChar } from './chars.ts'
import { notWellFormed, restricted } from './errors.ts'
import { fromWire, type Wire } from './wire.ts'

const predefined: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }

/** The longest reference that is looked at, without `&` and `;`. `&#x0010FFFF;` and some more zeros fit. */
export const longestReference = 32

/**
 * Checks a reference, given without `&` and `;`. Only the five predefined entities and character references exist for
 * us: others would need a DTD (RFC 6120 §11.1). Throws XmlError.
 */
export function checkReference(name: string): void {
  if (name.startsWith('#')) {
    if (!isXmlChar(pointOf(name))) throw notWellFormed('a character reference to what is not a character')
  } else if (!/^[A-Za-z_\x80-\xff][\w.\-:\x80-\xff]*$/.test(name)) throw notWellFormed('a reference without a name')
  else if (!Object.hasOwn(predefined, name)) throw restricted('a reference to an entity that is not predefined')
}

/** What is wrong with a reference longer than any we know, by its first byte. */
export function unknownReference(first: number): Error {
  if (first === 0x23) return notWellFormed('a character reference too long')
  return restricted('a reference to an entity that is not predefined')
}

/** The code point a character reference names, -1 when it names none. */
function pointOf(reference: string): number {
  if (/^#x[0-9A-Fa-f]+$/.test(reference)) return Number.parseInt(reference.slice(2), 16)
  return /^#[0-9]+$/.test(reference) ? Number.parseInt(reference.slice(1), 10) : -1
}

function resolve(text: string): string {
  if (!text.includes('&')) return text
  return text.replace(/&([^;]+);/g, (_, name: string) => predefined[name] ?? String.fromCodePoint(pointOf(name)))
}

// What keeps a value or a text from being its own decoded form.
const codedValue = /[&\t\n\r\x80-\xff]/
const codedText = /[&\r\x80-\xff]/

/** The value of a checked attribute: white space normalised (XML 1.0 §3.3.3), references resolved, UTF-8 decoded. */
export function decodeValue(value: Wire): string {
  if (!codedValue.test(value)) return value
  return resolve(fromWire(value).replace(/\r\n|[\t\n\r]/g, ' '))
}

/** Checked character data: line ends normalised (XML 1.0 §2.11), references resolved, UTF-8 decoded. */
export function decodeText(text: Wire): string {
  if (!codedText.test(text)) return text
  return resolve(decodeCdata(text))
}

/** What stands in a CDATA section: as text, but `&` stands for itself. */
export function decodeCdata(text: Wire): string {
  return fromWire(text).replace(/\r\n?/g, '\n')
}
