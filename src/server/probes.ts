import { availableParallelism } from 'node:os'
import type { Config } from '../config/schema.ts'
import type { Logger } from '../observe/logger.ts'
import type { Metrics } from '../observe/metrics.ts'
import type { Host } from '../router/host.ts'
import type { Clock } from '../util/clock.ts'
import { repeat } from '../util/repeat.ts'
import type { Listeners } from './listeners.ts'

/** What is looked at. */
export interface Watched {
  readonly metrics: Metrics
  readonly clock: Clock
  readonly log: Logger
  readonly hosts: () => readonly Host[]
  readonly listeners: Pick<Listeners, 'status'>
  readonly startedAt: number
}

const day = 86_400_000
/** What MongooseIM says of a certificate that has no number of days. */
const unreadable = -32_768
const notYetValid = -32_767

/** Looks every now and then at what nobody counts as it changes; the function returned ends that. */
export function watchServer({ instrumentation, logging }: Config, watched: Watched): () => void {
  const { clock, log, metrics } = watched
  const undo = [
    startProbes(watched, instrumentation.probe_interval * 1000),
    watchLag(clock, log, metrics, logging.lag_warning),
  ]
  return () => {
    for (const end of undo) end()
  }
}

function startProbes(parts: Watched, interval: number): () => void {
  const probes = [sessions(parts), system(parts), queues(parts), listeners(parts)]
  const look = () => {
    for (const probe of probes) probe()
  }
  look()
  return repeat(parts.clock, interval, look)
}

function sessions({ metrics, hosts }: Watched): () => void {
  const here = metrics.gauge('sm_node_sessions_count', 'Sessions on this node')
  const all = metrics.gauge('sm_total_sessions_count', 'Sessions on all nodes')
  const unique = metrics.gauge('sm_unique_sessions_count', 'Accounts with a session')
  return () => {
    const sum = (of: (host: Host) => number) => hosts().reduce((total, host) => total + of(host), 0)
    here.set(sum((host) => host.sessions.size - host.sessions.elsewhere))
    all.set(sum((host) => host.sessions.size))
    unique.set(sum((host) => host.sessions.accounts))
  }
}

function system({ metrics, clock, startedAt, listeners: ports }: Watched): () => void {
  const upTime = metrics.gauge('system_up_time_seconds', 'Seconds since the start')
  const sockets = metrics.gauge('system_tcp_ports_count', 'Open connections of clients')
  const memory = {
    total: metrics.gauge('system_memory_total', 'Memory of the process, in bytes'),
    heap: metrics.gauge('system_memory_heap', 'Memory of the JavaScript heap in use, in bytes'),
    binary: metrics.gauge('system_memory_binary', 'Memory outside of that heap, in bytes'),
  }
  const info = {
    threads: metrics.gauge('system_info_schedulers', 'Processors that the process may use'),
    handles: metrics.gauge('system_info_port_count', 'Sockets, timers and other things that the event loop watches'),
  }
  info.threads.set(availableParallelism())
  return () => {
    info.handles.set(process.getActiveResourcesInfo().length)
    upTime.set(Math.floor((clock.now() - startedAt) / 1000))
    sockets.set(ports.status.reduce((sum, { connections }) => sum + connections, 0))
    const { rss, heapUsed, external } = process.memoryUsage()
    memory.total.set(rss)
    memory.heap.set(heapUsed)
    memory.binary.set(external)
  }
}

function queues({ metrics, hosts }: Watched): () => void {
  const total = metrics.gauge('system_process_queue_lengths_total', 'Requests that are worked on or wait')
  const lengths = metrics.gauge('iq_queue_length_total', 'IQ requests of a module that are worked on or wait', [
    'module',
  ])
  return () => {
    const byModule = new Map<string, number>()
    for (const host of hosts()) {
      for (const [module, queue] of host.iq.queues) byModule.set(module, (byModule.get(module) ?? 0) + queue.busy)
    }
    for (const [module, busy] of byModule) lengths.with({ module }).set(busy)
    total.set([...byModule.values()].reduce((sum, busy) => sum + busy, 0))
  }
}

function listeners({ metrics, clock, listeners: ports }: Watched): () => void {
  const labels = ['listener_id'] as const
  const connections = metrics.gauge('listener_connections_count', 'Open connections of a listener', labels)
  const help = 'Days until the certificate of a listener expires; negative when it has'
  const days = ['tls_cert_remaining_days_count', 'tls_cert_remaining_days'].map((name) =>
    metrics.gauge(name, help, labels),
  )
  return () => {
    for (const { id, connections: count, validity } of ports.status) {
      connections.with({ listener_id: id }).set(count)
      if (validity === undefined) continue
      const left = daysLeft(validity, clock.now())
      for (const gauge of days) gauge.with({ listener_id: id }).set(left)
    }
  }
}

function daysLeft({ from, to }: { from: number; to: number }, now: number): number {
  if (Number.isNaN(from) || Number.isNaN(to)) return unreadable
  return from > now ? notYetValid : Math.floor((to - now) / day)
}

/** Milliseconds between two looks at whether the event loop is late. */
const lagLook = 500
/** One line a minute says enough. */
const lagPause = 60_000

/** Says in the log when the event loop is late by more than `most` milliseconds; the function returned ends that. */
export function watchLag(clock: Clock, log: Logger, metrics: Metrics, most: number): () => void {
  const late = metrics.counter('eventloop_late_count', 'How often the event loop was later than the log allows')
  let due = clock.now() + lagLook
  let toldAt = Number.NEGATIVE_INFINITY
  return repeat(clock, lagLook, () => {
    const now = clock.now()
    const lag = now - due
    due = now + lagLook
    if (most === 0 || lag < most) return
    late.inc()
    if (now - toldAt < lagPause) return
    toldAt = now
    log.warn({ what: 'event_loop_late', milliseconds: lag })
  })
}
