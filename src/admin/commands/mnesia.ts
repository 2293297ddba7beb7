import { z } from 'zod'
import { command } from '../../module/command.ts'
import { CommandError } from '../../module/command-error.ts'
import { fileName } from '../../module/scalars.ts'
import { fileError, isSystemError } from './file-error.ts'

/** What commands on the built-in database work on. */
export interface StoreServices {
  readonly nodeName: string
  readonly version: string
  /** The data folder. */
  readonly directory: string
  /** The tables of the built-in database; undefined where another one is used. */
  tables(): Promise<readonly string[] | undefined>
  /** Writes a consistent copy of the built-in database. Rejects where another one is used. */
  backup(file: string): Promise<void>
  /** Writes the built-in database, or one table of it, as text. Rejects where another one is used, or where there is no such table. */
  dump(file: string, table?: string): Promise<void>
}

const backup = command({
  name: 'mnesia.backup',
  about: 'Writes a consistent copy of the built-in database while the server goes on.',
  input: z.strictObject({ path: fileName().describe('The file, which must not exist.') }),
  output: z.string(),
  scope: 'admin',
  offline: true,
  async run({ path }, services: StoreServices) {
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
  async run({ path }, services: StoreServices) {
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
  async run({ path, table }, services: StoreServices) {
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

/** What Mnesia tells of itself, as far as it has a meaning here. */
const infos: Readonly<
  Record<string, (services: StoreServices, tables: readonly string[]) => string | readonly string[]>
> = {
  db_nodes: ({ nodeName }) => [nodeName],
  directory: ({ directory }) => directory,
  is_running: () => 'yes',
  running_db_nodes: ({ nodeName }) => [nodeName],
  tables: (_services, tables) => tables,
  use_dir: () => 'true',
  version: ({ version }) => version,
}

const systemInfo = command({
  name: 'mnesia.systemInfo',
  about: 'Tells of the built-in database, which takes the place of Mnesia.',
  input: z.strictObject({
    keys: z
      .array(z.string())
      .optional()
      .describe(`Only these: ${Object.keys(infos).join(', ')}.`),
  }),
  output: z.array(z.strictObject({ key: z.string(), result: z.union([z.string(), z.array(z.string())]) })),
  scope: 'admin',
  async run({ keys = [] }, services: StoreServices) {
    const tables = await services.tables()
    if (tables === undefined) throw notBuiltIn()
    const strange = keys.find((key) => !Object.hasOwn(infos, key))
    if (strange !== undefined) {
      throw new CommandError('bad_key', `Nothing here is called ${strange}: ${Object.keys(infos).join(', ')}`, {
        key: strange,
      })
    }
    return (keys.length === 0 ? Object.keys(infos) : keys).map((key) => {
      const result = infos[key]?.(services, tables) ?? ''
      return { key, result: typeof result === 'string' ? result : [...result] }
    })
  },
})

function notBuiltIn(): CommandError {
  return new CommandError('deps_not_loaded', 'This server keeps its data in a database server; ask that', {
    not_loaded_internal_databases: ['mnesia'],
  })
}

/** Commands that replace the database, which nobody may use meanwhile: they are part of the command line. */
function onStoppedServer(name: 'restore' | 'load', about: string) {
  return command({
    name: `mnesia.${name}`,
    about: `${about} Refused here: done on a stopped server, by \`meerkat ${name} FILE\`.`,
    input: z.strictObject({ path: fileName().describe('The file.') }),
    output: z.string(),
    scope: 'admin',
    offline: true,
    run({ path }) {
      const how = `meerkat stop; meerkat ${name} ${path}; meerkat start`
      throw new CommandError('server_running', `This is done on a stopped server: ${how}`, { path })
    },
  })
}

/** Commands for what Mnesia has and this database has not. */
function notApplicable(name: string, input: z.ZodObject, instead: string) {
  return command({
    name: `mnesia.${name}`,
    about: `Of MongooseIM; not applicable here, and does nothing: ${instead}.`,
    input,
    output: z.string(),
    scope: 'admin',
    run: () => `Not applicable: ${instead}`,
  })
}

const noNodes = 'the database is not divided among nodes'

const setMaster = notApplicable('setMaster', z.strictObject({ node: z.string().describe('A node.') }), noNodes)

const changeNodename = notApplicable(
  'changeNodename',
  z.strictObject({
    fromString: z.string().describe('A node.'),
    toString: z.string().describe('Its new name.'),
    source: z.string().describe('A backup.'),
    target: z.string().describe('The backup with the new name.'),
  }),
  'backups know no names of nodes',
)

const installFallback = notApplicable(
  'installFallback',
  z.strictObject({ path: z.string().describe('A backup.') }),
  'use meerkat restore FILE, on a stopped server',
)

/** The commands of the category `mnesia`, on the built-in database. */
export const mnesiaCommands = [
  ...[systemInfo, backup, dump, dumpTable],
  onStoppedServer('restore', 'Puts a copy in the place of the built-in database.'),
  onStoppedServer('load', 'Puts the rows of a dump in the place of those of the built-in database.'),
  ...[setMaster, changeNodename, installFallback],
]
