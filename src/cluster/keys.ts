import type { NodeRun } from './cluster.ts'

/** The keys of a cluster in Redis; the braces keep them together where Redis itself is spread over machines. */
export class ClusterKeys {
  readonly #prefix: string

  constructor(cluster: string) {
    this.#prefix = `{meerkat:${cluster}}:`
  }

  /** Hash: name of each node that has joined, and its record. */
  get nodes(): string {
    return `${this.#prefix}nodes`
  }

  /** Hash: secrets that all nodes share. */
  get secrets(): string {
    return `${this.#prefix}secrets`
  }

  /** What the keys begin with that expire unless the node of that name lives. */
  get life(): string {
    return `${this.#prefix}alive:`
  }

  /** Stream: what is told to a run of a node. */
  bus({ name, run }: NodeRun): string {
    return `${this.#prefix}bus:${name}:${run}`
  }
}
