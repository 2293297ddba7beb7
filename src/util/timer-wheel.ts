import type { Clock } from './clock.ts'

/** Something that may be waited for. */
export interface Timed {
  timedOut(): void
}

/**
 * Many timers of coarse grain that share one timer of the clock: a time-out costs its connection no timer and no
 * closure. They run up to a tick late, never early; each owner has at most one.
 */
export class TimerWheel {
  readonly #clock: Clock
  readonly #tick: number
  /** Who is due at the end of which tick. */
  readonly #slots = new Map<number, Set<Timed>>()
  readonly #slotOf = new Map<Timed, number>()
  #isTurning = false

  constructor(clock: Clock, tick = 250) {
    this.#clock = clock
    this.#tick = tick
  }

  /** How many are waiting. */
  get size(): number {
    return this.#slotOf.size
  }

  /** Calls `owner.timedOut()` once, `ms` milliseconds from now; what was armed for it before is called off. */
  arm(owner: Timed, ms: number): void {
    this.cancel(owner)
    const slot = Math.ceil((this.#clock.now() + ms) / this.#tick)
    const owners = this.#slots.get(slot)
    if (owners === undefined) this.#slots.set(slot, new Set([owner]))
    else owners.add(owner)
    this.#slotOf.set(owner, slot)
    this.#turn()
  }

  cancel(owner: Timed): void {
    const slot = this.#slotOf.get(owner)
    if (slot === undefined) return
    this.#slotOf.delete(owner)
    const owners = this.#slots.get(slot)
    owners?.delete(owner)
    if (owners?.size === 0) this.#slots.delete(slot)
  }

  #turn(): void {
    if (this.#isTurning || this.#slotOf.size === 0) return
    this.#isTurning = true
    const now = this.#clock.now()
    this.#clock.after((Math.floor(now / this.#tick) + 1) * this.#tick - now, () => {
      this.#isTurning = false
      this.#run(Math.floor(this.#clock.now() / this.#tick))
      this.#turn()
    })
  }

  #run(until: number): void {
    const due = [...this.#slots.keys()].filter((slot) => slot <= until).sort((a, b) => a - b)
    for (const slot of due) {
      for (const owner of this.#slots.get(slot) ?? []) {
        this.#slotOf.delete(owner)
        owner.timedOut()
      }
      this.#slots.delete(slot)
    }
  }
}
