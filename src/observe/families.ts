import type { Counter, Gauge, Histogram, Labelled } from './metrics.ts'

// Metrics of our own make, shown through prom-client's registry: what is counted for every stanza has to cost no more than an
// addition, and prom-client looks a series up by its labels at every one.

/** A value as a registry of prom-client shows it. */
interface Shown {
  readonly metricName?: string
  readonly labels: Readonly<Record<string, string | number>>
  readonly value: number
}

/** One series: a number, or a distribution. */
interface Series {
  shown(labels: Readonly<Record<string, string>>, name: string): Shown[]
}

class Value implements Series, Counter, Gauge {
  #value = 0

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
}

/** Buckets are 1, 2, 4, … 2^30, and one for what is greater. */
const bucketCount = 32

class Distribution implements Series, Histogram {
  readonly #buckets = new Float64Array(bucketCount)
  #sum = 0

  observe(value: number): void {
    this.#sum += value
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
}

const makers = { counter: () => new Value(), gauge: () => new Value(), histogram: () => new Distribution() } as const

/** The kinds of metrics that there are. */
export type Kind = keyof typeof makers

/** A metric with its series, as prom-client's registry wants one. */
export class Family {
  readonly name: string
  readonly help: string
  readonly type: Kind
  readonly labelNames: readonly string[]
  readonly #series = new Map<string, { labels: Readonly<Record<string, string>>; series: Series }>()

  constructor(type: Kind, name: string, help: string, labelNames: readonly string[]) {
    this.type = type
    this.name = name
    this.help = help
    this.labelNames = labelNames
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

  #of(given: Readonly<Record<string, string>>): Series {
    const key = this.#key(given)
    const known = this.#series.get(key)
    if (known !== undefined) return known.series
    const labels = Object.fromEntries(this.labelNames.map((name) => [name, given[name] ?? '']))
    const series = makers[this.type]()
    this.#series.set(key, { labels, series })
    return series
  }

  #key(labels: Readonly<Record<string, string>>): string {
    return JSON.stringify(this.labelNames.map((name) => labels[name] ?? ''))
  }
}
