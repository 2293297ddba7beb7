import { type LogLevel, rankOf, type Severity, severityRank } from './log-level.ts'
import type { LogFields } from './log-record.ts'
import type { Logger } from './logger.ts'

/** A record as it was logged. */
export interface MemoryRecord extends LogFields {
  level: Severity
}

/** A logger that keeps its records, unredacted, for tests to look at. A child writes to the same list. */
export class MemoryLog implements Logger {
  readonly records: MemoryRecord[]
  level: LogLevel = 'all'
  readonly #fields: Readonly<Record<string, unknown>>

  constructor(records: MemoryRecord[] = [], fields: Readonly<Record<string, unknown>> = {}) {
    this.records = records
    this.#fields = fields
  }

  /** The records of this name. */
  named(what: string): MemoryRecord[] {
    return this.records.filter((record) => record.what === what)
  }

  writes(severity: Severity): boolean {
    return severityRank[severity] >= rankOf(this.level)
  }

  critical(fields: LogFields): void {
    this.#keep('critical', fields)
  }

  error(fields: LogFields): void {
    this.#keep('error', fields)
  }

  warn(fields: LogFields): void {
    this.#keep('warning', fields)
  }

  info(fields: LogFields): void {
    this.#keep('info', fields)
  }

  debug(fields: LogFields): void {
    this.#keep('debug', fields)
  }

  child(fields: Readonly<Record<string, unknown>>): Logger {
    return new MemoryLog(this.records, { ...this.#fields, ...fields })
  }

  #keep(level: Severity, fields: LogFields): void {
    if (this.writes(level)) this.records.push({ ...this.#fields, ...fields, level })
  }
}
