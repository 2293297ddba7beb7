import type { Config } from '../config/schema.ts'
import type { Clock } from '../util/clock.ts'
import { HttpPool } from './http-pool.ts'

interface PoolTable {
  readonly workers: number
  readonly call_timeout: number
  readonly max_worker_queue_len?: number | undefined
}

/** How large a pool is, and how long it is waited for. */
export function poolSizes({ workers, call_timeout: callTimeout, max_worker_queue_len: queue }: PoolTable) {
  return { workers, callTimeout, maxWaiting: queue === undefined ? undefined : queue * workers }
}

/** Opens the connections of one table of `outgoing_pools.http`. Rejects when the files that TLS needs cannot be read. */
export function openHttpPool(
  { connection, ...pool }: Config['outgoing_pools']['http'][string],
  clock: Clock,
): Promise<HttpPool> {
  return HttpPool.open({
    ...poolSizes(pool),
    origin: connection.host,
    pathPrefix: connection.path_prefix,
    requestTimeout: connection.request_timeout,
    tls: connection.tls,
    clock,
  })
}
