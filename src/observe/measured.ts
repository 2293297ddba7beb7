import type { Metrics } from './metrics.ts'

/**
 * A store whose methods are counted and timed under `name`, as MongooseIM counts those of a backend module: for
 * `mod_roster_backend` that is `mod_roster_backend_count` and `_time`, with the method as `function`.
 * What is given back has the methods alone.
 */
export function measured<T extends object>(metrics: Metrics, name: string, store: T): T {
  const counter = metrics.counter(`${name}_count`, 'Calls of the store', ['function'])
  const histogram = metrics.histogram(`${name}_time`, 'Time of calls of the store, in microseconds', ['function'])
  const wrapped: Record<string, unknown> = {}
  const { constructor: _, ...methods } = Object.getOwnPropertyDescriptors(Object.getPrototypeOf(store) as object)
  for (const [method, { value }] of Object.entries(methods)) {
    if (typeof value !== 'function') continue
    const labels = { function: method }
    const [count, time] = [counter.with(labels), histogram.with(labels)]
    wrapped[method] = (...given: unknown[]) => {
      count.inc()
      const begun = performance.now()
      const outcome: unknown = Reflect.apply(value, store, given)
      if (!(outcome instanceof Promise)) return outcome
      const done = () => time.observe((performance.now() - begun) * 1000)
      outcome.then(done, done)
      return outcome
    }
  }
  // Nobody but the store itself reaches what is private to it.
  return wrapped as T
}
