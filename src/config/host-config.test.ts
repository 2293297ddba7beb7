import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { configFor } from './host-config.ts'
import { parseConfig } from './load.ts'

const modules = [
  { name: 'mod_presence', options: z.strictObject({}) },
  { name: 'mod_private', options: z.strictObject({ max_bytes: z.int().positive().default(65_536) }) },
]

function hostConfig(text: string, host = 'two.example') {
  const general = '[general]\nhosts = ["one.example", "two.example"]\n'
  const { config } = parseConfig({ text: `${general}${text}`, file: '/etc/meerkat.toml', modules, env: {} })
  return { config, own: configFor(config, host) }
}

describe('the configuration of one host', () => {
  it('is the general one where nothing else is said', () => {
    const { config } = hostConfig('[[host_config]]\nhost = "two.example"\n')
    expect(configFor(config, 'one.example')).toBe(config)
  })

  it('has modules of its own in place of the general ones, and those that are always on', () => {
    const { config, own } = hostConfig(`
      [modules.mod_private]
      [[host_config]]
      host = "two.example"
      modules = {}
    `)
    expect(Object.keys(config.modules)).toEqual(['mod_private', 'mod_presence'])
    expect(own.modules).toEqual({ mod_presence: {} })
  })

  it('has general settings of its own', () => {
    const { config, own } = hostConfig('[[host_config]]\nhost = "two.example"\ngeneral.replaced_wait_timeout = 10\n')
    expect([config.general.replaced_wait_timeout, own.general.replaced_wait_timeout]).toEqual([2000, 10])
    expect(own.general.hosts).toEqual(config.general.hosts)
  })

  const auth = `
    sasl_mechanisms = ["plain"]
    [auth.password]
    format = "plain"
    [[host_config]]
    host = "two.example"
    auth.max_users_per_domain = 5
  `

  it('has an auth of its own in place of the whole general one', () => {
    const { own } = hostConfig(`[auth]\n${auth}`)
    expect(own.auth).toMatchObject({ max_users_per_domain: 5, password: { format: 'scram' } })
    expect(own.auth.sasl_mechanisms).not.toEqual(['plain'])
  })

  it('merges auth key by key in a file of MongooseIM 4.0.0', () => {
    const { own } = hostConfig(`pgsql_users_number_estimate = true\n[auth]\n${auth}`)
    expect(own.auth).toMatchObject({
      max_users_per_domain: 5,
      sasl_mechanisms: ['plain'],
      password: { format: 'plain' },
    })
  })

  it('unites classes, and puts its clauses before one for everybody', () => {
    const { own } = hostConfig(`
      [acl]
      admin = [{ user = "root" }]
      [access]
      c2s = [{ acl = "admin", value = "allow" }, { acl = "all", value = "deny" }]
      register = [{ acl = "admin", value = "allow" }]
      [[host_config]]
      host = "two.example"
      acl.admin = [{ user = "boss" }]
      access.c2s = [{ acl = "friends", value = "allow" }]
      access.register = [{ acl = "friends", value = "allow" }]
      acl.friends = [{ user = "bob" }]
    `)
    expect(own.acl['admin']).toEqual([{ user: 'root' }, { user: 'boss' }])
    expect(own.access['c2s']?.map(({ acl }) => acl)).toEqual(['admin', 'friends', 'all'])
    expect(own.access['register']?.map(({ acl }) => acl)).toEqual(['admin', 'friends'])
  })
})
