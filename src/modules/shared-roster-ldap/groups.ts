import { fillUserFilter, userIn } from '../../auth/ldap-filter.ts'
import { Jid } from '../../jid/jid.ts'
import { prepareLocal } from '../../jid/prepare.ts'
import type { LdapEntry, LdapSearch } from '../../net/ldap-pool.ts'
import type { SharedContact } from '../roster/api.ts'
import type { SharedRosterOptions } from './options.ts'
import { type Timed, TimedCache } from './timed-cache.ts'

/** Users whose contacts are put together in memory. */
const composedContacts = 10_000
/** How long it is taken for granted that a directory that failed still does, in milliseconds. */
const failureLasts = 5000

/** A group of the directory: what it is called, and the local parts of its members. */
interface Group {
  readonly name: string
  readonly members: readonly string[]
}

export interface DirectoryGroupsParts {
  readonly options: SharedRosterOptions
  search(search: LdapSearch): Promise<LdapEntry[]>
  hasAccount(user: Jid): Promise<boolean>
  now(): number
  /** Told of a failure of the directory. */
  failed(error: unknown): void
}

/** The groups of a directory, as contacts of its users. */
export class DirectoryGroups {
  readonly #parts: DirectoryGroupsParts
  readonly #filters: ReturnType<typeof filtersOf>
  readonly #pattern: RegExp | undefined
  readonly #shown: TimedCache<readonly string[]>
  readonly #groups: TimedCache<Group>
  readonly #names: TimedCache<string | undefined>
  readonly #contacts: TimedCache<readonly SharedContact[]>

  constructor(parts: DirectoryGroupsParts) {
    const { options, now } = parts
    const { memberattr_format_re: pattern, group_cache_size: groups, user_cache_size: users } = options
    this.#parts = parts
    this.#filters = filtersOf(options)
    this.#pattern = pattern === '' ? undefined : new RegExp(pattern, 'u')
    this.#shown = new TimedCache(composedContacts, now)
    this.#groups = new TimedCache(groups, now)
    this.#names = new TimedCache(users, now)
    this.#contacts = new TimedCache(composedContacts, now)
  }

  /** The contacts of a user, at once when they are remembered. Never rejects: a directory that fails has no groups. */
  contactsOf(user: Jid): readonly SharedContact[] | Promise<readonly SharedContact[]> {
    const kept = this.#contacts.peek(user.bareString)
    if (kept !== undefined) return kept.value
    return this.#contacts
      .get(user.bareString, () => this.#compose(user).catch((error) => this.#none(error)))
      .then(({ value }) => value)
  }

  #none(error: unknown): Timed<readonly SharedContact[]> {
    this.#parts.failed(error)
    return { value: [], until: this.#parts.now() + failureLasts }
  }

  async #compose(user: Jid): Promise<Timed<readonly SharedContact[]>> {
    const shown = await this.#shown.get(user.bareString, () => this.#shownTo(user))
    let { until } = shown
    const groupsOf = new Map<string, string[]>()
    for (const id of shown.value) {
      const group = await this.#groups.get(`${id}@${user.domain}`, () => this.#group(id, user.domain))
      until = Math.min(until, group.until)
      for (const member of group.value.members) {
        if (member === user.local) continue
        const names = groupsOf.get(member) ?? []
        if (!names.includes(group.value.name)) names.push(group.value.name)
        groupsOf.set(member, names)
      }
    }
    const contacts: SharedContact[] = []
    for (const [local, groups] of groupsOf) {
      const jid = Jid.ofStored(local, user.domain)
      const name = await this.#names.get(jid.bareString, () => this.#nameOf(jid))
      until = Math.min(until, name.until)
      contacts.push({ jid, name: name.value ?? local, groups })
    }
    return { value: contacts, until }
  }

  /** The groups that a user is shown. */
  async #shownTo(user: Jid): Promise<Timed<readonly string[]>> {
    const { groupattr } = this.#parts.options
    const entries = await this.#search(fillUserFilter(this.#filters.shown, user), [groupattr])
    return this.#timed([...new Set(entries.flatMap((entry) => valuesOf(entry, groupattr)))], 'group')
  }

  async #group(id: string, domain: string): Promise<Timed<Group>> {
    const { groupattr, groupdesc = groupattr, memberattr, auth_check: checks } = this.#parts.options
    const entries = await this.#search(fillGroup(this.#filters.group, id), [groupdesc, memberattr])
    const [name = id] = entries.flatMap((entry) => valuesOf(entry, groupdesc))
    const members = new Set<string>()
    for (const value of entries.flatMap((entry) => valuesOf(entry, memberattr))) {
      const local = this.#memberIn(value, domain)
      if (local === undefined || members.has(local)) continue
      if (!checks || (await this.#parts.hasAccount(Jid.ofStored(local, domain)))) members.add(local)
    }
    return this.#timed({ name, members: [...members] }, 'group')
  }

  async #nameOf(user: Jid): Promise<Timed<string | undefined>> {
    const { userdesc, useruid } = this.#parts.options
    const entries = await this.#search(fillUserFilter(this.#filters.user, user), [userdesc, useruid])
    const named = entries.find((entry) => valuesOf(entry, useruid).length > 0)
    return this.#timed(named === undefined ? undefined : valuesOf(named, userdesc)[0], 'user')
  }

  /** The prepared name of a member; undefined for a value that names nobody. */
  #memberIn(value: string, domain: string): string | undefined {
    const { memberattr_format: format } = this.#parts.options
    const name = this.#pattern === undefined ? userIn(value, format, domain) : this.#pattern.exec(value)?.[1]
    if (name === undefined || name === '') return undefined
    try {
      return prepareLocal(name)
    } catch {
      return undefined
    }
  }

  #search(filter: string, attributes: readonly string[]): Promise<LdapEntry[]> {
    const { base, deref } = this.#parts.options
    return this.#parts.search({ base, filter, attributes, deref, isLong: true })
  }

  #timed<T>(value: T, of: 'group' | 'user'): Timed<T> {
    const { options, now } = this.#parts
    return { value, until: now() + options[`${of}_cache_validity`] * 1000 }
  }
}

/** The filters as configured, or made of the attributes; `%u` and `%g` are filled in later. */
function filtersOf({ memberattr, memberattr_format: format, groupattr, ...options }: SharedRosterOptions) {
  const { rfilter, gfilter, ufilter, filter, memberattr_format_re: pattern } = options
  const and = (text: string) => (filter === '' ? text : `(&${text}${filter})`)
  const having = (member: string, group: string) => `(&(${memberattr}=${member})(${groupattr}=${group}))`
  // What a regular expression reads cannot be written into a filter.
  const ownGroups = pattern === '' ? having(format, '*') : `(${groupattr}=*)`
  return {
    shown: rfilter === '' ? ownGroups : rfilter,
    // Names of entries cannot be searched by a part of them: what is no member is left out when it is read.
    group: and(gfilter === '' ? having('*', '%g') : gfilter),
    user: and(ufilter === '' ? having(format, '*') : ufilter),
  }
}

function fillGroup(filter: string, id: string): string {
  // One name is filled in as another is: `%u` stands for it.
  return fillUserFilter(filter.replaceAll('%g', '%u'), { local: id, domain: '' })
}

function valuesOf({ attributes }: LdapEntry, name: string): readonly string[] {
  return attributes.get(name.toLowerCase()) ?? []
}
