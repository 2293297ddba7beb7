import { clustered } from '../../storage/clustered.ts'
import type { Migration } from '../../storage/database.ts'
import { createWordIndex } from '../../storage/word-index.ts'

/** What a row of an archive is besides. */
export const flags = { outgoing: 1, groupchat: 2, room: 4 } as const

export interface MamTables {
  /** Bare addresses by number: owners of archives, and those they have exchanged messages with. */
  mod_mam_address: { id: number; address: string }
  /** Messages, each once whoever's archives it is in. */
  mod_mam_stanza: {
    id: number
    /** Rows of archives that have it. */
    copies: number
    stanza: Buffer
    /** Names a message that may be sent once more. */
    origin: string | null
    /** Who has written it; null where its entries were written together with it. See `EntryPlacer`. */
    writer: number | null
    first_archive: number | null
    first_id: number | null
    first_remote: number | null
    first_resource: string | null
    first_flags: number | null
    second_archive: number | null
    second_id: number | null
    second_remote: number | null
    second_resource: string | null
    second_flags: number | null
  }
  /** Up to which message what a writer has written stands in the archives. */
  mod_mam_progress: { writer: number; placed: number }
  /** What is in which archive. */
  mod_mam_entry: {
    archive: number
    /** Microseconds since the epoch; see `MomentIds`. */
    id: number
    /** Whom the message was exchanged with; in a room, the account of who sent it. */
    remote: number
    /** The resource of the remote address; in a room, the nick. */
    resource: string
    flags: number
    stanza: number
  }
  /** By what a message is found: words, its archives, its ids. */
  mod_mam_words: { rowid: number }
  /** What the owner of an archive wants to have in it (XEP-0441). */
  mod_mam_preferences: { address: string; preferences: string }
}

export const migrations: Record<string, Migration> = {
  '001_create': async (db) => {
    const { schema } = db
    await schema
      .createTable('mod_mam_address')
      .addColumn('id', 'integer', (column) => column.primaryKey().autoIncrement())
      // As long as a bare address can be.
      .addColumn('address', 'varchar(683)', (column) => column.notNull().unique())
      .execute()
    await schema
      .createTable('mod_mam_stanza')
      .addColumn('id', 'integer', (column) => column.primaryKey())
      .addColumn('copies', 'integer', (column) => column.notNull())
      .addColumn('stanza', 'blob', (column) => column.notNull())
      .execute()
    const entries = schema
      .createTable('mod_mam_entry')
      .addColumn('archive', 'integer', (column) => column.notNull())
      .addColumn('id', 'integer', (column) => column.notNull())
      .addColumn('remote', 'integer', (column) => column.notNull())
      .addColumn('resource', 'varchar(1023)', (column) => column.notNull())
      .addColumn('flags', 'integer', (column) => column.notNull())
      .addColumn('stanza', 'integer', (column) => column.notNull())
      .addPrimaryKeyConstraint('mod_mam_entry_key', ['archive', 'id'])
    await clustered(db, entries).execute()
    await schema.createIndex('mod_mam_entry_remote').on('mod_mam_entry').columns(['remote', 'archive', 'id']).execute()
    await createWordIndex(db, 'mod_mam_words')
    await schema
      .createTable('mod_mam_preferences')
      .addColumn('address', 'varchar(683)', (column) => column.primaryKey())
      .addColumn('preferences', 'text', (column) => column.notNull())
      .execute()
  },
  '002_place_later': async ({ schema }) => {
    const add = (column: string, type: 'integer' | 'varchar(1023)') =>
      schema.alterTable('mod_mam_stanza').addColumn(column, type).execute()
    await add('writer', 'integer')
    for (const entry of ['first', 'second']) {
      for (const column of ['archive', 'id', 'remote', 'flags']) await add(`${entry}_${column}`, 'integer')
      await add(`${entry}_resource`, 'varchar(1023)')
    }
    await schema
      .createTable('mod_mam_progress')
      .addColumn('writer', 'integer', (column) => column.primaryKey())
      .addColumn('placed', 'integer', (column) => column.notNull())
      .execute()
  },
  '003_origin': async ({ schema }) => {
    await schema.alterTable('mod_mam_stanza').addColumn('origin', 'varchar(64)').execute()
  },
}
