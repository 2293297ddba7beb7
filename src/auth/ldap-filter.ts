/** An attribute that may name a user; in `format`, `%u` is the local part and `%d` the domain. */
export interface LdapUid {
  readonly attr: string
  readonly format: string
}

/** The filter for a user's entry, not filled in yet: one of the attributes names the user, and the other filter holds. */
export function userFilter(uids: readonly LdapUid[], filter: string | undefined): string {
  const names = uids.map(({ attr, format }) => `(${attr}=${format})`)
  const named = names.length === 1 ? (names[0] ?? '') : `(|${names.join('')})`
  return filter === undefined ? named : `(&${named}${filter})`
}

/** Fills in a user; without a local part, everybody. */
export function fillUserFilter(
  filter: string,
  { local, domain }: { local: string | undefined; domain: string },
): string {
  const user = local === undefined ? '*' : escapeFilterValue(local)
  return filter.replace(/%[ud]/g, (mark) => (mark === '%u' ? user : escapeFilterValue(domain)))
}

/** What a second filter is filled in with. */
export interface FilterValues {
  readonly user: string
  readonly domain: string
  readonly dn: string
  /** Attributes of the user's entry, in the order configured. */
  readonly values: ReadonlyMap<string, string>
}

/** Fills in `%u`, `%d`, `%D` (the entry's name), `%s` (the attributes one after another) and `%name`. */
export function fillFilter(filter: string, { user, domain, dn, values }: FilterValues): string {
  const names = [...values.keys()].sort((a, b) => b.length - a.length).map((name) => name.replace(/\W/g, '\\$&'))
  const inTurn = values.values()
  return filter.replace(new RegExp(`%(${[...names, 'u', 'd', 'D', 's'].join('|')})`, 'g'), (_, name: string) => {
    const known = values.get(name)
    if (known !== undefined) return escapeFilterValue(known)
    if (name === 'u') return escapeFilterValue(user)
    if (name === 'd') return escapeFilterValue(domain)
    return escapeFilterValue(name === 'D' ? dn : (inTurn.next().value ?? ''))
  })
}

/** The local part in a value that has this form; undefined when it has not. */
export function userIn(value: string, format: string, domain: string): string | undefined {
  const [before = '', after = ''] = format.replaceAll('%d', domain).split('%u')
  const isSo = value.length > before.length + after.length && value.startsWith(before) && value.endsWith(after)
  return isSo ? value.slice(before.length, value.length - after.length).toLowerCase() : undefined
}

/** A value in a filter (RFC 4515 §3). */
export function escapeFilterValue(value: string): string {
  return value.replace(/[\0()*\\]/g, (char) => `\\${char.charCodeAt(0).toString(16).padStart(2, '0')}`)
}
