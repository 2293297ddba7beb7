import { accessSync, constants } from 'node:fs'
import { createServer } from 'node:net'
import { delimiter, join } from 'node:path'
import { describe } from 'vitest'

/** The Debian package that brings each program the suites need. */
const packages = {
  openssl: 'openssl',
  prosody: 'prosody',
  erl: 'ejabberd',
  '/usr/bin/python3': 'python3-slixmpp',
  profanity: 'profanity',
  tmux: 'tmux',
  chromium: 'chromium',
  '/usr/sbin/slapd': 'slapd',
  'redis-server': 'redis-server',
  '/usr/lib/rabbitmq/bin/rabbitmq-server': 'rabbitmq-server',
  '/usr/sbin/mariadbd': 'mariadb-server',
  '/usr/bin/mariadb-install-db': 'mariadb-server',
} as const

export type Program = keyof typeof packages

/** The path of an installed program, or undefined. */
export function findProgram(program: Program): string | undefined {
  const folders = program.startsWith('/') ? [''] : (process.env.PATH ?? '').split(delimiter)
  return folders.map((folder) => join(folder, program)).find(isExecutable)
}

/** The path of a program that must be there. Throws with the name of its Debian package. */
export function program(name: Program): string {
  const path = findProgram(name)
  if (!path) throw new Error(missing(name))
  return path
}

/**
 * A suite that needs programs. Where one is missing the suite is skipped with one line that says what to install; with `CI=true`
 * that is a failure.
 */
export function suiteNeeding(programs: readonly Program[], title: string, body: () => void): void {
  const absent = programs.filter((name) => !findProgram(name))
  if (absent.length === 0) {
    describe(title, body)
    return
  }
  const why = absent.map(missing).join('; ')
  if (process.env.CI === 'true') throw new Error(why)
  process.stderr.write(`skipped: ${title}: ${why}\n`)
  describe.skip(`${title} (${why})`, body)
}

function missing(name: Program): string {
  return `needs ${name}: apt-get install ${packages[name]}`
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** Ports of the loopback address that were free a moment ago. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer())
  const ports = await Promise.all(
    servers.map(
      (server) =>
        new Promise<number>((resolve, reject) => {
          server.once('error', reject)
          server.listen(0, '127.0.0.1', () => {
            const address = server.address()
            resolve(address && typeof address === 'object' ? address.port : 0)
          })
        }),
    ),
  )
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return ports
}
