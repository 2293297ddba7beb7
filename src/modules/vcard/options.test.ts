import { describe, expect, it } from 'vitest'
import { options } from './options.ts'

describe('the options of mod_vcard', () => {
  it('have the defaults of the reference', () => {
    expect(options.parse({})).toMatchObject({ host: 'vjud.@HOST@', search: true, matches: 30 })
  })

  it('take every store that becomes the database, and a directory', () => {
    for (const backend of ['mnesia', 'rdbms', 'riak', 'ldap']) expect(options.safeParse({ backend }).success).toBe(true)
    expect(options.safeParse({ backend: 'redis' }).success).toBe(false)
  })

  it('refuse a directory that finds nobody, and addresses that are none', () => {
    expect(options.safeParse({ matches: 0 }).success).toBe(false)
    expect(options.parse({ matches: 'infinity' }).matches).toBe(Number.POSITIVE_INFINITY)
    expect(options.safeParse({ host: 'not a host.@HOST@' }).success).toBe(false)
    expect(options.parse({ host: 'people.example' }).host).toBe('people.example')
  })
})
