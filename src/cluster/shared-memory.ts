import type { Cluster } from './cluster.ts'

/** What a node remembers, by key, of what every node may change. */
export interface Memory {
  forget(key: string): unknown
  forgetWhere(fits: (key: string) => boolean): unknown
}

/** A memory that the other nodes have too. */
export interface SharedMemory {
  /** It has been changed on disk: settles when no other node remembers what was before. Undefined for a node on its own. */
  changed(key: string): Promise<void> | undefined
  /** As {@link changed}, for every address of a domain. */
  changedDomain(domain: string): Promise<void> | undefined
  /** From now on this node does not hear of changes. */
  end(): void
}

const alone: SharedMemory = { changed: () => undefined, changedDomain: () => undefined, end: () => {} }

/** Lets other nodes tell a memory what they have changed, and tells them. `name`: the same on every node, and only for this memory. */
export function shareMemory(cluster: Cluster, name: string, memory: Memory): SharedMemory {
  if (!cluster.isShared) return alone
  const topic = `memory.${name}`
  const unhear = cluster.hear(topic, (told) => {
    const { key, domain } = told as { readonly key?: string; readonly domain?: string }
    if (key !== undefined) return memory.forget(key)
    return memory.forgetWhere((each) => each.endsWith(`@${domain}`))
  })
  // What others have told meanwhile is not known.
  const unmiss = cluster.onMissed(() => memory.forgetWhere(() => true))
  return {
    changed: (key) => cluster.tell(topic, { key }),
    changedDomain: (domain) => cluster.tell(topic, { domain }),
    end() {
      unhear()
      unmiss()
    },
  }
}
