import type { Clock, Timer } from '../util/clock.ts'
import type { HttpExchange } from './http-exchange.ts'

/** How events are sent to somebody who keeps a request open (server-sent events). */
export interface EventStreamOptions {
  readonly clock: Clock
  /** Without an event for so long it ends, in milliseconds. */
  readonly idleTimeout: number
}

/** How often something is written, so that proxies leave the connection open; milliseconds. */
const heartbeat = 30_000

/** Bytes that somebody who does not read may be behind. */
const mostUnread = 1 << 20

/** An answer that consists of events. It ends when nobody is there any more, who is there does not read, or nothing happens for long. */
export class EventStream {
  /** Settles when it is over, whyever. */
  readonly closed: Promise<void>
  readonly #exchange: HttpExchange
  readonly #options: EventStreamOptions
  #idle: Timer | undefined
  #heartbeat: Timer | undefined
  #sent = 0

  constructor(exchange: HttpExchange, options: EventStreamOptions) {
    const { response } = exchange
    this.#exchange = exchange
    this.#options = options
    response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store, no-transform',
      // nginx would hold events back.
      'x-accel-buffering': 'no',
    })
    response.flushHeaders()
    this.closed = new Promise((resolve) => {
      const over = () => {
        this.#idle?.cancel()
        this.#heartbeat?.cancel()
        resolve()
      }
      if (response.destroyed) over()
      else response.once('close', over)
    })
    this.#waitIdle()
    this.#beat()
  }

  /** Sends one event; ids count from 1. */
  send(data: string, event?: string): void {
    this.#sent++
    const name = event === undefined ? '' : `event: ${event}\n`
    const lines = data
      .split(/\r\n|\r|\n/)
      .map((line) => `data: ${line}\n`)
      .join('')
    this.#write(`id: ${this.#sent}\n${name}${lines}\n`)
    this.#waitIdle()
  }

  end(): void {
    this.#exchange.response.end()
  }

  #write(text: string): void {
    const { response } = this.#exchange
    if (response.writableEnded || response.destroyed) return
    response.write(text)
    if (response.writableLength > mostUnread) response.destroy()
  }

  #waitIdle(): void {
    this.#idle?.cancel()
    const { clock, idleTimeout } = this.#options
    if (Number.isFinite(idleTimeout)) this.#idle = clock.after(idleTimeout, () => this.end())
  }

  #beat(): void {
    this.#heartbeat = this.#options.clock.after(heartbeat, () => {
      this.#write(': \n\n')
      this.#beat()
    })
  }
}
