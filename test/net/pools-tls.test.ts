import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { RabbitPool, type RabbitPoolOptions } from '../../src/net/rabbit-pool.ts'
import { RedisPool, type RedisPoolOptions } from '../../src/net/redis-pool.ts'
import { systemClock } from '../../src/util/clock.ts'
import { type CertificateFiles, selfSignedCertificate } from '../support/certificates.ts'
import { RabbitServer } from '../support/rabbit-server.ts'
import { RedisServer } from '../support/redis-server.ts'
import { suiteNeeding } from '../support/services.ts'

const usual = { versions: ['tlsv1.2', 'tlsv1.3'], crl_files: [] }

/** Trusts the certificate of the server, which is for `services.example`. */
const trusting = ({ certificate }: CertificateFiles, host?: string) => ({
  ...usual,
  verify_mode: 'peer' as const,
  cacertfile: certificate,
  ...(host === undefined ? {} : { server_name_indication: { enabled: true, host } }),
})

let folder = ''
let files: CertificateFiles
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'meerkat-test-'))
  files = await selfSignedCertificate(folder, ['services.example'])
})
afterAll(() => rm(folder, { recursive: true, force: true }))

suiteNeeding(['redis-server', 'openssl'], 'Redis over TLS', () => {
  let redis: RedisServer
  const pools: RedisPool[] = []
  beforeAll(async () => {
    redis = await RedisServer.start(files)
  })
  afterAll(async () => {
    for (const pool of pools) pool.close()
    await redis?.stop()
  })

  async function open(tls: RedisPoolOptions['tls']): Promise<RedisPool> {
    const place = { host: '127.0.0.1', port: redis.port, database: 0, password: redis.password }
    const pool = await RedisPool.open({ ...place, workers: 1, callTimeout: 2000, tls, onHealth: () => {} })
    pools.push(pool)
    return pool
  }

  it('is used where its certificate is trusted and has the name that is asked for', async () => {
    expect(await (await open(trusting(files, 'services.example'))).call('PING')).toBe('PONG')
    expect(await (await open({ ...usual, verify_mode: 'none' })).call('PING')).toBe('PONG')
  })

  it('is not used with a certificate that nobody vouches for, or that is for somebody else', async () => {
    await expect((await open({ ...usual, verify_mode: 'peer' })).call('PING')).rejects.toThrow()
    await expect((await open(trusting(files, 'other.example'))).call('PING')).rejects.toThrow()
    await expect((await open(undefined)).call('PING')).rejects.toThrow()
  })
})

suiteNeeding(['/usr/lib/rabbitmq/bin/rabbitmq-server', 'openssl'], 'RabbitMQ over TLS', () => {
  let rabbit: RabbitServer
  const pools: RabbitPool[] = []
  beforeAll(async () => {
    rabbit = await RabbitServer.start(files)
  }, 60_000)
  afterAll(async () => {
    for (const pool of pools) await pool.close()
    await rabbit?.remove()
  })

  async function publish(tls: RabbitPoolOptions['tls'], callTimeout: number): Promise<void> {
    const pool = await RabbitPool.open({
      ...{ host: '127.0.0.1', port: rabbit.port, username: 'guest', password: 'guest', virtualHost: '/' },
      ...{ confirms: true, reconnectAttempts: 1, reconnectDelay: 100, workers: 1 },
      ...{ callTimeout, maxWaiting: 10, clock: systemClock, tls },
      onHealth: () => {},
    })
    pools.push(pool)
    const publisher = pool.publisher([{ name: 'made', type: 'fanout', isDurable: false }])
    await publisher.publish({ exchange: 'made', routingKey: 'x', body: '{}', contentType: 'application/json' })
  }

  it('is used where its certificate is trusted and has the name that is asked for', async () => {
    await publish(trusting(files, 'services.example'), 20_000)
    await publish({ ...usual, verify_mode: 'none' }, 20_000)
  })

  it('is not used with a certificate that nobody vouches for, or that is for somebody else', async () => {
    await expect(publish({ ...usual, verify_mode: 'peer' }, 1000)).rejects.toThrow()
    await expect(publish(trusting(files, 'other.example'), 1000)).rejects.toThrow()
  })
})
