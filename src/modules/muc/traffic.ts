import type { Jid } from '../../jid/jid.ts'
import type { Stanza } from '../../stanza/stanza.ts'
import { StanzaError } from '../../stanza/stanza-error.ts'
import type { Clock } from '../../util/clock.ts'
import { Lru } from '../../util/lru.ts'
import { TokenBucket } from '../../util/token-bucket.ts'
import type { MucOptions } from './options.ts'

/** Senders whose pace is remembered; who is forgotten may send at once. */
const remembered = 20_000

type Limits = Pick<
  MucOptions,
  'room_shaper' | 'user_message_shaper' | 'user_presence_shaper' | 'min_message_interval' | 'min_presence_interval'
>

interface Pace {
  /** Nothing of this sender is taken before, in milliseconds since the epoch. */
  nextAt: number
  bucket: TokenBucket | undefined
  isWaiting: boolean
}

/** Holds back who sends too much to a room, so that the others are not flooded. */
export class Traffic {
  readonly #options: Limits
  readonly #rateOf: (shaper: string) => number
  readonly #clock: Clock
  readonly #senders = new Lru<string, Pace>(remembered)
  readonly #rooms = new Lru<string, TokenBucket>(remembered)

  /** `rateOf`: bytes a second that a shaper lets through, Infinity for none. */
  constructor(options: Limits, rateOf: (shaper: string) => number, clock: Clock) {
    this.#options = options
    this.#rateOf = rateOf
    this.#clock = clock
  }

  /**
   * Settles when this stanza may go on; undefined: at once. Throws `resource-constraint` while an earlier one of the same
   * sender still waits.
   */
  admit(stanza: Stanza): Promise<void> | undefined {
    const isMessage = stanza.kind === 'message'
    const interval = 1000 * (isMessage ? this.#options.min_message_interval : this.#options.min_presence_interval)
    const rate = this.#rateOf(isMessage ? this.#options.user_message_shaper : this.#options.user_presence_shaper)
    const isFree = interval === 0 && rate === Number.POSITIVE_INFINITY
    const roomWait = this.#chargeRoom(stanza)
    if (isFree && roomWait === 0) return undefined
    return this.#wait(stanza, { interval, rate, roomWait })
  }

  #wait(stanza: Stanza, { interval, rate, roomWait }: { interval: number; rate: number; roomWait: number }) {
    const pace = this.#paceOf(stanza, rate)
    if (pace.isWaiting) throw new StanzaError('resource-constraint', { text: 'Traffic rate limit is exceeded' })
    const now = this.#clock.now()
    const shaped = pace.bucket?.charge(stanza.byteLength, now) ?? 0
    const wait = Math.max(pace.nextAt - now, shaped, roomWait)
    pace.nextAt = Math.max(now, pace.nextAt) + interval
    if (wait <= 0) return undefined
    pace.isWaiting = true
    return new Promise<void>((resolve) => {
      this.#clock.after(wait, () => {
        pace.isWaiting = false
        resolve()
      })
    })
  }

  #paceOf(stanza: Stanza, rate: number): Pace {
    const key = `${stanza.kind} ${(stanza.from as Jid).full} ${(stanza.to as Jid).bareString}`
    const known = this.#senders.get(key)
    if (known !== undefined) return known
    const bucket = Number.isFinite(rate) ? new TokenBucket(rate, this.#clock.now()) : undefined
    const fresh: Pace = { nextAt: 0, bucket, isWaiting: false }
    this.#senders.set(key, fresh)
    return fresh
  }

  #chargeRoom(stanza: Stanza): number {
    const rate = this.#rateOf(this.#options.room_shaper)
    if (rate === Number.POSITIVE_INFINITY) return 0
    const key = (stanza.to as Jid).bareString
    const bucket = this.#rooms.get(key) ?? new TokenBucket(rate, this.#clock.now())
    this.#rooms.set(key, bucket)
    return bucket.charge(stanza.byteLength, this.#clock.now())
  }
}
