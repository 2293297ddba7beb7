import { HttpError } from '../../../net/http-exchange.ts'
import { optional, word } from '../argument.ts'
import { found, type Generation, type Operation, type OperationContext, operation } from '../operation.ts'

/** A metric as `metric.getMetrics` shows it: of a host type or `global`, then its own name. */
interface Metric {
  readonly name: readonly string[]
  readonly type: 'histogram' | 'spiral' | 'gauge'
  readonly [datapoint: string]: unknown
}

type Datapoints = Readonly<Record<string, number>>

function ownName({ name }: Metric): string {
  return name.slice(1).join('.')
}

function datapointsOf({ name: _, type: __, ...values }: Metric): Datapoints {
  return values as Datapoints
}

/** One metric of several host types together; of distributions, what can be told without their values. */
function together(parts: readonly Metric[]): Datapoints {
  const values = parts.map(datapointsOf)
  const sum = (key: string) => values.reduce((total, each) => total + (each[key] ?? 0), 0)
  const [first] = parts
  if (first === undefined || parts.length === 1) return values[0] ?? {}
  if (first.type !== 'histogram')
    return Object.fromEntries(Object.keys(datapointsOf(first)).map((key) => [key, sum(key)]))
  const n = sum('n')
  const total = values.reduce((all, { n: count = 0, mean = 0 }) => all + count * mean, 0)
  return { n, mean: n === 0 ? 0 : Math.round(total / n) }
}

/** Metrics by their own names, those of one name together. */
function byName(metrics: readonly Metric[]): Map<string, Datapoints> {
  const groups = new Map<string, Metric[]>()
  for (const metric of metrics) {
    const name = ownName(metric)
    groups.set(name, [...(groups.get(name) ?? []), metric])
  }
  return new Map([...groups].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, parts]) => [name, together(parts)]))
}

function all({ run }: OperationContext): Promise<Metric[]> {
  return run<Metric[]>('metric.getMetrics', {})
}

const isGlobal = ({ name }: Metric) => name[0] === 'global'

function shown(metrics: readonly Metric[], wanted: string | undefined) {
  const named = byName(metrics)
  if (wanted === undefined) return found({ metrics: Object.fromEntries(named) })
  const metric = named.get(wanted)
  if (metric === undefined) throw new HttpError(404, 'There is no such metric')
  return found({ metric })
}

const metric = optional(word('metric'))

/** Metrics; before 6.0 host types were called hosts. */
export function metricOperations(generation: Generation): Operation[] {
  const [word40, list] = generation === '4.0' ? ['host', 'hosts'] : ['host_type', 'host_types']
  return [
    operation({
      name: 'list_metrics',
      method: 'GET',
      paths: ['/metrics'],
      about: 'Lists host types, and the names of their metrics and of global ones.',
      arguments: {},
      async run(_given, context) {
        const hostTypes = await context.run<{ name: string }[]>('server.hostTypes', {})
        const metrics = await all(context)
        return found({
          [list]: hostTypes.map(({ name }) => name).sort(),
          metrics: [...byName(metrics.filter((each) => !isGlobal(each))).keys()],
          global: [...byName(metrics.filter(isGlobal)).keys()],
        })
      },
    }),
    operation({
      name: 'all_metrics',
      method: 'GET',
      paths: ['/metrics/all/[:metric]'],
      about: 'Shows metrics of all host types together.',
      arguments: { metric },
      async run({ metric: wanted }, context) {
        return shown(
          (await all(context)).filter((each) => !isGlobal(each)),
          wanted,
        )
      },
    }),
    operation({
      name: 'host_type_metrics',
      method: 'GET',
      paths: [`/metrics/${word40}/:host_type/[:metric]`],
      about: 'Shows metrics of one host type.',
      arguments: { host_type: word('host type'), metric },
      async run({ host_type: hostType, metric: wanted }, context) {
        const hostTypes = await context.run<{ name: string }[]>('server.hostTypes', {})
        if (!hostTypes.some(({ name }) => name === hostType)) throw new HttpError(404, 'There is no such host type')
        return shown(
          (await all(context)).filter(({ name }) => name[0] === hostType),
          wanted,
        )
      },
    }),
    operation({
      name: 'global_metrics',
      method: 'GET',
      paths: ['/metrics/global/[:metric]'],
      about: 'Shows metrics that belong to no host type.',
      arguments: { metric },
      async run({ metric: wanted }, context) {
        return shown((await all(context)).filter(isGlobal), wanted)
      },
    }),
  ]
}
