import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import type { Clock } from '../util/clock.ts'
import type { Wire } from '../xml/wire.ts'
import { plainAddress } from './address.ts'
import type { AddressSeats } from './address-seats.ts'
import { readChannelBinding } from './channel-binding.ts'
import type { ChannelBindingType, Connection, ConnectionHandler, RemoteAddress, Report, TlsInfo } from './connection.ts'
import { flushThisTurn } from './flusher.ts'
import { readIntoSharedBuffer } from './shared-reads.ts'
import { listen, onData, onRead, type SocketOwner, unlisten } from './socket-events.ts'
import type { Stallable, StallWatch } from './stall-watch.ts'
import type { TlsContext } from './tls-context.ts'
import {
  type ClientHandshake,
  clientSide,
  type HandshakeSide,
  type HandshakeSlots,
  serverSide,
  shakeHands,
} from './tls-handshake.ts'

/** What all connections of one listener share. */
export interface ConnectionHost {
  readonly clock: Clock
  readonly report: Report
  readonly stalls: StallWatch
  readonly handshakes: HandshakeSlots
  readonly connections: Set<StreamConnection>
  readonly seats: AddressSeats<StreamConnection>
}

// From here on a joined write is sent at once: longer strings miss Node's cheap way of writing.
const flushAt = 16_384

// Numbers, so that a connection has one small integer for them.
const open = 0
const upgrading = 1
const ending = 2
const closed = 3

interface WriteQueue {
  _handle?: { writeQueueSize?: number } | null
}

/**
 * An accepted connection. The class is slim on purpose (idle connections are counted in tens of thousands): methods on
 * the prototype, listeners shared by all sockets, nothing allocated for TLS or closing before it is needed.
 */
export class StreamConnection implements Connection, Stallable, SocketOwner {
  remote: RemoteAddress
  tls: TlsInfo | undefined = undefined
  readonly #host: ConnectionHost
  #socket: Socket
  #handler: ConnectionHandler | undefined = undefined
  #queue = ''
  #state = open
  #isDirty = false
  #isPaused = false
  #flushed = 0
  #error: Error | undefined = undefined

  constructor(host: ConnectionHost, socket: Socket) {
    this.#host = host
    this.#socket = socket
    this.remote = { address: plainAddress(socket.remoteAddress), port: socket.remotePort ?? 0 }
    listen(socket, this)
    host.connections.add(this)
  }

