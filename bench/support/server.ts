import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { launch } from '../../tools/launch.mjs'
import type { Target } from './client.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** A server under test. */
export interface RunningServer {
  target: Target
  /** Stops it and starts it again with the data it has, and these settings more: a process without a past. */
  restart(settings?: string): Promise<void>
  /** Stops it and keeps its data. */
  halt(): Promise<void>
  /** Stops it and drops its data. */
  stop(): Promise<void>
}

/** Makes a configuration of the one that there is. */
type Adjust = (config: string) => string

function hasTaskset(): boolean {
  return spawnSync('taskset', ['--version'], { stdio: 'ignore' }).error === undefined
}

async function untilListening(port: number, child: ChildProcess): Promise<void> {
  for (let tries = 0; tries < 150; tries += 1) {
    if (child.exitCode !== null) throw new Error(`the server ended with code ${child.exitCode} before it listened`)
    const isOpen = await new Promise<boolean>((resolve) => {
      const socket = connect({ host: '127.0.0.1', port }, () => resolve(true))
      socket.on('error', () => resolve(false))
      socket.on('connect', () => socket.destroy())
    })
    if (isOpen) return
    await sleep(100)
  }
  throw new Error(`nothing listens on port ${port} after 15 s`)
}

function makeCertificate(folder: string): void {
  const certificate = ['-keyout', join(folder, 'key.pem'), '-out', join(folder, 'cert.pem')]
  const kind = [
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-days',
    '30',
    '-subj',
    '/CN=bench.test',
  ]
  execFileSync('openssl', ['req', '-x509', ...kind, ...certificate], { stdio: 'ignore' })
}

function configure(folder: string, target: Target, adjust: Adjust): void {
  const config = readFileSync(join(root, 'bench/bench.toml'), 'utf8')
  const own = config.replace('24222', String(target.port)).replace('24223', String(target.tlsPort))
  writeFileSync(join(folder, 'bench.toml'), adjust(own))
}

async function halt(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), 10_000)
  await ended
  clearTimeout(timer)
}

async function run(folder: string, port: number): Promise<ChildProcess> {
  const { program, args, env } = launch(['--config', join(folder, 'bench.toml')])
  const command = hasTaskset()
    ? ['taskset', '-c', process.env['BENCH_CPU'] ?? '0', program, ...args]
    : [program, ...args]
  const child = spawn(command[0] as string, command.slice(1), {
    cwd: folder,
    env,
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  try {
    await untilListening(port, child)
  } catch (error) {
    await halt(child)
    throw error
  }
  return child
}

/**
 * Starts this project's server in a folder of its own, pinned to the first processor where that can be done. `adjust` gets the
 * configuration and gives the one that counts.
 */
export async function startServer(
  port: number,
  tlsPort: number,
  adjust: Adjust = (config) => config,
): Promise<RunningServer> {
  const folder = mkdtempSync(join(tmpdir(), 'meerkat-bench-'))
  makeCertificate(folder)
  const target: Target = { port, tlsPort, domain: 'bench.test', pid: 0 }
  configure(folder, target, adjust)
  let child = await run(folder, port)
  // taskset becomes what it starts, so the child is the server.
  target.pid = child.pid as number
  return {
    target,
    async restart(settings = '') {
      await halt(child)
      configure(folder, target, (config) => `${adjust(config)}\n${settings}`)
      child = await run(folder, port)
      target.pid = child.pid as number
    },
    halt: () => halt(child),
    async stop() {
      await halt(child)
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
