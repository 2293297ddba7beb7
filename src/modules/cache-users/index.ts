import { z } from 'zod'
import type { ExistenceMemory } from '../../auth/existence-memory.ts'
import { intOrInfinity, oneOf } from '../../config/option.ts'
import { defineModule } from '../../module/define.ts'
import { KnownUsers } from './known-users.ts'

const minute = 60_000

export default defineModule({
  name: 'mod_cache_users',
  about: 'Remembers which accounts exist, so that messages do not ask the account store each time.',
  xeps: [],
  inCluster: true,
  options: z.strictObject({
    strategy: oneOf('fifo', 'lru').default('fifo').describe('Whether using an entry lets it stay for longer (`lru`).'),
    time_to_live: intOrInfinity().default(480).describe('Minutes after which the oldest segment is emptied.'),
    number_of_segments: z
      .int()
      .positive()
      .default(3)
      .describe('An unused entry stays for as many times `time_to_live` at most, and one less at least.'),
  }),
  setup({ host, accounts, options, clock, metrics, every, onStop }) {
    const labels = { cache_name: `mod_cache_users_${host.type}` }
    const hits = metrics.counter('user_cache_lookup_hits', 'Accounts that were known', ['cache_name']).with(labels)
    const misses = metrics
      .counter('user_cache_lookup_misses', 'Accounts that had to be asked for', ['cache_name'])
      .with(labels)
    const latency = metrics
      .histogram('user_cache_lookup_latency', 'Microseconds until it was known whether an account exists', [
        'cache_name',
      ])
      .with(labels)
    const known = new KnownUsers(options.strategy, options.number_of_segments)
    const memory: ExistenceMemory = {
      has: (user) => known.has(user),
      add: (user) => known.add(user),
      delete: (user) => known.delete(user),
      deleteWhere: (fits) => known.deleteWhere(fits),
      asked(wasKnown, ms) {
        if (wasKnown) hits.inc()
        else misses.inc()
        latency.observe(ms * 1000)
      },
      now: () => clock.now(),
    }
    onStop(accounts.rememberBy(host.domains, memory))
    if (options.time_to_live !== Number.POSITIVE_INFINITY) every(options.time_to_live * minute, () => known.rotate())
  },
})
