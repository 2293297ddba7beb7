import type { ConnectionOptions } from 'node:tls'
import { Redis } from 'ioredis'
import { CallFailed } from './call-slots.ts'
import { type ClientTlsTable, clientTls } from './client-tls.ts'

export interface RedisPoolOptions {
  readonly host: string
  readonly port: number
  readonly database: number
  readonly username?: string | undefined
  readonly password: string
  readonly tls?: ClientTlsTable | undefined
  /** Most connections. */
  readonly workers: number
  /** Milliseconds for the answer to a command, waiting for a connection included. */
  readonly callTimeout: number
  /** How many commands may be under way; no limit without it. */
  readonly maxWaiting?: number | undefined
  /** Told when the server is reached, and when it is lost. */
  onHealth(isHealthy: boolean): void
}

/** Longest pause between two attempts to connect, in milliseconds. */
const longestPause = 5000

/** A few connections to a Redis server. Each takes many commands at a time; the first is made at once, others when they are needed. */
export class RedisPool {
  readonly #options: RedisPoolOptions
  readonly #tls: ConnectionOptions | undefined
  readonly #connections: Redis[] = []
  #underWay = 0
  #isHealthy = false
  #isClosed = false

  private constructor(options: RedisPoolOptions, tls: ConnectionOptions | undefined) {
    this.#options = options
    this.#tls = tls
    this.#connect()
  }

  /** Reads the files that TLS needs and begins to connect; does not wait for that. */
  static async open(options: RedisPoolOptions): Promise<RedisPool> {
    return new RedisPool(options, options.tls === undefined ? undefined : await clientTls(options.tls))
  }

  /** Whether the server can be reached. */
  get isHealthy(): boolean {
    return this.#isHealthy
  }

  /** Runs a command. Rejects with CallFailed where it is not answered in time or too many are under way. */
  async call(command: string, ...words: (string | number | Buffer)[]): Promise<unknown> {
    const { maxWaiting = Number.POSITIVE_INFINITY } = this.#options
    if (this.#underWay >= maxWaiting) throw new CallFailed('too many commands are waiting')
    const connection = this.#choose()
    this.#underWay++
    try {
      return await connection.call(command, ...words)
    } catch (cause) {
      throw new CallFailed(`Redis: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
    } finally {
      this.#underWay--
    }
  }

  /** Ends the connections. What is under way is rejected. */
  close(): void {
    this.#isClosed = true
    for (const connection of this.#connections) connection.disconnect()
  }

  /** A connection for a command: the first while it has nothing to do, else each in its turn. */
  #choose(): Redis {
    const wanted = this.#underWay % this.#options.workers
    return this.#connections[wanted] ?? this.#connect()
  }

  #connect(): Redis {
    const { host, port, database, username, password, callTimeout } = this.#options
    const connection = new Redis({
      ...{ host, port, db: database },
      ...(username !== undefined && { username }),
      ...(password !== '' && { password }),
      ...(this.#tls !== undefined && { tls: this.#tls }),
      commandTimeout: callTimeout,
      connectTimeout: callTimeout,
      retryStrategy: (times) => Math.min(times * 100, longestPause),
      // What was sent may have been done: only who sent it knows whether to send it again.
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: null,
    })
    if (this.#connections.length === 0) this.#watch(connection)
    else connection.on('error', () => {})
    this.#connections.push(connection)
    return connection
  }

  #watch(connection: Redis): void {
    const become = (isHealthy: boolean) => {
      if (isHealthy === this.#isHealthy || this.#isClosed) return
      this.#isHealthy = isHealthy
      this.#options.onHealth(isHealthy)
    }
    connection.on('ready', () => become(true))
    connection.on('close', () => become(false))
    // Told by `close`; without a listener it would be thrown.
    connection.on('error', () => {})
  }
}
