import { join, resolve } from 'node:path'
import type { Config } from '../../config/schema.ts'
import { ControlUnreachable } from '../../net/control-socket.ts'
import type { ServerStatus } from '../control.ts'
import { answerOf, reach } from './admin-command.ts'
import { type CommandLine, CommandLineError } from './arguments.ts'
import { exit, type Machine, type ServerRun } from './machine.ts'
import { load, printConfigErrors, printNotices, settingsOf, writeDefault } from './settings.ts'

const pollMs = 50

/** Time for a server to start or stop, in milliseconds, unless `--timeout` says otherwise. */
const usualPatience = 60_000

/** What the running server tells of itself, `undefined` when none runs. */
async function statusOf(line: CommandLine, machine: Machine): Promise<ServerStatus | undefined> {
  const client = await reach(line, machine)
  try {
    const answer = await client?.ask({ command: '$status' })
    return answer?.['result'] as ServerStatus | undefined
  } catch (error) {
    if (error instanceof ControlUnreachable) return undefined
    throw error
  } finally {
    client?.close()
  }
}

function patienceOf(line: CommandLine, usual: number): number {
  if (line.timeout === undefined) return usual
  const seconds = Number(line.timeout)
  if (line.timeout.trim() === '' || !(seconds >= 0)) throw new CommandLineError('--timeout needs a number of seconds.')
  return seconds * 1000
}

/** Asks again and again until the answer is yes; false when patience is at its end. */
async function waitUntil(isTrue: () => Promise<boolean>, patience: number, machine: Machine): Promise<boolean> {
  for (let waited = 0; ; waited += pollMs) {
    if (await isTrue()) return true
    if (waited >= patience) return false
    await machine.pause(pollMs)
  }
}

/** The configuration for a start, with what is worth telling told; `undefined` when it has errors. */
async function configForStart(line: CommandLine, machine: Machine): Promise<Config | undefined> {
  const settings = settingsOf(line, machine)
  writeDefault(settings, machine)
  try {
    const { config, notices } = await load(settings, line, machine)
    printNotices(notices, machine)
    return config
  } catch (error) {
    printConfigErrors(error, machine)
    return undefined
  }
}

/** `foreground` and `live`: runs the server here until it is stopped. */
export async function runForeground(line: CommandLine, machine: Machine, run: ServerRun = {}): Promise<number> {
  const config = await configForStart(line, machine)
  if (config === undefined) return exit.failed
  const isUnattended = machine.env['MEERKAT_BACKGROUND'] === '1'
  return machine.runServer(config, { ...run, skipMissing: line.skipMissing, isUnattended })
}

/** `start`: starts the server in the background and waits until it is there. */
export async function start(line: CommandLine, machine: Machine): Promise<number> {
  const running = await statusOf(line, machine)
  if (running !== undefined) {
    machine.err(`Meerkat is running already (process ${running.pid}).\n`)
    return exit.failed
  }
  const config = await configForStart(line, machine)
  return config === undefined ? exit.failed : launch(config, line, machine)
}

async function launch(config: Config, line: CommandLine, machine: Machine): Promise<number> {
  const logFile = join(config.general.data_dir, 'meerkat.log')
  const argv = ['foreground', '--config', config.file, ...(line.skipMissing ? ['--skip-missing'] : [])]
  const server = machine.startInBackground(argv, logFile)
  const isThere = async () =>
    server.exitCode() !== undefined || (await statusOf(line, machine).catch(() => undefined))?.status === 'started'
  const isInTime = await waitUntil(isThere, patienceOf(line, usualPatience), machine)
  if (server.exitCode() !== undefined) {
    machine.err(`${server.output()}Meerkat did not start (exit code ${server.exitCode()}); see ${logFile}\n`)
    return exit.failed
  }
  if (!isInTime) {
    machine.err(`Meerkat (process ${server.pid}) is still starting; see ${logFile}\n`)
    return exit.failed
  }
  const [log] = config.logging.files
  const path = log === undefined ? logFile : resolve(config.general.data_dir, log.path)
  machine.out(`Meerkat is running (process ${server.pid}); its log is ${path}\n`)
  return exit.ok
}

