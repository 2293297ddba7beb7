import { collectDefaultMetrics, type Metric, Registry } from 'prom-client'
import { Family, type Kind, type SeriesReading } from './families.ts'

/** Counts what happened; only ever grows. */
export interface Counter {
  inc(by?: number): void
}

/** A level that goes up and down. */
export interface Gauge {
  set(value: number): void
  inc(by?: number): void
  dec(by?: number): void
}

/** How a value is distributed: times in microseconds, sizes in bytes or items. */
export interface Histogram {
  observe(value: number): void
}

/** A metric with labels: one series for each combination of their values. To be resolved once and kept, not once an event. */
export interface Labelled<M, L extends string> {
  with(labels: Readonly<Record<L, string>>): M
  /** Forgets one series, or all of them: of a domain that was removed, say. */
  remove(labels?: Readonly<Record<L, string>>): void
}

/** A series at a moment, for the interfaces that do not speak Prometheus. */
export interface MetricValue extends SeriesReading {
  readonly name: string
  readonly kind: Kind
  readonly labels: Readonly<Record<string, string>>
}

/**
 * The metrics of one server. A name is snake_case as in Prometheus. Asking again for a metric that exists gives the same one;
 * asking for it as another kind or with other labels throws.
 */
export interface Metrics {
  counter(name: string, help: string): Counter
  counter<L extends string>(name: string, help: string, labels: readonly L[]): Labelled<Counter, L>
  gauge(name: string, help: string): Gauge
  gauge<L extends string>(name: string, help: string, labels: readonly L[]): Labelled<Gauge, L>
  /** Buckets are 1, 2, 4, … 2^30. */
  histogram(name: string, help: string): Histogram
  histogram<L extends string>(name: string, help: string, labels: readonly L[]): Labelled<Histogram, L>
  /** Drops a metric with all its series. */
  remove(name: string): void
  /** Runs `measure` before every reading: for levels that nobody counts as they change. Returns what calls it off. */
  beforeReading(measure: () => void | Promise<void>): () => void
  /** Everything in Prometheus' text format, Node's own metrics (`process_*`, `nodejs_*`) included. */
  text(): Promise<string>
  /** Everything of this server as values. */
  values(): Promise<MetricValue[]>
  /** To be called every `tickMs`, where metrics keep what is recent. */
  tick(): Promise<void>
  /** The media type of {@link Metrics.text}. */
  readonly contentType: string
}

interface Entry {
  kind: Kind
  labels: string
  family: Family
  /** What was handed out. */
  face: unknown
}

/**
 * Node's own metrics, one set a process however many servers run in it: measuring them starts timers that cannot be stopped,
 * so they begin with the first reading.
 */
let processRegistry: Registry | undefined

function processMetrics(): Registry {
  if (processRegistry === undefined) {
    processRegistry = new Registry()
    // A finer one wakes an idle process a hundred times a second.
    collectDefaultMetrics({ register: processRegistry, eventLoopMonitoringPrecision: 50 })
  }
  return processRegistry
}

class PromMetrics {
  readonly #registry = new Registry()
  readonly #entries = new Map<string, Entry>()
  readonly #measures = new Set<() => void | Promise<void>>()
  readonly #keepsRecent: boolean

  constructor(keepsRecent: boolean) {
    this.#keepsRecent = keepsRecent
  }

  get contentType(): string {
    return this.#registry.contentType
  }

  counter(name: string, help: string, labels: readonly string[] = []): unknown {
    return this.#get('counter', name, help, labels)
  }

  gauge(name: string, help: string, labels: readonly string[] = []): unknown {
    return this.#get('gauge', name, help, labels)
  }

  histogram(name: string, help: string, labels: readonly string[] = []): unknown {
    return this.#get('histogram', name, help, labels)
  }

  remove(name: string): void {
    this.#entries.delete(name)
    this.#registry.removeSingleMetric(name)
  }

  beforeReading(measure: () => void | Promise<void>): () => void {
    this.#measures.add(measure)
    return () => void this.#measures.delete(measure)
  }

  async text(): Promise<string> {
    await this.#measure()
    return `${await this.#registry.metrics()}${await processMetrics().metrics()}`
  }

  async values(): Promise<MetricValue[]> {
    await this.#measure()
    return [...this.#entries].flatMap(([name, { kind, family }]) =>
      family.readings().map((reading) => ({ name, kind, ...reading })),
    )
  }

  async tick(): Promise<void> {
    await this.#measure()
    for (const { family } of this.#entries.values()) family.tick()
  }

  async #measure(): Promise<void> {
    // One that fails leaves its metrics as they were and the others readable.
    await Promise.allSettled([...this.#measures].map(async (measure) => measure()))
  }

  #get(kind: Kind, name: string, help: string, labels: readonly string[]): unknown {
    const known = this.#entries.get(name)
    if (known === undefined) return this.#make(kind, name, help, labels)
    if (known.kind === kind && known.labels === labels.join()) return known.face
    throw new Error(
      `metric ${name} is a ${known.kind} with labels [${known.labels}], not a ${kind} with [${labels.join()}]`,
    )
  }

  #make(kind: Kind, name: string, help: string, labels: readonly string[]): unknown {
    const family = new Family(kind, { name, help, labels, keepsRecent: this.#keepsRecent })
    this.#registry.registerMetric(family as unknown as Metric)
    const { face } = family
    this.#entries.set(name, { kind, labels: labels.join(), family, face })
    return face
  }
}

/** The metrics of a new server, none yet. `keepsRecent`: with what the last minute has brought. */
export function createMetrics({ keepsRecent = false } = {}): Metrics {
  return new PromMetrics(keepsRecent) as Metrics
}
