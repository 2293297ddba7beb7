import type { Health, PoolFigures, Result, StorageLog } from '../database.ts'
import type { SqlDialect } from '../dialect.ts'
import type { Engine, Query, RunQuery, Step } from '../engine.ts'
import { StorageUnavailable } from '../errors.ts'
import type { RunPlain, Work } from './job.ts'
import type { Driver, LinkFailure } from './link.ts'
import { WatchedDriver } from './pool-watch.ts'
import { Readers } from './readers.ts'
import { kindOf, type StatementKind } from './statement-kind.ts'
import { plainValue, weigh } from './values.ts'
import { OrderedWriter } from './writer.ts'

export interface RemoteOptions {
  driver: Driver
  /** Connections for reads that may lag. */
  workers: number
  /** Most statements that share a commit. */
  batchRows: number
  /** Milliseconds that a statement may take. */
  queryTimeout: number
  /** Milliseconds that a read may wait for its turn. */
  callTimeout: number
  /** Longest pause between two attempts to reach the database, in milliseconds. */
  maxStartInterval: number
  /** Milliseconds between two signs of life on an idle connection; undefined: none. */
  keepalive: number | undefined
  /** Bytes of unanswered jobs beyond which new work should be refused, and in trouble is. */
  maxHeldBytes: number
  /** Milliseconds since the epoch. */
  now: () => number
  log: StorageLog | undefined
}

/** A database server: one connection for everything in order, some for reads that may lag. */
export class RemoteEngine implements Engine {
  readonly dialect: SqlDialect
  readonly #options: RemoteOptions
  readonly #driver: WatchedDriver
  readonly #writer: OrderedWriter
  readonly #readers: Readers
  readonly #listeners = new Set<(health: Health) => void>()
  #health: Health = 'ok'
  #closing: Promise<void> | undefined

  private constructor(options: RemoteOptions) {
    this.#options = options
    this.dialect = options.driver.dialect
    this.#driver = new WatchedDriver(options.driver)
    this.#writer = new OrderedWriter({ ...options, driver: this.#driver, onTrouble: (error) => this.#setHealth(error) })
    this.#readers = new Readers(this.#driver, options.workers, options.queryTimeout * 2 + 1000)
  }

  /** Connects. Rejects with `StorageUnavailable` if the database cannot be reached or used. */
  static async open(options: RemoteOptions): Promise<RemoteEngine> {
    const engine = new RemoteEngine(options)
    try {
      await engine.#writer.open()
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error)
      throw new StorageUnavailable(`the database cannot be used: ${text}`, { cause: error })
    }
    return engine
  }

  readonly run: RunQuery = async (query) =>
    this.#enqueue([{ ...query, mustChange: false, isPacked: false }], false) as Promise<Result>

  readonly runStale: RunQuery = async ({ sql, parameters }) => {
    if (this.#closing) throw closed()
    kindOf(sql)
    return this.#readers.run({ sql, values: parameters.map(plainValue) })
  }

  async atomic(steps: readonly Step[]): Promise<Result[]> {
    if (steps.length === 0 && !this.#closing) return []
    return this.#enqueue(steps, true) as Promise<Result[]>
  }

  exclusively(work: (run: RunQuery) => Promise<void>): Promise<void> {
    if (this.#closing) return Promise.reject(closed())
    const plainly = (run: RunPlain) =>
      work(async ({ sql, parameters }: Query) => run({ sql, parameters: parameters.map(plainValue) }))
    return new Promise((resolve, reject) => this.#writer.alone({ work: plainly, resolve, reject }))
  }

  get pool(): PoolFigures {
    return { ...this.#driver.figures, waiting: this.#writer.waiting + this.#readers.waiting }
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

  async backup(): Promise<void> {
    throw new StorageUnavailable('a database server is backed up with its own tools')
  }

  close(): Promise<void> {
    this.#closing ??= Promise.all([this.#readers.close(), this.#writer.close()]).then(() => {})
    return this.#closing
  }

  #enqueue(steps: readonly Step[], isGroup: boolean): Promise<Result | Result[]> {
    if (this.#closing) throw closed()
    if (this.#health !== 'ok' && this.#writer.outstanding >= this.#options.maxHeldBytes) {
      throw new StorageUnavailable('the database is in trouble and too much waits for it already')
    }
    const kinds = steps.map(({ sql }) => kindOf(sql))
    const plainSteps = steps.map(({ sql, parameters, mustChange }) => ({
      sql,
      values: parameters.map(plainValue),
      mustChange,
    }))
    const bytes = plainSteps.reduce((sum, { values }) => sum + weigh(values), 0)
    return new Promise((resolve, reject) => {
      this.#writer.add({
        ...this.#nature(kinds, isGroup),
        steps: plainSteps,
        isGroup,
        bytes,
        since: performance.now(),
        resolve,
        reject,
      })
    })
  }

  #nature(kinds: readonly StatementKind[], isGroup: boolean): Pick<Work, 'isRead' | 'isApart'> {
    return { isRead: !isGroup && kinds[0] === 'read', isApart: kinds.includes('definition') }
  }

  #setHealth(error: LinkFailure | undefined): void {
    if (this.#closing) return
    this.#health = error === undefined ? 'ok' : 'troubled'
    if (error === undefined) this.#options.log?.info({ what: 'storage_recovered' })
    else this.#options.log?.error({ what: 'storage_troubled', code: error.code, error: error.message })
    for (const listener of this.#listeners) listener(this.#health)
  }
}

function closed(): StorageUnavailable {
  return new StorageUnavailable('the database is closed')
}
