import { z } from 'zod'
import { command } from '../../module/command.ts'
import { CommandError } from '../../module/command-error.ts'
import type { Figure } from '../../observe/figures.ts'

/** What commands that show metrics work on. */
export interface MetricServices {
  /** Every metric of the server. */
  figures(): Promise<readonly Figure[]>
  readonly nodeName: string
}

const pattern = z
  .array(z.string())
  .optional()
  .describe('Beginning of the name by segments, `_` for any one: the host type or `global`, the event, the metric.')
const keys = z.array(z.string()).optional().describe('Only these values.')

const dictionary = z.strictObject({
  name: z.array(z.string()),
  dict: z.array(z.strictObject({ key: z.string(), value: z.int() })),
})

/** A gauge has the first, a spiral the next two (`one`: of the last minute), a histogram the others. */
const datapoints = [
  ...['value', 'one', 'count'],
  ...['n', 'mean', 'min', 'max', 'median', 'p50', 'p75', 'p90', 'p95', 'p99', 'p999'],
]

const result = z.strictObject({
  name: z.array(z.string()),
  type: z.enum(['histogram', 'spiral', 'gauge']),
  ...Object.fromEntries(datapoints.map((key) => [key, z.int().optional()])),
})

async function selected(services: MetricServices, wanted: readonly string[] = []): Promise<Figure[]> {
  const isMeant = ({ name }: Figure) => wanted.every((segment, at) => segment === '_' || segment === name[at])
  return (await services.figures()).filter(isMeant)
}

function dictionaryOf({ name, values }: Figure, wanted: readonly string[] | undefined): z.input<typeof dictionary> {
  const shown = [...values].filter(([key]) => wanted === undefined || wanted.length === 0 || wanted.includes(key))
  return { name: [...name], dict: shown.map(([key, value]) => ({ key, value })) }
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
      type: figure.type,
      ...Object.fromEntries(figure.values),
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
