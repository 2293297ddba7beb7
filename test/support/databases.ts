import { randomBytes } from 'node:crypto'
import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { describe, inject } from 'vitest'
import type { DatabaseOptions } from '../../src/storage/open.ts'
import { createDatabase, missingFor, sharedServer } from './database-servers.ts'

/** The databases that storage is tested on. */
export type DatabaseKind = 'sqlite' | 'postgres' | 'mysql'

export const databaseKinds: readonly DatabaseKind[] = ['sqlite', 'postgres', 'mysql']

/** How to open an empty database of a kind. */
export async function freshDatabase(kind: DatabaseKind): Promise<DatabaseOptions> {
  if (kind === 'sqlite') return { kind, file: join(mkdtempSync(join(inject('databaseFolder'), 'sqlite-')), 'test.db') }
  const server = await sharedServer(kind, inject('databaseFolder'))
  return createDatabase(server, `test_${randomBytes(6).toString('hex')}`)
}

/** A suite that runs on every kind of database; skipped with one line on those that are not installed, which `CI=true` makes a failure. */
export function onEachDatabase(title: string, body: (kind: DatabaseKind) => void): void {
  for (const kind of databaseKinds) onDatabase(kind, title, () => body(kind))
}

/** Suites that run on a database of a kind, by their titles. */
const kindOf = new Map<string, DatabaseKind>()

/** A suite of tests, or what contains it. */
interface Enclosing {
  readonly name: string
  readonly suite?: Enclosing | undefined
}

/** The database of the innermost {@link onDatabase} that a test stands in, however deep; asked when it runs, as suites are declared late. */
export function databaseOf(test: { readonly suite?: Enclosing | undefined }): DatabaseKind {
  for (let { suite } = test; suite !== undefined; suite = suite.suite) {
    const kind = kindOf.get(suite.name)
    if (kind !== undefined) return kind
  }
  return 'sqlite'
}

/** A suite that needs a kind of database; stories in it are told to a server that has one. */
export function onDatabase(kind: DatabaseKind, title: string, body: () => void | Promise<void>): void {
  const missing = kind === 'sqlite' ? undefined : missingFor(kind)
  const full = `${title} (${kind})`
  kindOf.set(full, kind)
  if (missing === undefined) {
    describe(full, body)
    return
  }
  if (process.env.CI === 'true') throw new Error(missing)
  process.stderr.write(`skipped: ${full}: ${missing}\n`)
  describe.skip(full, body)
}

declare module 'vitest' {
  interface ProvidedContext {
    databaseFolder: string
  }
}
