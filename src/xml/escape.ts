// Markup, white space that reading would normalise away, and what XML 1.0 §2.2 has no way to carry.
const inValues = /[&<>'"\t\n\r\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/
const inText = /[&<>\r\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/
const everyInValues = new RegExp(inValues, 'g')
const everyInText = new RegExp(inText, 'g')

const written: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  "'": '&apos;',
  '"': '&quot;',
  '\t': '&#9;',
  '\n': '&#10;',
  '\r': '&#13;',
}

// A character that XML cannot carry becomes U+FFFD: a stream must not break because of what a form or an API let in.
const escapeChar = (char: string): string => written[char] ?? '\ufffd'

/** Escapes an attribute value for either kind of quotes; the result is right as character data, too. */
export function escapeXml(text: string): string {
  return inValues.test(text) ? text.replace(everyInValues, escapeChar) : text
}

/** Escapes character data. */
export function escapeText(text: string): string {
  return inText.test(text) ? text.replace(everyInText, escapeChar) : text
}
