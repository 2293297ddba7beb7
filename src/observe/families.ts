import type { Counter, Gauge, Histogram, Labelled } from './metrics.ts'
import { RecentCount, RecentValues } from './recent.ts'

// Metrics of our own make, shown through prom-client's registry: what is counted for every stanza has to cost no more than an
// addition, and prom-client looks a series up by its labels at every one.

/** A value as a registry of prom-client shows it. */
interface Shown {
  readonly metricName?: string
  readonly labels: Readonly<Record<string, string | number>>
  readonly value: number
}

/** What a series is at a moment. */
export interface SeriesReading {
  /** The number; of a histogram how many values there were. */
  readonly value: number
  /** How much of a counter is of the last minute, where that is kept. */
  readonly lastMinute?: number
  /** Of a histogram: what its values come to. */
  readonly sum?: number
  /** Those of the last minute, where they are kept. */
  readonly recent?: RecentValues
}

/** One series: a number, or a distribution. */
interface Series {
  shown(labels: Readonly<Record<string, string>>, name: string): Shown[]
  reading(): SeriesReading
  /** {@link tickMs} have gone by. */
  tick(): void
}

class Value implements Series, Counter, Gauge {
  #value = 0
  readonly #recent: RecentCount | undefined

  constructor(recent?: RecentCount) {
    this.#recent = recent
  }

  inc(by = 1): void {
    this.#value += by
  }

  dec(by = 1): void {
    this.#value -= by
  }

  set(value: number): void {
    this.#value = value
  }

  shown(labels: Readonly<Record<string, string>>): Shown[] {
    return [{ labels, value: this.#value }]
  }

  reading(): SeriesReading {
    const value = this.#value
    return this.#recent === undefined ? { value } : { value, lastMinute: this.#recent.lastMinute(value) }
  }

  tick(): void {
    this.#recent?.tick(this.#value)
  }
}

/** Buckets are 1, 2, 4, … 2^30, and one for what is greater. */
const bucketCount = 32

class Distribution implements Series, Histogram {
  readonly #buckets = new Float64Array(bucketCount)
  readonly #recent: RecentValues | undefined
  #sum = 0

  constructor(recent?: RecentValues) {
    this.#recent = recent
  }

  observe(value: number): void {
    this.#sum += value
    this.#recent?.add(value)
    // The power of two that is not less than the value.
    const bucket = value <= 1 ? 0 : value > 1_073_741_824 ? bucketCount - 1 : 32 - Math.clz32(Math.ceil(value) - 1)
    this.#buckets[bucket] = (this.#buckets[bucket] as number) + 1
  }

  shown(labels: Readonly<Record<string, string>>, name: string): Shown[] {
    const shown: Shown[] = []
    let count = 0
    this.#buckets.forEach((inBucket, power) => {
      count += inBucket
      const le = power === bucketCount - 1 ? '+Inf' : 2 ** power
      shown.push({ metricName: `${name}_bucket`, labels: { le, ...labels }, value: count })
    })
    shown.push({ metricName: `${name}_sum`, labels, value: this.#sum })
    shown.push({ metricName: `${name}_count`, labels, value: count })
    return shown
  }

  reading(): SeriesReading {
    const value = this.#buckets.reduce((count, inBucket) => count + inBucket, 0)
    return { value, sum: this.#sum, ...(this.#recent && { recent: this.#recent }) }
  }

  tick(): void {
    this.#recent?.tick()
  }
}

const makers = {
  counter: (keepsRecent: boolean) => new Value(keepsRecent ? new RecentCount() : undefined),
  gauge: () => new Value(),
  histogram: (keepsRecent: boolean) => new Distribution(keepsRecent ? new RecentValues() : undefined),
} as const

/** The kinds of metrics that there are. */
export type Kind = keyof typeof makers

/** A metric. */
export interface FamilyOptions {
  readonly name: string
  readonly help: string
  readonly labels: readonly string[]
  /** Keeps what has been of the last minute too. */
  readonly keepsRecent: boolean
}

/** A metric with its series, as prom-client's registry wants one. */
export class Family {
  readonly name: string
  readonly help: string
  readonly type: Kind
  readonly labelNames: readonly string[]
  readonly #keepsRecent: boolean
  readonly #series = new Map<string, { labels: Readonly<Record<string, string>>; series: Series }>()

  constructor(type: Kind, { name, help, labels, keepsRecent }: FamilyOptions) {
    this.type = type
    this.name = name
    this.help = help
    this.labelNames = labels
    this.#keepsRecent = keepsRecent
  }

  /** What is handed out: the metric itself, or what gives its series. */
  get face(): unknown {
    if (this.labelNames.length === 0) return this.#of({})
    const labelled: Labelled<Series, string> = {
      with: (labels) => this.#of(labels),
      remove: (labels) => {
        if (labels === undefined) this.#series.clear()
        else this.#series.delete(this.#key(labels))
      },
    }
    return labelled
  }

  /** For the registry. */
  async get() {
    const values = [...this.#series.values()].flatMap(({ labels, series }) => series.shown(labels, this.name))
    return { name: this.name, help: this.help, type: this.type, values, aggregator: 'sum' }
  }

  /** Every series as it is. */
  readings(): (SeriesReading & { readonly labels: Readonly<Record<string, string>> })[] {
    return [...this.#series.values()].map(({ labels, series }) => ({ labels, ...series.reading() }))
  }

  tick(): void {
    for (const { series } of this.#series.values()) series.tick()
  }

  #of(given: Readonly<Record<string, string>>): Series {
    const key = this.#key(given)
    const known = this.#series.get(key)
    if (known !== undefined) return known.series
    const labels = Object.fromEntries(this.labelNames.map((name) => [name, given[name] ?? '']))
    const series = makers[this.type](this.#keepsRecent)
    this.#series.set(key, { labels, series })
    return series
  }

  #key(labels: Readonly<Record<string, string>>): string {
    return JSON.stringify(this.labelNames.map((name) => labels[name] ?? ''))
  }
}
