import { describe, expect, it } from 'vitest'
import { figuresOf } from './figures.ts'
import { createMetrics } from './metrics.ts'

/** The values of one figure. */
async function valuesOf(metrics: ReturnType<typeof createMetrics>, name: readonly string[], isGlobal = false) {
  const figures = figuresOf(await metrics.values(), isGlobal)
  const found = figures.filter((figure) => figure.name.join() === name.join())
  expect(found).toHaveLength(1)
  return Object.fromEntries(found[0]?.values ?? [])
}

describe('figures of metrics', () => {
  it('have the names of MongooseIM: host type, event, metric, and what else tells them apart', async () => {
    const metrics = createMetrics()
    metrics.counter('mod_roster_get_count', '', ['host_type']).with({ host_type: 'a.example' })
    metrics.counter('mod_privacy_check_packet_denied_count', '')
    metrics.gauge('iq_queue_length_total', '', ['module']).with({ module: 'mod_mam' })
    metrics.histogram('mod_mam_pm_flushed_time_per_message', '')
    expect(figuresOf(await metrics.values()).map(({ name, type }) => [type, ...name])).toEqual([
      ['spiral', 'a.example', 'mod_roster_get', 'count'],
      ['gauge', 'global', 'iq_queue_length', 'total', 'module=mod_mam'],
      ['histogram', 'global', 'mod_mam_pm_flushed', 'time_per_message'],
      ['spiral', 'global', 'mod_privacy_check_packet', 'denied_count'],
    ])
  })

  it('tell how often something happened in the last minute', async () => {
    const metrics = createMetrics({ keepsRecent: true })
    const counter = metrics.counter('a_count', '')
    let waiting = 0
    // What is counted elsewhere, and added when somebody reads.
    metrics.beforeReading(() => counter.inc(waiting))
    waiting = 3
    await metrics.tick()
    waiting = 0
    counter.inc(2)
    const name = ['global', 'a', 'count']
    for (let ticks = 1; ticks < 12; ticks++) {
      expect(await valuesOf(metrics, name)).toEqual({ one: 5, count: 5 })
      await metrics.tick()
    }
    expect(await valuesOf(metrics, name)).toEqual({ one: 2, count: 5 })
    await metrics.tick()
    expect(await valuesOf(metrics, name)).toEqual({ one: 0, count: 5 })
  })

  it('tell how the values of the last minute are distributed, to an eighth', async () => {
    const metrics = createMetrics({ keepsRecent: true })
    const histogram = metrics.histogram('a_time', '')
    for (let value = 1; value <= 1000; value++) histogram.observe(value)
    const name = ['global', 'a', 'time']
    const values = await valuesOf(metrics, name)
    expect(values).toMatchObject({ n: 1000, mean: 501, min: 1, max: 1000 })
    const exact = { median: 500, p50: 500, p75: 750, p90: 900, p95: 950, p99: 990, p999: 999 }
    for (const [key, value] of Object.entries(exact)) {
      expect(Math.abs((values[key] ?? 0) - value)).toBeLessThanOrEqual(value / 8)
    }
    expect(values['p999']).toBeLessThanOrEqual(1000)
    for (let ticks = 0; ticks < 12; ticks++) await metrics.tick()
    expect(await valuesOf(metrics, name)).toEqual(Object.fromEntries(Object.keys(values).map((key) => [key, 0])))
    histogram.observe(2 ** 40)
    histogram.observe(0)
    expect(await valuesOf(metrics, name)).toMatchObject({ n: 2, min: 0, max: 2 ** 40, p999: 2 ** 40, p50: 1 })
  })

  it('forget what is older than a minute and keep what is not', async () => {
    const metrics = createMetrics({ keepsRecent: true })
    const histogram = metrics.histogram('a_time', '')
    histogram.observe(1000)
    for (let ticks = 0; ticks < 6; ticks++) await metrics.tick()
    histogram.observe(10)
    expect(await valuesOf(metrics, ['global', 'a', 'time'])).toMatchObject({ n: 2, min: 10, max: 1000 })
    for (let ticks = 0; ticks < 6; ticks++) await metrics.tick()
    expect(await valuesOf(metrics, ['global', 'a', 'time'])).toMatchObject({ n: 1, max: 10, p99: 10 })
  })

  it('may be those of all host types together', async () => {
    const metrics = createMetrics({ keepsRecent: true })
    for (const [host_type, value] of [
      ['a', 1],
      ['b', 100],
    ] as const) {
      metrics.counter('x_count', '', ['host_type']).with({ host_type }).inc(value)
      metrics.gauge('x_level', '', ['host_type']).with({ host_type }).set(value)
      metrics.histogram('x_time', '', ['host_type']).with({ host_type }).observe(value)
    }
    expect(await valuesOf(metrics, ['global', 'x', 'count'], true)).toEqual({ one: 101, count: 101 })
    expect(await valuesOf(metrics, ['global', 'x', 'level'], true)).toEqual({ value: 101 })
    expect(await valuesOf(metrics, ['global', 'x', 'time'], true)).toMatchObject({ n: 2, min: 1, max: 100 })
    expect(figuresOf(await metrics.values())).toHaveLength(6)
  })

  it('have no last minute where that is not kept', async () => {
    const metrics = createMetrics()
    metrics.counter('a_count', '').inc(4)
    for (const value of [1, 2, 6]) metrics.histogram('a_time', '').observe(value)
    expect(await valuesOf(metrics, ['global', 'a', 'count'])).toEqual({ count: 4 })
    expect(await valuesOf(metrics, ['global', 'a', 'time'])).toEqual({ n: 3, mean: 3 })
  })
})
