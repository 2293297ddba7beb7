import { createHash, createHmac, timingSafeEqual } from 'node:crypto'

/** What a dialback key is for. Domains are prepared. */
export interface DialbackClaim {
  /** The server that the stream goes to. */
  readonly receiving: string
  /** The domain that somebody claims to be. */
  readonly originating: string
  /** Of the stream, given by the receiving server. */
  readonly streamId: string
}

/** Makes keys of a secret and knows them again (XEP-0185 §3): nothing has to be kept for each stream. */
export class DialbackKeys {
  readonly #key: string

  constructor(secret: string) {
    this.#key = createHash('sha256').update(secret).digest('hex')
  }

  keyFor({ receiving, originating, streamId }: DialbackClaim): string {
    return createHmac('sha256', this.#key).update(`${receiving} ${originating} ${streamId}`).digest('hex')
  }

  isKeyOf(claim: DialbackClaim, key: string): boolean {
    const [right, given] = [Buffer.from(this.keyFor(claim)), Buffer.from(key)]
    return right.length === given.length && timingSafeEqual(right, given)
  }
}
