import { z } from 'zod'
import { command } from '../../module/command.ts'
import { CommandError } from '../../module/command-error.ts'
import { fileName } from '../../module/scalars.ts'
import type { Host } from '../../router/host.ts'
import { DocumentError } from '../portable/document.ts'
import { exportTo } from '../portable/export.ts'
import { importFrom } from '../portable/import.ts'
import { sourceAt } from '../portable/rooms.ts'

/** What commands on all data of a server work on. */
export interface DataServices {
  hostOf(domain: string): Host | undefined
  readonly allHosts: readonly Host[]
  /** Writes a consistent copy of the built-in database. Rejects where another one is used. */
  backup(file: string): Promise<void>
  /** Writes the built-in database, or one table of it, as text. Rejects where another one is used, or where there is no such table. */
  dump(file: string, table?: string): Promise<void>
}

const failures = z.array(z.strictObject({ user: z.string(), error: z.string() }))
const counts = z.record(z.string(), z.int())

/** What the system has against a file, in words. */
export function fileError(path: string, error: unknown): CommandError {
  const code = (error as NodeJS.ErrnoException).code
  const reasons: Record<string, string> = {
    ENOENT: 'there is no such file or folder',
    EEXIST: 'there is such a file already',
    ENOTEMPTY: 'the folder is not empty',
    EACCES: 'permission denied',
    EISDIR: 'it is a folder',
    ENOTDIR: 'a part of the path is no folder',
    ENOSPC: 'the disk is full',
  }
  const reason = reasons[code ?? ''] ?? (error instanceof Error ? error.message : String(error))
  return new CommandError('file_error', `${path}: ${reason}`, { path }, { cause: error })
}

function unusable(path: string, cause: DocumentError): CommandError {
  return new CommandError('invalid_document', cause.message, { path }, { cause })
}

function isSystemError(error: unknown): boolean {
  return typeof (error as NodeJS.ErrnoException).code === 'string'
}

const exportData = command({
  name: 'server.exportData',
  about:
    'Writes all users with their data into an empty folder, as XEP-0227 has it, and rooms as JSON, one or a message of it a line.',
  input: z.strictObject({ path: fileName().describe('The folder.') }),
  output: z.strictObject({ status: z.string(), files: z.array(z.string()), users: z.int(), errors: failures }),
  scope: 'admin',
  offline: true,
  async run({ path }, services: DataServices, call) {
    try {
      return await exportTo(path, services.allHosts, call)
    } catch (error) {
      throw isSystemError(error) ? fileError(path, error) : error
    }
  },
})

const importData = command({
  name: 'server.importData',
  about:
    'Reads users with their data from documents of XEP-0227, and rooms. Nothing is changed when anything is wrong with them.',
  input: z.strictObject({
    path: fileName().describe('The document, a file of rooms, or a folder that was exported.'),
    existing: z.enum(['refuse', 'merge']).default('refuse').describe('What to do about accounts and rooms that exist.'),
    check: z.boolean().default(false).describe('Only tell what would be done.'),
  }),
  output: z.strictObject({
    status: z.string(),
    users: z.int(),
    created: z.int(),
    merged: z.int(),
    taken: counts,
    unknown: counts,
    errors: failures,
  }),
  scope: 'admin',
  changes: true,
  offline: true,
  async run({ path, existing, check }, services: DataServices, call) {
    const options = { merge: existing === 'merge', isDryRun: check }
    try {
      return await importFrom(sourceAt(path), services, options, call)
    } catch (error) {
      throw error instanceof DocumentError ? unusable(path, error) : error
    }
  },
})

const backup = command({
  name: 'mnesia.backup',
  about: 'Writes a consistent copy of the built-in database while the server goes on.',
  input: z.strictObject({ path: fileName().describe('The file, which must not exist.') }),
  output: z.string(),
  scope: 'admin',
  offline: true,
  async run({ path }, services: DataServices) {
    try {
      await services.backup(path)
    } catch (error) {
      throw backupError(path, error)
    }
    return `The database has been copied to ${path}`
  },
})

const dump = command({
  name: 'mnesia.dump',
  about: 'Writes the built-in database as text, a line for each row, while the server goes on.',
  input: z.strictObject({ path: fileName().describe('The file, which must not exist.') }),
  output: z.string(),
  scope: 'admin',
  offline: true,
  async run({ path }, services: DataServices) {
    await services.dump(path).catch((error: unknown) => {
      throw backupError(path, error)
    })
    return `The database has been written to ${path}`
  },
})

const dumpTable = command({
  name: 'mnesia.dumpTable',
  about: 'Writes one table of the built-in database as text, a line for each row, while the server goes on.',
  input: z.strictObject({
    path: fileName().describe('The file, which must not exist.'),
    table: z.string().min(1).describe('Name of the table.'),
  }),
  output: z.string(),
  scope: 'admin',
  offline: true,
  async run({ path, table }, services: DataServices) {
    await services.dump(path, table).catch((error: unknown) => {
      throw backupError(path, error)
    })
    return `The table ${table} has been written to ${path}`
  },
})

function backupError(path: string, cause: unknown): CommandError {
  if (isSystemError(cause)) return fileError(path, cause)
  return new CommandError('backup_failed', cause instanceof Error ? cause.message : String(cause), { path }, { cause })
}

/** Commands on all data of a server. */
export const dataCommands = [exportData, importData, backup, dump, dumpTable]
