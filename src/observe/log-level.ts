import type { logLevels } from '../config/sections/general.ts'

/** A threshold: records of this level and above are written. */
export type LogLevel = (typeof logLevels)[number]

/** How grave a record is; what stands in its `level` field. */
export type Severity = 'critical' | 'error' | 'warning' | 'info' | 'debug'

/** Numbers in pino's order: higher is graver. */
export const severityRank: Readonly<Record<Severity, number>> = {
  critical: 60,
  error: 50,
  warning: 40,
  info: 30,
  debug: 20,
}

const thresholdRank: Readonly<Record<LogLevel, number>> = {
  ...severityRank,
  none: Number.POSITIVE_INFINITY,
  // The server has nothing graver to say than that it cannot go on.
  emergency: severityRank.critical,
  alert: severityRank.critical,
  notice: 35,
  all: 0,
}

/** The rank a record must have to pass this threshold. */
export function rankOf(level: LogLevel): number {
  return thresholdRank[level]
}
