import type { Clock } from '../util/clock.ts'
import type { Member, NodeRun } from './cluster.ts'
import type { ClusterKeys } from './keys.ts'
import { evaluate, type RedisPort } from './redis-port.ts'
import { beatScript, buryScript, joinScript, leaveScript } from './scripts.ts'

/** How nodes speak with each other; nodes of different protocols do not join. */
export const protocol = 1

/** Milliseconds that a stream stays when its node has stopped beating and nobody has cleaned up. */
const streamLife = 3_600_000

/** The cluster does not take this node; the message says why, for an operator. */
export class JoinRefused extends Error {
  override readonly name = 'JoinRefused'
}

export interface MembershipParts {
  readonly keys: ClusterKeys
  readonly redis: RedisPort
  readonly clock: Clock
  /** Release of the server. */
  readonly version: string
  /** Milliseconds after which a node that is not heard of is given up. */
  readonly failureDetection: number
}

interface NodeRecord {
  readonly run: string
  readonly protocol: number
  readonly version: string
}

/** A node as it stands in Redis. */
interface Found extends Member {
  /** As it is written there. */
  readonly record: string
  readonly isAlive: boolean
}

/** Who belongs to the cluster, as Redis has it. */
export class Membership {
  readonly #parts: MembershipParts
  #members: readonly Member[] = []

  constructor(parts: MembershipParts) {
    this.#parts = parts
  }

  /** Milliseconds between two signs of life: one may be late before a node is given up. */
  get interval(): number {
    return this.#parts.failureDetection / 3
  }

  /** Milliseconds that a sign of life holds. */
  get #life(): number {
    return this.interval * 2
  }

  /** As of the last beat. */
  get members(): readonly Member[] {
    return this.#members
  }

  /** Puts a run among the nodes. False where another run of the same name lives. Rejects with JoinRefused, or with what Redis says. */
  async join(self: NodeRun): Promise<boolean> {
    const { keys, redis } = this.#parts
    const answer = await evaluate(
      redis,
      joinScript,
      [keys.nodes, keys.secrets, keys.bus(self)],
      [self.name, this.#recordOf(self), keys.life, self.run, this.#life, protocol],
    )
    const [outcome, node, theirs] = answer as [string, string, string]
    if (outcome === 'incompatible') {
      throw new JoinRefused(
        `${node} speaks version ${theirs} of the cluster protocol, this node version ${protocol}: upgrade or stop it first`,
      )
    }
    return outcome === 'joined'
  }

  /** Tells that the run lives, and learns who else does. False where it has been given up: it has to join anew. */
  async beat(self: NodeRun): Promise<boolean> {
    const { keys, redis } = this.#parts
    const answer = await evaluate(
      redis,
      beatScript,
      [keys.nodes, keys.bus(self)],
      [self.name, this.#recordOf(self), keys.life, self.run, this.#life, streamLife],
    )
    if (!Array.isArray(answer)) return false
    const found = foundIn(answer)
    const members: Member[] = []
    for (const node of found) if (node.isAlive || (await this.#livesAfterAll(node))) members.push(node)
    this.#members = members
    return true
  }

  /** Takes the run out of the nodes. */
  async leave(self: NodeRun): Promise<void> {
    const { keys, redis } = this.#parts
    await evaluate(redis, leaveScript, [keys.nodes, keys.bus(self)], [self.name, this.#recordOf(self), keys.life])
  }

  /** Takes a node out that has given no sign of life, unless it has done so meanwhile. */
  async #livesAfterAll(node: Found): Promise<boolean> {
    const { keys, redis } = this.#parts
    const answer = await evaluate(redis, buryScript, [keys.nodes, keys.bus(node)], [node.name, node.record, keys.life])
    return Number(answer) === 1
  }

  #recordOf({ run }: NodeRun): string {
    const { version } = this.#parts
    return JSON.stringify({ run, protocol, version } satisfies NodeRecord)
  }
}

/** What a beat answers: name, record, whether it lives, for each node. */
function foundIn(words: readonly unknown[]): Found[] {
  const found: Found[] = []
  for (let at = 0; at + 2 < words.length; at += 3) {
    const record = String(words[at + 1])
    const { run, version } = JSON.parse(record) as NodeRecord
    found.push({ name: String(words[at]), run, version, record, isAlive: Number(words[at + 2]) === 1 })
  }
  return found
}
