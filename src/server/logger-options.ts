import { resolve } from 'node:path'
import type { Config } from '../config/schema.ts'
import type { LoggerOptions } from '../observe/logger.ts'

/** How the log is to be written, and the paths of its files. */
export function loggerOptions(
  config: Config,
  isUnattended: boolean,
): { options: LoggerOptions; files: readonly string[] } {
  const { console, files } = config.logging
  const targets = files.map(({ path, format, max_bytes: maxBytes, max_files: maxFiles }) => ({
    path: resolve(config.general.data_dir, path),
    format,
    maxBytes,
    maxFiles,
  }))
  const format = console === 'auto' || console === 'none' ? {} : { format: console }
  const isSilent = console === 'none' || (isUnattended && targets.length > 0)
  const options = { ...format, ...(isSilent ? { console: 'none' as const } : {}), files: targets }
  return { options, files: targets.map(({ path }) => path) }
}
