import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { MemoryLog } from '../../src/observe/memory-log.ts'
import { createMetrics } from '../../src/observe/metrics.ts'
import { openMetricStore } from '../../src/server/metric-store.ts'
import { FakeClock } from '../../src/util/clock.ts'
import { ownServer } from '../support/own-server.ts'
import { SteppedClock } from '../support/stepped-clock.ts'

/** Takes lines as Graphite does, and keeps them. */
class Graphite {
  readonly lines: string[] = []
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  #look: () => void = () => {}

  constructor() {
    this.#server = createServer((socket) => {
      this.#sockets.add(socket)
      let rest = ''
      socket.setEncoding('utf8').on('data', (text: string) => {
        const lines = `${rest}${text}`.split('\n')
        rest = lines.pop() ?? ''
        this.lines.push(...lines)
        this.#look()
      })
      socket.on('error', () => {})
    })
  }

  async listen(port = 0): Promise<number> {
    this.#server.listen(port, '127.0.0.1')
    await once(this.#server, 'listening')
    return (this.#server.address() as AddressInfo).port
  }

  /** Waits for a line of this form and takes everything up to it. */
  async line(form: RegExp): Promise<string> {
    for (;;) {
      const at = this.lines.findIndex((line) => form.test(line))
      if (at >= 0) return this.lines.splice(0, at + 1)[at] ?? ''
      await new Promise<void>((resolve) => {
        this.#look = resolve
      })
    }
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}

describe('instrumentation.exometer', () => {
  const clock = new SteppedClock()
  const graphite = new Graphite()
  let port = 0
  beforeAll(async () => {
    process.env['MEERKAT_TEST_PLACE'] = 'node-1'
    port = await graphite.listen()
  })
  afterAll(async () => {
    delete process.env['MEERKAT_TEST_PLACE']
    await graphite.close()
  })
  const own = ownServer(
    () => `
[instrumentation.exometer]
[[instrumentation.exometer.report.graphite]]
host = "127.0.0.1"
port = ${port}
interval = 10000
api_key = "key"
prefix = "xmpp"
env_prefix = "MEERKAT_TEST_PLACE"
`,
    { clock },
  )

  it('reports every metric to Graphite as text, in its time', async () => {
    const alice = await own.client('alice', 'pc')
    alice.sends(`<message to='alice@localhost/pc'><body>hello</body></message>`)
    await alice.isHeard()
    const before = Math.floor(clock.now() / 1000)
    clock.advance(10_000)
    const path = 'key\\.node-1\\.xmpp\\.localhost\\.'
    const sessions = await graphite.line(new RegExp(`^${path}sm_session\\.count\\.value 1 \\d+$`))
    expect(sessions.split(' ')[2]).toBe(String(before + 10))
    await graphite.line(new RegExp(`^${path}xmpp_element_in\\.byte_size\\.connection_type=c2s\\.99 [1-9]\\d* \\d+$`))
    await graphite.line(new RegExp(`^${path}xmpp_element_in\\.message_count\\.connection_type=c2s\\.one 1 \\d+$`))
    clock.advance(10_000)
    await graphite.line(new RegExp(`^${path}sm_session\\.count\\.value 1 ${before + 20}$`))
  })

  it('gives commands percentiles and the rate of the last minute', async () => {
    const name = ['localhost', 'xmpp_element_in']
    const all = (await own.command('metric.getMetrics', { name })) as { name: string[] }[]
    const of = (metric: string) => all.find((each) => each.name[2] === metric)
    expect(of('message_count')).toMatchObject({ type: 'spiral', one: 1, count: 1 })
    const numbers = ['n', 'mean', 'min', 'max', 'median', 'p50', 'p75', 'p90', 'p95', 'p99', 'p999']
    expect(of('byte_size')).toMatchObject({
      type: 'histogram',
      ...Object.fromEntries(numbers.map((key) => [key, expect.any(Number)])),
    })
    for (let minute = 0; minute < 12; minute++) {
      clock.advance(5000)
      await own.server.server.metrics.values()
    }
    const keys = ['one', 'count']
    expect(await own.command('metric.getMetricsAsDicts', { name: [...name, 'message_count'], keys })).toMatchObject([
      {
        dict: [
          { key: 'one', value: 0 },
          { key: 'count', value: 1 },
        ],
      },
    ])
  })
})

describe('a Graphite server that is away', () => {
  it('is told of once in the log, and reported to when it is back', async () => {
    const first = new Graphite()
    const port = await first.listen()
    await first.close()
    const [clock, log, metrics] = [new FakeClock(), new MemoryLog(), createMetrics({ keepsRecent: true })]
    metrics.gauge('a_level', '').set(7)
    const graphite = { host: '127.0.0.1', port, interval: 1000, connect_timeout: 5000, api_key: '' }
    const instrumentation = { exometer: { all_metrics_are_global: false, report: { graphite: [graphite] } } }
    const config = { instrumentation } as unknown as Parameters<typeof openMetricStore>[0]['config']
    const close = openMetricStore({ config, metrics, clock, log })
    clock.advance(1000)
    await expect.poll(() => log.records.map(({ what }) => what)).toEqual(['graphite_report_failed'])
    const second = new Graphite()
    await second.listen(port)
    clock.advance(1000)
    expect(await second.line(/^global\.a\.level\.value 7 \d+$/)).toMatch(/7/)
    await expect
      .poll(() => log.records.map(({ what }) => what))
      .toEqual(['graphite_report_failed', 'graphite_report_resumed'])
    close()
    await second.close()
  })
})
