import type { LdapEntry } from '../../../net/ldap-pool.ts'
import { type Element, el } from '../../../xml/element.ts'
import { vcardNs } from '../cards.ts'
import type { LdapVcardOptions } from './options.ts'

/** Attribute values that are no text. */
export const photoField = 'PHOTO'

/** Whose entry it is. */
export interface EntryOwner {
  readonly local: string
  readonly domain: string
}

/** The values of the fields of a card, by field; those without a value are missing. */
export function fieldValues(
  map: LdapVcardOptions['vcard_map'],
  { local, domain }: EntryOwner,
  { attributes }: LdapEntry,
): Map<string, string> {
  const values = new Map<string, string>()
  for (const { vcard_field: field, ldap_pattern: pattern, ldap_field: attribute } of map) {
    const value = attributes.get(attribute.toLowerCase())?.[0] ?? ''
    const marks: Readonly<Record<string, string>> = { '%u': local, '%d': domain, '%s': value }
    const text = pattern.replace(/%[uds]/g, (mark) => marks[mark] ?? '')
    if (text !== '') values.set(field.toUpperCase(), text)
  }
  return values
}

const simple = ['FN', 'NICKNAME', 'TITLE', 'URL', 'DESC', 'BDAY', 'ROLE'] as const

/** A card (XEP-0054) of these fields. What holds others is there even if empty. */
export function composedCard(values: ReadonlyMap<string, string>): Element {
  const leaf = (name: string) => {
    const value = values.get(name)
    return value === undefined ? undefined : el(name, vcardNs, value)
  }
  const group = (name: string, ...names: string[]) => el(name, vcardNs, names.map(leaf))
  const [tel, email, photo] = [values.get('TEL'), values.get('EMAIL'), values.get(photoField)]
  return el(
    'vCard',
    vcardNs,
    simple.map(leaf),
    group('N', 'FAMILY', 'GIVEN', 'MIDDLE'),
    group('ORG', 'ORGNAME', 'ORGUNIT'),
    group('ADR', 'STREET', 'LOCALITY', 'REGION', 'PCODE', 'CTRY'),
    tel === undefined
      ? undefined
      : el('TEL', vcardNs, el('VOICE', vcardNs), el('WORK', vcardNs), el('NUMBER', vcardNs, tel)),
    email === undefined
      ? undefined
      : el('EMAIL', vcardNs, el('INTERNET', vcardNs), el('PREF', vcardNs), el('USERID', vcardNs, email)),
    photo === undefined
      ? undefined
      : el('PHOTO', vcardNs, el('TYPE', vcardNs, 'image/jpeg'), el('BINVAL', vcardNs, photo)),
  )
}
