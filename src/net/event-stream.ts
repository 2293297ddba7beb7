import type { ServerResponse } from 'node:http'
import type { Clock, Timer } from '../util/clock.ts'
import type { HttpExchange } from './http-exchange.ts'

/** One event for a reader; `data` is written as JSON. */
export interface StreamedEvent {
  readonly event: string
  readonly data: unknown
}

export interface EventStreamOptions {
  readonly clock: Clock
  /** A comment goes out every so many milliseconds, so that proxies do not take the connection for dead. */
  readonly keepAlive?: number
  /** Milliseconds without an event after which the stream ends. */
  readonly idleTimeout?: number
  /** Called once, when the stream is over, whoever has ended it. */
  onClose(): void
}

/** A stream of events to one reader (server-sent events), numbered from 1. Never compressed. */
export class EventStream {
  readonly #response: ServerResponse
  readonly #options: EventStreamOptions
  readonly #keepAlive: number
  #timer: Timer
  #lastId = 0
  #lastEvent: number
  /** What had been taken when it was last looked at; undefined where nothing waited. */
  #taken: number | undefined

  /** Answers a request with a stream of events. */
  constructor({ response }: Pick<HttpExchange, 'response'>, options: EventStreamOptions) {
    this.#response = response
    this.#options = options
    this.#keepAlive = options.keepAlive ?? 30_000
    this.#lastEvent = options.clock.now()
    response.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      // Proxies that collect answers before they pass them on are asked not to.
      'x-accel-buffering': 'no',
    })
    response.flushHeaders()
    response.once('close', () => {
      this.#timer.cancel()
      options.onClose()
    })
    this.#timer = this.#afterAWhile()
  }

  /** Whether nothing more is written. */
  get isOver(): boolean {
    return this.#response.writableEnded || this.#response.destroyed
  }

  /** Bytes that wait for the reader. */
  get bufferedBytes(): number {
    return this.#response.writableLength
  }

  send({ event, data }: StreamedEvent): void {
    this.#lastId++
    this.#lastEvent = this.#options.clock.now()
    this.#write(`id: ${this.#lastId}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
  }

  /** Settles when the reader has caught up, or is gone. */
  whenRead(): Promise<void> {
    const response = this.#response
    if (this.isOver || !response.writableNeedDrain) return Promise.resolve()
    return new Promise((resolve) => {
      const done = () => {
        response.off('drain', done)
        response.off('close', done)
        resolve()
      }
      response.once('drain', done)
      response.once('close', done)
    })
  }

  /** Ends the stream in good order. */
  close(): void {
    if (!this.isOver) this.#response.end()
  }

  /** Ends the stream at once, with what was not read. */
  destroy(): void {
    this.#response.destroy()
  }

  #write(text: string): void {
    if (!this.isOver) this.#response.write(text)
  }

  /** A number that changes whenever the reader takes something. */
  #takenBytes(): number {
    const { socket } = this.#response
    const inKernel = (socket as { _handle?: { writeQueueSize?: number } | null } | null)?._handle?.writeQueueSize ?? 0
    return (socket?.bytesWritten ?? 0) - (socket?.writableLength ?? 0) - inKernel
  }

  #afterAWhile(): Timer {
    return this.#options.clock.after(this.#keepAlive, () => this.#look())
  }

  #look(): void {
    const { clock, idleTimeout = Number.POSITIVE_INFINITY } = this.#options
    const taken = this.bufferedBytes > 0 ? this.#takenBytes() : undefined
    const isStuck = taken !== undefined && taken === this.#taken
    this.#taken = taken
    // Who has taken nothing since the last look, though something waited, has stopped reading.
    if (isStuck) this.destroy()
    else if (clock.now() - this.#lastEvent >= idleTimeout) this.close()
    else {
      if (taken === undefined) this.#write(':\n\n')
      this.#timer = this.#afterAWhile()
    }
  }
}
