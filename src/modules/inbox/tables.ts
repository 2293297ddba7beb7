import type { Migration } from '../../storage/database.ts'

export interface InboxTables {
  mod_inbox: {
    domain: string
    username: string
    /** Bare address of the other side. */
    remote: string
    /** The last message, without `to` where it came from a room. */
    content: Buffer
    /** When it was sent, in microseconds since the epoch. */
    updated_at: number
    /** Its id as its sender gave it, '' for none. */
    message_id: string
    /** Its id in the archive. */
    archive_id: string | null
    unread: number
    box: string
    /** Microseconds since the epoch; 0 where it is not muted. */
    muted_until: number
    /** The time of the message that has moved the conversation out of the archive last. */
    moved_at: number | null
    /** The last messages that were added to the count, and that set it back, by names that they have for good. */
    counted_origin: string | null
    reset_origin: string | null
  }
}

export const migrations: Record<string, Migration> = {
  '001_create': async ({ schema }) => {
    await schema
      .createTable('mod_inbox')
      .addColumn('domain', 'varchar(255)', (column) => column.notNull())
      .addColumn('username', 'varchar(255)', (column) => column.notNull())
      .addColumn('remote', 'varchar(512)', (column) => column.notNull())
      .addColumn('content', 'blob', (column) => column.notNull())
      .addColumn('updated_at', 'bigint', (column) => column.notNull())
      .addColumn('message_id', 'text', (column) => column.notNull())
      .addColumn('archive_id', 'varchar(64)')
      .addColumn('unread', 'bigint', (column) => column.notNull())
      .addColumn('box', 'varchar(64)', (column) => column.notNull())
      .addColumn('muted_until', 'bigint', (column) => column.notNull().defaultTo(0))
      .addColumn('moved_at', 'bigint')
      .addPrimaryKeyConstraint('mod_inbox_key', ['domain', 'username', 'remote'])
      .execute()
    const index = (name: string) => schema.createIndex(name).on('mod_inbox')
    await index('mod_inbox_time').columns(['domain', 'username', 'updated_at']).execute()
    await index('mod_inbox_box').columns(['box', 'domain']).execute()
    await index('mod_inbox_moved').column('moved_at').execute()
  },
  '002_origins': async ({ schema }) => {
    await schema.alterTable('mod_inbox').addColumn('counted_origin', 'varchar(64)').execute()
    await schema.alterTable('mod_inbox').addColumn('reset_origin', 'varchar(64)').execute()
  },
}
