import type { Duplex } from 'node:stream'
import type { RawData, WebSocket } from 'ws'
import type { Wire } from '../xml/wire.ts'
import type { FrameConnection, FrameHandler, RemoteAddress, Report, TlsInfo } from './connection.ts'
import { flushThisTurn } from './flusher.ts'
import { textFrame } from './frame.ts'
import type { Stallable, StallWatch } from './stall-watch.ts'

/** What all WebSockets of one route share. */
export interface WebSocketHost {
  readonly report: Report
  readonly stalls: StallWatch
  readonly connections: Set<WebSocketConnection>
  now(): number
}

/** Where a WebSocket comes from. */
export interface WebSocketOrigin {
  readonly remote: RemoteAddress
  readonly tls: TlsInfo | undefined
}

/** The library takes its limit for all connections of a server; it is kept here for each. */
interface WebSocketInternals {
  _receiver: { _maxPayload: number } | null
}

// States of a WebSocket (the constants of the standard).
const openState = 1

const tooBig = 1009
const unsupportedData = 1003
const serverFault = 1011
const noCloseFrame = 1006

/** An accepted WebSocket. Frames are written by us, joined per turn; everything else of the protocol is the library's. */
export class WebSocketConnection implements FrameConnection, Stallable {
  readonly remote: RemoteAddress
  readonly tls: TlsInfo | undefined
  /** When the peer was last heard, for the idle limit. */
  lastHeard: number
  /** When it was last pinged. */
  lastPing: number
  readonly #host: WebSocketHost
  readonly #websocket: WebSocket
  readonly #socket: Duplex
  #handler: FrameHandler | undefined = undefined
  #queue = ''
  #isDirty = false
  #isPaused = false
  // Frames of a read that came in before the pause took effect.
  #held: Buffer[] = []
  #flushed = 0
  #error: Error | undefined = undefined
  readonly #maxFrameBytes: number

  constructor(host: WebSocketHost, websocket: WebSocket, socket: Duplex, origin: WebSocketOrigin) {
    this.#host = host
    this.#websocket = websocket
    this.#maxFrameBytes =
      (websocket as unknown as WebSocketInternals)._receiver?._maxPayload ?? Number.POSITIVE_INFINITY
    this.#socket = socket
    this.remote = origin.remote
    this.tls = origin.tls
    this.lastHeard = this.lastPing = host.now()
    host.connections.add(this)
    websocket.on('message', (data, isBinary) => this.#received(data, isBinary))
    websocket.on('pong', () => this.#heard())
    websocket.on('ping', () => this.#heard())
    websocket.on('error', (error) => {
      this.#error ??= error
    })
    websocket.on('close', (code) => this.#closed(code))
    socket.on('drain', () => this.#drained())
  }

  attach(handler: FrameHandler): void {
    this.#handler = handler
  }

  get isSecure(): boolean {
    return this.tls !== undefined
  }

  get bufferedBytes(): number {
    return this.#queue.length + this.#socket.writableLength
  }

  get isWaitingForPeer(): boolean {
    return !this.#socket.destroyed && this.#socket.writableLength > 0
  }

  get progress(): number {
    const inKernel = (this.#socket as { _handle?: { writeQueueSize?: number } | null })._handle?.writeQueueSize ?? 0
    return this.#flushed - this.#socket.writableLength - inKernel
  }

  write(text: Wire): void {
    if (this.#websocket.readyState !== openState) return
    this.#queue += textFrame(text)
    if (this.#queue.length >= 16_384) {
      this.flush()
    } else if (!this.#isDirty) {
      this.#isDirty = true
      flushThisTurn(this)
    }
  }

  flush(): void {
    this.#isDirty = false
    if (this.#queue === '' || this.#websocket.readyState !== openState) return
    const text = this.#queue
    this.#queue = ''
    this.#flushed += text.length
    if (this.#socket.writableLength === 0) this.#socket.write(text, 'latin1')
    else this.#socket.write(Buffer.from(text, 'latin1'))
    if (this.#socket.writableLength > 0) this.#host.stalls.watch(this)
  }

  end(code = 1000, reason = ''): void {
    if (this.#websocket.readyState !== openState) return
    this.#websocket.close(code, reason)
  }

  destroy(): void {
    this.#websocket.terminate()
  }

  stalled(): void {
    this.#error ??= new Error('The peer takes nothing')
    this.destroy()
  }

  /** The peer was not heard for longer than the limit. While reading is paused nobody is heard, and nobody is to blame. */
  idle(): void {
    if (this.#isPaused) return
    this.#error ??= new Error('The peer is silent')
    this.destroy()
  }

  ping(): void {
    this.lastPing = this.#host.now()
    if (this.#websocket.readyState === openState) this.#websocket.ping()
  }

  limitFrames(bytes: number): void {
    const receiver = (this.#websocket as unknown as WebSocketInternals)._receiver
    if (receiver !== null) receiver._maxPayload = Math.min(bytes, this.#maxFrameBytes)
  }

  pauseReading(): void {
    this.#isPaused = true
    this.#websocket.pause()
  }

  resumeReading(): void {
    this.#isPaused = false
    this.#heard()
    while (!this.#isPaused) {
      const frame = this.#held.shift()
      if (frame === undefined) break
      this.#deliver(frame)
    }
    if (!this.#isPaused) this.#websocket.resume()
  }

  /** For its WebSocket only: a close frame is about to leave, and nothing can be sent behind it. */
  closing(code: number | undefined): void {
    if (this.#websocket.readyState !== openState) return
    if (code === tooBig) this.#call(() => this.#handler?.tooLarge())
    this.flush()
  }

  #received(data: RawData, isBinary: boolean): void {
    this.#heard()
    // A frame may still be on its way when the connection is being closed.
    if (this.#websocket.readyState !== openState) return
    if (isBinary) this.end(unsupportedData, 'Text frames only')
    else if (this.#isPaused) this.#held.push(data as Buffer)
    else this.#deliver(data as Buffer)
  }

  #deliver(frame: Buffer): void {
    if (this.#websocket.readyState === openState) this.#call(() => this.#handler?.frame(frame, frame.length))
  }

  #heard(): void {
    this.lastHeard = this.#host.now()
  }

  #drained(): void {
    if (this.#websocket.readyState === openState) this.#call(() => this.#handler?.drained())
  }

  #closed(code: number): void {
    this.#queue = ''
    this.#held = []
    this.#host.connections.delete(this)
    this.#host.stalls.forget(this)
    const error = this.#error ?? (code === noCloseFrame ? new Error('The peer left without a close frame') : undefined)
    this.#call(() => this.#handler?.closed(error))
  }

  #call(run: () => void): void {
    try {
      run()
    } catch (error) {
      this.#host.report({ what: 'connection_handler_failed', remote: this.remote.address, error })
      this.#error ??= error as Error
      this.end(serverFault)
    }
  }
}
