import type { Clock, Timer } from '../util/clock.ts'
import { randomId } from '../util/random-id.ts'
import { letRun } from '../util/settled.ts'
import { Bus } from './bus.ts'
import type { Cluster, Listener, Member, NodeRun, Told } from './cluster.ts'
import { ClusterKeys } from './keys.ts'
import { JoinRefused, Membership } from './membership.ts'
import { PeerGone } from './peer-outbox.ts'
import type { RedisPort } from './redis-port.ts'
import { SharedSecrets } from './shared-secrets.ts'

/** Where a cluster tells what becomes of it; the server's logger fits. */
export interface ClusterLog {
  info(fields: { what: string } & Record<string, unknown>): void
  warn(fields: { what: string } & Record<string, unknown>): void
  error(fields: { what: string } & Record<string, unknown>): void
}

export interface RedisClusterParts {
  /** Name of the cluster: several may share a Redis. */
  readonly name: string
  readonly nodeName: string
  /** Release of the server. */
  readonly version: string
  /** Milliseconds after which a node that is not heard of is given up. */
  readonly failureDetection: number
  readonly redis: RedisPort
  /** Another connection, whose commands may take {@link longestRead} longer. */
  readonly reader: RedisPort
  readonly clock: Clock
  readonly log: ClusterLog
}

/** Milliseconds between two attempts to join. */
const joinPause = 250
/** Milliseconds that somebody who tells something waits for nodes that do not answer. */
const patience = 5000

/** Nodes that find each other and talk through Redis. */
export class RedisCluster implements Cluster {
  readonly isShared = true
  readonly #parts: RedisClusterParts
  readonly #keys: ClusterKeys
  readonly #membership: Membership
  readonly #listeners = new Map<string, Set<Listener>>()
  readonly #forgetful = new Set<() => void>()
  readonly #mourners = new Set<(node: NodeRun) => void>()
  readonly #secrets: SharedSecrets
  #self: NodeRun
  #bus: Bus
  /** `joining`: not among the nodes, at the start or since it was given up. */
  #state: 'joining' | 'joined' | 'left' = 'joining'
  /** When Redis last answered a sign of life. */
  #heardAt = 0
  #beat: Timer | undefined
  #isLooking = false
  #isLookDue = false

