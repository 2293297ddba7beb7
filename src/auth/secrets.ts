import { randomBytes } from 'node:crypto'
import type { Database, Migration } from '../storage/database.ts'

interface Tables {
  auth_secrets: { name: string; secret: Uint8Array }
}

const migrations: Record<string, Migration> = {
  '001_create': async (schema) => {
    await schema.schema
      .createTable('auth_secrets')
      .addColumn('name', 'varchar(250)', (column) => column.primaryKey())
      .addColumn('secret', 'blob', (column) => column.notNull())
      .execute()
  },
}

/** A secret of the server by its name, made at the first start: 32 bytes, the same on every node that shares the database. */
export function serverSecret(database: Database, name: string): Promise<Buffer> {
  const ofDatabase = known.get(database) ?? new Map<string, Promise<Buffer>>()
  known.set(database, ofDatabase)
  const before = ofDatabase.get(name)
  if (before !== undefined) return before
  const secret = readOrMake(database, name)
  ofDatabase.set(name, secret)
  secret.catch(() => ofDatabase.delete(name))
  return secret
}

/** What was read before: every host of a server asks for the same. */
const known = new WeakMap<Database, Map<string, Promise<Buffer>>>()

async function readOrMake(database: Database, name: string): Promise<Buffer> {
  const db = database.of<Tables>()
  await db.migrate('auth_secrets', migrations)
  await db.insertIgnore('auth_secrets', { name, secret: randomBytes(32) }).execute()
  const row = await db.q.selectFrom('auth_secrets').select('secret').where('name', '=', name).executeTakeFirstOrThrow()
  return Buffer.from(row.secret)
}
