import { z } from 'zod'
import { oneOf } from './option.ts'

/** A comparison: an attribute with an operator and a value; parentheses in the value are escaped (RFC 4515 §3). */
const comparison = /^[A-Za-z0-9.;:%-]+(?:=|~=|>=|<=)(?:[^()\\]|\\[0-9a-fA-F]{2})*/

/** Whether a text is an LDAP filter, in which `%u` and the like stand for values. */
export function isLdapFilter(text: string): boolean {
  return filterEnd(text, 0) === text.length
}

/** Where the filter that begins at `start` ends; -1 where none begins. */
function filterEnd(text: string, start: number): number {
  if (text[start] !== '(') return -1
  const isCombined = /[&|!]/.test(text[start + 1] ?? '')
  const end = isCombined ? partsEnd(text, start + 2) : start + 1 + comparisonLength(text.slice(start + 1))
  if (text[end] !== ')') return -1
  // A negation is of one filter.
  return text[start + 1] === '!' && filterEnd(text, start + 2) !== end ? -1 : end + 1
}

/** Where a row of filters ends; -1 where one of them is none. */
function partsEnd(text: string, start: number): number {
  let at = start
  while (text[at] === '(') {
    at = filterEnd(text, at)
    if (at < 0) return -1
  }
  return at
}

function comparisonLength(text: string): number {
  return comparison.exec(text)?.[0].length ?? text.length
}

/** An LDAP filter (RFC 4515). */
export function ldapFilter() {
  return z
    .string()
    .refine(isLdapFilter, { error: 'This is not an LDAP filter, such as (objectClass=person).' })
    .meta({ shownAs: 'LDAP filter' })
}

/** When aliases are followed. */
export function ldapDeref() {
  return oneOf('never', 'always', 'finding', 'searching').default('never').describe('When aliases are followed.')
}
