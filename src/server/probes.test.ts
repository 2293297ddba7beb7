import { describe, expect, it } from 'vitest'
import { parseConfig } from '../config/load.ts'
import { MemoryLog } from '../observe/memory-log.ts'
import { createMetrics } from '../observe/metrics.ts'
import { FakeClock } from '../util/clock.ts'
import { watchServer } from './probes.ts'

const day = 86_400_000

/** A clock whose timers come late by as much as a test says. */
class LateClock extends FakeClock {
  late = 0

  override now(): number {
    return super.now() + this.late
  }
}

function watched(settings = '') {
  const text = `[general]\nhosts = ["localhost"]\n${settings}`
  const { config } = parseConfig({ text, file: '/nowhere/meerkat.toml', modules: [] })
  const clock = new LateClock()
  const log = new MemoryLog()
  const metrics = createMetrics()
  const validity = { from: clock.now() - day, to: clock.now() + 2.5 * day }
  const status = [{ id: '::@tcp/5222', connections: 3, validity }]
  const end = watchServer(config, {
    clock,
    log,
    metrics,
    hosts: () => [],
    listeners: { status },
    startedAt: clock.now(),
  })
  const read = async (name: string) => (await metrics.values()).find((each) => each.name === name)?.value
  return { clock, log, status, read, end }
}

describe('what is looked at every now and then', () => {
  it('is there at once and new after each interval', async () => {
    const { clock, status, read } = watched('[instrumentation]\nprobe_interval = 20')
    expect(await read('listener_connections_count')).toBe(3)
    Object.assign(status[0] as object, { connections: 5 })
    clock.advance(19_000)
    expect(await read('listener_connections_count')).toBe(3)
    clock.advance(1000)
    expect(await read('listener_connections_count')).toBe(5)
    expect(await read('system_up_time_seconds')).toBe(20)
  })

  it('has the days of certificates: left, over, not begun, unreadable', async () => {
    const { clock, status, read } = watched()
    expect(await read('tls_cert_remaining_days_count')).toBe(2)
    const now = clock.now()
    for (const [from, to, days] of [
      [now - 9 * day, now - 1.5 * day, -2],
      [now + day, now + 9 * day, -32_767],
      [Number.NaN, Number.NaN, -32_768],
    ] as const) {
      Object.assign(status[0] as object, { validity: { from, to } })
      clock.advance(15_000)
      expect(await read('tls_cert_remaining_days')).toBe(days)
    }
  })
})

describe('an event loop that is late', () => {
  it('is told in the log, once a minute, and counted each time', async () => {
    const { clock, log, read, end } = watched()
    clock.advance(5000)
    expect(log.records).toEqual([])
    clock.late = 700
    clock.advance(500)
    expect(log.named('event_loop_late')).toMatchObject([{ level: 'warning', milliseconds: 700 }])
    clock.late = 1400
    clock.advance(500)
    expect(log.named('event_loop_late')).toHaveLength(1)
    expect(await read('eventloop_late_count')).toBe(2)
    clock.advance(60_000)
    clock.late = 2100
    clock.advance(500)
    expect(log.named('event_loop_late')).toHaveLength(2)
    end()
    clock.late = 9000
    clock.advance(60_000)
    expect(log.named('event_loop_late')).toHaveLength(2)
  })

  it('is nothing to tell where the configuration says so', () => {
    const { clock, log } = watched('[logging]\nlag_warning = 0')
    clock.advance(500)
    clock.late = 5000
    clock.advance(500)
    expect(log.records).toEqual([])
  })
})
