import type { Clock, Timer } from '../util/clock.ts'

/** Does something again and again, for the first time after `ms`; the function returned ends that. */
export function repeat(clock: Clock, ms: number, job: () => void): () => void {
  let timer: Timer
  const arm = () => {
    timer = clock.after(ms, () => {
      arm()
      job()
    })
  }
  arm()
  return () => timer.cancel()
}
