import { fillUserFilter, userFilter, userIn } from '../../../auth/ldap-filter.ts'
import type { Jid } from '../../../jid/jid.ts'
import type { LdapEntry, LdapSearch } from '../../../net/ldap-pool.ts'
import { StanzaError } from '../../../stanza/stanza-error.ts'
import type { Element } from '../../../xml/element.ts'
import type { CardSource } from '../api.ts'
import { composedCard, fieldValues, photoField } from './composed-card.ts'
import type { LdapVcardOptions } from './options.ts'

/** Searches a directory; rejects when it cannot tell. */
export type SearchLdap = (search: LdapSearch) => Promise<LdapEntry[]>

/** Somebody with an entry in the directory. */
export interface LdapUser {
  readonly local: string
  readonly entry: LdapEntry
}

/** The cards of users as an LDAP directory has them; nobody can change them here. */
export class LdapCards implements CardSource {
  readonly options: LdapVcardOptions
  readonly #search: SearchLdap
  readonly #filter: string
  readonly #attributes: readonly string[]
  readonly #binary: readonly string[]

  constructor(options: LdapVcardOptions, search: SearchLdap) {
    this.options = options
    this.#search = search
    this.#filter = userFilter(options.uids, options.filter === '' ? undefined : options.filter)
    const mapped = options.vcard_map.map(({ ldap_field: attribute }) => attribute).filter((name) => name !== '')
    this.#attributes = [...new Set([...options.uids.map(({ attr }) => attr), ...mapped])]
    const binary = new Set([photoField, ...options.binary_search_fields.map((field) => field.toUpperCase())])
    this.#binary = options.vcard_map
      .filter(({ vcard_field: field, ldap_field: name }) => name !== '' && binary.has(field.toUpperCase()))
      .map(({ ldap_field: name }) => name)
  }

  async get(user: Jid): Promise<Element | undefined> {
    const [entry] = await this.#find(fillUserFilter(this.#filter, user))
    return entry === undefined ? undefined : composedCard(this.fieldsOf({ local: user.local, entry }, user.domain))
  }

  set(): Promise<void> {
    return Promise.reject(new StanzaError('not-allowed', { text: 'Cards are kept in a directory' }))
  }

  /** The users of a domain whose entries fit a filter as well. */
  async find(domain: string, filter: string): Promise<LdapUser[]> {
    const everybody = fillUserFilter(this.#filter, { local: undefined, domain })
    const entries = await this.#find(`(&${everybody}${filter})`)
    return entries.flatMap((entry) => {
      const local = this.#nameIn(entry, domain)
      return local === undefined ? [] : [{ local, entry }]
    })
  }

  /** The fields of a card, by their names. */
  fieldsOf({ local, entry }: LdapUser, domain: string): Map<string, string> {
    return fieldValues(this.options.vcard_map, { local, domain }, entry)
  }

  #find(filter: string): Promise<LdapEntry[]> {
    const { base, deref } = this.options
    return this.#search({ base, filter, attributes: this.#attributes, binaryAttributes: this.#binary, deref })
  }

  #nameIn({ attributes }: LdapEntry, domain: string): string | undefined {
    for (const { attr, format } of this.options.uids) {
      for (const value of attributes.get(attr.toLowerCase()) ?? []) {
        const name = userIn(value, format, domain)
        if (name !== undefined) return name
      }
    }
    return undefined
  }
}
