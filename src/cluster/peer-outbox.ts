import type { Told } from './cluster.ts'

/** A node is gone before it has taken in what it was sent. */
export class PeerGone extends Error {
  override readonly name = 'PeerGone'
}

/** A node is behind by more than is kept for it. */
export class PeerBehind extends Error {
  override readonly name = 'PeerBehind'
}

/** One thing that is told, with its number: number, topic, body. */
export type Parcel = readonly [number: number, topic: string, body: Told]

interface Waiting {
  readonly number: number
  /** The parcel as JSON. */
  readonly text: string
  settle(error?: Error): void
}

/** What a node says of what it was sent, by number. */
export interface Confirmation {
  /** Everything up to this one has been taken in. */
  readonly upTo: number
  /** So have these. */
  readonly also: readonly number[]
  /** Everything up to this one has come. */
  readonly arrived: number
}

/** Characters that are kept for one node at most. */
const mostHeld = 64 << 20
/** Characters after which a batch is full. */
const batchSize = 1 << 19

/** What is sent to one run of a node, until it says that it has taken it in. Numbers begin with 1. */
export class PeerOutbox {
  #next = 1
  #waiting: Waiting[] = []
  #held = 0
  /** Numbers up to this one have been handed to Redis. */
  #sent = 0
  /** Numbers up to this one have come, whether or not they have been taken in. */
  #arrived = 0
  /** What was the first that had not come at the last look. */
  #stuckAt = 0

  /** Whether something has not been sent at all. */
  get hasUnsent(): boolean {
    return (this.#waiting.at(-1)?.number ?? 0) > this.#sent
  }

  /** Takes something to be sent; resolves when the node has taken it in. Rejects with PeerGone or PeerBehind. */
  add(topic: string, body: Told): Promise<void> {
    const number = this.#next
    const text = JSON.stringify([number, topic, body] satisfies Parcel)
    if (this.#held + text.length > mostHeld) return Promise.reject(new PeerBehind('the node does not keep up'))
    this.#next++
    this.#held += text.length
    return new Promise((resolve, reject) => {
      this.#waiting.push({ number, text, settle: (error) => (error === undefined ? resolve() : reject(error)) })
    })
  }

  /** The next batches to be sent, each a JSON list of parcels; they count as sent from now on. */
  takeBatches(): string[] {
    const batches: string[] = []
    let texts: string[] = []
    let size = 0
    const close = () => {
      if (texts.length > 0) batches.push(`[${texts.join(',')}]`)
      texts = []
      size = 0
    }
    for (const { number, text } of this.#waiting) {
      if (number <= this.#sent) continue
      texts.push(text)
      size += text.length
      this.#sent = number
      if (size >= batchSize) close()
    }
    close()
    return batches
  }

  /** The node has told what it has. */
  confirm({ upTo, also, arrived }: Confirmation): void {
    this.#arrived = Math.max(this.#arrived, arrived)
    const end = this.#waiting.findIndex(({ number }) => number > upTo)
    this.#settle(this.#waiting.splice(0, end === -1 ? this.#waiting.length : end))
    if (also.length === 0) return
    const done = new Set(also)
    const settled = this.#waiting.filter(({ number }) => done.has(number))
    this.#waiting = this.#waiting.filter(({ number }) => !done.has(number))
    this.#settle(settled)
  }

  #settle(settled: readonly Waiting[]): void {
    for (const { text, settle } of settled) {
      this.#held -= text.length
      settle()
    }
  }

  /** What has been sent may be lost: all that has not come is to be sent again. */
  rewind(): void {
    this.#sent = Math.min(this.#sent, this.#arrived)
  }

  /** Looked at every now and then: what was sent before the look before and has not come is sent again. */
  rewindIfStuck(): void {
    const first = this.#sent > this.#arrived ? this.#arrived + 1 : 0
    if (first > 0 && first === this.#stuckAt) this.rewind()
    this.#stuckAt = first
  }

  /** The node is gone with all that it has not confirmed. */
  end(): void {
    for (const { settle } of this.#waiting.splice(0)) settle(new PeerGone('the node is gone'))
    this.#held = 0
  }
}
