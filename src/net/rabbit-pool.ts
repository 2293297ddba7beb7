import type { ConnectionOptions } from 'node:tls'
import { Connection, type Publisher } from 'rabbitmq-client'
import type { Clock } from '../util/clock.ts'
import { CallFailed, CallRefused } from './call-slots.ts'
import { type ClientTlsTable, clientTls } from './client-tls.ts'

export interface RabbitPoolOptions {
  readonly host: string
  readonly port: number
  readonly username: string
  readonly password: string
  readonly virtualHost: string
  readonly tls?: ClientTlsTable | undefined
  /** Whether the server confirms each message. */
  readonly confirms: boolean
  /** Attempts to connect after which messages are refused at once; 0: they wait as long as they may. */
  readonly reconnectAttempts: number
  /** Milliseconds between two attempts to connect. */
  readonly reconnectDelay: number
  /** Channels of each publisher. */
  readonly workers: number
  /** Milliseconds that a message may wait for a connection. */
  readonly callTimeout: number
  /** How many messages may be under way. */
  readonly maxWaiting: number
  readonly clock: Clock
  /** Told when the server is reached, and when it is lost. */
  onHealth(isHealthy: boolean): void
  readonly observer?: RabbitObserver | undefined
}

/** Told what a pool does. */
export interface RabbitObserver {
  connected(): void
  disconnected(): void
  /** An attempt to connect has failed. */
  notConnected(): void
  /** The server has taken a message of so many bytes, after so many microseconds. */
  published(bytes: number, micros: number): void
  /** A message has not been taken, or only not in time. */
  notPublished(isLate: boolean, micros: number): void
}

/** Where messages are published to: declared before the first one, and again whenever the connection is made anew. */
export interface RabbitExchange {
  readonly name: string
  readonly type: 'direct' | 'fanout' | 'headers' | 'topic'
  readonly isDurable: boolean
}

export interface RabbitMessage {
  readonly exchange: string
  /** Messages with the same key are sent in their order. */
  readonly routingKey: string
  readonly contentType: string
  readonly body: string
}

/** Sends messages of one kind; from {@link RabbitPool.publisher}. */
export interface RabbitPublisher {
  /**
   * Resolves when the message has been sent, or confirmed where confirms are on. Rejects with CallFailed, where the server does
   * not take it with CallRefused.
   */
  publish(message: RabbitMessage): Promise<void>
  close(): Promise<void>
}

/** A connection to a RabbitMQ server, which is made anew when it is lost. */
export class RabbitPool {
  readonly #options: RabbitPoolOptions
  readonly #connection: Connection
  readonly #publishers = new Set<RabbitPublisher>()
  #underWay = 0
  /** When the server was last lost, or first looked for. */
  #lostAt: number
  #isHealthy = false

