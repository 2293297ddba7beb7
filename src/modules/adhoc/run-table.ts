import type { Jid } from '../../jid/jid.ts'
import type { Clock } from '../../util/clock.ts'
import { randomId } from '../../util/random-id.ts'
import type { AdhocQuestion } from './api.ts'
import { faultError } from './format.ts'

/** How long a question waits for its answer, in milliseconds. */
export const patience = 10 * 60_000

/** Commands that one account may have begun at a time; with one more the oldest is given up. */
export const maxRunsOfAccount = 10
/** Commands begun by all, wherever they come from. */
const maxRuns = 10_000

/** A command that somebody has begun and not finished. */
export interface Run {
  readonly id: string
  readonly node: string
  /** The full address of who began it: nobody else can go on with it. */
  readonly owner: Jid
  readonly to: string
  /** The questions so far, the open one last. */
  readonly questions: readonly AdhocQuestion[]
}

interface Kept {
  readonly run: Run
  readonly askedAt: number
}

/** The commands under way (XEP-0050 §3.3), bounded for each account and in all, each for a limited time. */
export class RunTable {
  readonly #clock: Clock
  readonly #runs = new Map<string, Kept>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get size(): number {
    return this.#runs.size
  }

  /** An id that nobody can guess. */
  newId(): string {
    return randomId(18)
  }

  /** Keeps a command until its next request. */
  keep(run: Run): void {
    const own = [...this.#runs.values()].filter((kept) => kept.run.owner.bareString === run.owner.bareString)
    if (own.length >= maxRunsOfAccount) this.#runs.delete(own[0]?.run.id ?? '')
    else if (this.#runs.size >= maxRuns) this.#runs.delete(this.#runs.keys().next().value ?? '')
    this.#runs.set(run.id, { run, askedAt: this.#clock.now() })
  }

  /** Takes a command out, to go on with it; a second request meanwhile finds nothing. Throws what XEP-0050 says of the id. */
  take(id: string, who: Pick<Run, 'node' | 'owner' | 'to'>): Run {
    const kept = this.#runs.get(id)
    const { run } = kept ?? {}
    const isTheirs = run?.owner.full === who.owner.full && run.node === who.node && run.to === who.to
    if (kept === undefined || run === undefined || !isTheirs) throw faultError('bad-sessionid')
    this.#runs.delete(id)
    if (this.#clock.now() - kept.askedAt >= patience) throw faultError('session-expired')
    return run
  }

  /** Drops what a resource had begun. */
  dropOf(owner: Jid): void {
    for (const [id, { run }] of this.#runs) if (run.owner.full === owner.full) this.#runs.delete(id)
  }

  /** Drops what has been expired for so long that nobody will ask for it. */
  sweep(): void {
    const limit = this.#clock.now() - 2 * patience
    for (const [id, { askedAt }] of this.#runs) {
      if (askedAt > limit) continue
      this.#runs.delete(id)
    }
  }
}
