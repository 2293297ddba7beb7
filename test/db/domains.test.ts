import { afterEach, beforeEach, expect, it } from 'vitest'
import { parseConfig } from '../../src/config/load.ts'
import { CommandRegistry } from '../../src/module/command.ts'
import { allModules } from '../../src/modules/all.ts'
import { MemoryLog } from '../../src/observe/memory-log.ts'
import { createMetrics } from '../../src/observe/metrics.ts'
import { DomainDirectory } from '../../src/server/domains/domain-directory.ts'
import { DomainStore } from '../../src/server/domains/domain-store.ts'
import { LiveConfig } from '../../src/server/live-config.ts'
import { makeRouter } from '../../src/server/make-router.ts'
import { openAccounts } from '../../src/server/open-accounts.ts'
import { alone } from '../../src/server/open-cluster.ts'
import { OutgoingPools } from '../../src/server/outgoing-pools.ts'
import { RunningHosts } from '../../src/server/running-hosts.ts'
import type { Database } from '../../src/storage/database.ts'
import { openDatabase } from '../../src/storage/open.ts'
import { FakeClock } from '../../src/util/clock.ts'
import { freshDatabase, onEachDatabase } from '../support/databases.ts'

const text = `[general]
host_types = ["a", "b"]
default_server_domain = "one.example"
[services.service_domain_db]
`

/** One server of several on a database: its hosts and its domains. */
interface Node {
  readonly directory: DomainDirectory
  served(type: string): string[]
  close(): Promise<void>
}

onEachDatabase('dynamic domains', (kind) => {
  let db: Database
  let store: DomainStore
  let clock: FakeClock
  const nodes: Node[] = []

  beforeEach(async () => {
    clock = new FakeClock()
    db = await openDatabase({ ...(await freshDatabase(kind)), log: new MemoryLog() })
    store = await DomainStore.open(db, () => clock.now())
  })
  afterEach(async () => {
    for (const node of nodes.splice(0)) await node.close()
    await db.close()
  })

  async function node(): Promise<Node> {
    const log = new MemoryLog()
    const metrics = createMetrics()
    const { config } = parseConfig({
      text,
      file: '/tmp/none/meerkat.toml',
      modules: allModules,
    })
    const live = new LiveConfig(config)
    const router = makeRouter(clock, log, metrics)
    const pools = new OutgoingPools({ live, clock, log, metrics })
    const { accounts } = await openAccounts(config, {
      db,
      clock,
      log,
      pools: pools.of('a'),
      cluster: alone(),
    })
    const accountsOf = () => accounts
    const hosts = await RunningHosts.start({
      live,
      clock,
      log,
      metrics,
      db,
      pools,
      router,
      cluster: alone(),
      accountsOf,
      modules: allModules,
      commands: new CommandRegistry(),
    })
    const directory = await DomainDirectory.open({
      ...{ store, router, clock, log, hosts: hosts.byType, isShared: true },
      hostTypes: ['a', 'b'],
      cleaningInterval: 1000,
      maxAge: 10_000,
    })
    const made = {
      directory,
      served: (type: string) => [...(hosts.byType.get(type)?.host.domains ?? [])].sort(),
      async close() {
        await directory.close()
        await hosts.stop()
      },
    }
    nodes.push(made)
    return made
  }

  it('are the same on every server after a look', async () => {
    const [one, two] = [await node(), await node()]
    await one.directory.add('x.example', 'a')
    await one.directory.add('y.example', 'b')
    expect(two.served('a')).toEqual([])
    await two.directory.poll()
    expect([two.served('a'), two.served('b')]).toEqual([['x.example'], ['y.example']])
    await two.directory.setEnabled('x.example', false)
    await two.directory.remove('y.example', 'b')
    await one.directory.poll()
    expect([one.served('a'), one.served('b')]).toEqual([[], []])
    await one.directory.setEnabled('x.example', true)
    await two.directory.poll()
    expect(two.served('a')).toEqual(['x.example'])
  })

  it('are there at the next start, of known kinds and enabled', async () => {
    await store.add('x.example', 'a')
    await store.add('off.example', 'a')
    await store.setStatus('off.example', 'disabled')
    await store.add('strange.example', 'c')
    const one = await node()
    expect([one.served('a'), one.served('b')]).toEqual([['x.example'], []])
  })

  it('are all looked at again where notes were deleted meanwhile', async () => {
    const [one, two] = [await node(), await node()]
    await one.directory.add('x.example', 'a')
    await two.directory.poll()
    await one.directory.setEnabled('x.example', false)
    await store.forgetChanges(clock.now() + 1)
    await one.directory.add('y.example', 'a')
    await two.directory.poll()
    expect(two.served('a')).toEqual(['y.example'])
  })

  it('leave no old notes', async () => {
    const one = await node()
    await one.directory.add('x.example', 'a')
    clock.advance(9000)
    await one.directory.add('y.example', 'a')
    await store.forgetChanges(clock.now() - 5000)
    expect((await store.changesFrom(1)).map(({ domain }) => domain)).toEqual(['y.example'])
    clock.advance(20_000)
    await expect.poll(() => store.changesFrom(1)).toEqual([])
  })
})
