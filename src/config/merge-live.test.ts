import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { parseConfig } from './load.ts'
import { mergeLive } from './merge-live.ts'
import { address } from './option.ts'

const modules = [
  { name: 'mod_presence', options: z.strictObject({}) },
  {
    name: 'mod_sample',
    options: z.strictObject({
      live: z.int().default(1).meta({ reload: 'live' }),
      fixed: z.int().default(1),
      watchers: z.array(address()).default([]).meta({ reload: 'live' }),
      table: z
        .strictObject({ inner: z.int().default(1) })
        .prefault({})
        .meta({ reload: 'live' }),
    }),
  },
]

function read(text: string) {
  const general = '[general]\nhosts = ["one.example", "two.example"]\n'
  return parseConfig({ text: `${general}${text}`, file: '/etc/meerkat.toml', modules, env: {} }).config
}

const merge = (old: string, next: string) => mergeLive(read(old), read(next), modules)

describe('a changed configuration', () => {
  it('that says the same changes nothing, whatever the values are', () => {
    const text =
      '[acl]\na = [{ user_regexp = "^x" }]\n[modules.mod_sample]\nwatchers = ["a@b"]\n[[host_config]]\nhost = "one.example"\n'
    const old = read(text)
    expect(mergeLive(old, read(text), modules)).toMatchObject({ applied: [], needsRestart: [] })
    expect(mergeLive(old, read(text), modules).config).toEqual(old)
  })

  it('is taken over where its options are live, also within what is not', () => {
    const { config, applied, needsRestart } = merge(
      '[modules.mod_sample]\n',
      'language = "de"\n[modules.mod_sample]\nlive = 2\nfixed = 2\nwatchers = ["c@d"]\ntable.inner = 2\n',
    )
    expect(applied).toEqual([
      'modules.mod_sample.live',
      'modules.mod_sample.watchers',
      'modules.mod_sample.table.inner',
    ])
    expect(needsRestart).toEqual(['general.language', 'modules.mod_sample.fixed'])
    expect(config.modules['mod_sample']).toMatchObject({ live: 2, fixed: 1, table: { inner: 2 } })
    expect(String(config.modules['mod_sample']?.['watchers'])).toBe('c@d')
    expect(config.general.language).toBe('en')
  })

  it('replaces an expression as a whole', () => {
    const { config, applied } = merge('[acl]\na = [{ user_regexp = "^x" }]\n', '[acl]\na = [{ user_regexp = "^y" }]\n')
    expect(applied).toEqual(['acl.a[0].user_regexp'])
    expect(config.acl['a']?.[0]?.user_regexp).toEqual(/^y/u)
  })

  it('has listeners come and go, but for what an open one cannot change', () => {
    const one = '[[listen.c2s]]\nport = 1\nip_address = "::1"\n'
    expect(merge(one, `${one}[[listen.c2s]]\nport = 2\nip_address = "::1"\n`).applied).toEqual(['listen.c2s'])
    expect(merge(one, `${one}max_connections = 5\nbacklog = 5\n`)).toMatchObject({
      applied: ['listen.c2s[0].max_connections'],
      needsRestart: ['listen.c2s[0].backlog'],
    })
  })

  it('has rules of single hosts come and go, their modules and authentication stay', () => {
    const own = '[[host_config]]\nhost = "two.example"\n'
    const { config, applied, needsRestart } = merge(
      '',
      `${own}auth.max_users_per_domain = 1\nmodules.mod_sample = {}\naccess.c2s = [{ acl = "all", value = "deny" }]\n`,
    )
    expect(applied).toEqual(['host_config[0].access'])
    expect(needsRestart).toEqual(['host_config[0].auth', 'host_config[0].modules'])
    expect(config.host_config).toEqual([
      { host: 'two.example', general: {}, access: { c2s: [{ acl: 'all', value: 'deny' }] } },
    ])
    const started = merge(`${own}modules = {}\n`, `${own}modules.mod_sample = {}\n`)
    expect(started).toMatchObject({ applied: ['host_config[0].modules.mod_sample'], needsRestart: [] })
  })
})
