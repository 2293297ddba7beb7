/** How often {@link RecentCount} and {@link RecentValues} are told that time goes by, in milliseconds. */
export const tickMs = 5000

const ticksInMinute = 12

/** How much a number that only grows has grown within the last minute, to five seconds. */
export class RecentCount {
  /** What it was at the last ticks, the oldest next to be replaced. */
  readonly #before = new Float64Array(ticksInMinute)
  #oldest = 0

  tick(value: number): void {
    this.#before[this.#oldest] = value
    this.#oldest = (this.#oldest + 1) % ticksInMinute
  }

  lastMinute(value: number): number {
    return value - (this.#before[this.#oldest] as number)
  }
}

/** Each power of two is divided into so many bins: a quantile is off by an eighth at most. */
const binsInPower = 4
const powers = 30
/** One for what is not above 1 at the beginning, one for what is above 2^30 at the end. */
const binCount = powers * binsInPower + 2

function binOf(value: number): number {
  if (value <= 1) return 0
  if (value >= 2 ** powers) return binCount - 1
  const power = 31 - Math.clz32(value)
  const from = 1 << power
  return 1 + power * binsInPower + Math.floor(((value - from) * binsInPower) / from)
}

/** The lower end of a bin, and its width. */
function spanOf(bin: number): readonly [from: number, width: number] {
  if (bin === 0) return [0, 1]
  const power = Math.floor((bin - 1) / binsInPower)
  const width = 2 ** power / binsInPower
  return [2 ** power + ((bin - 1) % binsInPower) * width, width]
}

/** Values of a quarter of a minute. */
class Slot {
  readonly bins = new Uint32Array(binCount)
  count = 0
  sum = 0
  min = Number.POSITIVE_INFINITY
  max = Number.NEGATIVE_INFINITY

  add(value: number): void {
    const bin = binOf(value)
    this.bins[bin] = (this.bins[bin] as number) + 1
    this.count++
    this.sum += value
    if (value < this.min) this.min = value
    if (value > this.max) this.max = value
  }

  take(other: Slot): void {
    other.bins.forEach((inBin, bin) => {
      this.bins[bin] = (this.bins[bin] as number) + inBin
    })
    this.count += other.count
    this.sum += other.sum
    this.min = Math.min(this.min, other.min)
    this.max = Math.max(this.max, other.max)
  }

  quantile(q: number): number {
    const rank = Math.max(1, Math.ceil(q * this.count))
    let before = 0
    for (const [bin, inBin] of this.bins.entries()) {
      if (before + inBin >= rank && bin < binCount - 1) {
        const [from, width] = spanOf(bin)
        const value = from + (width * (rank - before - 0.5)) / inBin
        return Math.min(this.max, Math.max(this.min, value))
      }
      before += inBin
    }
    return this.max
  }
}

/** What some values come to. */
export type Summary = Readonly<
  Record<'n' | 'mean' | 'min' | 'max' | 'median' | 'p50' | 'p75' | 'p90' | 'p95' | 'p99' | 'p999', number>
>

const slotsInMinute = 4

/** The values of the last minute, to a quarter. */
export class RecentValues {
  readonly #slots: Slot[] = []
  #ticks = 0

  add(value: number): void {
    if (this.#slots.length === 0) this.#slots.push(new Slot())
    const [current] = this.#slots as [Slot]
    current.add(value)
  }

  tick(): void {
    this.#ticks = (this.#ticks + 1) % (ticksInMinute / slotsInMinute)
    if (this.#ticks > 0 || this.#slots.length === 0) return
    this.#slots.unshift(new Slot())
    this.#slots.length = Math.min(this.#slots.length, slotsInMinute)
    // Who has seen nothing for a minute needs no room.
    if (this.#slots.every(({ count }) => count === 0)) this.#slots.length = 0
  }

  /** What the values of all of these come to. */
  static summary(all: readonly RecentValues[]): Summary {
    const together = new Slot()
    for (const recent of all) for (const slot of recent.#slots) together.take(slot)
    const { count: n, sum } = together
    const of = (value: number) => (n === 0 ? 0 : value)
    const quantile = (q: number) => of(together.quantile(q))
    return {
      n,
      mean: of(sum / n),
      min: of(together.min),
      max: of(together.max),
      median: quantile(0.5),
      p50: quantile(0.5),
      p75: quantile(0.75),
      p90: quantile(0.9),
      p95: quantile(0.95),
      p99: quantile(0.99),
      p999: quantile(0.999),
    }
  }
}
