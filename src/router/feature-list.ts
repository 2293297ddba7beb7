/** Features announced by service discovery, each as long as somebody announces it. */
export class FeatureList {
  readonly #counts = new Map<string, number>()
  #revision = 0

  /** Changes whenever a feature comes or goes. */
  get revision(): number {
    return this.#revision
  }

  /** Announces a feature; the function returned takes that back. */
  add(feature: string): () => void {
    this.#counts.set(feature, (this.#counts.get(feature) ?? 0) + 1)
    this.#revision++
    return () => {
      this.#revision++
      const left = (this.#counts.get(feature) ?? 1) - 1
      if (left === 0) this.#counts.delete(feature)
      else this.#counts.set(feature, left)
    }
  }

  list(): string[] {
    return [...this.#counts.keys()]
  }
}
