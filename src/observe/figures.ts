import type { MetricValue } from './metrics.ts'
import { RecentValues } from './recent.ts'

/** A metric as MongooseIM shows it where nobody speaks Prometheus. */
export interface Figure {
  /** The host type or `global`, the event, the metric, and other labels with their values. */
  readonly name: readonly string[]
  /** A spiral only grows: `count`, and how much it was of that in the last minute, `one`. */
  readonly type: 'histogram' | 'spiral' | 'gauge'
  /** Whole numbers: `one` and `count` of a spiral, `value` of a gauge; of a histogram `n`, `mean` and the like. */
  readonly values: ReadonlyMap<string, number>
}

/** Events whose metrics have names of several words; with others the last word is the metric. */
const wordyEvents =
  /^(xmpp_element_(?:in|out)|(?:tcp|tls)_data_(?:in|out)|(?:bosh|websocket)_data_(?:received|sent)|sm_presence_subscription|mod_privacy_set|mod_privacy_check_packet|mod_mam_(?:pm|muc)_flushed|mod_event_pusher_http_sent|wpool_(?:global_)?rdbms_stats|system_(?:info|memory))_(.+)$/

function pathOf({ name, labels }: MetricValue, isGlobal: boolean): string[] {
  const { host_type: hostType = 'global', ...others } = labels
  const [, event = '', metric = ''] = wordyEvents.exec(name) ?? /^(.+)_([^_]+)$/.exec(name) ?? [name, name, 'value']
  const rest = Object.entries(others).map(([label, value]) => `${label}=${value}`)
  return [isGlobal ? 'global' : hostType, event, metric, ...rest]
}

/** Every metric, sorted by name. `isGlobal`: those of host types are one together. */
export function figuresOf(values: readonly MetricValue[], isGlobal = false): Figure[] {
  const found = new Map<string, { readonly name: string[]; readonly parts: MetricValue[] }>()
  for (const value of values) {
    const name = pathOf(value, isGlobal)
    const key = JSON.stringify(name)
    const known = found.get(key)
    if (known === undefined) found.set(key, { name, parts: [value] })
    else known.parts.push(value)
  }
  const sorted = [...found].sort(([a], [b]) => (a < b ? -1 : 1))
  return sorted.map(([, { name, parts }]) => ({ name, ...together(parts) }))
}

function together(parts: readonly MetricValue[]): Pick<Figure, 'type' | 'values'> {
  const sum = (of: (part: MetricValue) => number | undefined) =>
    parts.reduce((total, part) => total + (of(part) ?? 0), 0)
  const kind = parts[0]?.kind
  if (kind === 'gauge') return { type: 'gauge', values: whole({ value: sum(({ value }) => value) }) }
  const count = sum(({ value }) => value)
  const recent = parts.flatMap(({ recent: values }) => (values === undefined ? [] : [values]))
  if (kind === 'counter') {
    const isKept = parts[0]?.lastMinute !== undefined
    return { type: 'spiral', values: whole({ ...(isKept && { one: sum(({ lastMinute }) => lastMinute) }), count }) }
  }
  if (recent.length > 0) return { type: 'histogram', values: whole(RecentValues.summary(recent)) }
  const mean = count === 0 ? 0 : sum(({ sum: total }) => total) / count
  return { type: 'histogram', values: whole({ n: count, mean }) }
}

function whole(values: Readonly<Record<string, number>>): Map<string, number> {
  return new Map(Object.entries(values).map(([key, value]) => [key, Math.round(value)]))
}
