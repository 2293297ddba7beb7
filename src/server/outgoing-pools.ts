import type { Config } from '../config/schema.ts'
import { HttpPool } from '../net/http-pool.ts'
import type { LdapPool } from '../net/ldap-pool.ts'
import type { RabbitPool } from '../net/rabbit-pool.ts'
import type { RedisPool } from '../net/redis-pool.ts'
import type { ServicePools } from '../net/service-pools.ts'
import type { Logger } from '../observe/logger.ts'
import type { Metrics } from '../observe/metrics.ts'
import type { Clock } from '../util/clock.ts'
import type { LiveConfig } from './live-config.ts'
import { rabbitMetrics } from './rabbit-metrics.ts'

type Tables = Config['outgoing_pools']
type Type = 'http' | 'ldap' | 'redis' | 'rabbit'
type Table<T extends Type> = Tables[T][string]

/** What pools are made with. */
export interface OutgoingPoolsParts {
  readonly live: LiveConfig
  readonly clock: Clock
  readonly log: Logger
  readonly metrics: Metrics
}

/** Which pool it is. */
interface PoolPlace {
  /** For people. */
  readonly name: string
  readonly tag: string
  /** The host type that it is for alone; '' for all. */
  readonly owner: string
}

interface Closable {
  close(): Promise<void> | void
}

/**
 * The connections to other services that the configuration names, each opened when it is first asked for: one for all host
 * types, or one for each where the `scope` says so or the host has a pool of its own.
 */
export class OutgoingPools {
  readonly #parts: OutgoingPoolsParts
  /** By type, tag and the host type that it is for, if it is for one alone. */
  readonly #open = new Map<string, Promise<Closable>>()
  readonly #unreached = new Set<string>()

  constructor(parts: OutgoingPoolsParts) {
    this.#parts = parts
  }

  /** The pools as a host type sees them. */
  of(hostType: string): ServicePools {
    return {
      http: (tag) => this.#get(hostType, 'http', tag, (table) => this.#http(table)),
      ldap: (tag) => this.#get(hostType, 'ldap', tag, (table) => this.#ldap(table)),
      redis: (tag) => this.#get(hostType, 'redis', tag, (table, { name }) => this.#redis(table, name)),
      rabbit: (tag) => this.#get(hostType, 'rabbit', tag, (table, place) => this.#rabbit(table, place)),
    }
  }

