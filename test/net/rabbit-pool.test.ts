import { Connection } from 'rabbitmq-client'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { RabbitPool, type RabbitPoolOptions } from '../../src/net/rabbit-pool.ts'
import { createMetrics } from '../../src/observe/metrics.ts'
import { rabbitMetrics } from '../../src/server/rabbit-metrics.ts'
import { systemClock } from '../../src/util/clock.ts'
import { RabbitServer } from '../support/rabbit-server.ts'
import { freePorts, suiteNeeding } from '../support/services.ts'

suiteNeeding(['/usr/lib/rabbitmq/bin/rabbitmq-server'], 'a pool of RabbitMQ channels', () => {
  let rabbit: RabbitServer
  let reader: Connection
  const pools: RabbitPool[] = []
  beforeAll(async () => {
    rabbit = await RabbitServer.start()
    reader = new Connection({ hostname: '127.0.0.1', port: rabbit.port, retryLow: 100, retryHigh: 100 })
    reader.on('error', () => {})
  }, 60_000)
  afterAll(async () => {
    for (const pool of pools) await pool.close()
    reader?.unsafeDestroy()
    await rabbit?.remove()
  })

  async function open(changes: Partial<RabbitPoolOptions> = {}): Promise<{ pool: RabbitPool; health: boolean[] }> {
    const health: boolean[] = []
    const pool = await RabbitPool.open({
      ...{ host: '127.0.0.1', port: rabbit.port, username: 'guest', password: 'guest', virtualHost: '/' },
      ...{ confirms: true, reconnectAttempts: 0, reconnectDelay: 100, workers: 4 },
      ...{ callTimeout: 20_000, maxWaiting: 1000, clock: systemClock },
      onHealth: (isHealthy) => health.push(isHealthy),
      ...changes,
    })
    pools.push(pool)
    return { pool, health }
  }

  const message = (exchange: string, routingKey: string, body: string) => ({
    ...{ exchange, routingKey, body },
    contentType: 'application/json',
  })

  /** Binds a queue to an exchange; what comes is gathered. */
  async function listen(exchange: string): Promise<{ key: string; type: string | undefined; body: unknown }[]> {
    const came: { key: string; type: string | undefined; body: unknown }[] = []
    const queue = `read-${exchange}`
    const consumer = reader.createConsumer(
      {
        ...{ queue, noAck: true, queueOptions: { exclusive: true } },
        exchanges: [{ exchange, type: 'topic', durable: true }],
        queueBindings: [{ queue, exchange, routingKey: '#' }],
      },
      (got) => {
        came.push({ key: got.routingKey, type: got.contentType, body: got.body })
      },
    )
    await new Promise((resolve) => consumer.once('ready', resolve as () => void))
    return came
  }

  it.each([true, false])('publishes; what has the same key keeps its order (confirms: %s)', async (confirms) => {
    const exchange = `order-${confirms}`
    const came = await listen(exchange)
    const { pool } = await open({ confirms })
    const publisher = pool.publisher([{ name: exchange, type: 'topic', isDurable: true }])
    const numbers = Array.from({ length: 100 }, (_, index) => index)
    await Promise.all(numbers.map((number) => publisher.publish(message(exchange, `key.${number % 3}`, `${number}`))))
    await expect.poll(() => came.length).toBe(100)
    for (const key of ['key.0', 'key.1', 'key.2']) {
      const bodies = came.filter((each) => each.key === key).map(({ body }) => Number(body))
      expect(bodies).toEqual([...bodies].sort((a, b) => a - b))
    }
    expect(came[0]?.type).toBe('application/json')
  })

  it('makes the exchange that it publishes to', async () => {
    const { pool } = await open()
    const publisher = pool.publisher([{ name: 'made', type: 'fanout', isDurable: false }])
    await publisher.publish(message('made', 'x', '{}'))
    await expect(reader.exchangeDeclare({ exchange: 'made', passive: true })).resolves.toBeUndefined()
    await publisher.close()
  })

  it('refuses what is too much, and what the server does not take', async () => {
    const { pool } = await open({ maxWaiting: 1 })
    const publisher = pool.publisher([{ name: 'few', type: 'topic', isDurable: true }])
    const [first, second] = [publisher.publish(message('few', 'a', '1')), publisher.publish(message('few', 'a', '2'))]
    await expect(second).rejects.toThrow('too many messages')
    await first
    await expect(pool.publisher([]).publish(message('nowhere', 'a', '1'))).rejects.toThrow('RabbitMQ')
  })

  it('counts its connections and what is published, under the names of MongooseIM', async () => {
    const metrics = createMetrics()
    const { pool } = await open({ observer: rabbitMetrics(metrics, 'event_pusher', 'localhost') })
    await pool
      .publisher([{ name: 'counted', type: 'topic', isDurable: true }])
      .publish(message('counted', 'a', '12345'))
    await expect(pool.publisher([]).publish(message('nowhere', 'a', '1'))).rejects.toThrow('RabbitMQ')
    const [port = 0] = await freePorts(1)
    const { pool: lost } = await open({ port, callTimeout: 300, observer: rabbitMetrics(metrics, 'lost', '') })
    await expect(lost.publisher([]).publish(message('', 'a', '1'))).rejects.toThrow('RabbitMQ')
    const values = new Map(
      (await metrics.values()).map(({ name, labels, value, sum = value }) => [`${name} ${labels['pool_tag']}`, sum]),
    )
    const own = (name: string) => values.get(`wpool_rabbit_${name} event_pusher`)
    expect([own('connections_active'), own('connections_opened'), own('connections_closed')]).toEqual([1, 1, 0])
    expect([own('messages_published_count'), own('messages_published_failed')]).toEqual([1, 1])
    expect(own('messages_published_size')).toBe(5)
    expect(own('messages_published_time')).toBeGreaterThan(0)
    expect(values.get('wpool_global_rabbit_messages_published_timeout lost')).toBe(1)
    expect(values.get('wpool_global_rabbit_connections_failed lost')).toBeGreaterThan(0)
  })

  it('gives up after the attempts that it has, or when time is up', async () => {
    const [port = 0] = await freePorts(1)
    const { pool } = await open({ port, reconnectAttempts: 2, reconnectDelay: 20, callTimeout: 300 })
    const publisher = pool.publisher([])
    await expect(publisher.publish(message('', 'a', '1'))).rejects.toThrow('RabbitMQ')
    await expect.poll(async () => publisher.publish(message('', 'a', '1')).catch(String)).toContain('can be reached')
    const { pool: stranger } = await open({ password: 'wrong', callTimeout: 500 })
    await expect(stranger.publisher([]).publish(message('', 'a', '1'))).rejects.toThrow('RabbitMQ')
    expect(stranger.isHealthy).toBe(false)
  })

  it('goes on when the server has been away: what waited arrives', { timeout: 60_000 }, async () => {
    const { pool, health } = await open()
    const publisher = pool.publisher([{ name: 'back', type: 'topic', isDurable: true }])
    await publisher.publish(message('back', 'a', 'before'))
    await rabbit.stop()
    await expect.poll(() => pool.isHealthy).toBe(false)
    const waits = publisher.publish(message('back', 'a', 'while away'))
    await rabbit.run()
    await waits
    await publisher.publish(message('back', 'a', 'after'))
    expect(health).toEqual([true, false, true])
  })
})
