import type { ModuleContext } from '../../module/context.ts'
import { Courier, type CourierOptions, type Loss } from '../../util/courier.ts'
import type { Raised } from './api.ts'

/** Somebody who is told of events; never waited for. */
export interface Backend {
  take(raised: Raised): void
}

/** What backends have of the module's context. */
export type Surroundings = Pick<ModuleContext, 'clock' | 'log' | 'metrics' | 'onStop' | 'host' | 'pools' | 'router'>

/** What is logged of one that was lost, no more often than this. */
const logInterval = 60_000

/** How long the end of the module waits for what is under way. */
const closeLimit = 5000

/** What a backend says about how it delivers. */
export type Delivery<J> = Pick<
  CourierOptions<J>,
  'workers' | 'mostHeld' | 'mostInLane' | 'retryFor' | 'deliver' | 'mayRetry'
>

/** A courier for a backend: what it loses is counted, and logged once a minute; it ends with the module. */
export function courierFor<J>(
  name: string,
  delivery: Delivery<J>,
  { clock, log, metrics, onStop, host }: Surroundings,
): Courier<J> {
  const lost = metrics.counter('mod_event_pusher_lost_count', 'Events that were not delivered', ['backend', 'reason'])
  const held = metrics.gauge('mod_event_pusher_queue_length', 'Events that wait or are under way', [
    'backend',
    'host_type',
  ])
  let unlogged = 0
  let loggedAt = Number.NEGATIVE_INFINITY
  const onLost = ({ reason, error }: Loss<J>): void => {
    lost.with({ backend: name, reason }).inc()
    unlogged++
    const now = clock.now()
    if (now - loggedAt < logInterval) return
    log.error({ what: 'event_not_delivered', backend: name, cause: reason, count: unlogged, reason: error })
    loggedAt = now
    unlogged = 0
  }
  const courier = new Courier<J>({ ...delivery, clock, onLost })
  const labels = { backend: name, host_type: host.type }
  onStop(metrics.beforeReading(() => held.with(labels).set(courier.held)))
  onStop(async () => {
    await courier.close(closeLimit)
    held.remove(labels)
    if (unlogged > 0) log.error({ what: 'event_not_delivered', backend: name, count: unlogged })
  })
  return courier
}