  private constructor(parts: RedisClusterParts) {
    this.#parts = parts
    this.#keys = new ClusterKeys(parts.name)
    this.#secrets = new SharedSecrets(parts.redis, this.#keys.secrets)
    this.#membership = new Membership({ ...parts, keys: this.#keys })
    this.#self = { name: parts.nodeName, run: randomId(9) }
    this.#bus = this.#openBus()
    this.hear('cluster.hello', () => this.#tick())
  }

  /**
   * Joins the other nodes. Waits for Redis, and for a run of the same name that has just died, no longer than a dead node is waited
   * for twice. Rejects with JoinRefused.
   */
  static async join(parts: RedisClusterParts): Promise<RedisCluster> {
    const cluster = new RedisCluster(parts)
    const { clock, failureDetection } = parts
    const end = clock.now() + failureDetection * 2
    for (;;) {
      const trouble = await cluster.#tryJoin()
      if (trouble === undefined) return cluster
      if (trouble instanceof JoinRefused || clock.now() >= end) {
        await cluster.#bus.close()
        throw trouble
      }
      await new Promise<void>((resolve) => {
        clock.after(joinPause, resolve)
      })
    }
  }

  get nodeName(): string {
    return this.#self.name
  }

  get members(): readonly Member[] {
    return this.#membership.members
  }

  get tables(): Cluster['tables'] {
    return [
      { name: 'nodes', size: this.members.length },
      { name: 'secrets', size: this.#secrets.size },
    ]
  }

  /** Why this node is not to be sent work, in words for an operator. */
  get troubles(): readonly string[] {
    const { clock, failureDetection } = this.#parts
    if (this.#state !== 'joined') return ['the join of the cluster is incomplete']
    return clock.now() - this.#heardAt > failureDetection ? ['the cluster cannot be reached'] : []
  }

  secret(name: string, bytes: number): Promise<Buffer> {
    return this.#secrets.get(name, bytes)
  }

  async tell(topic: string, body: Told): Promise<void> {
    const { clock, log } = this.#parts
    const told = this.#others.map(async (node) => {
      try {
        await this.#bus.send(node, topic, body)
      } catch (error) {
        // Who comes back forgets what it remembers.
        if (!(error instanceof PeerGone))
          log.error({ what: 'cluster_node_not_told', node: node.name, topic, reason: error })
      }
    })
    let timer: Timer | undefined
    const late = new Promise<'late'>((resolve) => {
      timer = clock.after(patience, () => resolve('late'))
    })
    const outcome = await Promise.race([Promise.all(told), late])
    timer?.cancel()
    if (outcome === 'late') log.warn({ what: 'cluster_nodes_late', topic })
  }

  /** Tells one node something; resolves when it has taken it in. Rejects with PeerGone or PeerBehind. */
  tellOne(name: string, topic: string, body: Told): Promise<void> {
    const node = this.#others.find((other) => other.name === name)
    if (node === undefined) return Promise.reject(new PeerGone(`${name} is not in the cluster`))
    return this.#bus.send(node, topic, body)
  }

  tellRun(node: NodeRun, topic: string, body: Told): Promise<void> {
    return this.#bus.send(node, topic, body)
  }

  hear(topic: string, listener: Listener): () => void {
    const listeners = this.#listeners.get(topic) ?? new Set()
    this.#listeners.set(topic, listeners.add(listener))
    return () => listeners.delete(listener)
  }

  onGone(listener: (node: NodeRun) => void): () => void {
    this.#mourners.add(listener)
    return () => this.#mourners.delete(listener)
  }

  onMissed(forget: () => void): () => void {
    this.#forgetful.add(forget)
    return () => this.#forgetful.delete(forget)
  }

  /** Redis is reached again: what may have been lost is sent again. */
  reached(): void {
    this.#bus.sendAgain('all')
    void this.#tick()
  }

  /** Looks at once who is there. */
  refresh(): Promise<void> {
    return this.#tick()
  }

  /** Leaves the cluster, after what was told has been sent. */
  async close(): Promise<void> {
    const wasJoined = this.#state === 'joined'
    this.#state = 'left'
    this.#beat?.cancel()
    await this.#bus.close()
    const { redis, reader } = this.#parts
    // Where Redis cannot be reached the others give this node up by themselves.
    if (wasJoined) await this.#membership.leave(this.#self).catch(() => {})
    reader.close()
    redis.close()
  }

  get #others(): readonly NodeRun[] {
    return this.members.filter(({ name }) => name !== this.#self.name)
  }

  #openBus(): Bus {
    return new Bus(this.#self, {
      ...this.#parts,
      keys: this.#keys,
      take: (topic, body, from) => this.#take(topic, body, from),
    })
  }

  /** Joins, once; answers what is in the way, undefined where nothing is. */
  async #tryJoin(): Promise<Error | undefined> {
    const { log } = this.#parts
    try {
      if (!(await this.#membership.join(this.#self))) {
        // It may have died, and is given up soon.
        return new Error(`${this.#self.name} is in the cluster already: give this node another node_name`)
      }
      const differing = await this.#secrets.putBack()
      for (const name of differing) log.error({ what: 'cluster_secret_differs', secret: name })
      await this.#membership.beat(this.#self)
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error))
    }
    this.#state = 'joined'
    this.#heardAt = this.#parts.clock.now()
    this.#bus.open()
    this.#beat?.cancel()
    this.#nextBeat()
    log.info({ what: 'cluster_joined', cluster: this.#parts.name, nodes: this.members.map(({ name }) => name) })
    // The others learn of this node from its first word.
    void this.tell('cluster.hello', null)
    return undefined
  }

  #nextBeat(): void {
    this.#beat = this.#parts.clock.after(this.#membership.interval, () => {
      this.#nextBeat()
      void this.#tick()
    })
  }

  /** Tells that this node lives and looks who else does. One look at a time; who asks meanwhile gets another one. */
  async #tick(): Promise<void> {
    this.#isLookDue = true
    if (this.#isLooking) return
    this.#isLooking = true
    while (this.#isLookDue && this.#state !== 'left') {
      this.#isLookDue = false
      await this.#look()
    }
    this.#isLooking = false
  }

  async #look(): Promise<void> {
    const { clock, log } = this.#parts
    const before = this.#others
    try {
      if (this.#state === 'joined' && (await this.#membership.beat(this.#self))) {
        this.#heardAt = clock.now()
        this.#compare(before, this.#others)
      } else if (this.#state !== 'left') await this.#comeBack()
    } catch (error) {
      log.warn({ what: 'cluster_beat_failed', reason: error })
    }
  }

  #compare(before: readonly NodeRun[], now: readonly NodeRun[]): void {
    const { log } = this.#parts
    const lacks = (nodes: readonly NodeRun[], { run }: NodeRun) => nodes.every((other) => other.run !== run)
    for (const node of now) if (lacks(before, node)) log.info({ what: 'cluster_node_came', node: node.name })
    const gone = before.filter((node) => lacks(now, node))
    this.#bus.keepOnly(now, gone)
    this.#bus.sendAgain('stuck')
    for (const node of gone) {
      log.warn({ what: 'cluster_node_gone', node: node.name })
      for (const mourn of this.#mourners) mourn(node)
    }
  }

  /** The others have given this node up, or Redis has lost everything: it joins as another run, and knows nothing of theirs. */
  async #comeBack(): Promise<void> {
    if (this.#state === 'joined') this.#parts.log.error({ what: 'cluster_lost', cluster: this.#parts.name })
    this.#state = 'joining'
    this.#bus.end()
    this.#self = { name: this.#self.name, run: randomId(9) }
    this.#bus = this.#openBus()
    const trouble = await this.#tryJoin()
    if (trouble !== undefined) throw trouble
    for (const forget of this.#forgetful) forget()
  }

  #take(topic: string, body: Told, from: NodeRun): unknown {
    const waits: Promise<unknown>[] = []
    for (const listener of this.#listeners.get(topic) ?? []) {
      letRun(
        () => {
          const outcome = listener(body, from)
          if (outcome instanceof Promise) waits.push(outcome)
          return outcome
        },
        (error) => this.#parts.log.error({ what: 'cluster_listener_failed', topic, reason: error }),
      )
    }
    return waits.length === 0 ? undefined : Promise.allSettled(waits)
  }
}