  /** Hands what happens from now on to `handler`. */
  attach(handler: ConnectionHandler): void {
    this.#handler = handler
    if (this.#state === closed) handler.closed(this.#error)
  }

  /** Begins to read; called once, after the first `attach`. */
  startReading(): void {
    if (!readIntoSharedBuffer(this.#socket, onRead)) this.#socket.on('data', onData)
    if (!this.#isPaused) this.#socket.resume()
  }

  get isSecure(): boolean {
    return this.tls !== undefined
  }

  get bufferedBytes(): number {
    return this.#queue.length + this.#socket.writableLength
  }

  get isWaitingForPeer(): boolean {
    return this.#state === ending || (this.#state !== closed && this.#socket.writableLength > 0)
  }

  get progress(): number {
    const inKernel = (this.#socket as unknown as WriteQueue)._handle?.writeQueueSize ?? 0
    return this.#flushed - this.#socket.writableLength - inKernel
  }

  write(text: Wire): void {
    if (this.#state >= ending) return
    this.#queue += text
    if (this.#queue.length >= flushAt && this.#state === open) {
      this.flush()
    } else if (!this.#isDirty) {
      this.#isDirty = true
      flushThisTurn(this)
    }
  }

  /** Sends what is queued. During a handshake it stays queued: it must not leave before TLS is up. */
  flush(): void {
    this.#isDirty = false
    if (this.#queue === '' || this.#state !== open) return
    const text = this.#queue
    this.#queue = ''
    this.#flushed += text.length
    // Behind a blocked write the text is kept as bytes of its own: a short piece of a string must not keep the 64 KB
    // read alive that it was cut from.
    if (this.#socket.writableLength === 0) this.#socket.write(text, 'latin1')
    else this.#socket.write(Buffer.from(text, 'latin1'))
    if (this.#socket.writableLength > 0) this.#host.stalls.watch(this)
  }

  end(): void {
    if (this.#state === upgrading) this.destroy()
    if (this.#state >= ending) return
    this.flush()
    this.#state = ending
    this.#socket.end()
    // The peer's FIN has to be read to be noticed.
    this.#socket.resume()
    this.#host.stalls.watch(this)
  }

  destroy(): void {
    this.#destroy(undefined)
  }

  stalled(): void {
    this.#destroy(new Error('The peer takes nothing'))
  }

  pauseReading(): void {
    if (this.#isPaused || this.#state >= ending) return
    this.#isPaused = true
    if (this.#state === open) this.#socket.pause()
  }

  resumeReading(): void {
    if (!this.#isPaused) return
    this.#isPaused = false
    if (this.#state === open) this.#socket.resume()
  }

  startTls(context: TlsContext): Promise<void> {
    return this.secure(context, undefined)
  }

  /**
   * Puts TLS on the connection. `received` is what was already read of the handshake (behind a PROXY header); without
   * it, whatever was read before is forgotten.
   */
  secure(context: TlsContext, received: Buffer | undefined): Promise<void> {
    return this.#upgrade(serverSide(context), received)
  }

  /** The side of TLS that has connected, with STARTTLS or without. As `startTls` otherwise. */
  startClientTls(handshake: ClientHandshake): Promise<void> {
    return this.#upgrade(clientSide(handshake), undefined)
  }

  async #upgrade(side: HandshakeSide, received: Buffer | undefined): Promise<void> {
    if (this.#state !== open || this.tls !== undefined) throw new Error('TLS cannot start in this state')
    this.flush()
    this.#state = upgrading
    const plain = this.#socket
    plain.pause()
    plain.removeListener('data', onData)
    while (plain.read() !== null);
    if (received !== undefined && received.length > 0) plain.unshift(received)
    try {
      const { socket, info } = await shakeHands({
        plain,
        side,
        slots: this.#host.handshakes,
        clock: this.#host.clock,
      })
      // It may have ended while it was waiting.
      if (!this.#host.connections.has(this)) throw new Error('Closed during the TLS handshake')
      this.#moveTo(socket, info)
    } catch (error) {
      this.#destroy(error as Error)
      throw error
    }
  }

  channelBinding(type: ChannelBindingType): Buffer | undefined {
    return this.#socket instanceof TLSSocket ? readChannelBinding(this.#socket, type) : undefined
  }

  #moveTo(socket: TLSSocket, info: TlsInfo): void {
    const plain = this.#socket
    unlisten(plain)
    this.#socket = socket
    this.tls = info
    this.#state = open
    listen(socket, this)
    // What came in one piece with the end of the handshake is already buffered and leaves by `data`, before the next read.
    socket.on('data', onData)
    readIntoSharedBuffer(socket, onRead)
    if (this.#isPaused) socket.pause()
    this.flush()
  }

  #destroy(error: Error | undefined): void {
    if (this.#state === closed) return
    this.#error ??= error
    this.#socket.destroy()
    this.#close()
  }

  /** For the listeners of its socket only. */
  received(bytes: Uint8Array, length: number): void {
    if (this.#state !== open) return
    try {
      this.#handler?.data(bytes, length)
    } catch (error) {
      this.#failed(error)
    }
  }

  /** For the listeners of its socket only. */
  drained(): void {
    if (this.#state !== open) return
    try {
      this.#handler?.drained()
    } catch (error) {
      this.#failed(error)
    }
  }

  /** For the listeners of its socket only. */
  broke(error: Error): void {
    this.#error ??= error
  }

  /** For the listeners of its socket only: the socket is gone. */
  vanished(): void {
    this.#close()
  }

  #close(): void {
    if (this.#state === closed) return
    this.#state = closed
    this.#queue = ''
    this.#host.connections.delete(this)
    this.#host.stalls.forget(this)
    this.#host.seats.leave(this)
    try {
      this.#handler?.closed(this.#error)
    } catch (error) {
      this.#host.report({ what: 'connection_handler_failed', error })
    }
  }

  #failed(error: unknown): void {
    this.#host.report({ what: 'connection_handler_failed', remote: this.remote.address, error })
    this.#destroy(error instanceof Error ? error : new Error(String(error)))
  }
}
