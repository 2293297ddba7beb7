import type { Kysely } from 'kysely'
import type { Clock } from '../util/clock.ts'
import { makeBuilder } from './builder.ts'
import type { AnyTables, Migration } from './database.ts'
import type { Engine } from './engine.ts'
import { MigrationError } from './errors.ts'
import { sql } from './sql.ts'

const TABLE = 'meerkat_migrations'

/** Runs the migrations of `owner` that have not run yet; see `Database.migrate`. */
export async function runMigrations(
  engine: Engine,
  clock: Clock,
  owner: string,
  migrations: Readonly<Record<string, Migration>>,
): Promise<void> {
  if (!/^[a-z][a-z0-9_]*$/.test(owner)) throw new MigrationError(`${owner} is no name for an owner of migrations`)
  const names = Object.keys(migrations).sort()
  const done = await recorded(engine, owner)
  checkHistory(owner, names, done)
  for (const name of names.slice(done.length)) {
    const migration = migrations[name]
    if (migration) await runOne(engine, clock, { fullName: `${owner}/${name}`, migration })
  }
}

/** Names recorded for `owner`, in order, without the owner. */
async function recorded(engine: Engine, owner: string): Promise<string[]> {
  let names: string[] = []
  await engine.exclusively(async (run) => {
    names = await readNames(makeBuilder<AnyTables>(engine.dialect, run), owner)
  })
  return names
}

async function readNames(q: Kysely<AnyTables>, owner: string): Promise<string[]> {
  await q.schema
    .createTable(TABLE)
    .ifNotExists()
    .addColumn('name', 'varchar(190)', (column) => column.primaryKey())
    .addColumn('applied_at', 'bigint', (column) => column.notNull())
    .execute()
  const rows = await q
    .selectFrom(TABLE)
    .select('name')
    .where('name', 'like', sql<string>`${`${owner.replaceAll('_', '!_')}/%`} escape '!'`)
    .execute()
  return rows.map((row) => String(row.name).slice(owner.length + 1)).sort()
}

/** What ran must be the beginning of what this build knows. */
function checkHistory(owner: string, known: readonly string[], done: readonly string[]): void {
  const unknown = done.filter((name) => !known.includes(name))
  if (unknown.length > 0) {
    const list = unknown.map((name) => `${owner}/${name}`).join(', ')
    throw new MigrationError(`the database is newer than this program: it has had ${list}, which is not known here`)
  }
  const skipped = known.find((name, index) => index < done.length && done[index] !== name)
  if (skipped !== undefined) {
    throw new MigrationError(`${owner}/${skipped} comes before migrations that have run already: give it a later name`)
  }
}

async function runOne(engine: Engine, clock: Clock, job: { fullName: string; migration: Migration }): Promise<void> {
  await engine.exclusively(async (run) => {
    const q = makeBuilder<AnyTables>(engine.dialect, run)
    try {
      await job.migration(q)
    } catch (error) {
      throw new MigrationError(`migration ${job.fullName} failed and was undone`, { cause: error })
    }
    await q.insertInto(TABLE).values({ name: job.fullName, applied_at: clock.now() }).execute()
  })
}
