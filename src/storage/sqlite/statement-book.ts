import type { StatementRef } from './wire.ts'

/** A statement that the other thread knows by number. */
export interface BookedStatement {
  readonly id: number
  readonly sql: string
  readonly isInsert: boolean
  /** Whether its text has been sent. */
  isKnown: boolean
  /** Names of its result columns, once an answer has brought them. */
  columns: readonly string[]
}

/** At so many different texts the numbers start afresh; lists of varying length could otherwise fill the memory. */
const MAX_STATEMENTS = 2000
const BOUNDS = /^\s*(?:begin|commit|end|rollback|savepoint|release|attach|detach|vacuum)\b/i
const INSERT = /^\s*(?:insert|replace|with)\b/i

/** Gives numbers to statements, so that each text travels and is prepared once. */
export class StatementBook {
  readonly #byText = new Map<string, BookedStatement>()
  #lastId = 0
  #forget = 0

  /** The statement of this text. Throws for those that would break into the shared transaction. */
  find(sql: string): BookedStatement {
    const found = this.#byText.get(sql)
    if (found) return found
    if (BOUNDS.test(sql)) throw new TypeError(`not on a shared connection: ${sql}; use db.atomic([...])`)
    if (this.#byText.size >= MAX_STATEMENTS) {
      this.#byText.clear()
      this.#forget = this.#lastId
    }
    const statement = { id: ++this.#lastId, sql, isInsert: INSERT.test(sql), isKnown: false, columns: [] }
    this.#byText.set(sql, statement)
    return statement
  }

  /** How to name it in a message: with its text the first time. */
  refer(statement: BookedStatement): StatementRef {
    if (statement.isKnown) return statement.id
    statement.isKnown = true
    return [statement.id, statement.sql]
  }

  /** Up to which number the other side should forget statements after the message about to leave; 0: none. */
  takeForget(): number {
    const forget = this.#forget
    this.#forget = 0
    return forget
  }
}
