/**
 * Where the program of the database threads is, or that of another thread of this room. A thread is started by Node itself, which reads no TypeScript: when this room
 * runs from its sources (tests, tsx) the built file of the same place under `dist/` is taken. The tests' global setup
 * (`tools/global-setup.mjs`) builds it when it is older than the sources.
 */
export function workerLocation(program: 'main' | 'dump' = 'main', here: string = import.meta.url): URL {
  const built = here.replace(/\/src\/(storage\/sqlite\/[^/]*)\.ts$/, '/dist/$1.js')
  return new URL(`./worker/${program}.js`, built)
}
