import type { Keeper } from './keeper.ts'

interface Silence {
  readonly acknowledged: number
  readonly since: number
}

/**
 * Finds the clients that have been asked and do not answer: their connections lead nowhere, and nobody has been told. Looks at
 * all of them now and then, so that no message costs a timer.
 */
export class SilenceWatch {
  readonly #patience: number
  #silences = new Map<Keeper, Silence>()

  /** `patience`: milliseconds. */
  constructor(patience: number) {
    this.#patience = patience
  }

  /** Those that have not acknowledged anything for so long. */
  overdue(keepers: Iterable<Keeper>, now: number): Keeper[] {
    const silences = new Map<Keeper, Silence>()
    const gone: Keeper[] = []
    for (const keeper of keepers) {
      const { acknowledged, isAsked } = keeper.outbox
      if (!isAsked || keeper.isDetached) continue
      const before = this.#silences.get(keeper)
      const silence = before?.acknowledged === acknowledged ? before : { acknowledged, since: now }
      if (now - silence.since >= this.#patience) gone.push(keeper)
      else silences.set(keeper, silence)
    }
    this.#silences = silences
    return gone
  }
}
