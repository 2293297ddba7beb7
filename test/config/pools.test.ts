import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseConfig } from '../../src/config/load.ts'
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
