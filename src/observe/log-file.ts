import { existsSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { destination } from 'pino'
import type { LogSink } from './log-sink.ts'

/** A file that is moved aside when it is full. */
export interface LogFileOptions {
  path: string
  /** Bytes after which a new file is begun; 2 MiB unless given. */
  maxBytes?: number
  /** Files kept, the current one included; 5 unless given. From new to old: `log`, `log.0`, `log.1`, … */
  maxFiles?: number
}

const nameOfAge = (path: string, age: number) => (age === 0 ? path : `${path}.${age - 1}`)

/** A log file and those that were moved aside, from new to old, as far as they exist. */
export function rotatedFiles(path: string): string[] {
  const files: string[] = []
  for (let age = 0; existsSync(nameOfAge(path, age)); age += 1) files.push(nameOfAge(path, age))
  return files
}

function shift(path: string, maxFiles: number): void {
  const nameOf = (age: number) => nameOfAge(path, age)
  rmSync(nameOf(maxFiles - 1), { force: true })
  for (let age = maxFiles - 2; age >= 0; age -= 1) {
    if (existsSync(nameOf(age))) renameSync(nameOf(age), nameOf(age + 1))
  }
}

/**
 * Opens (or goes on with) a log file, making its folder if need be; throws what the file system says when it cannot.
 * A line is handed to the kernel before `write` returns, so that a crash loses none; nothing is synced to disk.
 * Errors later on (a full disk) go to `failed`; the server goes on without that log.
 */
export function openLogFile(options: LogFileOptions, failed: (error: Error) => void): LogSink {
  const { path, maxBytes = 2 * 1024 * 1024, maxFiles = 5 } = options
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const file = destination({ dest: path, sync: true, mode: 0o600 })
  file.on('error', failed)
  const size = () => statSync(path, { throwIfNoEntry: false })?.size ?? 0
  let bytes = size()
  let isClosed = false
  return {
    write(line) {
      if (isClosed) return
      file.write(line)
      bytes += Buffer.byteLength(line)
      if (bytes < maxBytes) return
      shift(path, maxFiles)
      file.reopen()
      bytes = 0
    },
    reopen() {
      file.reopen()
      bytes = size()
    },
    close() {
      isClosed = true
      file.end()
    },
  }
}
