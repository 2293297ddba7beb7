import { describe, expect, it } from 'vitest'
import { Jid } from '../jid/jid.ts'
import { type DirectoryEntry, LdapAccounts, type LdapAccountsOptions } from './ldap.ts'
import { fillFilter, fillUserFilter, userFilter, userIn } from './ldap-filter.ts'

const lena = Jid.parse('lena@example.org')
const entry = (dn: string, attributes: Record<string, string[]>): DirectoryEntry => ({
  dn,
  attributes: new Map(Object.entries(attributes)),
})

function accounts(found: (filter: string) => DirectoryEntry[], changes: Partial<LdapAccountsOptions> = {}) {
  const filters: string[] = []
  const binds: string[] = []
  const method = new LdapAccounts({
    directory: {
      search: async ({ filter }) => {
        filters.push(filter)
        return found(filter)
      },
      checkPassword: () => Promise.reject(new Error('not here')),
    },
    binder: {
      checkPassword: async (dn, password) => {
        binds.push(dn)
        return dn === 'uid=lena' && password === 'secret'
      },
    },
    base: 'dc=org',
    uids: [{ attr: 'uid', format: '%u' }],
    deref: 'never',
    ...changes,
  })
  return { method, filters, binds }
}

const lenas = () => [entry('uid=lena', { uid: ['lena'], status: ['on', 'new'] })]

describe('filters', () => {
  it('name the user by any of the attributes, and what else is asked', () => {
    expect(userFilter([{ attr: 'uid', format: '%u' }], undefined)).toBe('(uid=%u)')
    const uids = [
      { attr: 'uid', format: '%u' },
      { attr: 'mail', format: '%u@%d' },
    ]
    expect(fillUserFilter(userFilter(uids, '(x=y)'), { local: 'a*(b)\\', domain: 'd' })).toBe(
      '(&(|(uid=a\\2a\\28b\\29\\5c)(mail=a\\2a\\28b\\29\\5c@d))(x=y))',
    )
    expect(fillUserFilter('(mail=%u@%d)', { local: undefined, domain: 'd' })).toBe('(mail=*@d)')
  })

  it('of the second search know the entry and its attributes', () => {
    const values = new Map([
      ['sn', 'Berg'],
      ['mail', 'x(y)'],
    ])
    expect(
      fillFilter('(&(a=%s)(b=%s)(m=%mail)(d=%D)(u=%u@%d))', { user: 'u%d', domain: 'd', dn: 'cn=1', values }),
    ).toBe('(&(a=Berg)(b=x\\28y\\29)(m=x\\28y\\29)(d=cn=1)(u=u%d@d))')
  })

  it('are read back', () => {
    expect(userIn('lena', '%u', 'd')).toBe('lena')
    expect(userIn('Lena@d', '%u@%d', 'd')).toBe('lena')
    expect(userIn('lena@e', '%u@%d', 'd')).toBeUndefined()
    expect(userIn('@d', '%u@%d', 'd')).toBeUndefined()
  })
})

describe('accounts in a directory', () => {
  it('are found, and their passwords checked by it', async () => {
    const { method, filters, binds } = accounts(lenas)
    expect(await method.exists(lena)).toBe(true)
    expect(await method.checkPassword(lena, 'secret')).toBe(true)
    expect(await method.checkPassword(lena, 'Secret')).toBe(false)
    expect(filters[0]).toBe('(uid=lena)')
    expect(binds).toEqual(['uid=lena', 'uid=lena'])
  })

  it('asks for a password of nobody as well', async () => {
    const { method, binds } = accounts(() => [])
    expect(await method.checkPassword(lena, 'secret')).toBe(false)
    expect(binds).toEqual(['uid=-,dc=org'])
    expect(await method.checkPassword(lena, '')).toBe(false)
    expect(binds).toHaveLength(1)
  })

  it.each([
    ['equal', ['new', 'on'], true],
    ['equal', ['on'], false],
    ['notequal', ['on'], true],
    ['notequal', ['on', 'new'], false],
  ] as const)('pass a local filter: %s %j', async (operation, values, isThere) => {
    const localFilter = { operation, attribute: 'Status', values }
    expect(await accounts(lenas, { localFilter }).method.exists(lena)).toBe(isThere)
  })

  it('pass a second search', async () => {
    const dnFilter = { filter: '(member=%D)', attributes: [] }
    const found = (filter: string) =>
      filter === '(member=uid=lena)' ? lenas() : filter === '(uid=lena)' ? lenas() : []
    expect(await accounts(found, { dnFilter }).method.exists(lena)).toBe(true)
    expect(await accounts((filter) => (filter === '(uid=lena)' ? lenas() : []), { dnFilter }).method.exists(lena)).toBe(
      false,
    )
  })

  it('are listed', async () => {
    const people = ['mila', 'lena', 'Nora'].map((uid) => entry(`uid=${uid}`, { uid: [uid] }))
    const { method, filters } = accounts(() => people)
    expect(await method.list('example.org', {})).toEqual(['lena', 'mila', 'nora'])
    expect(await method.list('example.org', { prefix: 'm', limit: 1 })).toEqual(['mila'])
    expect(await method.list('example.org', { offset: 1, limit: 1 })).toEqual(['mila'])
    expect(await method.count('example.org')).toBe(3)
    expect(filters[0]).toBe('(uid=*)')
  })
})
