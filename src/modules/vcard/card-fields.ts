/** How a value stands in an element: as text of one child, of several, or as empty children with a name each. */
type Part = readonly [element: string, kind: 'text' | 'texts'] | { readonly tags: readonly string[] }

/** A field that has parts, by their names. */
export type Parts = Readonly<Record<string, Part>>

const addressTags = ['HOME', 'WORK', 'POSTAL', 'PARCEL', 'DOM', 'INTL', 'PREF'] as const
const telephoneTags = [
  ...(['HOME', 'WORK', 'VOICE', 'FAX', 'PAGER', 'MSG', 'CELL', 'VIDEO'] as const),
  ...(['BBS', 'MODEM', 'ISDN', 'PCS', 'PREF'] as const),
]
const image: Parts = { type: ['TYPE', 'text'], binValue: ['BINVAL', 'text'], extValue: ['EXTVAL', 'text'] }

/** The names of a person (XEP-0054 §3.3, `N`). */
export const nameParts: Parts = {
  family: ['FAMILY', 'text'],
  givenName: ['GIVEN', 'text'],
  middleName: ['MIDDLE', 'text'],
  prefix: ['PREFIX', 'text'],
  suffix: ['SUFFIX', 'text'],
}

/** Fields that are lists of texts, and their elements. */
export const textFields: Readonly<Record<string, string>> = {
  ...{ nickname: 'NICKNAME', birthday: 'BDAY', jabberId: 'JABBERID', mailer: 'MAILER', timeZone: 'TZ' },
  ...{ title: 'TITLE', role: 'ROLE', note: 'NOTE', prodId: 'PRODID', rev: 'REV', sortString: 'SORT-STRING' },
  ...{ uid: 'UID', url: 'URL', desc: 'DESC' },
}

/** Fields that are lists of what has parts, and their elements. */
export const partFields: Readonly<Record<string, { readonly element: string; readonly parts: Parts }>> = {
  photo: { element: 'PHOTO', parts: image },
  address: {
    element: 'ADR',
    parts: {
      tags: { tags: addressTags },
      pobox: ['POBOX', 'text'],
      extadd: ['EXTADD', 'text'],
      street: ['STREET', 'text'],
      locality: ['LOCALITY', 'text'],
      region: ['REGION', 'text'],
      pcode: ['PCODE', 'text'],
      country: ['CTRY', 'text'],
    },
  },
  label: { element: 'LABEL', parts: { tags: { tags: addressTags }, line: ['LINE', 'texts'] } },
  telephone: { element: 'TEL', parts: { tags: { tags: telephoneTags }, number: ['NUMBER', 'text'] } },
  email: {
    element: 'EMAIL',
    parts: { tags: { tags: ['HOME', 'WORK', 'INTERNET', 'PREF', 'X400'] }, userId: ['USERID', 'text'] },
  },
  geo: { element: 'GEO', parts: { lat: ['LAT', 'text'], lon: ['LON', 'text'] } },
  logo: { element: 'LOGO', parts: image },
  org: { element: 'ORG', parts: { orgname: ['ORGNAME', 'text'], orgunit: ['ORGUNIT', 'texts'] } },
  categories: { element: 'CATEGORIES', parts: { keyword: ['KEYWORD', 'texts'] } },
  sound: {
    element: 'SOUND',
    parts: { phonetic: ['PHONETIC', 'text'], binValue: ['BINVAL', 'text'], extValue: ['EXTVAL', 'text'] },
  },
  class: { element: 'CLASS', parts: { tags: { tags: ['PUBLIC', 'PRIVATE', 'CONFIDENTIAL'] } } },
  key: { element: 'KEY', parts: { type: ['TYPE', 'text'], credential: ['CRED', 'text'] } },
}
