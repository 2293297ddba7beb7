import type { ClusterServices } from '../admin/commands/cluster.ts'
import type { Cluster } from '../cluster/cluster.ts'
import type { Clock } from '../util/clock.ts'

/** What a node is told that is to leave the cluster. */
export const leaveTopic = 'cluster.leave'

/** How long a node may take to go, and how often it is looked whether it has, in milliseconds. */
const patience = 60_000
const pause = 200

/** What the commands of the cluster need of a server. */
export interface ClusteredServer {
  readonly cluster: Cluster
  readonly clock: Clock
  stop(): void
}

/** The interface that commands on the cluster work on, over a server. */
export function clusterServices({ cluster, clock, stop }: ClusteredServer): ClusterServices {
  const nodes = () => cluster.members.map(({ name }) => name)
  return {
    nodeName: cluster.nodeName,
    isShared: cluster.isShared,
    get nodes() {
      return nodes()
    },
    get isReachable() {
      return cluster.troubles.length === 0
    },
    stop,
    async remove(node) {
      // A dead one never answers; whether it is gone is what counts.
      cluster.tellOne(node, leaveTopic, null).catch(() => {})
      for (const end = clock.now() + patience; clock.now() < end; ) {
        await cluster.refresh()
        if (!nodes().includes(node)) return true
        await new Promise<void>((resolve) => {
          clock.after(pause, resolve)
        })
      }
      return false
    },
    tables: () => cluster.tables,
  }
}
