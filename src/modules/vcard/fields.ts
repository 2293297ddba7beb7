import { JidError } from '../../jid/jid-error.ts'
import { foldForSearch } from '../../jid/stringprep.ts'
import { StanzaError } from '../../stanza/stanza-error.ts'
import type { Element } from '../../xml/element.ts'

/** The column of a field in the table of search values. */
export type Column =
  | 'username'
  | 'fn'
  | 'given'
  | 'middle'
  | 'family'
  | 'nickname'
  | 'bday'
  | 'ctry'
  | 'locality'
  | 'email'
  | 'orgname'
  | 'orgunit'

/** A field of the directory: how it is called in forms, and where its value stands in a card. */
export interface DirectoryField {
  readonly var: string
  readonly column: Column
  /** In the search form, and unless another is given, in the columns of a result. */
  readonly label: string
  readonly reportedLabel?: string
  /** Where the value stands in a card, the first that is there; nothing for the user name. */
  readonly paths: readonly (readonly string[])[]
}

/** The fields in the order of the form (XEP-0055 with the fields that clients of MongooseIM know). */
export const directoryFields: readonly DirectoryField[] = [
  { var: 'user', column: 'username', label: 'User', paths: [] },
  { var: 'fn', column: 'fn', label: 'Full Name', paths: [['FN']] },
  { var: 'first', column: 'given', label: 'First Name', reportedLabel: 'Name', paths: [['N', 'GIVEN']] },
  { var: 'middle', column: 'middle', label: 'Middle Name', paths: [['N', 'MIDDLE']] },
  { var: 'last', column: 'family', label: 'Family Name', paths: [['N', 'FAMILY']] },
  { var: 'nick', column: 'nickname', label: 'Nickname', paths: [['NICKNAME']] },
  { var: 'bday', column: 'bday', label: 'Birthday', paths: [['BDAY']] },
  { var: 'ctry', column: 'ctry', label: 'Country', paths: [['ADR', 'CTRY']] },
  { var: 'locality', column: 'locality', label: 'City', paths: [['ADR', 'LOCALITY']] },
  { var: 'email', column: 'email', label: 'Email', paths: [['EMAIL', 'USERID'], ['EMAIL']] },
  { var: 'orgname', column: 'orgname', label: 'Organization Name', paths: [['ORG', 'ORGNAME']] },
  { var: 'orgunit', column: 'orgunit', label: 'Organization Unit', paths: [['ORG', 'ORGUNIT']] },
]

/** The columns that come out of a card. */
export const cardFields = directoryFields.filter((field) => field.column !== 'username')

/** Longest value that is compared, in UTF-16 units; of a longer one the beginning counts. */
const maxCompared = 190

/** White space as people see it: none around, a single space between. */
function tidy(text: string): string {
  return text.trim().replace(/\s+/gu, ' ')
}

/** A value under which it is found whatever the case. Throws JidError. */
export function searchKey(text: string): string {
  return foldForSearch(tidy(text)).slice(0, maxCompared)
}

/** A value of a card, and the key under which it is found. */
export interface SearchValue {
  readonly value: string
  readonly key: string
}

/** What is searched for in a card. Throws StanzaError `bad-request` for a value that cannot be prepared. */
export function searchValues(card: Element): Map<Column, SearchValue> {
  return new Map(cardFields.map((field) => [field.column, searchValue(card, field)]))
}

function searchValue(card: Element, { column, paths }: DirectoryField): SearchValue {
  const value = tidy(valueIn(card, paths))
  // Nicknames may be as playful as they like: what cannot be searched for is left out of the key.
  const searched = column === 'nickname' ? value.replace(/[^\p{L}\p{M}\p{N}\p{P} ]/gu, '') : value
  try {
    return { value, key: searchKey(searched) }
  } catch (cause) {
    if (!(cause instanceof JidError)) throw cause
    const name = paths[0]?.join('/') ?? column
    throw new StanzaError('bad-request', { text: `Invalid input for vcard field ${name}`, cause })
  }
}

function valueIn(card: Element, paths: readonly (readonly string[])[]): string {
  for (const path of paths) {
    let found: Element | undefined = card
    for (const name of path) found = found?.child(name)
    const text = found?.text() ?? ''
    if (text.trim() !== '') return text
  }
  return ''
}
