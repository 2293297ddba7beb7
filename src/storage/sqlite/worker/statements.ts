import { readRows } from '../../row-pack.ts'
import type { BlobPack } from '../blob-pack.ts'
import type { Connection, Prepared } from '../driver.ts'
import type { Cell, OutcomeMessage, StatementRef, StepMessage } from '../wire.ts'
import { CONDITION_FAILED, UNSAFE_INTEGER } from '../wire.ts'

/** A statement known by number; prepared when first run and again after a change of the schema. */
interface Entry {
  readonly sql: string
  readonly isSchemaChange: boolean
  prepared: Prepared | undefined
  columns: readonly string[]
  areColumnsSent: boolean
}

/** A statement with its values, ready to run, and to run again after a rollback. */
export interface Step {
  readonly entry: Entry
  readonly values: readonly unknown[]
  readonly mustChange: boolean
  readonly isPacked: boolean
}

/** What a step gave, not yet in the form that travels. */
export interface Outcome {
  readonly entry: Entry
  readonly changes: number
  readonly insertId: number | undefined
  readonly rows: unknown[][] | undefined
}

/** A failure that is no error of SQLite's, with a code of ours. */
export class StepError extends Error {
  readonly code: string

  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

const SCHEMA_CHANGE = /^\s*(?:create|alter|drop)\b/i

/** The prepared statements of a connection. */
export class Statements {
  readonly #connection: Connection
  readonly #byNumber = new Map<number, Entry>()

  constructor(connection: Connection) {
    this.#connection = connection
  }

  /** Reads a step from a message. */
  step([statement, cells, mustChange, isPacked]: StepMessage, blobs: ArrayBuffer | undefined): Step {
    return { entry: this.#entry(statement), values: bindable(cells, blobs), mustChange, isPacked }
  }

  /** Forgets statements up to a number. */
  forget(last: number): void {
    for (const id of this.#byNumber.keys()) if (id <= last) this.#byNumber.delete(id)
  }

  /** Whether it only reads. Throws if SQLite cannot prepare it. */
  isRead({ entry }: Step): boolean {
    return this.#prepare(entry).readonly
  }

  /** Runs a step. */
  run({ entry, values, mustChange, isPacked }: Step): Outcome {
    const prepared = this.#prepare(entry)
    if (isPacked) return changeEach(entry, prepared, values[0] as Uint8Array)
    const outcome = prepared.reader ? this.#fetch(entry, prepared, values) : change(entry, prepared, values)
    if (entry.isSchemaChange) this.#unprepare()
    if (mustChange && outcome.changes === 0) throw new StepError(CONDITION_FAILED, 'nothing changed')
    return outcome
  }

  #fetch(entry: Entry, prepared: Prepared, values: readonly unknown[]): Outcome {
    const rows = prepared.all(values) as unknown[][]
    // A statement outlives changes of the schema; `select *` may then have other columns.
    if (rows[0] !== undefined && rows[0].length !== entry.columns.length) name(entry, prepared)
    return { entry, rows, changes: prepared.readonly ? 0 : rows.length, insertId: undefined }
  }

  #entry(ref: StatementRef): Entry {
    if (typeof ref !== 'number') {
      const [id, sql] = ref
      const isSchemaChange = SCHEMA_CHANGE.test(sql)
      const entry = { sql, isSchemaChange, prepared: undefined, columns: [], areColumnsSent: false }
      this.#byNumber.set(id, entry)
      return entry
    }
    const entry = this.#byNumber.get(ref)
    if (entry === undefined) throw new Error(`statement ${ref} is not known`)
    return entry
  }

  #prepare(entry: Entry): Prepared {
    if (entry.prepared) return entry.prepared
    const prepared = this.#connection.prepare(entry.sql)
    if (prepared.reader) {
      prepared.raw(true)
      name(entry, prepared)
    }
    entry.prepared = prepared
    return prepared
  }

  #unprepare(): void {
    for (const entry of this.#byNumber.values()) entry.prepared = undefined
  }
}

function name(entry: Entry, prepared: Prepared): void {
  entry.columns = prepared.columns().map((column) => column.name)
  entry.areColumnsSent = false
}

function change(entry: Entry, prepared: Prepared, values: readonly unknown[]): Outcome {
  const { changes, lastInsertRowid } = prepared.run(values)
  return { entry, changes, insertId: Number(lastInsertRowid), rows: undefined }
}

/** The same for each row of a pack. */
function changeEach(entry: Entry, prepared: Prepared, packed: Uint8Array): Outcome {
  let changes = 0
  readRows(packed, (values) => {
    changes += prepared.run(values).changes
  })
  return { entry, changes, insertId: undefined, rows: undefined }
}

function bindable(cells: readonly Cell[], blobs: ArrayBuffer | undefined): readonly unknown[] {
  if (blobs === undefined) return cells
  return cells.map((cell) => (typeof cell === 'object' && cell !== null ? Buffer.from(blobs, cell[0], cell[1]) : cell))
}

/** The form of an outcome that travels. Throws for integers that a JavaScript number does not hold exactly. */
export function outcomeMessage({ entry, changes, insertId, rows }: Outcome, pack: BlobPack): OutcomeMessage {
  if (rows === undefined) return [changes, insertId, undefined, undefined]
  for (const row of rows) encodeRow(row, pack)
  const columns = entry.areColumnsSent ? undefined : entry.columns
  entry.areColumnsSent = true
  return [changes, insertId, columns, rows as Cell[][]]
}

/** In place: the rows are ours. */
function encodeRow(row: unknown[], pack: BlobPack): void {
  for (let i = 0; i < row.length; i++) {
    const value = row[i]
    if (typeof value === 'number') {
      if (value > Number.MAX_SAFE_INTEGER || value < Number.MIN_SAFE_INTEGER) {
        throw new StepError(UNSAFE_INTEGER, 'a result is beyond the integers that a JavaScript number holds')
      }
    } else if (typeof value === 'object' && value !== null) row[i] = pack.add(value as Uint8Array)
  }
}
