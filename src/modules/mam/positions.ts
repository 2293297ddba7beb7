import { Lru } from '../../util/lru.ts'

/** Lists that are remembered. */
const remembered = 5000
/** Known places in a list. */
const mostAnchors = 8

/** Counts the items of a list from one id to before another. */
export type CountBetween = (from: number, before: number) => Promise<number>

interface Anchor {
  readonly id: number
  /** Items before it. */
  readonly position: number
}

/**
 * At which place in its list an id stands. Lists grow at their end only, so that what was counted once need not be counted
 * again: from a place that is known, only the way to the next one is.
 */
export class Positions {
  readonly #lists = new Lru<string, readonly Anchor[]>(remembered)

  /**
   * How many items of the list stand before `id`. `grownUntil`: before this id nothing is added any more; what lies behind it is
   * counted each time.
   */
  async before(list: string, id: number, grownUntil: number, count: CountBetween): Promise<number> {
    if (id > grownUntil) {
      const settled = await this.before(list, grownUntil, grownUntil, count)
      return settled + (await count(grownUntil, id))
    }
    const anchors = this.#lists.get(list) ?? []
    let nearest: Anchor = { id: 0, position: 0 }
    for (const anchor of anchors) if (Math.abs(anchor.id - id) < Math.abs(nearest.id - id)) nearest = anchor
    if (nearest.id === id) return nearest.position
    const between = nearest.id < id ? await count(nearest.id, id) : -(await count(id, nearest.id))
    const position = nearest.position + between
    // Not what was read before: it may have been forgotten meanwhile, and then this count is of the old list.
    if (this.#lists.get(list) === anchors || anchors.length === 0) {
      this.#lists.set(list, [...anchors.slice(-mostAnchors + 1), { id, position }])
    }
    return position
  }

  /** Forgets everything: entries have been removed. */
  clear(): void {
    this.#lists.clear()
  }
}
