import { type Shorthand, shorthand } from './shorthand.ts'

const node = ([name = '']: readonly string[]) => ({ node: name })

/** The nodes of a cluster. */
export const clusterShorthands: readonly Shorthand[] = [
  shorthand({
    usage: 'join_cluster NODE',
    about: 'Of MongooseIM; nodes join when they start. Tells whether this one has joined NODE.',
    command: 'server.joinCluster',
    input: node,
  }),
  shorthand({
    usage: 'leave_cluster',
    about: 'Takes this node out of the cluster: it stops, and joins again when it is started.',
    command: 'server.leaveCluster',
    question: 'This node is going to stop, and its users have to connect to others. Is that meant?',
  }),
  ...['remove_from_cluster NODE', 'remove_node NODE'].map((usage) =>
    shorthand({
      usage,
      about: 'Takes another node out of the cluster: one that lives stops, one that is dead is given up.',
      command: 'server.removeFromCluster',
      input: node,
      question: 'That node is going to stop, and its users have to connect to others. Is that meant?',
    }),
  ),
]
