import { describe, expect, it } from 'vitest'
import { parseConfig } from '../../src/config/load.ts'
import { Jid } from '../../src/jid/jid.ts'
import { allModules } from '../../src/modules/all.ts'
import { removeAccount } from '../../src/router/accounts.ts'
import type { Host } from '../../src/router/host.ts'
import { type OwnServer, ownServer } from '../support/own-server.ts'
import { SteppedClock } from '../support/stepped-clock.ts'

const minute = 60_000

function hostOf(own: OwnServer): Host {
  const host = own.server.server.hostOf('localhost')
  if (host === undefined) throw new Error('there is no host')
  return host
}

/** Whether the next look-ups were answered from memory, one letter each: `h`it or `m`iss. */
async function lookUps(own: OwnServer, ...users: string[]): Promise<string> {
  let text = ''
  for (const user of users) {
    const before = await countsOf(own)
    await hostOf(own).accounts.exists(Jid.parse(`${user}@localhost`))
    const after = await countsOf(own)
    text += after.hits > before.hits ? 'h' : ''
    text += after.misses > before.misses ? 'm' : ''
  }
  return text
}

async function countsOf(own: OwnServer): Promise<{ hits: number; misses: number }> {
  const values = await own.server.server.metrics.values()
  const sum = (name: string) =>
    values.filter((metric) => metric.name === name).reduce((all, { value }) => all + value, 0)
  return { hits: sum('user_cache_lookup_hits'), misses: sum('user_cache_lookup_misses') }
}

describe('mod_cache_users', () => {
  const clock = new SteppedClock()
  const own = ownServer(
    `[modules.mod_cache_users]
time_to_live = 10
number_of_segments = 2
strategy = "lru"
`,
    { clock },
  )

  it('asks once for an account that exists, each time for one that does not', async () => {
    await own.client('alice', 'pc', { presence: false })
    expect(await lookUps(own, 'alice', 'alice', 'alice')).toBe('mhh')
    expect(await lookUps(own, 'nobody', 'nobody')).toBe('mm')
    await own.server.registerUser('nobody', 'secret')
    expect(await hostOf(own).accounts.exists(Jid.parse('nobody@localhost'))).toBe(true)
    expect(await lookUps(own, 'nobody')).toBe('h')
  })

  it('is what messages to somebody who is away ask', async () => {
    await own.server.registerUser('away', 'secret')
    const bob = await own.client('bob', 'pc')
    const before = await countsOf(own)
    for (const id of ['m1', 'm2', 'm3']) {
      bob.sends(`<message to='away@localhost' id='${id}' type='chat'><body>hi</body></message>`)
      await bob.receives(`<message type='error' id='${id}' {any}>{any}</message>`)
    }
    expect(await countsOf(own)).toEqual({ hits: before.hits + 2, misses: before.misses + 1 })
  })

  it('knows at once that an account is gone', async () => {
    await own.server.registerUser('carol', 'secret')
    const carol = Jid.parse('carol@localhost')
    expect(await lookUps(own, 'carol', 'carol')).toBe('mh')
    await removeAccount(hostOf(own), carol)
    expect(await hostOf(own).accounts.exists(carol)).toBe(false)
    expect(await lookUps(own, 'carol')).toBe('m')
  })

  it('does not remember what was asked while an account was being removed', async () => {
    await own.server.registerUser('dora', 'secret')
    const dora = Jid.parse('dora@localhost')
    const { accounts } = hostOf(own)
    const asked = accounts.exists(dora)
    const removal = accounts.remove(dora)
    await Promise.all([asked, removal])
    expect(await accounts.exists(dora)).toBe(false)
  })

  it('forgets after the configured time, but what is used', async () => {
    for (const name of ['used', 'unused']) await own.server.registerUser(name, 'secret')
    expect(await lookUps(own, 'used', 'unused')).toBe('mm')
    clock.advance(10 * minute)
    expect(await lookUps(own, 'used')).toBe('h')
    clock.advance(10 * minute)
    expect(await lookUps(own, 'used', 'unused')).toBe('hm')
  })
})

describe('options of mod_cache_users', () => {
  for (const line of ['number_of_segments = 0', 'strategy = "random"', 'time_to_live = 0']) {
    it(`refuses ${line}`, () => {
      const text = `[general]\nhosts = ["localhost"]\n[modules.mod_cache_users]\n${line}\n`
      expect(() => parseConfig({ text, file: '/tmp/none/meerkat.toml', modules: allModules })).toThrow()
    })
  }
})

describe('mod_cache_users beside an archive', () => {
  const own = ownServer(`[modules.mod_cache_users]
[modules.mod_offline]
[modules.mod_mam.cache]
module = "mod_cache_users"
[modules.mod_mam.pm]
`)

  it('is what the archive asks, and offline storage after it', async () => {
    await own.server.registerUser('away', 'secret')
    const bob = await own.client('bob', 'pc')
    const before = await countsOf(own)
    bob.sends(`<message to='away@localhost' type='chat'><body>hi</body></message>`)
    await bob.isHeard()
    expect(await countsOf(own)).toEqual({ hits: before.hits + 1, misses: before.misses + 1 })
  })
})
