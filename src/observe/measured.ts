import type { Counter, Histogram, Metrics } from './metrics.ts'

type Method = (...given: unknown[]) => unknown

/** Where a face keeps the store that it stands for. */
const behind = Symbol('store')

interface Face {
  readonly [behind]: object
}

/** Faces are the same for all stores of a class under one name: a store costs one object then, whatever the number of methods. */
const faces = new WeakMap<Metrics, Map<string, WeakMap<object, object>>>()

/**
 * A store whose methods are counted and timed under `name`, as MongooseIM counts those of a backend module: for
 * `mod_roster_backend` that is `mod_roster_backend_count` and `_time`, with the method as `function`.
 * What is given back has the methods alone.
 */
export function measured<T extends object>(metrics: Metrics, name: string, store: T): T {
  const methods = Object.getPrototypeOf(store) as object
  const named = faces.get(metrics) ?? new Map<string, WeakMap<object, object>>()
  faces.set(metrics, named)
  const ofClass = named.get(name) ?? new WeakMap<object, object>()
  named.set(name, ofClass)
  const face = ofClass.get(methods) ?? faceOf(metrics, name, methods)
  ofClass.set(methods, face)
  // Nobody but the store itself reaches what is private to it.
  return Object.create(face, { [behind]: { value: store } }) as T
}

function faceOf(metrics: Metrics, name: string, methods: object): object {
  const counter = metrics.counter(`${name}_count`, 'Calls of the store', ['function'])
  const histogram = metrics.histogram(`${name}_time`, 'Time of calls of the store, in microseconds', ['function'])
  const { constructor: _, ...described } = Object.getOwnPropertyDescriptors(methods)
  const face: Record<string, Method> = {}
  for (const [method, { value }] of Object.entries(described)) {
    if (typeof value !== 'function') continue
    const labels = { function: method }
    face[method] = measuredMethod(value as Method, counter.with(labels), histogram.with(labels))
  }
  return face
}

function measuredMethod(method: Method, count: Counter, time: Histogram): Method {
  return function (this: Face, ...given) {
    count.inc()
    const begun = performance.now()
    const outcome = Reflect.apply(method, this[behind], given)
    if (!(outcome instanceof Promise)) return outcome
    const done = () => time.observe((performance.now() - begun) * 1000)
    outcome.then(done, done)
    return outcome
  }
}
