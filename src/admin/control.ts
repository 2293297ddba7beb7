import { Jid } from '../jid/jid.ts'
import type { CommandRegistry, LineCaller, Progress } from '../module/command.ts'
import { CommandError, UsageError } from '../module/command-error.ts'
import { describeCommand } from '../module/command-input.ts'
import { type ControlConnection, type ControlListener, listenControl } from '../net/control-socket.ts'
import { systemClock } from '../util/clock.ts'

/** What a running server tells of itself. */
export interface ServerStatus {
  readonly node: string
  readonly pid: number
  readonly status: 'starting' | 'started' | 'stopping' | 'stopped'
  readonly version: string
  /** When it began to start, in milliseconds since the epoch. */
  readonly startedAt: number
  readonly uptimeSeconds: number
  /** It was started in the background, by `meerkat start`. */
  readonly isBackground: boolean
  /** What joins it to other nodes, `none` for a node on its own. */
  readonly cluster: string
  readonly logFiles: readonly string[]
}

/** One element that a session has sent or is sent. */
export interface Traced {
  readonly jid: string
  readonly direction: 'in' | 'out'
  readonly text: string
}

/** Shows the traffic of the sessions of an address; the function returned ends it. */
export interface Tap {
  look(jid: Jid, show: (traced: Traced) => void): () => void
}

/** What the control socket of a server needs of it. */
export interface ControlledServer {
  readonly commands: CommandRegistry
  /** Shows what sessions send and receive, and what goes between this server and another one. */
  readonly tap: Tap
  hostOf(domain: string): unknown
  status(): ServerStatus
  /** Begins an orderly stop; must not wait for it, since the control socket is closed by it. */
  stop(): void
  /** Reads the configuration again and takes over what can be; `isDryRun`: only tells what would. */
  reload(options: { readonly isDryRun: boolean }): Promise<ReloadAnswer>
}

/** What has become of a changed configuration. */
export interface ReloadAnswer {
  /** Paths of options whose change is in effect. */
  readonly applied: readonly string[]
  /** Paths of options whose change waits for the next start. */
  readonly needsRestart: readonly string[]
  /** What could not be started or stopped, each with the reason. */
  readonly failed: readonly string[]
  /** What is worth telling about the file, a block each. */
  readonly warnings: readonly string[]
}

interface Request {
  readonly command?: unknown
  readonly input?: unknown
  readonly form?: unknown
  readonly dryRun?: unknown
  readonly jid?: unknown
  readonly auth?: LineCaller['auth']
}

/** Opens the control socket of a server: registry commands by name, and `$describe`, `$status`, `$stop`, `$reload` and `$trace`. */
export function openControl(path: string, server: ControlledServer): Promise<ControlListener> {
  return listenControl(path, (request, send, connection) => {
    const { command, jid, auth } = request as Request
    if (command === '$trace') return trace({ text: String(jid), auth }, server, send, connection)
    return answer(request as Request, server, send)
  })
}

/** Bytes that somebody who looks may be behind before what comes is left out. */
const mostUnread = 1 << 20

/** Shows what the sessions of an address, or another server, send and receive until the caller goes. What a slow one cannot take is left out, and told. */
async function trace(
  { text, auth }: { readonly text: string; readonly auth: LineCaller['auth'] },
  server: ControlledServer,
  send: (message: object) => void,
  connection: ControlConnection,
): Promise<object> {
  const jid = Jid.tryParse(text)
  if (jid === undefined || (jid.local === '' && server.hostOf(jid.domain) !== undefined)) {
    return {
      error: describeError(new UsageError('input_coercion', `${text} is no address of a user, nor another server.`)),
    }
  }
  try {
    await server.commands.permit('trace', { jid }, { auth })
  } catch (error) {
    return { error: describeError(error) }
  }
  let leftOut = 0
  const end = server.tap.look(jid, (traced) => {
    if (connection.unread > mostUnread) {
      leftOut++
      return
    }
    if (leftOut > 0) send({ leftOut })
    leftOut = 0
    send({ at: systemClock.now(), ...traced })
  })
  send({ isOpen: true })
  await connection.closed
  end()
  return { result: null }
}

async function answer(request: Request, server: ControlledServer, send: (message: object) => void): Promise<object> {
  const { command, input, form, auth } = request
  try {
    if (command === '$describe')
      return { result: server.commands.list().map((entry) => describeCommand(entry.declaration)) }
    if (command === '$status') return { result: server.status() }
    if (command === '$stop') {
      server.stop()
      return { result: server.status() }
    }
    if (command === '$reload') {
      await server.commands.permit('reload', {}, { auth })
      return { result: await server.reload({ isDryRun: request.dryRun === true }) }
    }
    const result = await server.commands.run(String(command), input, {
      form: form === 'text' ? 'text' : 'json',
      caller: { auth },
      progress: (progress: Progress) => send({ progress }),
    })
    return { result: result ?? null }
  } catch (error) {
    return { error: describeError(error) }
  }
}

/** An error as it goes over the control socket and into output. */
export interface ErrorAnswer {
  readonly code: string
  readonly message: string
  readonly context?: Readonly<Record<string, unknown>>
  /** The command was called wrongly. */
  readonly isUsage?: boolean
}

/** Puts an error into the form of answers; what is not a `CommandError` is a fault of ours. */
export function describeError(error: unknown): ErrorAnswer {
  if (error instanceof CommandError) {
    return {
      code: error.code,
      message: error.message,
      ...(Object.keys(error.context).length === 0 ? {} : { context: error.context }),
      ...(error instanceof UsageError ? { isUsage: true } : {}),
    }
  }
  return { code: 'internal_server_error', message: error instanceof Error ? error.message : String(error) }
}
