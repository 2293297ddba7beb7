import type { Health, Result, StorageLog } from '../database.ts'
import type { Engine, Query, RunQuery, Step } from '../engine.ts'
import { StorageUnavailable } from '../errors.ts'
import { Channel } from './channel.ts'
import { sqliteDialect } from './dialect.ts'
import type { ThreadOptions } from './wire.ts'

export interface SqliteOptions {
  /** Path of the file, or `:memory:` for a database that lives as long as it is open. */
  file: string
  /** Milliseconds that a write may wait for company under load; see `CommitPace`. */
  flushInterval: number
  /** A batch of so many statements is committed without waiting. */
  flushRows: number
  /** Bytes of unanswered jobs beyond which new work should be refused, and in trouble is. */
  maxHeldBytes: number
  log: StorageLog | undefined
}

/** SQLite in threads of its own: a writer, and a reader when first needed. */
export class SqliteEngine implements Engine {
  readonly dialect = sqliteDialect
  readonly #options: SqliteOptions
  readonly #writer: Channel
  readonly #listeners = new Set<(health: Health) => void>()
  #reader: Channel | undefined
  #health: Health = 'ok'
  #closing: Promise<void> | undefined
  /** Ends when the last exclusive transaction asked for does; what comes later waits for it. */
  #exclusive: Promise<void> | undefined

  constructor(options: SqliteOptions) {
    this.#options = options
    this.#writer = new Channel(this.#thread('writer'), (isTroubled, code, text) => {
      if (!this.#closing) this.#setHealth(isTroubled ? 'troubled' : 'ok', { code, error: text })
    })
  }

  readonly run: RunQuery = (query: Query): Promise<Result> => {
    return (
      this.#refusal() ?? (this.#exclusive ? this.#exclusive.then(() => this.run(query)) : this.#writer.query(query))
    )
  }

  readonly runStale: RunQuery = (query: Query): Promise<Result> => {
    if (this.#options.file === ':memory:') return this.run(query)
    return this.#closing ? Promise.reject(closed()) : this.#readerChannel().query(query)
  }

  atomic(steps: readonly Step[]): Promise<Result[]> {
    return (
      this.#refusal() ?? (this.#exclusive ? this.#exclusive.then(() => this.atomic(steps)) : this.#writer.atomic(steps))
    )
  }

  exclusively(work: (run: RunQuery) => Promise<void>): Promise<void> {
    const result = (this.#exclusive ?? Promise.resolve()).then(() => this.#alone(work))
    const over = result.catch(() => {})
    this.#exclusive = over
    over.then(() => {
      if (this.#exclusive === over) this.#exclusive = undefined
    })
    return result
  }

  get health(): Health {
    return this.#health
  }

  onHealth(listener: (health: Health) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  canAccept(): boolean {
    return this.#health === 'ok' && !this.#closing && this.#writer.outstanding < this.#options.maxHeldBytes
  }

  backup(file: string): Promise<void> {
    if (this.#closing) return Promise.reject(closed())
    return this.#options.file === ':memory:'
      ? this.#writer.tell('backup', file)
      : this.#readerChannel().tell('backup', file)
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    await this.#exclusive
    // The reader first: the last to close a file is the one that tidies up, and a reader cannot.
    await this.#reader?.close()
    await this.#writer.close()
  }

  async #alone(work: (run: RunQuery) => Promise<void>): Promise<void> {
    await this.#writer.tell('begin')
    try {
      await work((query) => this.#writer.query(query))
    } catch (error) {
      await this.#writer.tell('undo')
      throw error
    }
    await this.#writer.tell('end')
  }

  #refusal(): Promise<never> | undefined {
    if (this.#closing) return Promise.reject(closed())
    if (this.#health === 'ok' || this.#writer.outstanding < this.#options.maxHeldBytes) return undefined
    return Promise.reject(new StorageUnavailable('the database is in trouble and too much waits for it already'))
  }

  #readerChannel(): Channel {
    if (!this.#reader || this.#reader.failure) this.#reader = new Channel(this.#thread('reader'), () => {})
    return this.#reader
  }

  #thread(role: ThreadOptions['role']): ThreadOptions {
    const { file, flushInterval, flushRows } = this.#options
    return { role, file, flushInterval, flushRows }
  }

  #setHealth(health: Health, details: { code: string; error: string }): void {
    if (health === this.#health) return
    this.#health = health
    if (health === 'ok') this.#options.log?.info({ what: 'storage_recovered' })
    else this.#options.log?.error({ what: 'storage_troubled', ...details })
    for (const listener of this.#listeners) listener(health)
  }
}

function closed(): StorageUnavailable {
  return new StorageUnavailable('the database is closed')
}
