/**
 * A bounded table from text to one shared value. Two generations: a hit in the young one costs one look-up and changes
 * nothing; when the young one is full it becomes the old one and the old one is dropped whole, so that a flood of new
 * texts costs the same for each of them and never more than `2 * size` entries of memory.
 */
export class InternTable<V> {
  readonly #size: number
  #young = new Map<string, V>()
  #old = new Map<string, V>()

  constructor(size: number) {
    this.#size = size
  }

  /** How many entries are held. */
  get size(): number {
    return this.#young.size + this.#old.size
  }

  get(text: string): V | undefined {
    const value = this.#young.get(text)
    if (value !== undefined) return value
    const aged = this.#old.get(text)
    if (aged !== undefined) {
      this.#old.delete(text)
      this.set(text, aged)
    }
    return aged
  }

  set(text: string, value: V): void {
    this.#young.set(text, value)
    if (this.#young.size < this.#size) return
    this.#old = this.#young
    this.#young = new Map()
  }
}
