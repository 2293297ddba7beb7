import { domainToASCII } from 'node:url'

/**
 * Prepares a domain for comparison: lower case, no trailing dot. `undefined` when it cannot be one. Addresses in
 * brackets are domains too (RFC 7622 §3.2).
 */
export function prepareDomainName(text: string): string | undefined {
  const name = text.normalize('NFC').toLowerCase().replace(/\.$/, '')
  if (name === '' || name.length > 1023 || /[\s/@]/.test(name)) return undefined
  if (name.startsWith('[')) return name.endsWith(']') ? name : undefined
  if (domainToASCII(name) === '') return undefined
  return name.split('.').every((label) => label !== '' && !label.startsWith('-') && !label.endsWith('-'))
    ? name
    : undefined
}
