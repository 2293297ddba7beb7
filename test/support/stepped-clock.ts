import { FakeClock, systemClock, type Timer } from '../../src/util/clock.ts'

/** Time that moves when told to; what is shorter than a second takes as long as it takes. */
export class SteppedClock extends FakeClock {
  override after(ms: number, run: () => void): Timer {
    return ms < 1000 ? systemClock.after(ms, run) : super.after(ms, run)
  }
}
