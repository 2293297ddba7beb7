import { generateKeyPairSync } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseConfig } from '../../src/config/load.ts'
import { CommandRegistry } from '../../src/module/command.ts'
import { allModules } from '../../src/modules/all.ts'
import { MemoryLog } from '../../src/observe/memory-log.ts'
import { createMetrics } from '../../src/observe/metrics.ts'
import { Router } from '../../src/router/router.ts'
import { LiveConfig } from '../../src/server/live-config.ts'
import { openAccounts } from '../../src/server/open-accounts.ts'
import { alone } from '../../src/server/open-cluster.ts'
import { OutgoingPools } from '../../src/server/outgoing-pools.ts'
import { type RunningHost, startHost, wantedModules } from '../../src/server/start-host.ts'
import type { Database } from '../../src/storage/database.ts'
import { openDatabase } from '../../src/storage/open.ts'
import { FakeClock, type Timer } from '../../src/util/clock.ts'

/** Counts the timers that have neither run nor been called off. */
class CountingClock extends FakeClock {
  pending = 0

  override after(ms: number, run: () => void): Timer {
    this.pending++
    let isOver = false
    const over = () => {
      if (!isOver) this.pending--
      isOver = true
    }
    const timer = super.after(ms, () => {
      over()
      run()
    })
    return {
      cancel: () => {
        over()
        timer.cancel()
      },
    }
  }
}

const key = generateKeyPairSync('ec', {
  namedCurve: 'P-256',
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
}).privateKey

/** Options without which a module does not start. */
const mandatory: Readonly<Record<string, string>> = {
  mod_event_pusher: `
push = {}
http = { handlers = [{ pool_name = "service" }] }
sns = { access_key_id = "i", secret_access_key = "k", region = "r", account_id = "1", sns_host = "http://127.0.0.1:9" }`,
  mod_external_filter: 'pool_tag = "service"',
  mod_http_upload:
    's3 = { bucket_url = "http://127.0.0.1:9/b", region = "r", access_key_id = "i", secret_access_key = "k" }',
  mod_keystore: 'keys = [{ name = "token_secret", type = "ram" }]',
  mod_push_service: `web_push = { private_key = ${JSON.stringify(key)}, subject = "mailto:a@localhost" }`,
  mod_push_service_mongoosepush: 'pool_name = "service"',
}

const text = `[general]
hosts = ["localhost"]
[outgoing_pools.ldap.default]
[outgoing_pools.http.service.connection]
host = "http://127.0.0.1:9"
${allModules.map(({ name }) => `[modules.${name}]\n${mandatory[name] ?? ''}`).join('\n')}
`

describe('a module that stops', () => {
  const clock = new CountingClock()
  let db: Database
  let router: Router
  let running: RunningHost

  beforeAll(async () => {
    const log = new MemoryLog()
    const { config } = parseConfig({ text, file: '/tmp/none/meerkat.toml', modules: allModules })
    db = await openDatabase({ kind: 'sqlite', file: ':memory:', log, clock })
    router = new Router(clock, {
      noRoute: () => {},
      dropped: () => {},
      bounced: () => {},
      failed: () => {},
      lost: () => {},
    })
    const metrics = createMetrics()
    const live = new LiveConfig(config)
    const pools = new OutgoingPools({ live, clock, log, metrics })
    const { accounts } = await openAccounts(config, {
      db,
      clock,
      log,
      pools: pools.of('localhost'),
      cluster: alone(),
    })
    const accountsOf = () => accounts
    running = await startHost(
      { type: 'localhost', domains: ['localhost'], wanted: wantedModules(config, allModules) },
      {
        ...{ live, clock, log, metrics, db, pools, router, accountsOf, cluster: alone() },
        modules: allModules,
        commands: new CommandRegistry(),
      },
    )
  })
  afterAll(() => db.close())

  /** All that modules put into a host. */
  function traces() {
    const { host } = running
    return {
      hooks: host.hooks.describe().filter(({ handlers }) => handlers.length > 0),
      iq: [host.iq.namespaces('server').sort(), host.iq.namespaces('account').sort()],
      features: [host.features.server.list().sort(), host.features.account.list().sort()],
      services: router.servicesOf('localhost').sort((a, b) => (a.jid < b.jid ? -1 : 1)),
      timers: clock.pending,
    }
  }

  it.each(allModules.map((declaration) => [declaration.name, declaration] as const))(
    '%s comes back as it was',
    async (name, declaration) => {
      const before = traces()
      const dependants = running.modules.running.filter(({ needs = [] }) => needs.includes(name))
      if (dependants.length > 0) return
      await running.modules.stop(name)
      const without = traces()
      expect(without.hooks.flatMap(({ handlers }) => handlers).some(({ module }) => module === name)).toBe(false)
      await running.modules.start(declaration, running.host.config.modules[name])
      expect(traces()).toEqual(before)
    },
  )

  it('leaves nothing behind when all of them stop', async () => {
    await running.modules.stopAll()
    expect(traces()).toEqual({ hooks: [], iq: [[], []], features: [[], []], services: [], timers: 0 })
  })
})
