import { createHash } from 'node:crypto'
import { chmodSync, lstatSync, mkdirSync, rmSync } from 'node:fs'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { StringDecoder } from 'node:string_decoder'

/** Most characters of one line; longer ones end the connection. */
const maxLine = 16 * 1024 * 1024

/** Longest path a Unix socket may have on every system (108 bytes on Linux, 104 on macOS, with the end mark). */
const maxPath = 100

/** The control socket could not be reached: no server runs, or not for this user. */
export class ControlUnreachable extends Error {
  readonly code: string

  constructor(path: string, cause: unknown) {
    const code = (cause as NodeJS.ErrnoException | undefined)?.code ?? 'ECONNRESET'
    super(code === 'EACCES' ? `No permission for ${path}` : `Nothing answers at ${path}`, { cause })
    this.name = 'ControlUnreachable'
    this.code = code
  }
}

/**
 * The path of the control socket of a data folder. A path too long for a socket is replaced by one in a private folder
 * under `/tmp` that depends on the data folder and the user only.
 */
export function controlSocketPath(dataDir: string): string {
  const path = join(dataDir, 'control.sock')
  if (Buffer.byteLength(path) <= maxPath) return path
  const name = createHash('sha256').update(dataDir).digest('hex').slice(0, 16)
  return join('/tmp', `meerkat-${process.getuid?.() ?? 0}`, `${name}.sock`)
}

/** The connection that a request came on. */
export interface ControlConnection {
  /** Settles when the caller is gone. */
  readonly closed: Promise<void>
  /** Bytes that the caller has not read yet. */
  readonly unread: number
}

/** Answers one request; `send` may be called meanwhile with anything worth telling. */
export type ControlHandler = (
  request: unknown,
  send: (message: object) => void,
  connection: ControlConnection,
) => Promise<object>

/** A listening control socket. */
export interface ControlListener {
  readonly path: string
  /** Stops listening, ends the connections once their answers are written, removes the socket. */
  close(): Promise<void>
}

/**
 * Listens on a Unix socket that only this user can open. Each line is a JSON object with an `id`; what the handler
 * sends and finally answers goes back with the same `id`, a line each. A socket left behind by a server that died is replaced.
 */
export async function listenControl(path: string, handle: ControlHandler): Promise<ControlListener> {
  ownFolder(path)
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    serve(socket, handle)
  })
  try {
    await listen(server, path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE' || (await isAlive(path))) throw error
    rmSync(path, { force: true })
    await listen(server, path)
  }
  chmodSync(path, 0o600)
  return {
    path,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.end()
      }),
  }
}

/** Makes the folder of a socket under `/tmp` and refuses one that somebody else could have put there. */
function ownFolder(path: string): void {
  const folder = join(path, '..')
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  if (!folder.startsWith('/tmp/meerkat-')) return
  const info = lstatSync(folder)
  const isOurs = info.isDirectory() && info.uid === (process.getuid?.() ?? info.uid) && (info.mode & 0o077) === 0
  if (!isOurs) throw new Error(`${folder} must be a folder of this user that nobody else can enter`)
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, () => {
      server.removeListener('error', reject)
      resolve()
    })
  })
}

async function isAlive(path: string): Promise<boolean> {
  try {
    const client = await connectControl(path)
    client.close()
    return true
  } catch {
    return false
  }
}

function serve(socket: Socket, handle: ControlHandler): void {
  const connection: ControlConnection = {
    closed: new Promise((resolve) => socket.once('close', () => resolve())),
    get unread() {
      return socket.writableLength
    },
  }
  let running = 0
  let isEnded = false
  const write = (message: object) => {
    if (!socket.destroyed) socket.write(`${JSON.stringify(message)}\n`)
  }
  const settle = () => {
    running--
    if (isEnded && running === 0) socket.end()
  }
  socket.on('error', () => socket.destroy())
  socket.on('end', () => {
    isEnded = true
    if (running === 0) socket.end()
  })
  readLines(socket, (line) => {
    const request = parseLine(line)
    if (request === undefined) {
      socket.destroy()
      return
    }
    const { id } = request
    running++
    handle(request, (message) => write({ id, ...message }), connection)
      .then((answer) => write({ id, ...answer }))
      .catch((error: unknown) => write({ id, error: { code: 'internal_server_error', message: String(error) } }))
      .finally(settle)
  })
}

function parseLine(line: string): { id: unknown } | undefined {
  try {
    const value: unknown = JSON.parse(line)
    return value !== null && typeof value === 'object' && 'id' in value ? value : undefined
  } catch {
    return undefined
  }
}

function readLines(socket: Socket, line: (text: string) => void): void {
  const decoder = new StringDecoder('utf8')
  let rest = ''
  socket.on('data', (bytes: Buffer) => {
    const parts = (rest + decoder.write(bytes)).split('\n')
    rest = parts.pop() ?? ''
    if (rest.length > maxLine) socket.destroy()
    for (const part of parts) if (part !== '') line(part)
  })
}

/** The calling end of a control socket. */
export interface ControlClient {
  /** Sends a request; answers the last message with its `id`, the others go to `told`. Rejects with `ControlUnreachable`. */
  ask(request: object, told?: (message: Record<string, unknown>) => void): Promise<Record<string, unknown>>
  close(): void
}

/** Connects to a control socket. Rejects with `ControlUnreachable`. */
export function connectControl(path: string): Promise<ControlClient> {
  return new Promise((resolve, reject) => {
    const socket = connect(path)
    const refuse = (error: unknown) => reject(new ControlUnreachable(path, error))
    socket.once('error', refuse)
    socket.once('connect', () => {
      socket.removeListener('error', refuse)
      resolve(clientOver(socket, path))
    })
  })
}

interface Pending {
  resolve(message: Record<string, unknown>): void
  reject(error: Error): void
  told?: ((message: Record<string, unknown>) => void) | undefined
}

function clientOver(socket: Socket, path: string): ControlClient {
  const pending = new Map<number, Pending>()
  let lastId = 0
  const fail = (error?: unknown) => {
    for (const { reject } of pending.values()) reject(new ControlUnreachable(path, error))
    pending.clear()
  }
  socket.on('error', fail)
  socket.on('close', () => fail())
  readLines(socket, (line) => {
    const { id, ...message } = (parseLine(line) ?? { id: undefined }) as Record<string, unknown>
    const waiting = typeof id === 'number' ? pending.get(id) : undefined
    if (waiting === undefined) return
    if ('result' in message || 'error' in message) {
      pending.delete(id as number)
      waiting.resolve(message)
    } else waiting.told?.(message)
  })
  return {
    ask: (request, told) =>
      new Promise((resolve, reject) => {
        const id = ++lastId
        if (socket.destroyed) {
          reject(new ControlUnreachable(path, undefined))
          return
        }
        pending.set(id, { resolve, reject, told })
        socket.write(`${JSON.stringify({ id, ...request })}\n`)
      }),
    close: () => socket.end(),
  }
}
