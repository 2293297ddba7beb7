import { hostname } from 'node:os'
import { longestRead } from '../cluster/bus.ts'
import { type Cluster, LocalCluster } from '../cluster/cluster.ts'
import { protocol } from '../cluster/membership.ts'
import { RedisCluster } from '../cluster/redis-cluster.ts'
import type { Logger } from '../observe/logger.ts'
import type { Clock } from '../util/clock.ts'
import { nodeName, productVersion } from '../util/product.ts'
import type { LiveConfig } from './live-config.ts'
import type { Opened } from './opened.ts'
import type { OutgoingPools } from './outgoing-pools.ts'

export interface ClusterParts {
  readonly live: LiveConfig
  readonly clock: Clock
  readonly log: Logger
  readonly pools: OutgoingPools
  readonly opened: Opened
}

/** Joins the nodes that the configuration speaks of. Rejects, saying why, where that cannot be; without such a table this is a node on its own. */
export async function openCluster({ live, clock, log, pools, opened }: ClusterParts): Promise<Cluster> {
  const { cluster: options } = live.current.internal_databases
  if (options === undefined) return alone()
  const { name, node_name: chosen = `meerkat@${hostname()}`, pool_tag: tag, failure_detection: seconds } = options
  let joined: RedisCluster | undefined
  const redis = await pools.redisLine(tag, 0, (isHealthy) => {
    if (isHealthy) joined?.reached()
  })
  const reader = await pools.redisLine(tag, longestRead, () => {})
  try {
    joined = await RedisCluster.join({
      ...{ name, nodeName: chosen, version: productVersion, failureDetection: seconds * 1000 },
      ...{ redis, reader, clock, log },
    })
  } catch (cause) {
    reader.close()
    redis.close()
    throw new Error(`The cluster ${name} cannot be joined: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    })
  }
  const cluster = joined
  opened.push(() => cluster.close())
  return cluster
}

/** A node that belongs to no cluster. */
export function alone(): Cluster {
  return new LocalCluster(nodeName, productVersion)
}

/** What joins a node to others, for people. */
export function describeCluster({ isShared, members }: Cluster): string {
  return isShared ? `Redis, protocol ${protocol}: ${members.map(({ name }) => name).join(', ')}` : 'none'
}
