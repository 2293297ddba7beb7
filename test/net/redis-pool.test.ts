import { afterAll, beforeAll, expect, it } from 'vitest'
import { RedisPool, type RedisPoolOptions } from '../../src/net/redis-pool.ts'
import { RedisServer } from '../support/redis-server.ts'
import { freePorts, suiteNeeding } from '../support/services.ts'

suiteNeeding(['redis-server'], 'a pool of Redis connections', () => {
  let redis: RedisServer
  const pools: RedisPool[] = []
  beforeAll(async () => {
    redis = await RedisServer.start()
  })
  afterAll(async () => {
    for (const pool of pools) pool.close()
    await redis?.stop()
  })

  async function open(changes: Partial<RedisPoolOptions> = {}): Promise<{ pool: RedisPool; health: boolean[] }> {
    const health: boolean[] = []
    const pool = await RedisPool.open({
      host: '127.0.0.1',
      port: redis.port,
      database: 0,
      password: redis.password,
      workers: 3,
      callTimeout: 5000,
      onHealth: (isHealthy) => health.push(isHealthy),
      ...changes,
    })
    pools.push(pool)
    return { pool, health }
  }

  it('runs commands, in the database that it was given', async () => {
    const [{ pool }, { pool: other }] = [await open(), await open({ database: 2, username: 'default' })]
    expect(await pool.call('SET', 'name', 'lena')).toBe('OK')
    expect(await pool.call('GET', 'name')).toBe('lena')
    expect(await other.call('GET', 'name')).toBeNull()
    const numbers = Array.from({ length: 50 }, (_, index) => index)
    const answers = await Promise.all(numbers.map((number) => pool.call('ECHO', number)))
    expect(answers).toEqual(numbers.map(String))
    expect(pool.isHealthy).toBe(true)
  })

  it('makes no more connections than it may', async () => {
    const before = await clients()
    const { pool } = await open({ workers: 2 })
    await Promise.all(Array.from({ length: 20 }, () => pool.call('PING')))
    expect((await clients()) - before).toBe(2)
  })

  async function clients(): Promise<number> {
    const [observer] = pools
    const { pool } = observer === undefined ? await open() : { pool: observer }
    const list = String(await pool.call('CLIENT', 'LIST'))
    return list.trim().split('\n').length
  }

  it('fails for what the server refuses, for a wrong password and for too many at a time', async () => {
    const { pool } = await open({ maxWaiting: 2 })
    await expect(pool.call('NONSENSE')).rejects.toThrow('unknown command')
    const calls = [pool.call('PING'), pool.call('PING'), pool.call('PING')]
    expect((await Promise.allSettled(calls)).map(({ status }) => status)).toEqual([
      'fulfilled',
      'fulfilled',
      'rejected',
    ])
    const { pool: stranger } = await open({ password: 'wrong' })
    await expect(stranger.call('PING')).rejects.toThrow('Redis')
  })

  it('fails in time where nobody answers', async () => {
    const [port = 0] = await freePorts(1)
    const { pool, health } = await open({ port, callTimeout: 200 })
    await expect(pool.call('PING')).rejects.toThrow('Redis')
    expect([pool.isHealthy, health]).toEqual([false, []])
  })

  it('tells when the server is away and comes back by itself', async () => {
    const { pool, health } = await open()
    await pool.call('PING')
    await redis.stop()
    await expect.poll(() => pool.isHealthy).toBe(false)
    await redis.run()
    await expect.poll(() => pool.isHealthy, { timeout: 10_000 }).toBe(true)
    expect(await pool.call('PING')).toBe('PONG')
    expect(health).toEqual([true, false, true])
  })
})
