/**
 * Bytes of one stream that wait: an element that is not whole yet, or what comes in while the stream is paused. The
 * room doubles as it fills, so that adding byte by byte takes linear time.
 */
export class HeldBytes {
  bytes: Uint8Array
  /** Where the bytes in use begin and end. */
  start = 0
  end = 0
  /** Bytes ever moved, for tests of the cost. */
  moved = 0

  constructor(size: number) {
    this.bytes = Buffer.allocUnsafeSlow(roomFor(size))
  }

  /** Adds the first `length` of these bytes. */
  add(more: Uint8Array, length: number): void {
    if (this.end + length > this.bytes.length) this.makeRoom(length)
    this.bytes.set(length === more.length ? more : more.subarray(0, length), this.end)
    this.end += length
    this.moved += length
  }

  private makeRoom(length: number): void {
    const used = this.end - this.start
    const needed = used + length
    const target = needed * 2 > this.bytes.length ? Buffer.allocUnsafeSlow(roomFor(needed)) : this.bytes
    target.set(this.bytes.subarray(this.start, this.end), 0)
    this.bytes = target
    this.start = 0
    this.end = used
    this.moved += used
  }
}

// Twice what is needed: the bytes moved now are paid for by as many that will be added before the next move.
function roomFor(needed: number): number {
  let size = 512
  while (size < needed * 2) size *= 2
  return size
}