/** `stop`: stops the server and waits until its process is gone. */
export async function stop(line: CommandLine, machine: Machine): Promise<number> {
  const client = await reach(line, machine)
  if (client === undefined) return notRunning(machine)
  let pid: number
  try {
    const answer = await client.ask({ command: '$stop' })
    pid = (answer['result'] as ServerStatus).pid
  } finally {
    client.close()
  }
  const isGone = async () => (await statusOf(line, machine)) === undefined && !machine.isProcessAlive(pid)
  if (await waitUntil(isGone, patienceOf(line, usualPatience), machine)) {
    machine.out('Meerkat has stopped.\n')
    return exit.ok
  }
  machine.err(`Meerkat (process ${pid}) is still stopping.\n`)
  return exit.failed
}

/**
 * `restart`: stop, if it runs, and start. A server that somebody else has started, at a terminal or as a service, starts again
 * in its own process. Nothing is stopped for a configuration with errors.
 */
export async function restart(line: CommandLine, machine: Machine): Promise<number> {
  const running = await statusOf(line, machine)
  if (running === undefined) return start(line, machine)
  if (!running.isBackground) return restartInPlace(running, line, machine)
  const config = await configForStart(line, machine)
  if (config === undefined) {
    machine.err('Meerkat goes on as it is.\n')
    return exit.failed
  }
  const code = await stop(line, machine)
  return code === exit.ok ? launch(config, line, machine) : code
}

async function restartInPlace(running: ServerStatus, line: CommandLine, machine: Machine): Promise<number> {
  const { pid, startedAt, version } = running
  const answer = await answerOf('server.restart', {}, line, machine)
  if ('code' in answer) return answer.code
  const isGone = () => !machine.isProcessAlive(pid)
  const isBack = async () => {
    const now = await statusOf(line, machine)
    return now?.status === 'started' && now.startedAt !== startedAt
  }
  const isInTime = await waitUntil(async () => isGone() || (await isBack()), patienceOf(line, usualPatience), machine)
  if (isGone()) {
    machine.err(`Meerkat (process ${pid}) has not started again; its output and its log tell why.\n`)
    return exit.failed
  }
  if (!isInTime) {
    machine.err(`Meerkat (process ${pid}) is still restarting.\n`)
    return exit.failed
  }
  machine.out(`Meerkat has started again (process ${pid}).\n`)
  if (version !== machine.version) {
    machine.err(`It is version ${version} still: ${machine.version} runs after the process has been started anew.\n`)
  }
  return exit.ok
}

/** `started` and `stopped`: wait for that state, for ever unless `--timeout` is given. */
export async function waitFor(state: 'started' | 'stopped', line: CommandLine, machine: Machine): Promise<number> {
  const isReached = async () => {
    const status = await statusOf(line, machine)
    return state === 'started' ? status?.status === 'started' : status === undefined
  }
  const isInTime = await waitUntil(isReached, patienceOf(line, Number.POSITIVE_INFINITY), machine)
  if (!isInTime) machine.err(`Meerkat has not ${state} in time.\n`)
  return isInTime ? exit.ok : exit.failed
}

/** `status`: tells of the running server, a line each. */
export async function status(line: CommandLine, machine: Machine): Promise<number> {
  const found = await statusOf(line, machine)
  if (found === undefined) return notRunning(machine)
  const rows = [
    ['Node', found.node],
    ['Process', String(found.pid)],
    ['Run-time status', 'running'],
    ['Boot status', found.status],
    ['Version', found.version],
    ['Uptime', formatUptime(found.uptimeSeconds)],
    ['Cluster', found.cluster],
    ['Log files', found.logFiles.length === 0 ? 'standard output' : found.logFiles.join(', ')],
  ]
  for (const [name, value] of rows) machine.out(`${`${name}:`.padEnd(17)}${value}\n`)
  return exit.ok
}

function notRunning(machine: Machine): number {
  machine.err('Meerkat is not running.\n')
  return exit.unreachable
}

/** `D days HH:MM:SS`. */
export function formatUptime(seconds: number): string {
  const whole = Math.floor(seconds)
  const two = (value: number) => String(value).padStart(2, '0')
  const days = Math.floor(whole / 86_400)
  const clock = [Math.floor((whole % 86_400) / 3600), Math.floor((whole % 3600) / 60), whole % 60].map(two).join(':')
  return `${days} ${days === 1 ? 'day' : 'days'} ${clock}`
}
