import type { Jid } from '../jid/jid.ts'
import { fillFilter, fillUserFilter, type LdapUid, userFilter, userIn } from './ldap-filter.ts'
import type { AccountPage, AuthMethod } from './method.ts'
import { passwordForms } from './password.ts'

/** An entry of a directory; attributes by their names in lower case. */
export interface DirectoryEntry {
  readonly dn: string
  readonly attributes: ReadonlyMap<string, readonly string[]>
}

type Deref = 'never' | 'always' | 'finding' | 'searching'

/** A directory; both reject when it cannot tell. */
export interface Directory {
  search(search: {
    base: string
    filter: string
    attributes: readonly string[]
    deref: Deref
    isLong?: boolean
  }): Promise<DirectoryEntry[]>
  checkPassword(dn: string, password: string): Promise<boolean>
}

export interface LdapAccountsOptions {
  /** Where users are looked for. */
  readonly directory: Directory
  /** Where passwords are checked; may be the same. */
  readonly binder: Pick<Directory, 'checkPassword'>
  readonly base: string
  readonly uids: readonly LdapUid[]
  readonly filter?: string | undefined
  readonly dnFilter?: { readonly filter: string; readonly attributes: readonly string[] } | undefined
  readonly localFilter?:
    | { readonly operation: 'equal' | 'notequal'; readonly attribute: string; readonly values: readonly string[] }
    | undefined
  readonly deref: Deref
}

/** The method `ldap`: accounts are entries of a directory, and passwords are checked by it. Nobody can register. */
export class LdapAccounts implements AuthMethod {
  readonly name = 'ldap'
  readonly #options: LdapAccountsOptions
  readonly #filter: string
  readonly #attributes: readonly string[]

  constructor(options: LdapAccountsOptions) {
    const { uids, filter, dnFilter, localFilter } = options
    this.#options = options
    this.#filter = userFilter(uids, filter)
    const wanted = [...uids.map((uid) => uid.attr), ...(dnFilter?.attributes ?? [])]
    this.#attributes = [...new Set(localFilter === undefined ? wanted : [...wanted, localFilter.attribute])]
  }

  async exists(user: Jid): Promise<boolean> {
    return (await this.#find(user)) !== undefined
  }

  async checkPassword(user: Jid, password: string): Promise<boolean> {
    const [form] = passwordForms(password)
    if (form === undefined) return false
    const entry = await this.#find(user)
    // Nobody's password is asked for as well, so that the answer takes as long.
    const dn = entry?.dn ?? `${this.#options.uids[0]?.attr ?? 'uid'}=-,${this.#options.base}`
    return (await this.#options.binder.checkPassword(dn, form)) && entry !== undefined
  }

  checkCertificate(user: Jid): Promise<boolean> {
    return this.exists(user)
  }

  /** The user's entry. Of several that fit, the first that passes the other filters. */
  async #find(user: Jid): Promise<DirectoryEntry | undefined> {
    for (const entry of await this.#search(fillUserFilter(this.#filter, user))) {
      if (this.#passesLocally(entry) && (await this.#passesSecondSearch(user, entry))) return entry
    }
    return undefined
  }

  #search(filter: string, isLong = false): Promise<DirectoryEntry[]> {
    const { directory, base, deref } = this.#options
    return directory.search({ base, filter, attributes: this.#attributes, deref, isLong })
  }

  #passesLocally({ attributes }: DirectoryEntry): boolean {
    const { localFilter } = this.#options
    if (localFilter === undefined) return true
    const found = [...(attributes.get(localFilter.attribute.toLowerCase()) ?? [])].sort()
    const wanted = [...localFilter.values].sort()
    const isEqual = found.length === wanted.length && found.every((value, index) => value === wanted[index])
    return isEqual === (localFilter.operation === 'equal')
  }

  async #passesSecondSearch(user: Jid, entry: DirectoryEntry): Promise<boolean> {
    const { dnFilter, directory, base, deref } = this.#options
    if (dnFilter === undefined) return true
    const values = new Map(
      dnFilter.attributes.map((name) => [name, entry.attributes.get(name.toLowerCase())?.[0] ?? '']),
    )
    const filter = fillFilter(dnFilter.filter, { user: user.local, domain: user.domain, dn: entry.dn, values })
    const found = await directory.search({ base, filter, attributes: ['1.1'], deref })
    return found.length > 0
  }

  async list(
    domain: string,
    { prefix = '', offset = 0, limit = Number.POSITIVE_INFINITY }: AccountPage,
  ): Promise<string[]> {
    const names = new Set<string>()
    for (const entry of await this.#search(fillUserFilter(this.#filter, { local: undefined, domain }), true)) {
      const name = this.#passesLocally(entry) ? this.#nameIn(entry, domain) : undefined
      if (name?.startsWith(prefix)) names.add(name)
    }
    return [...names].sort().slice(offset, offset + limit)
  }

  #nameIn({ attributes }: DirectoryEntry, domain: string): string | undefined {
    for (const uid of this.#options.uids) {
      for (const value of attributes.get(uid.attr.toLowerCase()) ?? []) {
        const name = userIn(value, uid.format, domain)
        if (name !== undefined) return name
      }
    }
    return undefined
  }

  async count(domain: string): Promise<number> {
    return (await this.list(domain, {})).length
  }
}
