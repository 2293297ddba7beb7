import { type Logger as Pino, pino, type StreamEntry } from 'pino'
import { type Clock, systemClock } from '../util/clock.ts'
import { once } from '../util/once.ts'
import { type LogFileOptions, openLogFile } from './log-file.ts'
import { type Formatter, formatter, type LogFormat } from './log-format.ts'
import { type LogLevel, rankOf, type Severity, severityRank } from './log-level.ts'
import { type LogFields, toRecord } from './log-record.ts'
import type { LogSink } from './log-sink.ts'

/**
 * Writes events. `log.info({ what: 'user_authenticated', jid })`: the name of what happened and its context, never prose
 * with values in it. Values of fields that look like secrets are struck out, message content is shown at debug only.
 */
export interface Logger {
  /** The server cannot start or go on. */
  critical(fields: LogFields): void
  /** Somebody must do something. */
  error(fields: LogFields): void
  /** Lost work, a refused route, repeated failures of authentication. */
  warn(fields: LogFields): void
  /** What happens in the ordinary course of things, errors of clients included. */
  info(fields: LogFields): void
  debug(fields: LogFields): void
  /** A logger whose every record carries these fields as well. */
  child(fields: Readonly<Record<string, unknown>>): Logger
  /** The threshold, one for a logger and all its children; may be set at any time. */
  level: LogLevel
  /** Whether a record of this severity would be written: to be asked before its context costs anything to gather. */
  writes(severity: Severity): boolean
}

/** The logger at the root, which owns the places that records go to. */
export interface RootLogger extends Logger {
  /** Opens log files again under their names, after something has moved them away (SIGHUP). */
  reopen(): void
  close(): void
}

/** A file to log to. */
export interface LogFileTarget extends LogFileOptions {
  /** `json` or `logfmt`; `logfmt` unless given. */
  format?: LogFormat
}

export interface LoggerOptions {
  /** `warning` unless given. */
  level?: LogLevel
  /** How to write to the console; a person's form where stderr is a terminal, else JSON. */
  format?: LogFormat
  /** The console: stderr unless given; `none` for files only; a function is handed the lines. */
  console?: 'stderr' | 'stdout' | 'none' | ((line: string) => void)
  files?: readonly LogFileTarget[]
  /** Fields of every record, such as the name of the node. */
  fields?: Readonly<Record<string, unknown>>
  clock?: Clock
}

const severities: Readonly<Record<string, Severity>> = { fatal: 'critical', warn: 'warning' }

function consoleSink({ console: target = 'stderr', format }: LoggerOptions): LogSink[] {
  if (target === 'none') return []
  if (typeof target === 'function') return [formatted({ write: target }, formatter(format ?? 'json', false))]
  const stream = process[target]
  const style = formatter(format ?? (stream.isTTY ? 'pretty' : 'json'), stream.isTTY && stream.hasColors())
  const destination = pino.destination({ fd: stream.fd, sync: true })
  // A console cannot be opened again under its name.
  return [formatted({ write: (line) => void destination.write(line) }, style)]
}

function formatted(sink: LogSink, style: Formatter): LogSink {
  return { write: (line) => sink.write(style(line)), reopen: () => sink.reopen?.(), close: () => sink.close?.() }
}

function fileSink({ format = 'logfmt', ...options }: LogFileTarget): LogSink {
  const failed = (error: Error) => process.emitWarning(`log file ${options.path}: ${error.message}`)
  return formatted(openLogFile(options, failed), formatter(format, false))
}

function openPino(options: LoggerOptions, streams: StreamEntry[]): Pino {
  const { clock = systemClock, fields = {} } = options
  return pino(
    {
      // The threshold is ours, so that children follow it.
      level: 'trace',
      base: toRecord(fields, false),
      timestamp: () => `,"when":"${new Date(clock.now()).toISOString()}"`,
      formatters: { level: (label) => ({ level: severities[label] ?? label }) },
    },
    pino.multistream(streams, { levels: { trace: 0 } }),
  )
}

/** The threshold of a family of loggers. */
interface Threshold {
  level: LogLevel
  rank: number
}

class PinoLogger implements Logger {
  /** Made when something is written first: most children, of which modules have one for each host, never write. */
  readonly #target: () => Pino
  readonly #threshold: Threshold

  constructor(target: () => Pino, threshold: Threshold) {
    this.#target = target
    this.#threshold = threshold
  }

  get level(): LogLevel {
    return this.#threshold.level
  }

  set level(level: LogLevel) {
    this.#threshold.level = level
    this.#threshold.rank = rankOf(level)
  }

  writes(severity: Severity): boolean {
    return severityRank[severity] >= this.#threshold.rank
  }

  critical(fields: LogFields): void {
    if (this.#threshold.rank <= severityRank.critical) this.#target().fatal(toRecord(fields, false))
  }

  error(fields: LogFields): void {
    if (this.#threshold.rank <= severityRank.error) this.#target().error(toRecord(fields, false))
  }

  warn(fields: LogFields): void {
    if (this.#threshold.rank <= severityRank.warning) this.#target().warn(toRecord(fields, false))
  }

  info(fields: LogFields): void {
    if (this.#threshold.rank <= severityRank.info) this.#target().info(toRecord(fields, false))
  }

  debug(fields: LogFields): void {
    if (this.#threshold.rank <= severityRank.debug) this.#target().debug(toRecord(fields, true))
  }

  child(fields: Readonly<Record<string, unknown>>): Logger {
    return new PinoLogger(
      once(() => this.#target().child(toRecord(fields, false))),
      this.#threshold,
    )
  }
}

/** Opens the log. Throws when a log file cannot be opened. */
export function createLogger(options: LoggerOptions = {}): RootLogger {
  const sinks = [...consoleSink(options), ...(options.files ?? []).map(fileSink)]
  const streams = sinks.map((sink) => ({ level: 'trace' as const, stream: sink }))
  const level = options.level ?? 'warning'
  const root = openPino(options, streams)
  const logger = new PinoLogger(() => root, { level, rank: rankOf(level) })
  return Object.assign(logger, {
    reopen: () => sinks.forEach((sink) => void sink.reopen?.()),
    close: () => sinks.forEach((sink) => void sink.close?.()),
  })
}
