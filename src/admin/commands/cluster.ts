import { z } from 'zod'
import { command } from '../../module/command.ts'
import { CommandError } from '../../module/command-error.ts'

/** What commands on the cluster work on. */
export interface ClusterServices {
  readonly nodeName: string
  /** Whether this node belongs to a cluster. */
  readonly isShared: boolean
  /** The nodes that are there, this one among them. */
  readonly nodes: readonly string[]
  /** Whether the others can be reached. */
  readonly isReachable: boolean
  /** Begins an orderly stop without waiting for it. */
  stop(): void
  /** Lets a node stop in good order, or a dead one be given up; false where it is still there after a minute. */
  remove(node: string): Promise<boolean>
  /** What the nodes have in common, by name: how many entries there are. */
  tables(): readonly { readonly name: string; readonly size: number }[]
}

const nodeInput = z.strictObject({ node: z.string().min(1).describe('Name of the node, as NAME@HOST.') })

function notInCluster(): CommandError {
  return new CommandError(
    'not_in_cluster',
    'This node is on its own: nodes join when they start, where internal_databases.cluster says so',
  )
}

const joinCluster = command({
  name: 'server.joinCluster',
  about: 'Of MongooseIM. Nodes join at their start, as the configuration says: tells whether this one has joined NODE.',
  input: nodeInput,
  output: z.string(),
  scope: 'admin',
  run({ node }, services: ClusterServices) {
    if (!services.isShared) throw notInCluster()
    if (node === services.nodeName) throw new CommandError('self', `${node} is this node`, { node })
    if (services.nodes.includes(node)) {
      throw new CommandError('already_joined', `${services.nodeName} has joined ${node} already`, { node })
    }
    throw new CommandError(
      'node_down',
      `${node} is not there: it joins by itself when it is started with the same internal_databases.cluster`,
      { node },
    )
  },
})

const leaveCluster = command({
  name: 'server.leaveCluster',
  about: 'Takes this node out of the cluster: it stops in good order, and joins again when it is started.',
  input: z.strictObject({}),
  output: z.string(),
  scope: 'admin',
  changes: true,
  run(_input, services: ClusterServices) {
    if (!services.isShared || services.nodes.length < 2) throw notInCluster()
    services.stop()
    return `The node ${services.nodeName} has left the cluster: it is stopping`
  },
})

const removeFromCluster = command({
  name: 'server.removeFromCluster',
  about: 'Takes another node out of the cluster: one that lives stops in good order, one that is dead is given up.',
  input: nodeInput,
  output: z.string(),
  scope: 'admin',
  changes: true,
  async run({ node }, services: ClusterServices) {
    if (!services.isShared) throw notInCluster()
    if (node === services.nodeName) {
      throw new CommandError('self', `${node} is this node: use server.leaveCluster`, { node })
    }
    if (!services.nodes.includes(node)) {
      throw new CommandError('node_not_found', `${node} is not in the cluster`, { node })
    }
    if (!(await services.remove(node))) {
      throw new CommandError('node_still_there', `${node} has been told to stop and is still there`, { node })
    }
    return `The node ${node} has been removed from the cluster`
  },
})

const none: string[] = []

const systemInfo = command({
  name: 'cets.systemInfo',
  about: 'Tells of the nodes of the cluster, in the words of MongooseIM.',
  input: z.strictObject({}),
  output: z.strictObject({
    availableNodes: z.array(z.string()),
    unavailableNodes: z.array(z.string()),
    joinedNodes: z.array(z.string()),
    discoveredNodes: z.array(z.string()),
    remoteNodesWithoutDisco: z.array(z.string()),
    remoteNodesWithUnknownTables: z.array(z.string()),
    remoteUnknownTables: z.array(z.string()),
    remoteNodesWithMissingTables: z.array(z.string()),
    remoteMissingTables: z.array(z.string()),
    conflictNodes: z.array(z.string()),
    conflictTables: z.array(z.string()),
    discoveryWorks: z.boolean(),
  }),
  scope: 'admin',
  run(_input, { isShared, nodes, isReachable }: ClusterServices) {
    if (!isShared) throw notLoaded()
    const all = [...nodes]
    return {
      ...{ availableNodes: all, joinedNodes: all, discoveredNodes: all, discoveryWorks: isReachable },
      ...{ unavailableNodes: none, conflictNodes: none, conflictTables: none },
      ...{ remoteNodesWithoutDisco: none, remoteNodesWithUnknownTables: none, remoteUnknownTables: none },
      ...{ remoteNodesWithMissingTables: none, remoteMissingTables: none },
    }
  },
})

const tableInfo = command({
  name: 'cets.tableInfo',
  about: 'Tells what the nodes of the cluster share in memory, in the words of MongooseIM.',
  input: z.strictObject({}),
  output: z.array(
    z.strictObject({
      tableName: z.string(),
      memory: z.int().nullable(),
      size: z.int(),
      nodes: z.array(z.string()),
    }),
  ),
  scope: 'admin',
  run(_input, services: ClusterServices) {
    if (!services.isShared) throw notLoaded()
    const nodes = [...services.nodes]
    return services.tables().map(({ name, size }) => ({ tableName: name, memory: null, size, nodes }))
  },
})

function notLoaded(): CommandError {
  return new CommandError('deps_not_loaded', 'This node belongs to no cluster', {
    not_loaded_internal_databases: ['cets'],
  })
}

/** The commands on the nodes of a cluster. */
export const clusterCommands = [joinCluster, leaveCluster, removeFromCluster, systemInfo, tableInfo]
