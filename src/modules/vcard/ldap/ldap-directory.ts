import { escapeFilterValue } from '../../../auth/ldap-filter.ts'
import { Jid } from '../../../jid/jid.ts'
import { prepareLocal } from '../../../jid/prepare.ts'
import { type DataForm, type FormField, readSubmittedForm } from '../../../stanza/data-form.ts'
import { NS } from '../../../stanza/namespaces.ts'
import type { Element } from '../../../xml/element.ts'
import { type Directory, type Found, resultElement, searchForm, searchNs } from '../directory.ts'
import type { LdapCards } from './ldap-cards.ts'

export interface LdapDirectoryParts {
  readonly cards: LdapCards
  /** Its own address. */
  readonly jid: Jid
  /** The domain whose users are in it. */
  readonly domain: string
  readonly maxMatches: number
  hasAccount(user: Jid): Promise<boolean>
}

/** The user directory of one domain (XEP-0055), over a directory of the other kind. */
export class LdapDirectory implements Directory {
  readonly #parts: LdapDirectoryParts

  constructor(parts: LdapDirectoryParts) {
    this.#parts = parts
  }

  form(): Element {
    const { cards, jid } = this.#parts
    const fields = cards.options.search_fields.map(
      ({ ldap_field: name, search_field: label }): FormField => ({ var: name, type: 'text-single', label }),
    )
    return searchForm(jid, fields)
  }

  async search(query: Element): Promise<Element> {
    const { cards, jid, domain } = this.#parts
    const form = readSubmittedForm(query.child('x', NS.forms), searchNs)
    const filter = this.#filterOf(form)
    const users = filter === undefined ? [] : await this.#existing(await cards.find(domain, filter))
    const columns = cards.options.search_reported.map(
      ({ vcard_field: name, search_field: label }): FormField => ({ var: name, type: 'text-single', label }),
    )
    return resultElement(jid, query, { columns, users })
  }

  /** Those that have an account here, as many as may be told. */
  async #existing(found: Awaited<ReturnType<LdapCards['find']>>): Promise<Found[]> {
    const { cards, domain, maxMatches, hasAccount } = this.#parts
    const users: Found[] = []
    for (const each of found) {
      if (users.length >= maxMatches) break
      const user = accountOf(each.local, domain)
      if (user === undefined || !(await hasAccount(user))) continue
      const values = cards.fieldsOf(each, domain)
      const fields = cards.options.search_reported.map(
        ({ vcard_field: name }): FormField => ({ var: name, values: [values.get(name.toUpperCase()) ?? ''] }),
      )
      users.push({ jid: user.full, fields })
    }
    return users
  }

  /** What the fields that were filled in ask for; undefined when none was. */
  #filterOf(form: DataForm): string | undefined {
    const { search_fields: fields, search_operator: operator, uids } = this.#parts.cards.options
    const names = new Set(fields.map(({ ldap_field: name }) => name))
    const conditions = [...names].flatMap((name) => {
      const values = form.values(name)
      const [text = ''] = values
      if (values.length !== 1 || text.trim() === '') return []
      const value = text.trim().split('*').map(escapeFilterValue).join('*')
      return name === '%u' ? [anyOf(uids.map(({ attr }) => `(${attr}=*${value}*)`))] : [`(${name}=${value})`]
    })
    if (conditions.length === 0) return undefined
    return `(${operator === 'and' ? '&' : '|'}${conditions.join('')})`
  }
}

function anyOf(filters: readonly string[]): string {
  return `(|${filters.join('')})`
}

function accountOf(local: string, domain: string): Jid | undefined {
  try {
    return Jid.of(prepareLocal(local), domain)
  } catch {
    return undefined
  }
}
