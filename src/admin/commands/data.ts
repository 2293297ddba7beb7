import { z } from 'zod'
import { command } from '../../module/command.ts'
import { CommandError } from '../../module/command-error.ts'
import { fileName } from '../../module/scalars.ts'
import type { Host } from '../../router/host.ts'
import { DocumentError } from '../portable/document.ts'
import { exportTo } from '../portable/export.ts'
import { importFrom } from '../portable/import.ts'
import { sourceAt } from '../portable/rooms.ts'
import { fileError, isSystemError } from './file-error.ts'

/** What commands on all data of a server work on. */
export interface DataServices {
  hostOf(domain: string): Host | undefined
  readonly allHosts: readonly Host[]
}

const failures = z.array(z.strictObject({ user: z.string(), error: z.string() }))
const counts = z.record(z.string(), z.int())

function unusable(path: string, cause: DocumentError): CommandError {
  return new CommandError('invalid_document', cause.message, { path }, { cause })
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

/** Commands on all data of a server. */
export const dataCommands = [exportData, importData]
