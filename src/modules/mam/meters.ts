import type { Metrics } from '../../observe/metrics.ts'

/** What is counted of archives of one kind. */
export interface Meters {
  archived(): void
  dropped(entries: number): void
  lookedUp(messages: number, isSimple: boolean, ms: number): void
  flushed(entries: number, micros: number): void
  removed(): void
  gotPreferences(): void
  setPreferences(): void
}

/** The metrics `mod_mam_pm_*` or `mod_mam_muc_*`. */
export function makeMeters(metrics: Metrics, kind: 'pm' | 'muc'): Meters {
  const counter = (name: string, help: string) => metrics.counter(`mod_mam_${kind}_${name}`, help)
  const histogram = (name: string, help: string) => metrics.histogram(`mod_mam_${kind}_${name}`, help)
  const archived = counter('archive_message_count', 'Messages put into archives')
  const dropped = counter('dropped_count', 'Messages that could not be put into archives')
  const lookups = counter('lookup_count', 'Questions to archives')
  const simple = counter('lookup_simple_count', 'Questions to archives that counted nothing')
  const sizes = histogram('lookup_size', 'Messages in an answer')
  const times = histogram('lookup_time', 'Microseconds that an answer took')
  const flushes = counter('flushed_count', 'Entries written in batches')
  const flushTimes = histogram('flushed_time', 'Microseconds that a batch took')
  const perMessage = histogram('flushed_time_per_message', 'Microseconds that a batch took for each of its entries')
  const removals = counter('remove_archive_count', 'Archives removed')
  const gets = counter('get_prefs_count', 'Requests for preferences')
  const sets = counter('set_prefs_count', 'Changes of preferences')
  return {
    archived: () => archived.inc(),
    dropped: (entries) => dropped.inc(entries),
    lookedUp(messages, isSimple, ms) {
      lookups.inc()
      if (isSimple) simple.inc()
      sizes.observe(messages)
      times.observe(Math.round(ms * 1000))
    },
    flushed(entries, micros) {
      flushes.inc(entries)
      flushTimes.observe(micros)
      perMessage.observe(Math.round(micros / entries))
    },
    removed: () => removals.inc(),
    gotPreferences: () => gets.inc(),
    setPreferences: () => sets.inc(),
  }
}

/** What is counted of batches on their way to the disk, under the names that MongooseIM has for its asynchronous pools. */
export function batchMeters(metrics: Metrics, pool: string) {
  const [names, labels] = [['pool_id'] as const, { pool_id: pool }]
  const counter = (name: string, help: string) => metrics.counter(`async_pool_${name}`, help, names).with(labels)
  const flushes = {
    timed: counter('flush_timed', 'Batches that were written because their time was up'),
    batch: counter('flush_batch', 'Batches that were written because they were full'),
  }
  const requests = counter('request_count', 'Entries of batches')
  const lengths = metrics.gauge('async_pool_queue_lengths_total', 'Entries that wait for their batch', names)
  return {
    left(entries: number, why: 'timed' | 'batch'): void {
      flushes[why].inc()
      requests.inc(entries)
    },
    watch: (waiting: () => number) => metrics.beforeReading(() => lengths.with(labels).set(waiting())),
  }
}
