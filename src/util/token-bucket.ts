/**
 * Limits a rate and lets short bursts through: holds at most one second's worth, starts full, and may be overdrawn by the
 * last charge. What is over is waited for; nothing is refused.
 */
export class TokenBucket {
  readonly #rate: number
  #level: number
  #filledAt: number

  /** `rate`: tokens a second, more than 0. `now`: milliseconds. */
  constructor(rate: number, now: number) {
    this.#rate = rate
    this.#level = rate
    this.#filledAt = now
  }

  /** Takes `tokens` and gives the milliseconds to wait until the bucket is no longer overdrawn. */
  charge(tokens: number, now: number): number {
    // A clock that was set back gives nothing and takes nothing.
    const elapsed = Math.max(0, now - this.#filledAt)
    this.#filledAt = now
    this.#level = Math.min(this.#rate, this.#level + (elapsed * this.#rate) / 1000) - tokens
    return this.#level >= 0 ? 0 : Math.ceil((-this.#level * 1000) / this.#rate)
  }
}
