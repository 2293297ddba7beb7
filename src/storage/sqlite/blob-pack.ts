/**
 * Collects the bytes of one message. A `Buffer` cannot travel as it is: cloning a piece of Node's pool would clone the pool,
 * and one buffer for each value is dear to make and to collect.
 */
export class BlobPack {
  #bytes = Buffer.alloc(0)
  #used = 0

  /** Copies the bytes and tells where they are. */
  add(bytes: Uint8Array): readonly [offset: number, length: number] {
    const offset = this.#used
    this.#used += bytes.length
    if (this.#used > this.#bytes.length) this.#grow()
    this.#bytes.set(bytes, offset)
    return [offset, bytes.length]
  }

  /** Everything added since the last time, in a buffer of its own, or nothing. */
  take(): ArrayBuffer | undefined {
    if (this.#used === 0) return undefined
    const taken = new ArrayBuffer(this.#used)
    new Uint8Array(taken).set(this.#bytes.subarray(0, this.#used))
    this.#used = 0
    if (this.#bytes.length > KEPT) this.#bytes = Buffer.alloc(0)
    return taken
  }

  #grow(): void {
    const larger = Buffer.allocUnsafeSlow(Math.max(4096, 2 ** Math.ceil(Math.log2(this.#used))))
    larger.set(this.#bytes)
    this.#bytes = larger
  }
}

/** A pack that had to grow beyond this gives its memory back. */
const KEPT = 1 << 20
