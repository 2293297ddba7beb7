import { randomBytes } from 'node:crypto'

/** What nodes tell each other: anything that JSON can say. */
export type Told = string | number | boolean | null | readonly Told[] | { readonly [key: string]: Told }

/** One run of a node: a node that starts again, or comes back after it was given up, is another one. */
export interface NodeRun {
  /** Such as `meerkat@host1`; never twice at a time. */
  readonly name: string
  /** Tells the runs of a node apart. */
  readonly run: string
}

/** A node as it is shown to operators. */
export interface Member extends NodeRun {
  /** Release of the server. */
  readonly version: string
}

/** Takes in what another node tells; it has been told when this has settled. */
export type Listener = (body: Told, from: NodeRun) => unknown

/** The other nodes of this server, if there are any. */
export interface Cluster {
  /** What this node is called. */
  readonly nodeName: string
  /** Whether there may be other nodes. */
  readonly isShared: boolean
  /** All nodes, this one among them. */
  readonly members: readonly Member[]
  /** What the nodes share in memory: how many entries there are. */
  readonly tables: readonly { readonly name: string; readonly size: number }[]
  /** Why this node is not to be sent work, in words for an operator. */
  readonly troubles: readonly string[]
  /** A secret by its name, the same on every node: made by who asks first, gone when the last node has stopped. */
  secret(name: string, bytes: number): Promise<Buffer>
  /**
   * Tells every other node, in order. Resolves when they have taken it in; a node that cannot be reached for a while is not waited
   * for and is told later, or forgets what it remembers before it comes back. Never rejects.
   */
  tell(topic: string, body: Told): Promise<void>
  /** Tells one other node; resolves when it has taken it in. Rejects where it is gone before, or does not keep up. */
  tellOne(node: string, topic: string, body: Told): Promise<void>
  /** As {@link tellOne}, for one run of a node. */
  tellRun(node: NodeRun, topic: string, body: Told): Promise<void>
  /** Looks at once which nodes are there. */
  refresh(): Promise<void>
  /** Hears what other nodes tell; the function returned ends that. */
  hear(topic: string, listener: Listener): () => void
  /** Called with each node that has left or been given up; the function returned ends that. */
  onGone(listener: (node: NodeRun) => void): () => void
  /** Called when this node may have missed what others told: whatever it remembers of theirs is to be forgotten. */
  onMissed(forget: () => void): () => void
}

/** A node on its own. */
export class LocalCluster implements Cluster {
  readonly nodeName: string
  readonly isShared = false
  readonly troubles: readonly string[] = []
  readonly tables: Cluster['tables'] = []
  readonly #version: string

  constructor(nodeName: string, version: string) {
    this.nodeName = nodeName
    this.#version = version
  }

  get members(): readonly Member[] {
    return [{ name: this.nodeName, run: '', version: this.#version }]
  }

  async secret(_name: string, bytes: number): Promise<Buffer> {
    return randomBytes(bytes)
  }

  async tell(): Promise<void> {}

  tellOne(name: string): Promise<void> {
    return Promise.reject(new Error(`${name} is not in the cluster`))
  }

  tellRun({ name }: NodeRun): Promise<void> {
    return this.tellOne(name)
  }

  async refresh(): Promise<void> {}

  hear(): () => void {
    return () => {}
  }

  onGone(): () => void {
    return () => {}
  }

  onMissed(): () => void {
    return () => {}
  }
}
