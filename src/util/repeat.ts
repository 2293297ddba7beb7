import type { Clock } from './clock.ts'

/** Runs a job every `ms` milliseconds until the function returned is called. */
export function repeat(clock: Clock, ms: number, job: () => void): () => void {
  const tick = () => {
    timer = clock.after(ms, tick)
    job()
  }
  let timer = clock.after(ms, tick)
  return () => timer.cancel()
}
