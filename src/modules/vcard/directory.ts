import { Jid } from '../../jid/jid.ts'
import { JidError } from '../../jid/jid-error.ts'
import { type DataForm, type FormField, formElement, readSubmittedForm } from '../../stanza/data-form.ts'
import { NS } from '../../stanza/namespaces.ts'
import { pageOf, readRsm, rsmElement } from '../../stanza/rsm.ts'
import { type Element, el } from '../../xml/element.ts'
import { directoryFields, searchKey } from './fields.ts'
import type { Condition, FoundUser, VcardStore } from './store.ts'

export const searchNs = 'jabber:iq:search'

/** The user directory of one domain (XEP-0055). */
export interface Directory {
  /** What can be searched for. */
  form(): Element
  /** Answers a form that was filled in. Throws StanzaError `bad-request` for what is none. */
  search(query: Element): Promise<Element>
}

/** The form of a directory, with what can be searched for. */
export function searchForm(jid: Jid, fields: readonly FormField[]): Element {
  return el(
    'query',
    searchNs,
    el('instructions', searchNs, 'You need a client that supports data forms to search'),
    formElement({
      type: 'form',
      title: `Search users in ${jid.domain}`,
      instructions: ['Fill in the form to search for users. Add * to the end of a field to match what begins with it.'],
      formType: searchNs,
      fields,
    }),
  )
}

/** Somebody who was found: the address, and the other fields that are told. */
export interface Found {
  readonly jid: string
  readonly fields: readonly FormField[]
}

/** What columns a result has besides the address. */
export interface FoundUsers {
  readonly columns: readonly FormField[]
  readonly users: readonly Found[]
}

/** The part of a result that was asked for (XEP-0059), in the order of the addresses. */
export function resultElement(jid: Jid, query: Element, { columns, users }: FoundUsers): Element {
  const sorted = [...users].sort((a, b) => (a.jid < b.jid ? -1 : 1))
  const page = pageOf(sorted, (user) => user.jid, readRsm(query))
  const form = formElement({
    type: 'result',
    title: `Search Results for ${jid.domain}`,
    formType: searchNs,
    reported: [{ var: 'jid', type: 'jid-single', label: 'Jabber ID' }, ...columns],
    items: page.items.map((user) => [{ var: 'jid', values: [user.jid] }, ...user.fields]),
  })
  return el('query', searchNs, form, rsmElement(page))
}

/** A directory of the cards in the database. */
export class CardDirectory implements Directory {
  readonly #store: VcardStore
  /** Its own address. */
  readonly #jid: Jid
  /** The domain whose users are in it. */
  readonly #domain: string
  readonly #maxMatches: number

  constructor(store: VcardStore, jid: Jid, domain: string, maxMatches: number) {
    this.#store = store
    this.#jid = jid
    this.#domain = domain
    this.#maxMatches = maxMatches
  }

  /** What can be searched for. */
  form(): Element {
    const fields = directoryFields.map(({ var: name, label }): FormField => ({ var: name, type: 'text-single', label }))
    return searchForm(this.#jid, fields)
  }

  /** Answers a form that was filled in. Throws StanzaError `bad-request` for what is none. */
  async search(query: Element): Promise<Element> {
    const form = readSubmittedForm(query.child('x', NS.forms), searchNs)
    const conditions = conditionsOf(form)
    const found =
      conditions === undefined || conditions.length === 0
        ? []
        : await this.#store.search(this.#domain, conditions, this.#maxMatches)
    const users = found.map((row) => ({ jid: Jid.ofStored(row.username, this.#domain).full, fields: fieldsOf(row) }))
    return resultElement(this.#jid, query, { columns: reported, users })
  }
}

const reportedFields = directoryFields.filter((field) => field.column !== 'username')

const reported: readonly FormField[] = [
  ...reportedFields.map(
    ({ var: name, label, reportedLabel }): FormField => ({
      var: name,
      type: 'text-single',
      label: reportedLabel ?? label,
    }),
  ),
]

function fieldsOf(row: FoundUser): FormField[] {
  return reportedFields.map(({ var: name, column }): FormField => ({ var: name, values: [row[column]] }))
}

/** What a filled in form asks for; undefined when something is asked for that nobody can have. */
function conditionsOf(form: DataForm): Condition[] | undefined {
  const conditions: Condition[] = []
  for (const { var: name, column } of directoryFields) {
    const values = form.values(name)
    const [text = ''] = values
    if (values.length !== 1 || text.trim() === '') continue
    const isPrefix = text.trimEnd().endsWith('*')
    try {
      conditions.push({ column, key: searchKey(isPrefix ? text.trimEnd().slice(0, -1) : text), isPrefix })
    } catch (error) {
      if (error instanceof JidError) return undefined
      throw error
    }
  }
  return conditions
}
