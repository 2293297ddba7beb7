const hour = 3_600_000

/** Hours that the rate is told of, and the one that is not over. */
const remembered = 24

/** How much is said in a room: counters of the last hours, in constant space and time (XEP-0502 §6). */
export class Activity {
  readonly #since: number
  /** One for each hour, used in a circle. */
  #counts: Uint32Array | undefined
  /** The hour that goes on, counted from the beginning. */
  #current = 0

  /** `now`: from when on messages are counted, in milliseconds since the epoch. */
  constructor(now: number) {
    this.#since = now
  }

  /** Somebody has said something. */
  count(now: number): void {
    this.#counts ??= new Uint32Array(remembered + 1)
    this.#advance(now)
    const place = this.#current % this.#counts.length
    this.#counts[place] = (this.#counts[place] as number) + 1
  }

  /** Messages an hour, over the whole hours of the last day; undefined before there is one. */
  rate(now: number): number | undefined {
    this.#advance(now)
    const hours = Math.min(this.#current, remembered)
    if (hours === 0) return undefined
    const counts = this.#counts
    if (counts === undefined) return 0
    const goesOn = counts[this.#current % counts.length] as number
    return (counts.reduce((sum, each) => sum + each, 0) - goesOn) / hours
  }

  /** Begins a new hour when it is time; hours in which nobody came here have nothing. */
  #advance(now: number): void {
    const next = Math.floor((now - this.#since) / hour)
    const gone = Math.min(next - this.#current, remembered + 1)
    // A clock that goes back does not bring back an hour.
    if (gone <= 0) return
    for (let i = 0; i < gone && this.#counts !== undefined; i++) this.#counts[(next - i) % this.#counts.length] = 0
    this.#current = next
  }
}