  private constructor(options: RabbitPoolOptions, tls: ConnectionOptions | undefined) {
    const { host, port, username, password, virtualHost, callTimeout, reconnectDelay } = options
    this.#options = options
    this.#lostAt = options.clock.now()
    this.#connection = new Connection({
      ...{ hostname: host, port, username, password, vhost: virtualHost },
      ...(tls !== undefined && { tls }),
      acquireTimeout: callTimeout,
      connectionTimeout: callTimeout,
      retryLow: reconnectDelay,
      retryHigh: reconnectDelay,
    })
    this.#connection.on('connection', () => this.#become(true))
    this.#connection.on('error', () => this.#become(false))
  }

  /** Reads the files that TLS needs and begins to connect; does not wait for that. */
  static async open(options: RabbitPoolOptions): Promise<RabbitPool> {
    return new RabbitPool(options, options.tls === undefined ? undefined : await clientTls(options.tls))
  }

  /** Whether the server can be reached. */
  get isHealthy(): boolean {
    return this.#isHealthy
  }

  /** How many messages may be under way. */
  get capacity(): number {
    return this.#options.maxWaiting
  }

  /** Makes exchanges. Rejects with CallRefused where one of that name is of another kind, with CallFailed without a server. */
  async declare(exchanges: readonly RabbitExchange[]): Promise<void> {
    for (const exchange of exchanges) await this.#connection.exchangeDeclare(declared(exchange)).catch(fail)
  }

  /** Something to publish with; the exchanges are declared. */
  publisher(exchanges: readonly RabbitExchange[]): RabbitPublisher {
    const channels = new Map<number, Publisher>()
    const channelFor = (key: string) => {
      const index = numberOf(key) % this.#options.workers
      const known = channels.get(index)
      if (known !== undefined) return known
      const made = this.#connection.createPublisher({
        confirm: this.#options.confirms,
        exchanges: exchanges.map(declared),
      })
      channels.set(index, made)
      return made
    }
    const publisher: RabbitPublisher = {
      publish: (message) => this.#publish(message, channelFor),
      close: async () => {
        this.#publishers.delete(publisher)
        await Promise.allSettled([...channels.values()].map((channel) => channel.close()))
      },
    }
    this.#publishers.add(publisher)
    return publisher
  }

  /** Sends what is under way if the server can be reached, then ends the connection. */
  async close(): Promise<void> {
    if (!this.#isHealthy) {
      this.#connection.unsafeDestroy()
      return
    }
    await Promise.all([...this.#publishers].map((publisher) => publisher.close()))
    await this.#connection.close()
  }

  async #publish(message: RabbitMessage, channelFor: (key: string) => Publisher): Promise<void> {
    if (this.#underWay >= this.#options.maxWaiting) throw new CallFailed('too many messages are waiting')
    if (this.#hasGivenUp()) throw new CallFailed('no RabbitMQ server can be reached')
    const { exchange, routingKey, contentType, body } = message
    this.#underWay++
    const begun = performance.now()
    const micros = () => (performance.now() - begun) * 1000
    const { observer } = this.#options
    try {
      const bytes = Buffer.from(body)
      await channelFor(routingKey).send({ exchange, routingKey, contentType }, bytes)
      observer?.published(bytes.length, micros())
    } catch (cause) {
      observer?.notPublished(isTimeOut(cause), micros())
      fail(cause)
    } finally {
      this.#underWay--
    }
  }

  /** The driver tells of the first failures only, but it tries at a steady pace. */
  #hasGivenUp(): boolean {
    const { reconnectAttempts: attempts, reconnectDelay: delay, clock } = this.#options
    return attempts > 0 && !this.#isHealthy && clock.now() - this.#lostAt >= attempts * delay
  }

  #become(isHealthy: boolean): void {
    const { observer } = this.#options
    if (!isHealthy && !this.#isHealthy) observer?.notConnected()
    if (isHealthy === this.#isHealthy) return
    if (isHealthy) observer?.connected()
    else observer?.disconnected()
    this.#isHealthy = isHealthy
    if (!isHealthy) this.#lostAt = this.#options.clock.now()
    this.#options.onHealth(isHealthy)
  }
}

const declared = ({ name, type, isDurable }: RabbitExchange) => ({ exchange: name, type, durable: isDurable })

/** What the server itself says no with. */
const refusals = new Set(['NACK', 'PRECONDITION_FAILED', 'ACCESS_REFUSED', 'NOT_FOUND'])

function fail(cause: unknown): never {
  const text = `RabbitMQ: ${cause instanceof Error ? cause.message : String(cause)}`
  const isRefusal = refusals.has(String((cause as { code?: unknown } | undefined)?.code))
  throw isRefusal ? new CallRefused(text, { cause }) : new CallFailed(text, { cause })
}

function isTimeOut(cause: unknown): boolean {
  return /TIMEOUT/.test(String((cause as { code?: unknown } | undefined)?.code))
}

/** A number of a text, always the same. */
function numberOf(text: string): number {
  let sum = 0
  for (let at = 0; at < text.length; at++) sum = (sum * 31 + text.charCodeAt(at)) >>> 0
  return sum
}
