import type { Config } from '../config/schema.ts'
import { LineSender } from '../net/line-sender.ts'
import { type Figure, figuresOf } from '../observe/figures.ts'
import type { Logger } from '../observe/logger.ts'
import type { Metrics } from '../observe/metrics.ts'
import { tickMs } from '../observe/recent.ts'
import type { Clock } from '../util/clock.ts'
import { repeat } from '../util/repeat.ts'

type Exometer = NonNullable<Config['instrumentation']['exometer']>
type Graphite = Exometer['report']['graphite'][number]

interface StoreParts {
  readonly config: Config
  readonly metrics: Metrics
  readonly clock: Clock
  readonly log: Logger
}

/** Every metric of a server, as commands and Graphite show them. */
export async function serverFigures({ config, metrics }: Pick<StoreParts, 'config' | 'metrics'>): Promise<Figure[]> {
  return figuresOf(await metrics.values(), config.instrumentation.exometer?.all_metrics_are_global)
}

/** Keeps what the last minute has brought, and reports it, where `instrumentation.exometer` is there; the function returned ends that. */
export function openMetricStore(parts: StoreParts): () => void {
  const { exometer } = parts.config.instrumentation
  if (exometer === undefined) return () => {}
  const { clock, log, metrics } = parts
  const failed = (error: unknown) => log.error({ what: 'metric_store_failed', reason: error })
  const undo = [
    repeat(clock, tickMs, () => void metrics.tick().catch(failed)),
    ...exometer.report.graphite.map((target) => reportTo(target, parts)),
  ]
  return () => {
    for (const end of undo) end()
  }
}

function reportTo(target: Graphite, parts: StoreParts): () => void {
  const { clock, log } = parts
  const { host, port, interval, connect_timeout: connectTimeout } = target
  const sender = new LineSender({ host, port, connectTimeout, clock })
  let isAway = false
  let hasEnded = false
  const report = async () => {
    const text = graphiteLines(await serverFigures(parts), target, clock.now())
    try {
      await sender.send(text)
      if (isAway) log.info({ what: 'graphite_report_resumed', host, port })
      isAway = false
    } catch (error) {
      // Said once, until it is well again.
      if (!isAway && !hasEnded) log.warn({ what: 'graphite_report_failed', host, port, reason: error })
      isAway = true
    }
  }
  const failed = (error: unknown) => log.error({ what: 'graphite_report_failed', host, port, reason: error })
  const end = repeat(clock, interval, () => void report().catch(failed))
  return () => {
    hasEnded = true
    end()
    sender.close()
  }
}

/** Dots divide the names of Graphite, and little else is safe in them. */
const segment = (text: string) => text.replaceAll(/[^\w=-]/g, '_')

/** Metrics in the plain text form of Graphite, a line for each value: name, value, seconds. */
export function graphiteLines(
  figures: readonly Figure[],
  { api_key: key, env_prefix: place, prefix }: Pick<Graphite, 'api_key' | 'env_prefix' | 'prefix'>,
  now: number,
): string {
  const seconds = Math.floor(now / 1000)
  const before = [key, place, prefix].filter((part) => part !== undefined && part !== '')
  return figures
    .flatMap(({ name, values }) =>
      [...values].map(([datapoint, value]) => {
        // MongooseIM calls the 99th percentile 99 there.
        const path = [...before, ...name.map(segment), datapoint.replace(/^p(?=\d)/, '')]
        return `${path.join('.')} ${value} ${seconds}\n`
      }),
    )
    .join('')
}
