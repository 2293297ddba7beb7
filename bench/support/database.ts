import {
  createDatabase,
  databaseFolder,
  installServer,
  missingFor,
  type ServerKind,
  startServer,
  stopServers,
} from '../../test/support/database-servers.ts'
import { freePorts } from '../../test/support/services.ts'

/** A database server that the server under test keeps things in. */
export interface BenchDatabase {
  /** What the configuration says of it. */
  readonly settings: string
  stop(): Promise<void>
}

const drivers: Readonly<Record<ServerKind, string>> = { postgres: 'pgsql', mysql: 'mysql' }

/** Starts a database server with commits that survive a loss of power; undefined for `sqlite`, which needs none. */
export async function openBenchDatabase(kind: string): Promise<BenchDatabase | undefined> {
  if (kind === 'sqlite') return undefined
  if (kind !== 'postgres' && kind !== 'mysql') throw new Error(`--database is sqlite, postgres or mysql, not ${kind}`)
  const missing = missingFor(kind)
  if (missing !== undefined) throw new Error(`${kind}: ${missing}`)
  const folder = databaseFolder()
  const place = { folder: `${folder}/${kind}`, port: (await freePorts(1))[0] ?? 0, isDurable: true }
  installServer(kind, place.folder)
  const server = await startServer(kind, place)
  const { host, port, database, username, password } = await createDatabase(server, 'bench')
  const connection = { driver: drivers[kind], host, port, database, username, password }
  const lines = Object.entries(connection).map(([key, value]) => `${key} = ${JSON.stringify(value)}`)
  return {
    settings: `[outgoing_pools.rdbms.default.connection]\n${lines.join('\n')}\n`,
    async stop() {
      await server.stop()
      stopServers(folder)
    },
  }
}
