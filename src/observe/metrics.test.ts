import { describe, expect, it } from 'vitest'
import { createMetrics } from './metrics.ts'

describe('metrics', () => {
  it('counts, with and without labels', async () => {
    const metrics = createMetrics()
    metrics.counter('router_no_route_found_count', 'Stanzas that could not be routed.').inc()
    const logins = metrics.counter('sm_session_logins', 'Sessions opened.', ['host_type'])
    const home = logins.with({ host_type: 'a.example' })
    home.inc()
    home.inc(2)
    const text = await metrics.text()
    expect(text).toContain('# HELP sm_session_logins Sessions opened.\n# TYPE sm_session_logins counter\n')
    expect(text).toContain('\nsm_session_logins{host_type="a.example"} 3\n')
    expect(text).toContain('\nrouter_no_route_found_count 1\n')
  })

  it('shows levels, measured when they are asked for', async () => {
    const metrics = createMetrics()
    const gauge = metrics.gauge('sm_total_sessions_count', 'Sessions.')
    gauge.inc(5)
    gauge.dec()
    expect(await metrics.values()).toEqual([{ name: 'sm_total_sessions_count', kind: 'gauge', labels: {}, value: 4 }])
    const stop = metrics.beforeReading(async () => gauge.set(9))
    metrics.beforeReading(() => {
      throw new Error('one that fails disturbs no other')
    })
    expect((await metrics.values())[0]?.value).toBe(9)
    stop()
    gauge.set(1)
    expect((await metrics.values())[0]?.value).toBe(1)
  })

  it('distributes values over powers of two', async () => {
    const metrics = createMetrics()
    const sizes = metrics.histogram('xmpp_element_in_byte_size', 'Bytes.', ['connection_type'])
    sizes.with({ connection_type: 'c2s' }).observe(300)
    const text = await metrics.text()
    expect(text).toContain('xmpp_element_in_byte_size_bucket{le="256",connection_type="c2s"} 0\n')
    expect(text).toContain('xmpp_element_in_byte_size_bucket{le="512",connection_type="c2s"} 1\n')
    expect(text).toContain('xmpp_element_in_byte_size_bucket{le="1073741824",connection_type="c2s"} 1\n')
    expect(text).toContain('xmpp_element_in_byte_size_sum{connection_type="c2s"} 300\n')
    expect(await metrics.values()).toEqual([
      {
        name: 'xmpp_element_in_byte_size',
        kind: 'histogram',
        labels: { connection_type: 'c2s' },
        value: 1,
        sum: 300,
      },
    ])
  })

  it('gives the same metric to whoever asks alike, and refuses who asks otherwise', () => {
    const metrics = createMetrics()
    const first = metrics.counter('a_count', 'A.', ['x'])
    expect(metrics.counter('a_count', 'A.', ['x'])).toBe(first)
    expect(() => metrics.counter('a_count', 'A.')).toThrow('a_count is a counter with labels [x]')
    expect(() => metrics.gauge('a_count', 'A.', ['x'])).toThrow('not a gauge')
  })

  it('forgets a series, all series, a metric', async () => {
    const metrics = createMetrics()
    const family = metrics.gauge('rooms', 'Rooms.', ['host_type'])
    for (const host_type of ['a', 'b', 'c']) family.with({ host_type }).set(1)
    family.remove({ host_type: 'a' })
    expect((await metrics.values()).map(({ labels }) => labels['host_type'])).toEqual(['b', 'c'])
    family.remove()
    expect(await metrics.values()).toEqual([])
    metrics.remove('rooms')
    expect(await metrics.text()).not.toContain('Rooms.')
    expect(() => metrics.counter('rooms', 'Now a counter.')).not.toThrow()
  })

  it('keeps servers of one process apart and shows each the metrics of the process', async () => {
    const [one, other] = [createMetrics(), createMetrics()]
    one.counter('only_here_count', 'A.').inc()
    const text = await other.text()
    expect(text).not.toContain('only_here_count')
    expect(text).toContain('\nnodejs_eventloop_lag_seconds ')
    expect(text).toContain('\nprocess_resident_memory_bytes ')
    expect(other.contentType).toMatch(/^text\/plain; version=0\.0\.4/)
  })
})
