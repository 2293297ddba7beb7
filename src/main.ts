import { spawn } from 'node:child_process'
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { fileURLToPath } from 'node:url'
import type { BackgroundServer, Machine, OfflineServer, ServerRun } from './admin/cli/machine.ts'
import { runCommandLine } from './admin/cli/run.ts'
import { coreCommandDescriptions } from './admin/commands/all.ts'
import type { ModuleSource } from './config/modules.ts'
import type { Config } from './config/schema.ts'

/** A server as the program sees it. */
export interface RunningServer {
  start(): Promise<void>
  /** Stops in good order; a second call waits for the first. */
  close(reason?: string): Promise<void>
  /** Something broke that nobody caught: a line of severity critical. */
  alarm(what: string, reason: unknown): void
  /** Reads the configuration again; what comes of it goes to the log. Never rejects. */
  reload(): Promise<void>
  /** Settles when the server has stopped, whoever asked for it; with the configuration to start again with, where that was asked for. */
  readonly stopped: Promise<Config | undefined>
}

/** The parts that the program puts together. */
export interface Program {
  readonly version: string
  readonly modules: ModuleSource
  createServer(config: Config, run: ServerRun): Promise<RunningServer>
  openOffline(config: Config): Promise<OfflineServer>
  restore(config: Config, copy: string): Promise<{ readonly before: string | undefined }>
  /** Puts the rows of a dump into the database of a stopped server. */
  load(config: Config, dump: string): Promise<{ readonly before: string | undefined }>
}

/** Runs the command line of this process and sets its exit code. */
export async function main(program: Program): Promise<void> {
  // The clock's timers keep no process alive, and a command on a stopped server may have nothing else to wait for.
  const alive = setInterval(() => {}, 2 ** 30)
  try {
    process.exitCode = await runCommandLine(machineFor(program))
  } finally {
    clearInterval(alive)
  }
}

function machineFor(program: Program): Machine {
  return {
    version: program.version,
    argv: process.argv.slice(2),
    env: process.env,
    cwd: process.cwd(),
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    isTerminal: process.stderr.isTTY === true,
    modules: program.modules,
    commands: coreCommandDescriptions(),
    fileExists: existsSync,
    writeFile: (path, text) => writeFileSync(path, text, { flag: 'wx', mode: 0o644 }),
    isProcessAlive,
    pause: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    confirm,
    runServer: (config, run) => runServer(program, config, run),
    startInBackground,
    openOffline: program.openOffline,
    restore: program.restore,
    load: program.load,
  }
}

async function confirm(question: string): Promise<boolean> {
  const lines = createInterface({ input: process.stdin, output: process.stderr })
  const nobody = new Promise<string>((resolve) => lines.once('close', () => resolve('no')))
  const answer = await Promise.race([lines.question(`${question} (yes/no) `), nobody])
  lines.close()
  return answer.trim().toLowerCase() === 'yes'
}

/** How long a server that has broken may take to stop, in milliseconds. */
const patience = 10_000

/** Runs a server until a signal or a command stops it, starting it again where that is asked for. */
async function runServer(program: Program, config: Config, run: ServerRun): Promise<number> {
  let server = await program.createServer(config, run)
  const watch = watchProcess(() => server)
  try {
    await server.start()
    let next = await server.stopped
    while (next !== undefined && !watch.isStopping) {
      server = await program.createServer(next, run)
      await server.start()
      next = await server.stopped
    }
    return watch.hasBroken ? 1 : 0
  } catch (error) {
    await server.close('start failed').catch(() => undefined)
    // Who is told to stop while it starts does what it is told.
    if (watch.isStopping && !watch.hasBroken) return 0
    process.stderr.write(`Meerkat cannot start: ${reasonOf(error)}\n`)
    return 1
  } finally {
    watch.end()
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** What has come from outside, or gone wrong, while a server runs. */
interface Watch {
  isStopping: boolean
  hasBroken: boolean
  end(): void
}

/** Tells the server of signals, and of what nobody caught. A second signal does not wait. */
function watchProcess(current: () => RunningServer): Watch {
  const stop = (signal: NodeJS.Signals) => {
    if (watch.isStopping) process.exit(1)
    watch.isStopping = true
    void current().close(signal)
  }
  const reload = () => void current().reload()
  // A promise that nobody looked at leaves nothing half done: the server goes on. After an exception nobody caught it
  // cannot know what is left of it, and stops in as good an order as it can.
  const rejected = (reason: unknown) => current().alarm('unhandled_rejection', reason)
  const broke = (error: unknown) => {
    current().alarm('uncaught_exception', error)
    process.exitCode = 1
    if (watch.isStopping) process.exit(1)
    watch.isStopping = true
    watch.hasBroken = true
    setTimeout(() => process.exit(1), patience).unref()
    void current().close('broken')
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
  process.on('SIGHUP', reload)
  process.on('unhandledRejection', rejected)
  process.on('uncaughtException', broke)
  const watch: Watch = {
    isStopping: false,
    hasBroken: false,
    end() {
      process.off('SIGTERM', stop)
      process.off('SIGINT', stop)
      process.off('SIGHUP', reload)
      process.off('unhandledRejection', rejected)
      process.off('uncaughtException', broke)
    },
  }
  return watch
}

function startInBackground(argv: readonly string[], logFile: string): BackgroundServer {
  mkdirSync(dirname(logFile), { recursive: true, mode: 0o700 })
  const log = openSync(logFile, 'a', 0o600)
  const before = statSync(logFile).size
  const program = process.argv[1] ?? fileURLToPath(import.meta.url)
  const child = spawn(process.execPath, [...process.execArgv, program, ...argv], {
    detached: true,
    stdio: ['ignore', log, log],
    env: { ...process.env, MEERKAT_BACKGROUND: '1' },
  })
  closeSync(log)
  child.unref()
  return {
    pid: child.pid ?? 0,
    exitCode: () => child.exitCode ?? (child.signalCode === null ? undefined : 128),
    output: () => readFileSync(logFile).subarray(before).toString('utf8'),
  }
}

function isProcessAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
