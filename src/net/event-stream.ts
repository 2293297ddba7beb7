import type { ServerResponse } from 'node:http'
import type { Clock, Timer } from '../util/clock.ts'
import type { HttpExchange } from './http-exchange.ts'

/** How events are sent to somebody who keeps a request open (server-sent events). */
export interface EventStreamOptions {
  readonly clock: Clock
  /** Without an event for so long it ends, in milliseconds. */
  readonly idleTimeout: number
  /** Bytes that a reader may be behind; what comes on top of more ends the stream (1 MiB). */
  readonly mostUnread?: number
  /** Told when that happens. */
  onOverflow?(bytes: number): void
}

/** How often something is written, so that proxies leave the connection open; milliseconds. */
const heartbeat = 30_000

/** An answer that consists of events, never compressed. It ends when the reader leaves or does not read, or nothing happens for long. */
export class EventStream {
  /** Settles when it is over, whyever. */
  readonly closed: Promise<void>
  readonly #response: ServerResponse
  readonly #options: EventStreamOptions
  #heartbeat: Timer | undefined
  #idle: Timer | undefined
  #sent = 0
  #lastEvent: number
  /** What had been taken at the last heartbeat; undefined where nothing waited. */
  #taken: number | undefined

  /** Answers a request with a stream of events. */
  constructor({ response }: Pick<HttpExchange, 'response'>, options: EventStreamOptions) {
    this.#response = response
    this.#options = options
    this.#lastEvent = options.clock.now()
    response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store, no-transform',
      // nginx would hold events back.
      'x-accel-buffering': 'no',
    })
    response.flushHeaders()
    this.closed = new Promise((resolve) => {
      const over = () => {
        this.#heartbeat?.cancel()
        this.#idle?.cancel()
        resolve()
      }
      if (response.destroyed) over()
      else response.once('close', over)
    })
    this.#waitIdle(options.idleTimeout)
    this.#beat()
  }

  /** Whether nothing more is written. */
  get isOver(): boolean {
    return this.#response.writableEnded || this.#response.destroyed
  }

  /** Bytes that wait for the reader. */
  get bufferedBytes(): number {
    return this.#response.writableLength
  }

  /** Sends one event; ids count from 1. */
  send(data: string, event?: string): void {
    const { mostUnread = 1 << 20, clock } = this.#options
    // Looked at before: one event may be as large as it is, but nothing comes on top of too much.
    if (this.bufferedBytes > mostUnread) this.#overflow()
    this.#sent++
    this.#lastEvent = clock.now()
    const name = event === undefined ? '' : `event: ${event}\n`
    const lines = data.split(/\r\n|\r|\n/).map((line) => `data: ${line}\n`)
    this.#write(`id: ${this.#sent}\n${name}${lines.join('')}\n`)
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

  /** Ends it in good order. */
  end(): void {
    if (!this.isOver) this.#response.end()
  }

  #write(text: string): void {
    if (!this.isOver) this.#response.write(text)
  }

  #overflow(): void {
    if (this.isOver) return
    this.#options.onOverflow?.(this.bufferedBytes)
    this.#response.destroy()
  }

  #waitIdle(ms: number): void {
    if (!Number.isFinite(ms)) return
    const { clock, idleTimeout } = this.#options
    this.#idle = clock.after(ms, () => {
      const left = this.#lastEvent + idleTimeout - clock.now()
      if (left <= 0) this.end()
      else this.#waitIdle(left)
    })
  }

  #beat(): void {
    this.#heartbeat = this.#options.clock.after(heartbeat, () => {
      const taken = this.bufferedBytes > 0 ? this.#takenBytes() : undefined
      const isStuck = taken !== undefined && taken === this.#taken
      this.#taken = taken
      // Who has taken nothing since the last one, though something waited, has stopped reading.
      if (isStuck) this.#response.destroy()
      else {
        if (taken === undefined) this.#write(': \n\n')
        this.#beat()
      }
    })
  }

  /** A number that changes whenever the reader takes something. */
  #takenBytes(): number {
    const { socket } = this.#response
    const inKernel = (socket as { _handle?: { writeQueueSize?: number } | null } | null)?._handle?.writeQueueSize ?? 0
    return (socket?.bytesWritten ?? 0) - (socket?.writableLength ?? 0) - inKernel
  }
}
