import type { Socket } from 'node:net'
import type pg from 'pg'
import { Lru } from '../../util/lru.ts'
import { type Link, LinkFailure, type Reply, type Role, type Statement } from '../remote/link.ts'
import { failureFrom } from './errors.ts'
import { parserOf } from './values.ts'

/** The integer key of each table that has one. */
export type Keys = ReadonlyMap<string, string>

/** What is known of the text of a statement. */
interface Known {
  readonly text: string
  /** The column that holds the key of inserted rows. */
  readonly key: string | undefined
  /** The driver added that column to the answer. */
  readonly isKeyAdded: boolean
  /** Name of the prepared statement, given at the second use. */
  name: string | undefined
  uses: number
}

const INSERT = /^\s*insert\s+into\s+"((?:[^"]|"")+)"/i
/** Prepared statements that a connection keeps at most; the server keeps them in memory. */
const MOST_NAMES = 1000

/** A connection to PostgreSQL, in which statements follow each other without waiting for answers. */
export class PostgresLink implements Link {
  onLost: () => void = () => {}
  readonly #client: pg.Client
  readonly #role: Role
  readonly #keys: () => Keys
  #known = new Lru<string, Known>(2000)
  #names = 0
  #isLost = false
  #isEnding = false

  /** `keys`: those that are known now. */
  constructor(client: pg.Client, role: Role, keys: () => Keys) {
    this.#role = role
    this.#client = client
    this.#keys = keys
    client.on('error', () => this.#lost())
    client.on('end', () => this.#lost())
  }

  get socket(): Socket {
    return (this.#client as unknown as { connection: { stream: Socket } }).connection.stream
  }

  get isLost(): boolean {
    return this.#isLost
  }

  async batch(statements: readonly Statement[]): Promise<Reply[]> {
    const settled = await Promise.allSettled(statements.map((statement) => this.#send(statement)))
    const replies: Reply[] = []
    for (const [index, result] of settled.entries()) {
      if (result.status === 'rejected') throw this.#failure(result.reason, statements[index]?.sql ?? '')
      replies.push(result.value)
    }
    return replies
  }

  /** Forgets what is known of statements, after the schema changed. */
  forget(): void {
    this.#known = new Lru(2000)
  }

  async end(): Promise<void> {
    this.#isEnding = true
    await this.#client.end()
  }

  destroy(): void {
    this.#isEnding = true
    this.#isLost = true
    this.socket.destroy()
  }

  async #send({ sql, values }: Statement): Promise<Reply> {
    const known = this.#lookUp(sql)
    known.uses++
    if (known.uses === 2 && this.#names < MOST_NAMES) known.name = `meerkat_${++this.#names}`
    const isPlain = values.length === 0 && known.uses === 1
    const result = await this.#client.query(
      isPlain
        ? known.text
        : { text: known.text, values: values as unknown[], ...(known.name ? { name: known.name } : {}) },
    )
    if (sql === 'commit' && result.command !== 'COMMIT') {
      throw new LinkFailure('the transaction was rolled back', { kind: 'trouble', code: 'MEERKAT_NO_COMMIT' })
    }
    return replyOf(result, known)
  }

  #lookUp(sql: string): Known {
    let known = this.#known.get(sql)
    if (known === undefined) {
      known = { ...withKey(sql, this.#keys()), name: undefined, uses: 0 }
      this.#known.set(sql, known)
    }
    return known
  }

  #failure(error: unknown, sql: string): LinkFailure {
    const failure = failureFrom(error, sql, this.#role)
    if (failure.kind === 'again') this.forget()
    return this.#isLost && failure.kind === 'statement' && failure.code === ''
      ? new LinkFailure(failure.message, { kind: 'trouble', code: '' })
      : failure
  }

  #lost(): void {
    if (this.#isLost) return
    this.#isLost = true
    if (!this.#isEnding) this.onLost()
  }
}

/** Lets an insert answer with the key of what it inserted. */
function withKey(sql: string, keys: Keys): Pick<Known, 'text' | 'key' | 'isKeyAdded'> {
  const table = INSERT.exec(sql)?.[1]?.replaceAll('""', '"')
  const key = table === undefined ? undefined : keys.get(table)
  if (key === undefined) return { text: sql, key, isKeyAdded: false }
  if (/\breturning\b/i.test(sql)) return { text: sql, key, isKeyAdded: false }
  return { text: `${sql} returning "${key.replaceAll('"', '""')}"`, key, isKeyAdded: true }
}

const CHANGES: ReadonlySet<string> = new Set(['INSERT', 'UPDATE', 'DELETE', 'MERGE'])

function replyOf(result: pg.QueryResult, { key, isKeyAdded }: Known): Reply {
  const rows = result.rows as Record<string, unknown>[]
  const insertId = key === undefined ? undefined : rows.at(-1)?.[key]
  return {
    rows: isKeyAdded ? [] : rows,
    changes: CHANGES.has(result.command) ? (result.rowCount ?? 0) : 0,
    insertId: typeof insertId === 'number' ? insertId : undefined,
  }
}

/** Reads every type as we want it, whatever others have set for the whole process. */
export const types = { getTypeParser: (type: number) => parserOf(type) } as unknown as pg.CustomTypesConfig
