/** First pause between attempts to reach a database, in milliseconds. */
const FIRST = 50

/** Pauses between attempts, each about twice as long as the one before, with some chance in them so that servers do not come in step. */
export class BackOff {
  readonly #longest: number
  #next = FIRST
  #end: (() => void) | undefined

  /** `longest` in milliseconds. */
  constructor(longest: number) {
    this.#longest = longest
  }

  /** Waits. */
  async pause(): Promise<void> {
    const pause = Math.min(this.#longest, this.#next) * (0.75 + Math.random() / 4)
    this.#next = Math.min(this.#longest, this.#next * 2)
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, pause)
      this.#end = () => {
        clearTimeout(timer)
        resolve()
      }
    })
    this.#end = undefined
  }

  /** Ends the pause that is under way. */
  hurry(): void {
    this.#end?.()
  }

  /** Begins with short pauses again. */
  reset(): void {
    this.#next = FIRST
  }
}
