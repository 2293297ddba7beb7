import { z } from 'zod'
import { command } from '../../module/command.ts'
import { CommandError } from '../../module/command-error.ts'
import type { Metrics, MetricValue } from '../../observe/metrics.ts'

/** What commands that show metrics work on. */
export interface MetricServices {
  readonly metrics: Pick<Metrics, 'values'>
  readonly nodeName: string
}

const pattern = z
  .array(z.string())
  .optional()
  .describe('Beginning of the name by segments, `_` for any one: the host type or `global`, then the name.')
const keys = z.array(z.string()).optional().describe('Only these values.')

const dictionary = z.strictObject({
  name: z.array(z.string()),
  dict: z.array(z.strictObject({ key: z.string(), value: z.int() })),
})

const result = z.strictObject({
  name: z.array(z.string()),
  type: z.enum(['histogram', 'counter', 'gauge']),
  value: z.int().optional(),
  ms_since_reset: z.int().optional(),
  n: z.int().optional(),
  mean: z.int().optional(),
})

interface Figure {
  readonly name: readonly string[]
  readonly kind: MetricValue['kind']
  /** `value`; of a histogram `n` and `mean`. */
  readonly values: ReadonlyMap<string, number>
}

/** The host type or `global`, the name, and other labels with their values. */
function pathOf({ labels }: MetricValue, name: string): string[] {
  const { host_type: hostType = 'global', le: _, ...others } = labels
  return [String(hostType), name, ...Object.entries(others).map(([label, value]) => `${label}=${value}`)]
}

/** Every metric of the server, sorted by name: a histogram is one. */
function figuresOf(values: readonly MetricValue[]): Figure[] {
  const found = new Map<string, Figure & { readonly values: Map<string, number> }>()
  for (const value of values) {
    const part = value.kind === 'histogram' ? /_(bucket|sum|count)$/.exec(value.name)?.[1] : 'value'
    if (part === 'bucket' || part === undefined) continue
    const name = pathOf(value, value.kind === 'histogram' ? value.name.slice(0, -part.length - 1) : value.name)
    const key = JSON.stringify(name)
    const figure = found.get(key) ?? { name, kind: value.kind, values: new Map<string, number>() }
    figure.values.set(part, value.value)
    found.set(key, figure)
  }
  for (const { kind, values: parts } of found.values()) if (kind === 'histogram') summarise(parts)
  return [...found.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, figure]) => figure)
}

function summarise(parts: Map<string, number>): void {
  const [count = 0, sum = 0] = [parts.get('count'), parts.get('sum')]
  parts.clear()
  parts.set('n', count).set('mean', count === 0 ? 0 : Math.round(sum / count))
}

async function selected(services: MetricServices, wanted: readonly string[] = []): Promise<Figure[]> {
  const isMeant = ({ name }: Figure) => wanted.every((segment, at) => segment === '_' || segment === name[at])
  return figuresOf(await services.metrics.values()).filter(isMeant)
}

function dictionaryOf({ name, values }: Figure, wanted: readonly string[] | undefined): z.input<typeof dictionary> {
  const shown = [...values].filter(([key]) => wanted === undefined || wanted.length === 0 || wanted.includes(key))
  return { name: [...name], dict: shown.map(([key, value]) => ({ key, value: Math.round(value) })) }
}

const getMetrics = command({
  name: 'metric.getMetrics',
  about: 'Shows metrics.',
  input: z.strictObject({ name: pattern }),
  output: z.array(result),
  scope: 'admin',
  async run({ name }, services: MetricServices) {
    return (await selected(services, name)).map((figure) => ({
      name: [...figure.name],
      type: figure.kind,
      ...Object.fromEntries([...figure.values].map(([key, value]) => [key, Math.round(value)])),
    }))
  },
})

const getMetricsAsDicts = command({
  name: 'metric.getMetricsAsDicts',
  about: 'Shows metrics as lists of keys and values.',
  input: z.strictObject({ name: pattern, keys }),
  output: z.array(dictionary),
  scope: 'admin',
  async run({ name, keys: wanted }, services: MetricServices) {
    return (await selected(services, name)).map((figure) => dictionaryOf(figure, wanted))
  },
})

const getClusterMetricsAsDicts = command({
  name: 'metric.getClusterMetricsAsDicts',
  about: 'Shows metrics of the nodes of the cluster as lists of keys and values.',
  input: z.strictObject({
    name: pattern,
    keys,
    nodes: z.array(z.string()).optional().describe('Only these nodes.'),
  }),
  output: z.array(z.strictObject({ node: z.string(), result: z.array(dictionary) })),
  scope: 'admin',
  async run({ name, keys: wanted, nodes = [] }, services: MetricServices) {
    const { nodeName: node } = services
    const strange = nodes.find((each) => each !== node && each !== 'self')
    if (strange !== undefined) throw new CommandError('not_found', `There is no node ${strange}`, { node: strange })
    return [{ node, result: (await selected(services, name)).map((figure) => dictionaryOf(figure, wanted)) }]
  },
})

/** The commands of the category `metric`. */
export const metricCommands = [getMetrics, getMetricsAsDicts, getClusterMetricsAsDicts]
