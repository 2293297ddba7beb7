/** A handler's place in a hook, as its module asked for it. */
export interface Joined {
  /** Position of the slot. */
  readonly slot: number
  readonly module: string
  readonly before: readonly string[]
  readonly after: readonly string[]
}

function mustPrecede(a: Joined, b: Joined): boolean {
  return a.slot === b.slot && (a.before.includes(b.module) || b.after.includes(a.module))
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b)
}

/**
 * Sorts by slot, within a slot by `before` and `after`, then by module name.
 * Throws when the wishes contradict each other.
 */
export function resolveOrder<T extends Joined>(hook: string, joined: readonly T[]): T[] {
  const waiting = [...joined].sort((a, b) => a.slot - b.slot || compare(a.module, b.module))
  const ordered: T[] = []
  while (waiting.length > 0) {
    const slot = (waiting[0] as T).slot
    const next = waiting.findIndex(
      (candidate) =>
        candidate.slot === slot && !waiting.some((other) => other !== candidate && mustPrecede(other, candidate)),
    )
    if (next < 0) {
      const names = waiting.filter((entry) => entry.slot === slot).map((entry) => entry.module)
      throw new Error(`the order of ${hook} is contradictory among ${names.join(', ')}`)
    }
    ordered.push(...waiting.splice(next, 1))
  }
  return ordered
}