  /** Whether some pool is for this host type alone, so that what is made with pools cannot be shared with others. */
  isOwn(hostType: string): boolean {
    const { http, ldap } = this.#parts.live.of(hostType).outgoing_pools
    return [...Object.entries(http), ...Object.entries(ldap)].some(
      ([tag, table]) => ownerOf(table, tag, hostType, this.#parts.live) !== '',
    )
  }

  /** Connects to the Redis servers at once: whether they can be reached is part of readiness. */
  async connect(): Promise<void> {
    const { general } = this.#parts.live.current
    for (const type of [...general.hosts, ...general.host_types]) {
      const tags = Object.keys(this.#parts.live.of(type).outgoing_pools.redis)
      await Promise.all(tags.map((tag) => this.of(type).redis(tag)))
    }
  }

  /** Why the server is not ready, in words for an operator. */
  get troubles(): string[] {
    return [...this.#unreached].map((name) => `${name} cannot be reached`)
  }

  async close(): Promise<void> {
    const opened = await Promise.allSettled(this.#open.values())
    await Promise.allSettled(opened.map((pool) => (pool.status === 'fulfilled' ? pool.value.close() : undefined)))
  }

  #get<T extends Type, P extends Closable>(
    hostType: string,
    type: T,
    tag: string,
    open: (table: Table<T>, place: PoolPlace) => Promise<P>,
  ): Promise<P> {
    const table = this.#parts.live.of(hostType).outgoing_pools[type][tag] as Table<T> | undefined
    if (table === undefined) return Promise.reject(new Error(`there is no outgoing_pools.${type}.${tag}`))
    const owner = ownerOf(table, tag, hostType, this.#parts.live)
    const key = JSON.stringify([type, tag, owner])
    const before = this.#open.get(key)
    if (before !== undefined) return before as Promise<P>
    const name = `outgoing_pools.${type}.${tag}${owner === '' ? '' : ` of ${owner}`}`
    const pool = open(table, { name, tag, owner })
    this.#open.set(key, pool)
    return pool
  }

  #http({ connection, ...pool }: Table<'http'>): Promise<HttpPool> {
    return HttpPool.open({
      ...sizes(pool),
      origin: connection.host,
      pathPrefix: connection.path_prefix,
      requestTimeout: connection.request_timeout,
      tls: connection.tls,
      clock: this.#parts.clock,
    })
  }

  async #ldap({ connection, ...pool }: Table<'ldap'>): Promise<LdapPool> {
    const isSecure = connection.tls !== undefined || connection.encrypt === 'tls'
    const { LdapPool } = await import('../net/ldap-pool.ts')
    return LdapPool.open({
      ...sizes(pool),
      servers: connection.servers,
      port: connection.port ?? (isSecure ? 636 : 389),
      rootDn: connection.root_dn,
      password: connection.password,
      connectInterval: connection.connect_interval,
      tls: connection.tls ?? (isSecure ? usualTls : undefined),
      clock: this.#parts.clock,
    })
  }

  async #redis({ connection, ...pool }: Table<'redis'>, name: string): Promise<RedisPool> {
    const { RedisPool } = await import('../net/redis-pool.ts')
    this.#unreached.add(name)
    return RedisPool.open({ ...sizes(pool), ...connection, onHealth: this.#watch(name, true) })
  }

  /**
   * One more connection to the server of a Redis pool of all hosts, whose commands are done in order; the caller closes it.
   * `longer`: milliseconds that its commands may take beside the time of the pool. `onHealth`: when the server is reached or lost.
   */
  async redisLine(tag: string, longer: number, onHealth: (isHealthy: boolean) => void): Promise<RedisPool> {
    const table = this.#parts.live.current.outgoing_pools.redis[tag]
    if (table === undefined) throw new Error(`there is no outgoing_pools.redis.${tag}`)
    const { RedisPool } = await import('../net/redis-pool.ts')
    return RedisPool.open({ ...table.connection, workers: 1, callTimeout: table.call_timeout + longer, onHealth })
  }

  async #rabbit({ connection, ...pool }: Table<'rabbit'>, { name, tag, owner }: PoolPlace): Promise<RabbitPool> {
    const { RabbitPool } = await import('../net/rabbit-pool.ts')
    const { virtual_host: virtualHost, confirms_enabled: confirms, reconnect, ...rest } = connection
    return RabbitPool.open({
      ...rest,
      ...{ virtualHost, confirms },
      ...{ reconnectAttempts: reconnect.attempts, reconnectDelay: reconnect.delay },
      ...{ workers: pool.workers, callTimeout: pool.call_timeout },
      maxWaiting: pool.max_worker_queue_len * pool.workers,
      clock: this.#parts.clock,
      onHealth: this.#watch(name, false),
      observer: rabbitMetrics(this.#parts.metrics, tag, owner),
    })
  }

  /** Shows in log and metrics whether a pool reaches its server; `isNeeded`: in readiness too. */
  #watch(name: string, isNeeded: boolean): (isHealthy: boolean) => void {
    const { metrics, log } = this.#parts
    const gauge = metrics.gauge('outgoing_pool_healthy', 'Whether a pool reaches its server: 1 or 0', ['pool'])
    gauge.with({ pool: name }).set(0)
    return (isHealthy) => {
      gauge.with({ pool: name }).set(isHealthy ? 1 : 0)
      if (isHealthy) this.#unreached.delete(name)
      else if (isNeeded) this.#unreached.add(name)
      if (isHealthy) log.info({ what: 'outgoing_pool_connected', pool: name })
      else log.error({ what: 'outgoing_pool_lost', pool: name })
    }
  }
}

/** The host type that a pool is for alone; '' for one that all share. */
function ownerOf(table: { readonly scope: string }, tag: string, hostType: string, live: LiveConfig): string {
  if (table.scope !== 'global') return hostType
  const own = live.current.host_config.find(({ host }) => host === hostType)?.outgoing_pools ?? {}
  const isOwn = [own.http, own.ldap, own.redis, own.rabbit].some((tables) => tables?.[tag] === table)
  return isOwn ? hostType : ''
}

/** An empty `tls` table. */
const usualTls = { verify_mode: 'peer', versions: ['tlsv1.2', 'tlsv1.3'], crl_files: [] } as const

interface PoolTable {
  readonly workers: number
  readonly call_timeout: number
  readonly max_worker_queue_len?: number | undefined
}

function sizes({ workers, call_timeout: callTimeout, max_worker_queue_len: queue }: PoolTable) {
  return { workers, callTimeout, maxWaiting: queue === undefined ? undefined : queue * workers }
}
