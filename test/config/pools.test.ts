import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseConfig } from '../../src/config/load.ts'
import type { ConfigErrors } from '../../src/config/problem.ts'
import { allModules } from '../../src/modules/all.ts'
import { MemoryLog } from '../../src/observe/memory-log.ts'
import { createMetrics } from '../../src/observe/metrics.ts'
import { LiveConfig } from '../../src/server/live-config.ts'
import { OutgoingPools } from '../../src/server/outgoing-pools.ts'
import { systemClock } from '../../src/util/clock.ts'
import { RedisServer } from '../support/redis-server.ts'
import { type OwnTestServer, startTestServer } from '../support/server.ts'
import { suiteNeeding } from '../support/services.ts'

describe('a pool', () => {
  const text = `
[general]
hosts = ["one.example", "two.example", "three.example"]
[outgoing_pools.http.shared.connection]
host = "http://127.0.0.1:1"
[outgoing_pools.http.each]
scope = "host_type"
connection.host = "http://127.0.0.1:1"
[[host_config]]
host = "three.example"
[host_config.outgoing_pools.http.shared.connection]
host = "http://127.0.0.1:2"
[host_config.outgoing_pools.http.own.connection]
host = "http://127.0.0.1:2"
`
  it('is for all hosts, for each, or for one, as its scope and its place say', async () => {
    const { config } = parseConfig({ text, file: '/tmp/none/meerkat.toml', modules: allModules })
    const live = new LiveConfig(config)
    const pools = new OutgoingPools({ live, clock: systemClock, log: new MemoryLog(), metrics: createMetrics() })
    const [one, two, three] = ['one.example', 'two.example', 'three.example'].map((host) => pools.of(host))
    expect(await one?.http('shared')).toBe(await two?.http('shared'))
    expect(await one?.http('shared')).not.toBe(await three?.http('shared'))
    expect(await one?.http('each')).not.toBe(await two?.http('each'))
    expect(await one?.http('each')).toBe(await one?.http('each'))
    await expect(three?.http('own')).resolves.toBeDefined()
    await expect(one?.http('own')).rejects.toThrow('there is no outgoing_pools.http.own')
    expect([pools.isOwn('one.example'), pools.isOwn('three.example')]).toEqual([true, true])
    await pools.close()
  })
})

describe('a module that asks a directory', () => {
  const problems = (text: string) => {
    try {
      parseConfig({ text: `[general]\nhosts = ["localhost"]\n${text}`, file: '/tmp/none/x.toml', modules: allModules })
      return []
    } catch (error) {
      return (error as ConfigErrors).errors.map(({ what, path }) => `${what} ${path}`)
    }
  }

  it('needs its pool, where its data is there', () => {
    const pool = '[outgoing_pools.ldap.people]\n'
    expect(problems('[modules.mod_vcard]\nbackend = "rdbms"\n')).toEqual([])
    expect(problems('[modules.mod_vcard]\nbackend = "ldap"\n')).toEqual([
      'pool_not_configured modules.mod_vcard.ldap.pool_tag',
    ])
    expect(problems(`${pool}[modules.mod_vcard]\nbackend = "ldap"\nldap.pool_tag = "people"\n`)).toEqual([])
    expect(problems(`${pool}[modules.mod_shared_roster_ldap]\n`)).toEqual([
      'pool_not_configured modules.mod_shared_roster_ldap.pool_tag',
    ])
    expect(problems(`${pool}[modules.mod_shared_roster_ldap]\nldap_pool_tag = "people"\n`)).toEqual([])
  })

  it('has an option under one of its names, or the newer one wins, as the module says', () => {
    const pool = '[outgoing_pools.ldap.default]\n'
    expect(problems(`${pool}[modules.mod_shared_roster_ldap]\nldap_base = "dc=a"\nbase = "dc=b"\n`)).toEqual([
      'renamed_key modules.mod_shared_roster_ldap.ldap_base',
    ])
    expect(problems(`${pool}[modules.mod_vcard]\nldap_base = "dc=a"\nldap.base = "dc=b"\n`)).toEqual([])
  })
})

suiteNeeding(['redis-server'], 'a server with a pool of Redis connections', () => {
  let redis: RedisServer
  let server: OwnTestServer
  beforeAll(async () => {
    redis = await RedisServer.start()
    const config = `
[general]
hosts = ["localhost"]
loglevel = "none"
[[listen.http]]
port = 0
ip_address = "127.0.0.1"
[[listen.http.handlers.health_handler]]
path = "/health"
[[listen.http.handlers.mongoose_prometheus_handler]]
path = "/metrics"
[outgoing_pools.redis.default.connection]
port = ${redis.port}
password = "${redis.password}"
`
    server = await startTestServer({ config })
  })
  afterAll(async () => {
    await server?.stop()
    await redis?.stop()
  })

  const ready = async () => {
    const response = await fetch(`${server.httpUrl}/health/ready`)
    return { status: response.status, body: await response.text() }
  }
  const metric = async () =>
    /outgoing_pool_healthy\{.*\} (\d)/.exec(await (await fetch(`${server.httpUrl}/metrics`)).text())?.[1]

  it('is ready while the server can be reached, and says so in its metrics', async () => {
    await expect.poll(async () => (await ready()).status, { timeout: 10_000 }).toBe(200)
    expect(await metric()).toBe('1')
    await redis.stop()
    await expect.poll(async () => (await ready()).status, { timeout: 10_000 }).toBe(503)
    expect((await ready()).body).toContain('outgoing_pools.redis.default cannot be reached')
    expect(await metric()).toBe('0')
    await redis.run()
    await expect.poll(async () => (await ready()).status, { timeout: 10_000 }).toBe(200)
  })
})
