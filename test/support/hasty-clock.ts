import { type Clock, systemClock } from '../../src/util/clock.ts'

/** The clock of the system, on which long waits pass twenty times as fast; what is due comes in the same order. */
export const hastyClock: Clock = {
  now: () => systemClock.now(),
  after: (ms, run) => systemClock.after(ms >= 1000 ? ms / 20 : ms, run),
}
